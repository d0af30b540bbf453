"""What decoders share while one message is decoded: bytes, byte order, names, and where selectors are looked up."""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING, Any

from nlsniff.decode.fields.bits import bit_fields
from nlsniff.decode.names import Names
from nlsniff.decode.node import Node, Problem
from nlsniff.spec.model import NESTS, SCALARS
from nlsniff.terminal import decoded
from nlsniff.wire.attr import ATTR_WRAP, HEADER_SIZE, walk_attrs, walk_long
from nlsniff.wire.constants import NLA_F_NET_BYTEORDER, NLA_TYPE_MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.fields.registry import FieldDecoders
    from nlsniff.decode.node import Severity
    from nlsniff.spec.model import AttrSet, Field, Struct
    from nlsniff.spec.registry import Registry
    from nlsniff.wire.attr import AttrSpan
    from nlsniff.wire.nlmsg import Order

    _Found = tuple[Field, Any] | None  # what describes a selector, and its raw value

_NUMBERS = {*SCALARS, "uint", "sint"}
MAX_DEPTH = 32  # nests inside nests; the deepest that a kernel sends is about 10
# Bytes of one message that are taken apart, and of one piece without a name that are shown. A part may cost a hundred
# times its bytes; the longest messages that kernels and programs send have two fifths of this.
MOST_BYTES = 1 << 19

CODES = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "s8": "b", "s16": "h", "s32": "i", "s64": "q"}
UNSIGNED = {1: "u8", 2: "u16", 4: "u32", 8: "u64"}  # by bytes
UNPACK = {
    order: {name: struct.Struct(order + code).unpack_from for name, code in CODES.items()} for order in ("<", ">")
}


class Scope:
    """One level of a message in which a selector may be found; `outer` is the level around it.

    Attributes:
        spans: of a chain of attributes, where each type is: [start, end) of the last one, header included, which is the
            one that counts (`nla_parse` of the kernel), and its nla_type. Made when the first selector is looked up: a
            chain may hold as many attributes that need a selector as fit, and must not be walked for each of them.
        found: what was looked up here, by name, for the same reason: a selector may be a long text.
        inner: the levels inside that a dotted path went through.
    """

    __slots__ = ("base", "end", "found", "inner", "outer", "set", "spans", "struct")

    def __init__(
        self, outer: Scope | None, base: int, end: int, struct: Struct | None = None, attrs: AttrSet | None = None
    ) -> None:
        self.outer = outer
        self.base = base
        self.end = end
        self.struct = struct
        self.set = attrs
        self.spans: dict[int, tuple[int, int, int]] | None = None
        self.found: dict[str, _Found] | None = None
        self.inner: dict[str, Scope] | None = None


