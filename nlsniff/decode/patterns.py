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

from nlsniff.decode.context import CODES, UNPACK, Context
from nlsniff.decode.fields import decoder as decoder_of
from nlsniff.decode.node import Node
from nlsniff.decode.values import blob as read_blob
from nlsniff.spec.model import SCALARS
from nlsniff.wire.constants import NETLINK_GENERIC, NLMSG_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.fields import Fill
    from nlsniff.decode.message import Message
    from nlsniff.wire.nlmsg import Order

# Bounds that keep a hostile file, in which no shape comes twice, about as fast as having no patterns.
SIGHTINGS = 2  # a shape is compiled when it is seen again: walking it once more costs as much
PER_KEY = 12
AT_MOST = 4000
FREE = 200  # so many shapes are compiled on trust; each further one must be paid for
PRICE = 8  # by so many hits
KEPT_SIGHTINGS = 20_000
MEMO_SIZE = 4096


class Miss(Exception):  # noqa: N818  no error: it only says that the walker must do it
    """A value does not fit its pattern."""


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


class Slot:
    """One value of a pattern: where it stands and how its node is filled.

    Attributes:
        node: the leaf in the pattern's tree.
        start, end: its bytes, counted from the message's start.
        code: how `struct` reads it: a number, or bytes (`s`).
        plain: the number is its own text.
        key: equal for slots whose leaves are equal for equal values, so that they can share what they remember.
        refers: what kind of name the number may have, or "".
    """

    __slots__ = ("_fill", "_order", "_shape", "_show_secrets", "code", "end", "key", "node", "plain", "refers", "start")

    def __init__(self, node: Node, base: int, order: Order, *, show_secrets: bool) -> None:
        self.node = node
        field = node.spec
        fill: Fill
        if node.reader is not None:
            fill, start, end, self._order = node.reader
        elif node.kind == "unknown" or field is None:
            fill, start, end, self._order = read_blob, node.payload, node.end, order
        else:
            fill, start, end, self._order = decoder_of(field), node.payload, node.end, order
        self._fill = fill
        self._show_secrets = show_secrets
        self.start, self.end = start - base, end - base
        size = end - start
        number = field is not None and field.type in SCALARS and size == SCALARS[field.type] and node.kind == "value"
        number = number and not field.hook and isinstance(node.raw, int) and not isinstance(node.raw, bool)
        if number and (field.byte_order or self._order) == order:
            self.code = CODES[field.type]
        elif field is None and node.kind == "value":  # nlmsg_seq and nlmsg_pid
            self.code, self._fill = "I", _read_u32
        else:
            self.code = f"{size}s"
        self.refers = field.refers_to if number else ""
        self.plain = self.code[-1] != "s" and (
            field is None
            or not (self.refers or field.secret or field.enum or field.hint or field.special or field.unit)
        )
        self._shape = (
            [(item.severity, item.code, item.offset - start, item.text) for item in node.problems],
            [(child.kind, child.start - start, child.end - start) for child in node.children if child.end <= end],
        )
        self.key: Hashable = (id(field), self._fill, node.name, node.kind, self._order, self.code, str(self._shape))

    def leaf(self, raw: Any) -> Node:
        """The node for a value, as the walker would have filled it, without the names that the capture taught.

        Raises:
            Miss: it would have another shape.
        """
        own = self.node
        data = raw if isinstance(raw, bytes) else struct.pack(self._order + self.code, raw)
        node = Node(own.name, own.start - own.payload, len(data), own.kind, payload=0, spec=own.spec)
        self._fill(Context(0, data, self._order, show_secrets=self._show_secrets), node, 0, len(data))
        shape = (
            [(item.severity, item.code, item.offset, item.text) for item in node.problems],
            [(child.kind, child.start, child.end) for child in node.children],
        )
        if shape != self._shape or node.kind != own.kind:
            raise Miss
        node.resolved = ""
        return node

    def proves(self, data: bytes) -> bool:
        """Whether `leaf` says of the pattern's own bytes what the walker said: a hook may need more than them."""
        raw = data if self.code[-1] == "s" else struct.unpack(self._order + self.code, data)[0]
        try:
            leaf = self.leaf(raw)
        except Miss:
            return False
        return (leaf.value, leaf.text, leaf.raw) == (self.node.value, self.node.text, self.node.raw)


def _read_u32(ctx: Context, node: Node, start: int, _end: int) -> None:
    node.raw = node.value = UNPACK[ctx.order]["u32"](ctx.data, start)[0]
    node.text = str(node.raw)


