"""What programs tell each other through nf_tables: types of sets, elements by those types, and what they keep by a set.

The kernel passes all of it on unread. The numbers are those of nft and libnftnl, which other programs follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.context import MAX_DEPTH, Context, Scope
from nlsniff.decode.fields import values
from nlsniff.decode.fields.attrs import sub_message
from nlsniff.decode.fields.registry import makes
from nlsniff.decode.fields.unknown import padding, unknown
from nlsniff.decode.node import Node
from nlsniff.decode.set_types import KIND, Values, parts_of, set_key, values_of
from nlsniff.spec.model import SCALARS
from nlsniff.terminal import decoded
from nlsniff.wire.attr import walk_short
from nlsniff.wire.nlmsg import align

if TYPE_CHECKING:
    from nlsniff.decode.fields.registry import Fill
    from nlsniff.spec.model import Field

    _Part = tuple[Field, int]  # what describes a part of a value, and its bytes

_VERDICT = 0xFFFFFF00  # NFT_DATA_VERDICT
_SIZES = {"ipv4": 4, "ipv6": 16, "mac": 6}  # bytes, by `display-hint`; a part of another one has no size of its own
_IFNAMSIZ = 16
_JOIN, _RANGE = " . ", " - "


@makes("hook: nft-set-type")
def nft_set_type(field: Field) -> Fill:
    """The number of a type of data, in words as nft has them; of a concatenation those of its parts."""
    names = field.enum.by_value if field.enum is not None else {}
    number = values.number(field.but(hook="", enum=None, hint="hex"))

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        number(ctx, node, start, end)
        if isinstance(node.raw, int):
            words = ["verdict"] if node.raw == _VERDICT else [names.get(part, "") for part in parts_of(node.raw)]
            if words and all(words):
                node.value = node.text = _JOIN.join(words)

    return fill


@makes("hook: nft-set-key")
def nft_set_key(field: Field) -> Fill:
    """A value of a set's key."""
    return _Elements(field, 0)


@makes("hook: nft-set-data")
def nft_set_data(field: Field) -> Fill:
    """A value that a map has for a key, or the first and the last one."""
    return _Elements(field, 1)


