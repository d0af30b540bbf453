"""The values of a message's shape: where they stand, and how each is read without walking the message.

See `nlsniff.decode.patterns`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from nlsniff.decode.context import CODES, UNPACK, Context
from nlsniff.decode.fields.addresses import address, address_text, hardware_address, hardware_text
from nlsniff.decode.fields.values import blob as read_blob
from nlsniff.decode.node import Node
from nlsniff.spec.model import SCALARS
from nlsniff.wire.constants import NLA_TYPE_MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.fields.registry import Fill
    from nlsniff.wire.nlmsg import Order

    _Shape = tuple[tuple[Any, ...], ...]
    Span = tuple[int, int, str]  # start and end, counted from the message's start, and how `struct` reads it
    Read = Callable[[bytes, int], tuple[Any, ...]]

_SAID = 1000  # values of one leaf whose nodes are remembered


class Miss(Exception):  # noqa: N818  no error: it only says that the walker must do it
    """A value does not fit its pattern."""


_TEXTUAL: dict[Fill, Callable[[bytes], str]] = {address: address_text, hardware_address: hardware_text}


class ValueReader:
    """All leaves that are alike: where their bytes are equal, they say the same.

    Attributes:
        code: how `struct` reads the bytes: a number, or bytes (`s`).
        plain: the number is its own text.
        name: of the node.
        refers: what kind of name the number may have, or "".
        textual: the value is its text, and nothing is said beside it.
        proven: `of` was seen to say what the walker says.
    """

    __slots__ = (
        "_before", "_ctx", "_field", "_fill", "_kind", "_order", "_said", "_shape", "_text", "code", "name", "plain",
        "proven", "refers", "textual",
    )  # fmt: skip

    def __init__(
        self, node: Node, fill: Fill, size: int, own: Order, order: Order, shape: _Shape, ctx: Context
    ) -> None:
        field = node.spec
        self._fill = fill
        self._before = node.start - node.payload
        self._field = field
        self._kind = node.kind
        self._order: Order = own
        self._shape = shape
        self._ctx = ctx
        self.name = node.name
        number = field is not None and field.type in SCALARS and size == SCALARS[field.type] and node.kind == "value"
        number = number and not field.hook and isinstance(node.raw, int) and not isinstance(node.raw, bool)
        if number and (field.byte_order or own) == order:
            self.code = CODES[field.type]
        elif field is None and node.kind == "value":  # nlmsg_seq and nlmsg_pid
            self.code, self._fill = "I", _read_u32
        else:
            self.code = f"{size}s"
        # Of a number in another order than the message's `struct` gives the bytes, which name nothing.
        self.refers: str = field.refers_to if number and field is not None and self.code[-1] != "s" else ""
        self.plain = self.code in "BHIQ" and (
            field is None
            or not (self.refers or field.secret or field.enum or field.hint or field.special or field.unit)
        )
        self._text = _TEXTUAL.get(fill) if node.kind == "value" and not shape else None
        self.textual = self._text is not None
        self.proven = False
        self._said: dict[Any, tuple[Any, str, Any]] = {}

    def said(self, raw: Any) -> tuple[Any, str, Any]:
        """The value, text and raw of the node for a value, which are remembered.

        Raises:
            Miss: as `of`.
        """
        found = self._said.get(raw)
        if found is None:
            node = self.of(raw)
            if len(self._said) >= _SAID:
                self._said.clear()
            found = self._said[raw] = node.value, node.text, node.raw
        return found

    def text(self, raw: Any) -> str:
        """The text of the node for a value.

        Raises:
            Miss: as `of`.
        """
        return self.of(raw).text if self._text is None else self._text(raw)

    def of(self, raw: Any) -> Node:
        """The node for a value, as the walker would have filled it, without the names that the capture taught.

        Raises:
            Miss: it would have another shape.
        """
        data = raw if isinstance(raw, bytes) else struct.pack(self._order + self.code, raw)
        node = Node(self.name, self._before, len(data), self._kind, payload=0, spec=self._field)
        self._ctx.data = data
        self._fill(self._ctx, node, 0, len(data))
        if node.kind != self._kind or _shape(node, 0, len(data)) != self._shape:
            raise Miss
        node.resolved = ""
        return node

    def proves(self, node: Node, data: bytes) -> bool:
        """Whether `of` says of a node's bytes what the walker said: a hook may need more than them."""
        if self._field is not None and self._field.refers_to and not self.refers:
            return False  # an odd number may have a name all the same, which `of` does not look up
        raw = data if self.code[-1] == "s" else struct.unpack(self._order + self.code, data)[0]
        try:
            leaf, text = self.of(raw), self.text(raw)
        except Miss:
            return False
        self.proven = (leaf.value, leaf.text, leaf.raw, text) == (node.value, node.text, node.raw, node.text)
        return self.proven


class NumberReader(ValueReader):
    """How the number of an element is read, as the name that it gives the element: see `Slot`."""

    __slots__ = ()

    def __init__(self) -> None:
        self.code, self.name, self.refers = "H", "", ""
        self.plain = False  # NLA_TYPE_MASK tells its bits
        self.textual = self.proven = True

    def text(self, raw: int) -> str:
        """The number in an nla_type."""
        return str(raw & NLA_TYPE_MASK)