class Context:
    """The state of decoding one message.

    Attributes:
        protocol: netlink protocol number.
        data: bytes of the frame; all offsets count from its start.
        order: byte order of the payload at this point.
        headers: byte order of attribute headers, which NLA_F_NET_BYTEORDER does not change.
        limit: offset in `data` from which on nothing is taken apart, see MOST_BYTES.
        cut: where structs end for that reason, and not because the sender wrote no more; else -1.
        room: bytes that nests without a name may still repeat of what their parts show.
        names: what the capture has taught so far.
        number: of the message, to look up names as they were then.
        show_secrets: keep secret values readable.
        decoders: of fields; those that nests and structs need for their parts.
        registry: the dissectors, for what names a part of another protocol; None where a value is read by itself.
        decided: positions that decided the shape of the tree (selectors, counts, lengths), where somebody wants to
            know; else None. See `nlsniff.decode.patterns`.
    """

    __slots__ = (
        "cut", "data", "decided", "decoders", "depth", "headers", "limit", "names", "number", "order", "protocol",
        "registry", "room", "scope", "show_secrets",
    )  # fmt: skip

    def __init__(
        self,
        protocol: int,
        data: bytes,
        order: Order,
        decoders: FieldDecoders,
        names: Names | None = None,
        number: int = 0,
        *,
        show_secrets: bool = False,
        registry: Registry | None = None,
    ) -> None:
        self.protocol = protocol
        self.data = data
        self.order: Order = order
        self.headers: Order = order
        self.decoders = decoders
        self.limit = sys.maxsize
        self.cut = -1
        self.room = MOST_BYTES
        self.names = names if names is not None else Names()
        self.number = number
        self.show_secrets = show_secrets
        self.registry = registry
        self.scope: Scope | None = None
        self.depth = 0
        self.decided: list[tuple[int, int]] | None = None

    def decide(self, start: int, end: int) -> None:
        """Note that these bytes decide the shape of the tree."""
        if self.decided is not None:
            self.decided.append((start, end))

    def zeros(self, start: int, end: int) -> bool:
        """Whether bytes that nothing describes are all zero, which decides whether they are padding."""
        self.decide(start, end)
        return not any(self.data[start:end])

    def chain(self, attrs: AttrSet | None, start: int, end: int, order: Order) -> Iterator[AttrSpan]:
        """The attributes of [start, end), which `attrs` describes."""
        if end - start < ATTR_WRAP:
            return walk_attrs(self.data, start, end, order)
        fields = attrs.by_number.items() if attrs is not None else ()
        nests = {number for number, field in fields if field.type in NESTS}
        return walk_long(self.data, start, end, order, nests, self.decide)

    def tiled(self, start: int, end: int, *, typed: bool = False) -> bool:
        """Whether attributes fill [start, end), or nothing is there; where `typed`, none has type 0.

        Their headers decide it.
        """
        for span in walk_attrs(self.data, start, end, self.order):
            self.decide(span.start, min(span.start + HEADER_SIZE, end))
            if span.fault or (typed and not span.type):
                return False
        return True

    def beside(self, name: str) -> bool:
        """Whether an attribute of that name stands in the chain that is being decoded."""
        scope = self.scope
        return scope is not None and self._span(scope, name) is not None

    def lookup(self, name: str, *, nonzero: bool = False) -> _Found:
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

    def _at(self, scope: Scope, path: str) -> _Found:
        """What a path of names leads to from one level: `family`, or `sa-id.family` inside a member."""
        name, _, deeper = path.partition(".")
        if not deeper:
            return self._in_struct(scope, name) if scope.struct is not None else self._in_attrs(scope, name)
        inner = self._level(scope, name)
        return self._in_bits(scope, name, deeper) if inner is None else self._at(inner, deeper)

    def _in_bits(self, scope: Scope, name: str, part: str) -> _Found:
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
        if scope.inner is None:
            scope.inner = {}
        elif name in scope.inner:
            return scope.inner[name]
        span = self._span(scope, name)
        field = scope.set.by_name(name) if scope.set is not None else None
        if span is None or field is None:
            return None
        start, end, _ = span
        found = scope.inner[name] = Scope(None, start + 4, end, field.struct or field.array_of, field.nested)
        return found

    def _in_struct(self, scope: Scope, name: str) -> _Found:
        member = scope.struct.by_name.get(name) if scope.struct else None
        if member is None or member.offset is None:
            return None
        start = scope.base + member.offset
        return self._read(member, start, min(start + (member.size or 0), scope.end), self.order)

    def _in_attrs(self, scope: Scope, name: str) -> _Found:
        if scope.set is None:
            return None
        if scope.found is None:
            scope.found = {}
        elif name in scope.found:
            return scope.found[name]
        wanted, span = scope.set.by_name(name), self._span(scope, name)
        found: _Found = None
        if wanted is not None and span is not None:
            start, end, type_ = span
            found = self._read(wanted, start + 4, end, order_of(wanted, type_, self.headers))
        scope.found[name] = found
        return found

    def _span(self, scope: Scope, name: str) -> tuple[int, int, int] | None:
        """Where the attribute of that name is, and its nla_type; of several the last one counts."""
        wanted = scope.set.by_name(name) if scope.set is not None else None
        if wanted is None:
            return None
        spans = scope.spans
        if spans is None:
            spans = scope.spans = {
                span.type & NLA_TYPE_MASK: (span.start, span.end, span.type)
                for span in self.chain(scope.set, scope.base, scope.end, self.headers)
                if not span.fault
            }
        return spans.get(wanted.number)

    def _read(self, field: Field, start: int, end: int, order: Order) -> _Found:
        self.decide(start, end)
        if field.type == "string":
            return field, decoded(self.data[start:end].split(b"\0", 1)[0])[0]
        size = SCALARS.get(field.type)
        if size is None or end - start < size:
            return None
        return field, UNPACK[field.byte_order or order][field.type](self.data, start)[0]


def order_of(field: Field, type_: int, order: Order) -> Order:
    """The byte order of an attribute's payload, where its field says none: NLA_F_NET_BYTEORDER may change it.

    The flag speaks of a payload that is a number, or some in a row. No kernel code looks at it on a nest, a struct or a
    sub-message: the headers and members inside are in the machine's order all the same, and each attribute inside has a
    flag of its own.

    Args:
        field: what the dissector says of the attribute.
        type_: its nla_type, flags included.
        order: that of the headers.
    """
    if not type_ & NLA_F_NET_BYTEORDER or field.byte_order or field.struct is not None or field.array_of is not None:
        return order
    return ">" if field.type in _NUMBERS or (field.type == "binary" and field.sub_type in SCALARS) else order


def problem(node: Node, severity: Severity, code: str, offset: int, text: str) -> None:
    """Attach what is wrong to a node."""
    if not isinstance(node.problems, list):
        node.problems = []
    node.problems.append(Problem(severity, code, offset, text))
