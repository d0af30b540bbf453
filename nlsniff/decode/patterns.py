"""Byte patterns of messages that come again and again, so that they need not be taken apart each time.

A kernel emits few distinct shapes: the same type, the same attributes of the same lengths. For such a shape a pattern
holds which bytes are constant (attribute headers, selectors, padding) and where the values are. One comparison of the
constants says that a message has the shape; one unpacking yields its values; no tree is made.

The walker (`nlsniff.decode.decoder`) stays the only one that understands messages. A pattern is made from a tree of
its, and a value is turned into text by the very function that filled the node, so both say the same; a test compares
them on every message of every capture. What a pattern cannot hold (a text with bytes behind its end) raises `Miss`, and
the walker does the work.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from typing import TYPE_CHECKING

from nlsniff.decode.memo import Memos
from nlsniff.decode.node import nodes_at
from nlsniff.decode.paths import Glance, MessageValues
from nlsniff.decode.slots import Miss, ValueReaders, counted
from nlsniff.decode.summaries import Summary
from nlsniff.wire.constants import NLA_TYPE_MASK, NLMSG_ERROR, UNCHAINED

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.names import Asked
    from nlsniff.decode.node import Node
    from nlsniff.wire.nlmsg import Order

_NUMBERED = re.compile(r"\.\d")  # in the template of a summary

# Bounds that keep a hostile file, in which no shape comes twice, about as fast as having no patterns.
PER_KEY = 12  # masks of messages with one head; and patterns that only names tell apart
AT_MOST = 4000
FREE = 64  # so many shapes are compiled on trust; each further one must be paid for
PRICE = 2  # by so many hits; one costs about as much as three walks
# Bytes of one message that gets a pattern, so that one with the longest attribute does, and of all that have got one: a
# pattern takes some hundred times as many.
LONGEST = (1 << 16) + (1 << 10)
TOGETHER = 1 << 19
# Bytes of a message that holds a list of thousands. Most of these have a shape of their own, so that one gets a pattern
# only where one of its length came before, and as long as no more than so many such patterns were of no use; and so
# many bytes of all that have got one.
LARGE = 1 << 13
UNPAID = 2
LARGE_TOGETHER = 3 << 16


class Pattern:
    """The shape of a message.

    Attributes:
        root: a tree of this shape; the nodes of `slots` have the values of `message`, the others those of all messages.
        slots: the values, in the order of their bytes.
        numbers: those of the elements of lists that count through them, see `nlsniff.decode.slots.counted`.
        summary: the template of the summary.
        order: byte order.
        message: the one that it was made from, apart from its frame; what is said of it beside its values, such as its
            type and what is wrong with it, is said of all.
        mask, constants: a message has this shape if its bytes, as one number masked, are the constants,
        answers, meaning: of an error `NetlinkMessage.answered_type` and `.meaning`.
        names: and if these names, which no slot shows, are still the same: the family behind a type, for one.
        readings: of the values at paths that were asked for; by one path, of the node that counts, or None.
    """

    __slots__ = (
        "answers", "constants", "mask", "meaning", "message", "names", "numbers", "order", "readings", "root", "slots",
        "summary",
    )  # fmt: skip

    def __init__(self, message: NetlinkMessage, leaves: ValueReaders) -> None:
        self.message = message = message.apart()
        data = message.data
        decided = bytearray(len(data))
        bytes_, names = message.redecode()
        for start, end in bytes_:
            decided[start:end] = b"\1" * (end - start)
        self.root = message.root
        self.slots = leaves.slots(self.root, data, message.order, decided)
        asked = Counter(names)
        mask = bytearray(b"\xff") * len(data)
        for slot in self.slots:
            mask[slot.start : slot.end] = bytes(slot.end - slot.start)
            if slot.leaf.refers and isinstance(slot.node.raw, int):  # a slot shows the name of its time
                asked[slot.leaf.refers, slot.node.raw, slot.node.resolved] -= 1
        self.summary = message.summary_template
        # It may show one of few elements by its number.
        self.numbers = [] if _NUMBERED.search(self.summary) else counted(self.root, decided, len(self.slots))
        for number in self.numbers:
            mask[number.start : number.end] = struct.pack(f"{message.order}H", 0xFFFF & ~NLA_TYPE_MASK)
        self.names = tuple([name for name, count in asked.items() if count > 0])
        self.order: Order = message.order
        self.answers, self.meaning = message.answered_type, message.meaning
        self.mask = int.from_bytes(mask, "little")
        self.constants = int.from_bytes(data, "little") & self.mask
        self.readings: dict[str | tuple[str, ...], Glance | None] = {}


class Patterns:
    """The patterns of a decoder's messages: found by the head of a message, made when a shape is new.

    Attributes:
        memos: the texts of their values.
    """

    def __init__(self, decoder: Decoder) -> None:
        self.memos = Memos(decoder.names)
        self._names = decoder.names
        self._leaves = ValueReaders(decoder)
        self._summaries: dict[tuple[Pattern, str | None], Summary] = {}
        self._by_key: dict[Hashable, dict[int, dict[int, list[Pattern]]]] = {}  # by the mask, then by the constants
        self._large: set[Hashable] = set()  # keys of large messages that came once
        self._unpaid = 0  # patterns of large messages, less the messages that had one
        self._made = 0
        self._bytes = 0  # of the messages that patterns were made of
        self._large_bytes = 0  # of those that are large
        self._hits = 0
        self._last: Pattern | None = None  # that was found, of messages that are not large and ask for no name

    def find(self, message: NetlinkMessage) -> Pattern | None:
        """The pattern of a message. Returns None if it has no pattern and may not get one, see `PER_KEY`."""
        if message.broken:
            return None
        data, start = message.data, message.start
        number = int.from_bytes(data[start : message.end], "little")
        last = self._last  # the parts of a dump are alike
        if last is not None and number & last.mask == last.constants and _alike(last.message, message):
            self._hits += 1
            return last
        # nlmsg_len, nlmsg_type and nlmsg_flags are the first 8 bytes.
        key: Hashable = (message.protocol, message.order, message.direction, data[start : start + 8])
        if message.type == NLMSG_ERROR:
            # The error and the head of the request that it copies are constants; without them all ACKs share a place.
            key = key, data[start + 16 : start + 28]
        by_mask = self._by_key.get(key, {})
        for mask, by_constants in by_mask.items():
            alike = by_constants.get(number & mask, ())
            for pattern in alike:
                if pattern.names and not self._hold(pattern.names, message.number):
                    continue
                self._hits += 1
                if message.end - start > LARGE:
                    self._unpaid -= 1
                elif not pattern.names:
                    self._last = pattern
                return pattern
            if len(alike) >= PER_KEY:
                return None
        if len(by_mask) >= PER_KEY or self._made >= AT_MOST or self._hits < (self._made - FREE) * PRICE:
            return None
        size = message.end - start
        if size > LONGEST or self._bytes + size > TOGETHER:
            return None
        if size > LARGE and not self._is_worth(key, size):
            return None
        if message.layout.textual or message.protocol in UNCHAINED:
            return None  # where a part stands depends on the text before it, or where it ends on no nlmsg_len
        pattern = Pattern(message, self._leaves)
        by_mask = self._by_key.setdefault(key, by_mask)
        by_mask.setdefault(pattern.mask, {}).setdefault(pattern.constants, []).append(pattern)
        self._made += 1
        self._bytes += size
        if size > LARGE:
            self._unpaid += 1
            self._large_bytes += size
        return pattern

    def _is_worth(self, key: Hashable, size: int) -> bool:
        """Whether a large message gets a pattern; see `LARGE`."""
        if key in self._large:
            return self._unpaid < UNPAID and self._large_bytes + size <= LARGE_TOGETHER
        if len(self._large) >= AT_MOST:
            self._large.clear()
        self._large.add(key)
        return False

    def nodes(self, message: NetlinkMessage, paths: tuple[str, ...]) -> Sequence[Node] | None:
        """The nodes at some paths; they hold until the next message is asked. None where only the walker can tell."""
        pattern = self.find(message)
        if pattern is None:
            return None
        reading = pattern.readings.get(paths)
        if reading is None:
            reading = pattern.readings[paths] = Glance(pattern, nodes_at(pattern.root, paths))
        try:
            return reading.nodes(message, self._names)
        except Miss:
            return None

    def node(self, pattern: Pattern, path: str, message: NetlinkMessage) -> Node | None:
        """The node of a message at a path that counts (`Node.get`), by its pattern; it holds as those of `nodes`.

        Raises:
            Miss: a value does not fit the pattern.
        """
        try:
            reading = pattern.readings[path]
        except KeyError:
            node = pattern.root.get(path)
            reading = pattern.readings[path] = Glance(pattern, [node]) if node is not None else None
        return reading.nodes(message, self._names)[0] if reading is not None else None

    def values(self, message: NetlinkMessage, pattern: Pattern | None) -> MessageValues:
        """The values of a message by their paths; its pattern is None where it has none, or a tree."""
        return MessageValues(message, pattern, self)

    def summary(self, pattern: Pattern, message: NetlinkMessage, template: str | None = None) -> str | None:
        """What a message is about, as `NetlinkMessage.summary`, or what another template says of it.

        None where only the walker can tell.
        """
        self.memos.at(message.number)
        try:
            return self.summaries(pattern, template).one(message)
        except Miss:
            return None

    def summaries(self, pattern: Pattern, template: str | None = None) -> Summary:
        """What makes the summaries of a pattern's messages, for the names to which `memos` were turned."""
        found = self._summaries.get((pattern, template))
        if found is None:
            found = self._summaries[pattern, template] = Summary(pattern, self.memos, template)
        return found

    def _hold(self, names: tuple[Asked, ...], number: int) -> bool:
        """Whether names are still the same as of a message."""
        resolve = self._names.resolve
        return all(resolve(kind, of, number) == name for kind, of, name in names)


def _alike(one: NetlinkMessage, other: NetlinkMessage) -> bool:
    """Whether what messages do not say themselves is the same of both."""
    return one.protocol == other.protocol and one.direction == other.direction and one.order == other.order
