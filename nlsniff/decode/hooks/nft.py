"""What programs tell each other through nf_tables: types of sets, elements by those types, and what they keep by a set.

The kernel passes all of it on unread. The numbers are those of nft and libnftnl, which other programs follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.context import MAX_DEPTH, Context, Scope
from nlsniff.decode.fields import values
from nlsniff.decode.fields.attrs import sub_message
from nlsniff.decode.fields.registry import made, makes
from nlsniff.decode.fields.unknown import padding, unknown
from nlsniff.decode.node import Node
from nlsniff.decode.set_types import ASKED, KIND, Values, parts_of, set_key, values_of
from nlsniff.spec.model import SCALARS, Field
from nlsniff.terminal import decoded
from nlsniff.wire.attr import walk_short
from nlsniff.wire.nlmsg import align

if TYPE_CHECKING:
    from nlsniff.decode.fields.registry import Fill

    _Part = tuple[Field, int, Fill]  # what describes a part of a value, its bytes, and what reads them
    _Plan = tuple[list[_Part], int]  # the parts; bytes of the first value, where there is a last one, too

_VERDICT = 0xFFFFFF00  # NFT_DATA_VERDICT
_SIZES = {"ipv4": 4, "ipv6": 16, "mac": 6}  # bytes, by `display-hint`; a part of another one has no size of its own
_IFNAMSIZ = 16
_KEPT = 256  # ways to read values that are remembered
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


class ValueTypes:
    """What describes values by the types of nft that they have: a format of a field's `sub-message` for each."""

    def __init__(self, field: Field) -> None:
        self._formats = field.sub_message.formats if field.sub_message is not None else {}
        self._known: dict[tuple[str, int, str], _Part | None] = {}

    def part(self, name: str, size: int, order: str) -> _Part | None:
        """What describes a value, by the name of its type and by its bytes, 0 where those are not told.

        Args:
            name: of the type, as nft has it.
            size: bytes of the value.
            order: `h` or `b` where the order of the host or of the network is told, else "".
        """
        key = name, size if size <= _IFNAMSIZ else -1, order
        if key not in self._known:
            self._known[key] = self._made(name, size, order)
        return self._known[key]

    def _made(self, name: str, size: int, order: str) -> _Part | None:
        chosen = self._formats.get(name)
        field = chosen.value if chosen is not None else None
        if field is None:
            return None
        if field.type == "uint":  # as wide as the value, and of an order that the type does not tell
            kind = next((kind for kind, width in SCALARS.items() if width == size and kind[0] == "u"), "")
            if not kind or (size > 1 and not order):
                return None
            field = field.but(name=name, type=kind, byte_order=">" if order == "b" else "")
            return field, size, made(field)
        natural = SCALARS.get(field.type) or (_IFNAMSIZ if field.type == "string" else _SIZES.get(field.hint, size))
        if not natural or size not in {0, natural}:
            return None
        big = order == "b" and field.type in SCALARS
        field = field.but(name=name, byte_order=">" if big else field.byte_order)
        return field, natural, read_name if field.type == "string" else made(field)


