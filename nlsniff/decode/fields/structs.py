"""Decoders of structs: their members, the gaps that C leaves, members as long as others say, arrays of structs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.context import Context, Scope, problem
from nlsniff.decode.fields import values
from nlsniff.decode.fields.registry import makes
from nlsniff.decode.fields.unknown import keep_unknown, padding, unknown
from nlsniff.decode.node import Node
from nlsniff.spec.model import SCALARS

if TYPE_CHECKING:
    from nlsniff.decode.fields.registry import Fill
    from nlsniff.spec.model import Field, Struct


def read_struct(ctx: Context, struct: Struct, start: int, end: int, parent: Node) -> int:
    """Decode a struct into children of `parent` that tile its bytes; returns where it ends.

    A struct that is shorter than the dissector's ends where its bytes do: kernels grow structs, and an older one
    sends fewer members. A member that is cut in two is unknown.
    """
    outer = ctx.scope
    ctx.scope = Scope(outer, start, end, struct)
    at = start
    out: list[Node] = []
    for member in struct.members:
        offset, size = member.offset, member.size
        if offset is not None and start + offset > at:  # a gap that C left for alignment
            stop = min(start + offset, end)
            out.append(padding(ctx, at, stop))
            at = stop
        if size is None:
            size = _member_size(ctx, member, at, end)
        if at >= end and (size or offset is not None):
            break
        stop = at + size
        if stop > end:
            if end == ctx.cut:
                break
            node = unknown(ctx, "unknown-bytes", at, end)
            cut = "warning" if member.size is None else "note"
            problem(node, cut, "short-struct", at, f"{member.name} needs {size} bytes, {end - at} remain")  # type: ignore[arg-type]
            out.append(node)
            at = end
            break
        if member.type == "pad":
            out.append(padding(ctx, at, stop, member.name))
            at = stop
            continue
        node = Node(member.name, at, stop, "value", at, member)
        if (member.count or (member.count_from and member.struct)) and member.type not in SCALARS:
            _members_in_a_row(ctx, member, node)
        elif member.used_from and not member.secret:  # a key is masked as a whole
            _partly_used(ctx, member, node)
        else:
            ctx.decoders[member](ctx, node, at, stop)
        if member.volatile:
            node.volatile = True
        out.append(node)
        at = stop
    for offset, size in struct.gaps[-1:]:  # the tail
        if start + offset == at and at < end:
            stop = min(at + size, end)
            out.append(padding(ctx, at, stop))
            at = stop
        if offset + size == struct.size and start + offset <= at == end < start + struct.size:
            # No kernel has a struct that ends there: what C calls its size counts the tail.
            missing = start + struct.size - end
            problem(
                parent, "warning", "short-struct", start, f"{struct.name} lacks {missing} bytes of padding at its end"
            )
    parent.add(*out)
    ctx.scope = outer
    return at


def _member_size(ctx: Context, member: Field, at: int, end: int) -> int:
    """Bytes that a member of no fixed size takes; other members may tell."""
    if member.rest:
        return max(end - at, 0)
    name = member.count_from or member.length_from
    if name:
        found = ctx.lookup(name)
        number = found[1] if found and isinstance(found[1], int) else 0
        if member.count_from:
            each = member.struct.size if member.struct else SCALARS.get(member.type, 1)
            return number * each
        return (number + 7) // 8 if member.length_unit == "bits" else number
    if member.until:
        mark = member.until.encode()
        stop = ctx.data.find(mark, at, end)
        ctx.decide(at, stop + len(mark) if stop >= 0 else max(end, at))
        return stop + len(mark) - at if stop >= 0 else 0  # what has no end may be anything
    return max(end - at, 0)


def _used(ctx: Context, member: Field, start: int, end: int, each: int) -> int:
    """Where what means something ends, of a member of which another one says so: that many of `each` bytes."""
    said = ctx.lookup(member.used_from) if member.used_from else None
    return end if said is None or not isinstance(said[1], int) else min(start + said[1] * each, end)


def _partly_used(ctx: Context, member: Field, node: Node) -> None:
    """A number that is several, or a blob, of which only the beginning means something; zeros behind are padding."""
    start, end = node.start, node.end
    used = _used(ctx, member, start, end, SCALARS.get(member.type, 1))
    read = ctx.decoders[member]
    read(ctx, node, start, used)
    node.reader = node.reader or (read, start, used, ctx.order)
    if used < end:
        keep_unknown(ctx, node, used, end)
        if ctx.zeros(used, end):
            node.children[-1].kind = "padding"


def _members_in_a_row(ctx: Context, member: Field, node: Node) -> None:
    """Several of the same member that is no number, as a list; zeros behind those that mean something are padding."""
    start, end = node.start, node.end
    node.kind = "list"
    each = member.struct.size if member.struct else (end - start) // member.count
    if each <= 0:
        return
    used = _used(ctx, member, start, end, each)
    for at in range(start, used, each):
        part = Node(member.name, at, min(at + each, used), spec=member)
        ctx.decoders[member](ctx, part, at, part.end)
        node.add(part)
    if used < end:
        if ctx.zeros(used, end):
            node.add(padding(ctx, used, end))
        else:
            keep_unknown(ctx, node, used, end)


@makes("struct")
def struct_payload(field: Field) -> Fill:
    """A payload that is the struct its field names."""
    return in_struct(field.struct, field.pad_to) if field.struct is not None else values.untyped


def in_struct(struct: Struct, pad_to: int = 0) -> Fill:
    """A payload that is one struct, and padding behind it where the payload ends at a multiple of `pad_to` bytes."""
    compat = struct.compat

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "nest"
        found = compat if compat is not None and end - start == compat.size else struct
        at = read_struct(ctx, found, start, end, node)
        if 0 < end - at < pad_to and (end - start) % pad_to == 0:
            node.add(padding(ctx, at, end))
        elif at < end:
            keep_unknown(ctx, node, at, end, f"{struct.name} has {end - at} bytes more than the dissector knows")

    return fill
