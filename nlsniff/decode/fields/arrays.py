"""Arrays of structs, whose elements may hold attributes: these stand above both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.context import UNPACK, Context, problem
from nlsniff.decode.fields import values
from nlsniff.decode.fields.attrs import read_attrs
from nlsniff.decode.fields.registry import makes
from nlsniff.decode.fields.structs import read_struct
from nlsniff.decode.fields.unknown import keep_rest, keep_unknown, padding, unknown
from nlsniff.decode.node import Node
from nlsniff.spec.model import SCALARS
from nlsniff.wire.nlmsg import align

if TYPE_CHECKING:
    from nlsniff.decode.fields.registry import Fill
    from nlsniff.spec.model import Field, Struct


@makes("array-of")
def array_of_structs(field: Field) -> Fill:
    """The same struct again and again; with `element-length`, each says its own length and attributes may follow."""
    struct = field.array_of
    if struct is None:
        return values.untyped
    measure = struct.by_name.get(field.element_length) if field.element_length else None

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "list"
        at = start
        while at < end:
            length = _element_length(ctx, node, measure, struct, at, end)
            if not length:
                return
            part = Node(field.name, at, at + length, "nest", spec=field)
            after = read_struct(ctx, struct, at, at + length, part)
            if after < at + length:
                if field.element_attributes is not None:
                    read_attrs(ctx, field.element_attributes, after, at + length, part)
                else:
                    keep_unknown(ctx, part, after, at + length)
            node.add(part)
            at += length
            following = min(start + align(at - start), end) if measure is not None else at
            if following > at:
                node.add(padding(ctx, at, following))
            at = following

    return fill


def _element_length(ctx: Context, node: Node, measure: Field | None, struct: Struct, at: int, end: int) -> int:
    """Length of an array's element, or 0 after keeping the rest of the array as unknown."""
    if measure is None or measure.offset is None:
        length, least = max(struct.size, 1), struct.size
        if struct.variable:
            length = end - at
    else:
        size = SCALARS[measure.type]
        where = at + measure.offset
        ctx.decide(where, where + size)
        length = UNPACK[measure.byte_order or ctx.order][measure.type](ctx.data, where)[0] if where + size <= end else 0
        least = struct.size
    if length < least or at + length > end:
        if end == ctx.cut and length >= least:
            keep_rest(ctx, node, at, end)
            return 0
        rest = unknown(ctx, "unknown-bytes", at, end)
        says = (
            f"an element of {node.name} says {length} bytes" if measure is not None else f"{struct.name} needs {least}"
        )
        problem(rest, "warning", "length", at, f"{says}, {end - at} remain")
        node.add(rest)
        return 0
    return length