class _Elements:
    """Reads values by the types that the capture taught of their set; in hex where it did not.

    Args:
        field: its `enum` names types, its `sub-message` has a format for each.
        side: 0 for keys, 1 for data.
    """

    def __init__(self, field: Field, side: int) -> None:
        self._names = field.enum.by_value if field.enum is not None else {}
        self._types = ValueTypes(field)
        self._side = side
        self._joined = field.but(between=_JOIN)
        self._range = field.but(between=_RANGE)
        self._bytes: dict[int, Field] = {}
        self._plans: dict[tuple[Values | None, int], _Plan] = {}
        self._last: tuple[Scope | None, Values | None] = (None, None)

    def __call__(self, ctx: Context, node: Node, start: int, end: int) -> None:
        """Fill a node."""
        top = ctx.scope
        while top is not None and top.outer is not None and top.outer.set is not None:
            top = top.outer
        if top is None or self._last[0] is not top:  # a message may hold thousands
            self._last = top, self._looked_up(ctx)
        key = self._last[1], end - start
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _KEPT:
                self._plans.clear()
            plan = self._plans[key] = self._plan(*key)
        parts, half = plan
        if len(parts) == 1 and not half:
            node.spec, _, read = parts[0]
            read(ctx, node, start, end)
            if read is read_name:
                node.reader = (read, start, end, ctx.order)
        elif parts:
            self._fill(ctx, node, start, end, plan)
        else:
            in_hex(ctx, node, start, end)
            node.reader = (in_hex, start, end, ctx.order)

    def _looked_up(self, ctx: Context) -> Values | None:
        """What the values of a message are made of."""
        family, table, name, set_id = map(ctx.lookup, ("nfgen-family", "table", "set", "set-id"))
        if family is None or table is None or name is None:
            return None
        key = set_key(family[1], table[1], name[1], set_id[1] if set_id is not None else 0)
        text = ctx.names.resolve(ASKED, key, ctx.number) or ctx.names.resolve(KIND, key, ctx.number)
        return values_of(text)[self._side] if text else None

    def _plan(self, wanted: Values | None, size: int) -> _Plan:
        """How a value of so many bytes is read."""
        parts = self._parts(wanted, size) if wanted is not None else []
        if parts or wanted is None or not self._side or size % 2:
            return parts, 0
        return self._parts(wanted, size // 2), size // 2

    def _parts(self, wanted: Values, size: int) -> list[_Part]:
        """What describes each part of a value of so many bytes; none where it cannot be told.

        An integer may have any length. Where nobody told it, the bytes that the others leave are its own.
        """
        types, lengths = wanted.types, wanted.lengths
        if lengths and len(lengths) != len(types):
            return []
        if len(types) == 1:
            only = self._types.part(self._names.get(types[0], ""), lengths[0] if lengths else size, wanted.order)
            return [only] if only is not None and only[1] == size else []
        known = [
            self._types.part(self._names.get(number, ""), lengths[at] if lengths else 0, wanted.order)
            for at, number in enumerate(types)
        ]
        slots = [align(part[1] if part else lengths[at] if lengths else 0) for at, part in enumerate(known)]
        untold = slots.count(0)
        each = (size - sum(slots)) // untold if untold else 0
        if sum(slots) + untold * each != size or (untold and (each <= 0 or each % 4 or (untold > 1 and each != 4))):
            return []
        return [
            part or (self._opaque(number), slot or each, in_hex)
            for part, slot, number in zip(known, slots, types, strict=True)
        ]

    def _opaque(self, number: int) -> Field:
        """What describes a part of which only the bytes are known."""
        found = self._bytes.get(number)
        if found is None:
            name = self._names.get(number, f"type-{number}")
            found = self._bytes[number] = Field(name=name, type="binary", hint="hex")
        return found

    def _fill(self, ctx: Context, node: Node, start: int, end: int, plan: _Plan) -> None:
        """Fill a node with a value of several parts, or with a first and a last one."""
        parts, half = plan
        node.kind, node.spec = "list", self._range if half else self._joined
        if half:
            for at in (start, start + half):
                node.add(Node(node.name, at, at + half))
                if len(parts) == 1:
                    _read(ctx, node.children[-1], parts[0])
                else:
                    self._fill(ctx, node.children[-1], at, at + half, (parts, 0))
            return
        at = start
        for part in parts:
            found = Node(part[0].name, at, at + part[1])
            _read(ctx, found, part)
            node.add(found)
            at = min(at + align(part[1]), end)
            if found.end < at:
                node.add(padding(ctx, found.end, at))


def _read(ctx: Context, node: Node, part: _Part) -> None:
    """Fill a node that is a part."""
    node.spec, _, read = part
    read(ctx, node, node.start, node.end)
    if read in {read_name, in_hex}:
        node.reader = (read, node.start, node.end, ctx.order)


def read_name(ctx: Context, node: Node, start: int, end: int) -> None:
    """A text that zeros fill up; what has other bytes behind its end is shown with them."""
    node.value, node.text = decoded(ctx.data[start:end].rstrip(b"\0"))
    node.raw = node.value


def in_hex(ctx: Context, node: Node, start: int, end: int) -> None:
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