class _Elements:
    """Reads values by the types that the capture taught of their set; in hex where it did not.

    Args:
        field: its `enum` names types, its `sub-message` has a format for each.
        side: 0 for keys, 1 for data.
    """

    def __init__(self, field: Field, side: int) -> None:
        self._names = field.enum.by_value if field.enum is not None else {}
        self._formats = field.sub_message.formats if field.sub_message is not None else {}
        self._side = side
        self._joined = field.but(between=_JOIN)
        self._range = field.but(between=_RANGE)
        self._known: dict[tuple[int, int, str], _Part | None] = {}
        self._last: tuple[Scope | None, Values | None] = (None, None)

    def __call__(self, ctx: Context, node: Node, start: int, end: int) -> None:
        """Fill a node."""
        wanted = self._values(ctx)
        size = end - start
        if wanted is not None:
            if self._fill(ctx, node, start, end, self._parts(wanted, size)):
                return
            half = start + size // 2
            first = self._parts(wanted, size // 2) if self._side and not size % 2 else []
            if first:
                node.kind, node.spec = "list", self._range
                for at, stop in ((start, half), (half, end)):
                    part = Node(node.name, at, stop)
                    self._fill(ctx, part, at, stop, first)
                    node.add(part)
                return
        _hex(ctx, node, start, end)
        node.reader = (_hex, start, end, ctx.order)

    def _values(self, ctx: Context) -> Values | None:
        """What the values of this message are made of."""
        top = scope = ctx.scope
        while scope is not None:
            if scope.set is not None:
                top = scope
            scope = scope.outer
        if top is None or self._last[0] is not top:  # a message may hold thousands
            self._last = top, self._looked_up(ctx)
        return self._last[1]

    def _looked_up(self, ctx: Context) -> Values | None:
        family, table, name, set_id = map(ctx.lookup, ("nfgen-family", "table", "set", "set-id"))
        if family is None or table is None or name is None:
            return None
        key = set_key(family[1], table[1], name[1], set_id[1] if set_id is not None else 0)
        text = ctx.names.resolve(KIND, key, ctx.number)
        return values_of(text)[self._side] if text else None

    def _parts(self, wanted: Values, size: int) -> list[_Part]:
        """What describes each part of a value of so many bytes; none where it cannot be told."""
        types, lengths = wanted.types, wanted.lengths
        if lengths and len(lengths) != len(types):
            return []
        only = len(types) == 1
        found = [
            self._part(number, lengths[at] if lengths else size if only else 0, wanted.order)
            for at, number in enumerate(types)
        ]
        whole = [part for part in found if part is not None]
        fits = sum(part[1] if only else align(part[1]) for part in whole) == size
        return whole if fits and len(whole) == len(types) else []

    def _part(self, number: int, size: int, order: str) -> _Part | None:
        """What describes a part by the number of its type and by its bytes, 0 where those are not told."""
        key = number, size if size <= _IFNAMSIZ else -1, order
        if key not in self._known:
            self._known[key] = self._made(number, size, order)
        return self._known[key]

    def _made(self, number: int, size: int, order: str) -> _Part | None:
        name = self._names.get(number, "")
        chosen = self._formats.get(name)
        field = chosen.value if chosen is not None else None
        if field is None:
            return None
        if field.type == "uint":  # as wide as the value, and of an order that the type does not tell
            kind = next((kind for kind, width in SCALARS.items() if width == size and kind[0] == "u"), "")
            if not kind or (size > 1 and not order):
                return None
            return field.but(name=name, type=kind, byte_order=">" if order == "b" else ""), size
        natural = SCALARS.get(field.type) or (_IFNAMSIZ if field.type == "string" else _SIZES.get(field.hint, size))
        if not natural or size not in {0, natural}:
            return None
        big = order == "b" and field.type in SCALARS
        return field.but(name=name, byte_order=">" if big else field.byte_order), natural

    def _fill(self, ctx: Context, node: Node, start: int, end: int, parts: list[_Part]) -> bool:
        """Fill a node with a value of these parts; False where there are none."""
        if len(parts) == 1:
            node.spec = parts[0][0]
            _read(ctx, node, start, end)
        elif parts:
            node.kind, node.spec = "list", self._joined
            at = start
            for field, size in parts:
                part = Node(field.name, at, at + size, spec=field)
                _read(ctx, part, at, at + size)
                node.add(part)
                at += align(size)
                if part.end < at:
                    node.add(padding(ctx, part.end, at))
        return bool(parts)


def _read(ctx: Context, node: Node, start: int, end: int) -> None:
    """Fill a node by its field."""
    read: Fill = _name if node.spec.type == "string" else ctx.decoders[node.spec]
    read(ctx, node, start, end)
    node.reader = (read, start, end, ctx.order)


def _name(ctx: Context, node: Node, start: int, end: int) -> None:
    """A text that zeros fill up; what has other bytes behind its end is shown with them."""
    node.value, node.text = decoded(ctx.data[start:end].rstrip(b"\0"))
    node.raw = node.value


def _hex(ctx: Context, node: Node, start: int, end: int) -> None:
    """A value of which only the bytes are known."""
    values.blob(ctx, node, start, end)
    node.text = f"0x{node.text}"


@makes("hook: nft-userdata")
def nft_userdata(field: Field) -> Fill:
    """Attributes with a byte for the type and one for the length, as libnftnl writes them, or bytes of another kind.

    With `display-hint: hex` the dissector names all of them, and what is no chain of those is known to be nothing else.
    """
    if field.type == "sub-message":
        return sub_message(field)  # its layouts keep the hook
    known = field.nested.by_number if field.nested is not None else {}
    closed = field.hint == "hex"

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        spans = list(walk_short(ctx.data, start, end))
        for _, at, _ in spans:
            ctx.decide(at - 2, at)
        after = spans[-1][2] if spans else start
        if after < end or ctx.depth >= MAX_DEPTH or (closed and any(number not in known for number, _, _ in spans)):
            ctx.decide(start, end)
            (values.blob if closed else values.untyped)(ctx, node, start, end)
            return
        node.kind = "nest"
        outer = ctx.scope
        ctx.scope = Scope(outer, start, end, attrs=field.nested)
        # A scope counts four bytes for the header of each, which is never read.
        ctx.scope.spans = {number: (at - 4, stop, number) for number, at, stop in spans}
        ctx.depth += 1
        for number, at, stop in spans:
            node.add(_short_attr(ctx, known.get(number), number, at, stop))
        ctx.depth -= 1
        ctx.scope = outer

    return fill


def _short_attr(ctx: Context, field: Field | None, number: int, start: int, end: int) -> Node:
    """One of them, its payload [start, end)."""
    if field is None:
        node = unknown(ctx, f"unknown-{number}", start, end)
        node.start, node.type = start - 2, number
        return node
    node = Node(field.name, start - 2, end, payload=start, spec=field, type=number)
    ctx.decoders[field](ctx, node, start, end)
    return node
