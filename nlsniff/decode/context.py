"""What decoders share while one message is decoded: bytes, byte order, names, and where selectors are looked up."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from nlsniff.decode.bits import bit_fields
from nlsniff.decode.names import Names
from nlsniff.decode.node import Node, Problem
from nlsniff.spec.model import SCALARS
from nlsniff.wire.attr import walk_attrs
from nlsniff.wire.constants import NLA_TYPE_MASK

if TYPE_CHECKING:
    from nlsniff.decode.node import Severity
    from nlsniff.spec.model import AttrSet, Field, Struct
    from nlsniff.wire.nlmsg import Order

MAX_DEPTH = 32  # nests inside nests; the deepest that a kernel sends is about 10

CODES = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "s8": "b", "s16": "h", "s32": "i", "s64": "q"}
UNPACK = {
    order: {name: struct.Struct(order + code).unpack_from for name, code in CODES.items()} for order in ("<", ">")
}


class Scope:
    """One level of a message in which a selector may be found; `outer` is the level around it."""

    __slots__ = ("base", "end", "outer", "set", "struct")

    def __init__(
        self, outer: Scope | None, base: int, end: int, struct: Struct | None = None, attrs: AttrSet | None = None
    ) -> None:
        self.outer = outer
        self.base = base
        self.end = end
        self.struct = struct
        self.set = attrs


class Context:
    """The state of decoding one message.

    Attributes:
        protocol: netlink protocol number.
        data: bytes of the frame; all offsets count from its start.
        order: byte order of the payload at this point.
        names: what the capture has taught so far.
        number: of the message, to look up names as they were then.
        show_secrets: keep secret values readable.
        decided: positions that decided the shape of the tree (selectors, counts, lengths), where somebody wants to
            know; else None. See `nlsniff.decode.patterns`.
    """

    __slots__ = ("data", "decided", "depth", "names", "number", "order", "protocol", "scope", "show_secrets")

    def __init__(
        self,
        protocol: int,
        data: bytes,
        order: Order,
        names: Names | None = None,
        number: int = 0,
        *,
        show_secrets: bool = False,
    ) -> None:
        self.protocol = protocol
        self.data = data
        self.order: Order = order
        self.names = names if names is not None else Names()
        self.number = number
        self.show_secrets = show_secrets
        self.scope: Scope | None = None
        self.depth = 0
        self.decided: list[tuple[int, int]] | None = None

    def decide(self, start: int, end: int) -> None:
        """Note that these bytes decide the shape of the tree."""
        if self.decided is not None:
            self.decided.append((start, end))

    def beside(self, name: str) -> bool:
        """Whether an attribute of that name stands in the chain that is being decoded."""
        scope = self.scope
        if scope is None or scope.set is None:
            return False
        wanted = scope.set.by_name(name)
        return wanted is not None and any(
            span.type & NLA_TYPE_MASK == wanted.number and not span.fault
            for span in walk_attrs(self.data, scope.base, scope.end, self.order)
        )

    def lookup(self, name: str, *, nonzero: bool = False) -> tuple[Field, Any] | None:
        """The nearest scalar or string of that name: its description and its raw value.

        With `nonzero`, a 0 is passed over and the search goes on outward: an XFRM selector may leave its family 0 and
        mean that of the state around it.
        """
        for path in name.split("|"):
            scope = self.scope
            while scope is not None:
                found = self._at(scope, path)
                if found is not None and not (nonzero and found[1] == 0):
                    return found
                scope = scope.outer
        return None

    def _at(self, scope: Scope, path: str) -> tuple[Field, Any] | None:
        """What a path of names leads to from one level: `family`, or `sa-id.family` inside a member."""
        name, _, deeper = path.partition(".")
        if not deeper:
            return self._in_struct(scope, name) if scope.struct is not None else self._in_attrs(scope, name)
        inner = self._level(scope, name)
        return self._in_bits(scope, name, deeper) if inner is None else self._at(inner, deeper)

    def _in_bits(self, scope: Scope, name: str, part: str) -> tuple[Field, Any] | None:
        found = self._in_struct(scope, name)
        if found is None or not found[0].bits:
            return None
        field, raw = found
        for item in bit_fields(field, SCALARS[field.type], field.byte_order or self.order):
            if item.field.name == part:
                return item.field, item.of(raw)
        return None

    def _level(self, scope: Scope, name: str) -> Scope | None:
        """The struct or nest of that name, as a level; of an array its first element."""
        if scope.struct is not None:
            member = scope.struct.by_name.get(name)
            if member is None or member.struct is None or member.offset is None:
                return None
            return Scope(None, scope.base + member.offset, scope.end, member.struct)
        field = scope.set.by_name(name) if scope.set is not None else None
        if field is None:
            return None
        for span in walk_attrs(self.data, scope.base, scope.end, self.order):
            if span.type & NLA_TYPE_MASK == field.number and not span.fault:
                return Scope(None, span.start + 4, span.end, field.struct or field.array_of, field.nested)
        return None

    def _in_struct(self, scope: Scope, name: str) -> tuple[Field, Any] | None:
        member = scope.struct.by_name.get(name) if scope.struct else None
        if member is None or member.offset is None:
            return None
        start = scope.base + member.offset
        return self._read(member, start, min(start + (member.size or 0), scope.end))

    def _in_attrs(self, scope: Scope, name: str) -> tuple[Field, Any] | None:
        wanted = scope.set.by_name(name) if scope.set is not None else None
        if wanted is None:
            return None
        for span in walk_attrs(self.data, scope.base, scope.end, self.order):
            if span.type & NLA_TYPE_MASK == wanted.number and not span.fault:
                return self._read(wanted, span.start + 4, span.end)
        return None

    def _read(self, field: Field, start: int, end: int) -> tuple[Field, Any] | None:
        self.decide(start, end)
        if field.type == "string":
            return field, self.data[start:end].split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
        size = SCALARS.get(field.type)
        if size is None or end - start < size:
            return None
        order = field.byte_order or self.order
        return field, UNPACK[order][field.type](self.data, start)[0]


def problem(node: Node, severity: Severity, code: str, offset: int, text: str) -> None:
    """Attach what is wrong to a node."""
    node.problems = [*node.problems, Problem(severity, code, offset, text)]


def odd(ctx: Context, node: Node, start: int, end: int, text: str) -> None:
    """Show bytes that do not fit their type: in hex, as unknown, with the reason."""
    blob = ctx.data[start:end]
    node.raw = blob
    node.value = node.text = blob.hex()
    if end > start:
        node.add(Node("unknown-bytes", start, end, "unknown", value=node.value, raw=blob, text=node.text))
    problem(node, "warning", "length", start, f"{node.name}: {text}")
