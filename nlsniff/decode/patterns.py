"""Byte patterns of messages that come again and again, so that they need not be taken apart each time.

A kernel emits few distinct shapes: the same type, the same attributes of the same lengths. For such a shape a pattern
holds which bytes are constant (attribute headers, selectors, padding) and where the values are. One comparison of the
constants says that a message has the shape; one unpacking yields all its values; no tree is made.

The walker (`nlsniff.decode.decoder`) stays the only one that understands messages. A pattern is made from a tree of
its, and a value is turned into text by the very function that filled the node, so both say the same; a test compares
them on every message of every capture. What a pattern cannot hold (a text with bytes behind its end) raises `Miss`, and
the walker does the work.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from nlsniff.decode.slots import Leaves
from nlsniff.wire.constants import NETLINK_GENERIC, NLMSG_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.message import Message

# Bounds that keep a hostile file, in which no shape comes twice, about as fast as having no patterns.
PER_KEY = 12
AT_MOST = 4000
FREE = 200  # so many shapes are compiled on trust; each further one must be paid for
PRICE = 8  # by so many hits
MEMO_SIZE = 4096


class Memo(dict[Any, Any]):
    """Results of a function by its argument, looked up at the speed of a dict; forgets all when it is full."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, key: Any) -> Any:
        found = self.make(key)
        if len(self) >= MEMO_SIZE:
            self.clear()
        self[key] = found
        return found


class Pattern:
    """The shape of a message.

    Attributes:
        root: a tree of this shape; the nodes of `slots` have values of some message, the others those of all.
        slots: the values, in the order of their bytes.
        summary: the template of the summary.
        values: reads the values of all slots from (data, start).
        check: reads all bytes but those from (data, start); a message has this shape if they equal `constants`.
    """

    __slots__ = ("check", "constants", "root", "slots", "summary", "values")

    def __init__(self, message: Message, leaves: Leaves) -> None:
        decided_at = message.redecode()
        self.root = message.root
        base, data = message.start, message.data
        decided = {at - base for start, end in decided_at for at in range(start, end)}
        self.slots = []
        values, check, at = [message.order], [message.order], 0
        for slot in leaves.slots(self.root, message.order):
            start, end = slot.start, slot.end
            if not decided.isdisjoint(range(start, end)):
                continue
            if not slot.leaf.proves(slot.node, data[base + start : base + end]):
                continue
            self.slots.append(slot)
            if start > at:
                values.append(f"{start - at}x")
                check.append(f"{start - at}s")
            values.append(slot.leaf.code)
            check.append(f"{end - start}x")
            at = end
        check.append(f"{message.end - base - at}s")
        self.summary = message.summary_template
        self.values = struct.Struct("".join(values)).unpack_from
        self.check = struct.Struct("".join(check)).unpack_from
        self.constants = self.check(data, base)


class Patterns:
    """The patterns of a decoder: found by the head of a message, made when a shape is new."""

    def __init__(self, decoder: Decoder) -> None:
        self._names = decoder.names
        self._leaves = Leaves(show_secrets=decoder.show_secrets)
        self._by_key: dict[Hashable, list[Pattern]] = {}
        self._made = 0
        self._hits = 0

    def find(self, message: Message) -> Pattern | None:
        """The pattern of a message; None where it has none, and may get none."""
        if message.broken:
            return None
        data, start = message.data, message.start
        # nlmsg_len, nlmsg_type and nlmsg_flags are the first 8 bytes.
        key: Hashable = (message.protocol, message.order, message.direction, data[start : start + 8])
        if message.protocol == NETLINK_GENERIC:
            key = key, self._names.resolve("genl", message.type, message.number)
        elif message.type == NLMSG_ERROR:
            # The error and the head of the request that it copies are constants; without them all ACKs share a place.
            key = key, data[start + 16 : start + 28]
        candidates = self._by_key.get(key, [])
        for pattern in candidates:
            if pattern.check(data, start) == pattern.constants:
                self._hits += 1
                return pattern
        if len(candidates) >= PER_KEY or self._made >= AT_MOST or self._hits < (self._made - FREE) * PRICE:
            return None
        pattern = Pattern(message, self._leaves)
        self._by_key.setdefault(key, candidates).append(pattern)
        self._made += 1
        return pattern