NUMBER = NumberReader()


class Slot:
    """One value of a pattern; or the number of an element, which is its name, where a list counts through them.

    Attributes:
        node: the leaf in the pattern's tree; or the element.
        inside: the node that holds it.
        start, end: its bytes, counted from the message's start.
        leaf: how it is read.
        number: its place among the slots of its pattern, with numbers of elements behind the values.
    """

    __slots__ = ("end", "inside", "leaf", "node", "number", "start")

    def __init__(self, number: int, node: Node, inside: Node, start: int, end: int, leaf: ValueReader) -> None:
        self.number = number
        self.node = node
        self.inside = inside
        self.start = start
        self.end = end
        self.leaf = leaf


class ValueReaders:
    """The leaves of a decoder's patterns, those that are alike once."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoders = decoder.decoders
        self._show_secrets = decoder.show_secrets
        self._known: dict[Hashable, ValueReader] = {}

    def slots(self, root: Node, data: bytes, order: Order, decided: bytearray) -> list[Slot]:
        """The leaves of a message's tree whose values may be others without a change of its shape, in their order.

        Args:
            root: the tree.
            data: of the message, with which its frame begins.
            order: byte order of the message.
            decided: of the message, 1 for each byte that decided the shape.
        """
        known = self._known
        found: list[Slot] = []
        leaves: list[tuple[Node, Node]] = []
        _leaves(root, leaves)
        for node, inside in leaves:
            field = node.spec
            if node.reader is not None:
                fill, start, end, own = node.reader
            elif node.kind == "unknown" or field is None:
                fill, start, end, own = read_blob, node.payload, node.end, order
            else:
                fill, start, end, own = self._decoders[field], node.payload, node.end, order
            if start == end or 1 in decided[start:end]:
                continue
            parts = node.children
            if parts and any(part.start < end and (part.kind != "unknown" or part.start > start) for part in parts):
                continue  # padding, or bytes behind a text or a number: they are shown apart, and are no part of it
            shape = _shape(node, start, end) if node.problems or parts else ()
            # An attribute without a name may be a secret in one message and none in another.
            key = (
                id(field), node.name, node.kind, node.secret, fill, own, order, end - start, node.payload - node.start,
                shape,
            )  # fmt: skip
            leaf = known.get(key)
            if leaf is None:
                alone = Context(0, b"", own, self._decoders, show_secrets=self._show_secrets)
                leaf = ValueReader(node, fill, end - start, own, order, shape, alone)
                known[key] = leaf
            if leaf.proven or leaf.proves(node, data[start:end]):
                found.append(Slot(len(found), node, inside, start, end, leaf))
        return found


def counted(root: Node, decided: bytearray, before: int) -> list[Slot]:
    """The numbers of elements in lists that count through them: a request of nft goes on where its last one ended.

    Args:
        root: the tree of a message with which its frame begins.
        decided: of the message, 1 for each byte that decided the shape.
        before: slots that stand before these.
    """
    found: list[Slot] = []
    for items in _lists(root):
        parts = [part for part in items.children if part.type is not None]
        if len({part.type for part in parts}) < 2 or any(node.problems for node in items.walk()):
            continue  # what is wrong may be said with the number
        for part in parts:
            at = part.start + 2
            if part.name == str(part.type) and 1 not in decided[at : at + 2]:
                found.append(Slot(before + len(found), part, items, at, at + 2, NUMBER))
    return found


def _lists(root: Node) -> Iterator[Node]:
    for child in root.children:
        if child.kind == "list":
            yield child
        if child.children and child.kind not in {"value", "unknown"}:
            yield from _lists(child)


def _shape(node: Node, start: int, end: int) -> _Shape:
    """What a leaf has beside its value: what is wrong with it, and parts that are padding or unknown."""
    problems = tuple([(item.severity, item.code, item.offset - start, item.text) for item in node.problems])
    parts = tuple([(part.kind, part.start - start, part.end - start) for part in node.children if part.end <= end])
    return (problems, parts) if problems or parts else ()


def _read_u32(ctx: Context, node: Node, start: int, _end: int) -> None:
    node.raw = node.value = UNPACK[ctx.order]["u32"](ctx.data, start)[0]
    node.text = str(node.raw)


def _leaves(root: Node, found: list[tuple[Node, Node]]) -> None:
    """Add the leaves that carry values, each with what holds it; what netlink's own headers fix is left out."""
    for child in root.children:
        kind = child.kind
        if kind == "value":
            if child.spec is not None or (root.name == "nlmsghdr" and child.name in {"seq", "pid"}):
                found.append((child, root))
        elif kind == "unknown":
            if not child.children:
                found.append((child, root))
        else:
            _leaves(child, found)


def reader(order: Order, spans: list[Span]) -> Read:
    """A function that reads the values at (start, end, code), ascending, of a message."""
    codes: list[str] = [order]
    at = 0
    for start, end, code in spans:
        codes.append(f"{start - at}x{code}" if start > at else code)
        at = end
    return struct.Struct("".join(codes)).unpack_from