class Pattern:
    """The shape of a message.

    Attributes:
        root: a tree of this shape; the nodes of `slots` have values of some message, the others those of all.
        summary: the template of the summary.
        values: reads the values of all slots from (data, start).
        views: what printers made of it, by printer.
    """

    __slots__ = ("_check", "_constants", "root", "slots", "summary", "values", "views")

    def __init__(self, message: Message, decoder: Decoder, proven: set[Hashable]) -> None:
        ctx = decoder.context(message.protocol, message.data, message.order, message.number)
        ctx.decided = []
        self.root = decoder.decode(message, ctx)
        base = message.start
        decided = {at - base for start, end in ctx.decided for at in range(start, end)}
        slots = (Slot(node, base, message.order, show_secrets=decoder.show_secrets) for node in _leaves(self.root))
        self.slots = [
            slot
            for slot in slots
            if slot.end > slot.start
            and decided.isdisjoint(range(slot.start, slot.end))
            and (slot.key in proven or slot.proves(message.data[base + slot.start : base + slot.end]))
        ]
        proven.update(slot.key for slot in self.slots)
        self.summary = message.summary_template
        values, check, at = [], [], 0
        for slot in self.slots:
            if slot.start > at:
                values.append(f"{slot.start - at}x")
                check.append(f"{slot.start - at}s")
            values.append(slot.code)
            check.append(f"{slot.end - slot.start}x")
            at = slot.end
        rest = message.end - base - at
        self.values = struct.Struct(message.order + "".join(values)).unpack_from
        self._check = struct.Struct(message.order + "".join(check) + f"{rest}s").unpack_from
        self._constants = self._check(message.data, base)
        self.views: dict[str, Any] = {}

    def fits(self, data: bytes, start: int) -> bool:
        """Whether the message at `start`, of the right length, has this shape."""
        return bool(self._check(data, start) == self._constants)


def _leaves(root: Node) -> Iterator[Node]:
    """The leaves that carry values, in the order of their bytes; what netlink's own headers fix is left out."""
    for child in root.children:
        if child.kind in {"nest", "list", "header"}:
            # A hook may have put its parts into the text of the whole, which then is as constant as the text.
            if not (child.text and child.spec is not None and child.spec.hook):
                yield from _leaves(child)
        elif child.kind == "unknown":
            if not child.children:
                yield child
        elif child.spec is not None or (root.name == "nlmsghdr" and child.name in {"seq", "pid"}):
            yield child


def _outline(root: Node, base: int) -> tuple[int, ...]:
    """Where the parts of a tree end, and which attributes they are: what makes two messages of one shape."""
    found: list[int] = []
    left = [root]
    while left:
        node = left.pop()
        found.append(node.end - base << 16 | (node.type or 0))
        if node.children:
            left += node.children
    return tuple(found)


class Patterns:
    """The patterns of a decoder: found by the head of a message, made when a shape was seen often enough."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._by_key: dict[Hashable, list[Pattern]] = {}
        self._sightings: dict[int, int] = {}
        self._proven: set[Hashable] = set()  # keys of slots that were seen to say what the walker says
        self._made = 0
        self._hits = 0

    def find(self, message: Message) -> Pattern | None:
        """The pattern that a message has, or None."""
        candidates = self._by_key.get(self._key(message))
        if candidates is not None:
            data, start = message.data, message.start
            for pattern in candidates:
                if pattern.fits(data, start):
                    self._hits += 1
                    return pattern
        return None

    def teach(self, message: Message) -> None:
        """Show a message for which there is no pattern, after the walker has decoded it."""
        if message.broken or self._made >= AT_MOST or self._hits < (self._made - FREE) * PRICE:
            return
        base = message.start
        shape = hash((self._key(message), _outline(message.root, base)))
        seen = self._sightings.get(shape, 0) + 1
        if len(self._sightings) > KEPT_SIGHTINGS:
            self._sightings.clear()
        self._sightings[shape] = seen
        if seen < SIGHTINGS:
            return
        candidates = self._by_key.setdefault(self._key(message), [])
        if len(candidates) < PER_KEY:
            candidates.append(Pattern(message, self._decoder, self._proven))
            self._made += 1

    def _key(self, message: Message) -> Hashable:
        more: object = None
        if message.protocol == NETLINK_GENERIC:
            more = self._decoder.names.resolve("genl", message.type, message.number)
        elif message.type == NLMSG_ERROR:
            # The error and the head of the request that it copies are constants; without them all ACKs share a place.
            more = message.data[message.start + 16 : message.start + 28]
        return message.protocol, message.type, message.flags, message.length, message.order, message.direction, more
