"""Decoders of shapes: structs, attribute chains, nests, arrays, sub-messages; and the choice of a field's decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode import values
from nlsniff.decode.context import MAX_DEPTH, UNPACK, Context, Scope, problem
from nlsniff.decode.hooks import HOOKS
from nlsniff.decode.node import Node
from nlsniff.spec.model import SCALARS
from nlsniff.wire.attr import AttrSpan, walk_attrs
from nlsniff.wire.constants import NLA_F_NESTED, NLA_F_NET_BYTEORDER, NLA_TYPE_MASK
from nlsniff.wire.nlmsg import align

if TYPE_CHECKING:
    from nlsniff.decode.values import Fill
    from nlsniff.spec.model import AttrSet, Field, Format, Struct

MASKED = "<secret>"


def decoder(field: Field) -> Fill:
    """The function that fills a node from the payload of this field; made once and kept on the field."""
    found: Fill | None = field.decode
    if found is None:
        found = _choose(field)
        if field.secret:
            found = _masked(found)
        field.decode = found
    return found


def _choose(field: Field) -> Fill:
    kind = field.type
    if field.hook in HOOKS:
        return HOOKS[field.hook](field)
    if field.array_of is not None:
        return array_of_structs(field, field.array_of)
    if field.struct is not None:
        return in_struct(field.struct)
    if kind in SCALARS or kind in {"uint", "sint"}:
        return values.number(field)
    if kind in _SHAPES:
        return _SHAPES[kind](field)
    return values.untyped(field)


def _masked(fill: Fill) -> Fill:
    """Decode as usual, then forget what it said unless secrets were asked for."""

    def masked(ctx: Context, node: Node, start: int, end: int) -> None:
        fill(ctx, node, start, end)
        for part in node.walk():
            part.secret = True
            if not ctx.show_secrets and part.value is not None:
                part.value = part.raw = part.text = MASKED

    return masked


# -- structs -----------------------------------------------------------------------------------------------------


def read_struct(ctx: Context, struct: Struct, start: int, end: int, out: list[Node]) -> int:
    """Decode a struct into nodes that tile its bytes; returns where it ends.

    A struct that is shorter than the dissector's ends where its bytes do: kernels grow structs, and an older one
    sends fewer members. A member that is cut in two is unknown.
    """
    data = ctx.data
    outer = ctx.scope
    ctx.scope = Scope(outer, start, end, struct)
    at = start
    for member in struct.members:
        if member.offset is not None and start + member.offset > at:  # a gap that C left for alignment
            stop = min(start + member.offset, end)
            out.append(Node("padding", at, stop, "padding"))
            at = stop
        size = _member_size(ctx, member, at, end)
        if at >= end and (size or member.offset is not None):
            break
        if at + size > end:
            node = Node("unknown-bytes", at, end, "unknown", raw=data[at:end])
            node.value = node.text = data[at:end].hex()
            cut = "warning" if member.offset is None else "note"
            problem(node, cut, "short-struct", at, f"{member.name} needs {size} bytes, {end - at} remain")  # type: ignore[arg-type]
            out.append(node)
            at = end
            break
        node = Node(member.name, at, at + size, spec=member)
        if member.type == "pad":
            node.kind = "padding"
        elif member.count or member.count_from:
            _members_in_a_row(ctx, member, node)
        else:
            decoder(member)(ctx, node, at, at + size)
        node.volatile = member.volatile
        out.append(node)
        at += size
    for offset, size in struct.gaps[-1:]:  # the tail
        if start + offset == at and at < end:
            stop = min(at + size, end)
            out.append(Node("padding", at, stop, "padding"))
            at = stop
    ctx.scope = outer
    return at


def _member_size(ctx: Context, member: Field, at: int, end: int) -> int:
    """Bytes that a member takes, where other members may tell."""
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
    if member.size is not None:
        return member.size
    return max(end - at, 0)


def _members_in_a_row(ctx: Context, member: Field, node: Node) -> None:
    """Several of the same member: numbers as one value, structs as a list."""
    start, end = node.start, node.end
    if member.struct is None and member.type in SCALARS:
        size = SCALARS[member.type]
        show = values.shower(member, size)
        unpack = UNPACK[member.byte_order or ctx.order][member.type]
        node.raw = [unpack(ctx.data, at)[0] for at in range(start, end, size)]
        shown = [show(raw) for raw in node.raw]
        node.value, node.text = [value for value, _ in shown], " ".join(text for _, text in shown)
        return
    node.kind = "list"
    count = member.count or 1
    each = member.struct.size if member.struct else (end - start) // count
    if each <= 0:
        return
    for at in range(start, end, each):
        part = Node(member.name, at, min(at + each, end), spec=member)
        decoder(member)(ctx, part, at, part.end)
        node.children.append(part)


def in_struct(struct: Struct) -> Fill:
    """A payload that is one struct."""

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "nest"
        at = read_struct(ctx, struct, start, end, node.children)
        if at < end:
            leave(ctx, node, at, end, f"{struct.name} has {end - at} bytes more than the dissector knows")

    return fill


def leave(ctx: Context, node: Node, start: int, end: int, why: str) -> None:
    """Keep bytes that nothing describes as unknown, with a note."""
    rest = Node("unknown-bytes", start, end, "unknown", raw=ctx.data[start:end])
    rest.value = rest.text = ctx.data[start:end].hex()
    if why:
        problem(rest, "note", "longer", start, why)
    node.children.append(rest)


def array_of_structs(field: Field, struct: Struct) -> Fill:
    """The same struct again and again; with `element-length`, each says its own length and attributes may follow."""
    measure = struct.by_name.get(field.element_length) if field.element_length else None

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "list"
        at = start
        while at < end:
            length = _element_length(ctx, node, measure, struct, at, end)
            if not length:
                return
            part = Node(field.name, at, at + length, "nest", spec=field)
            behind = read_struct(ctx, struct, at, at + length, part.children)
            if behind < at + length:
                if field.element_attributes is not None:
                    read_attrs(ctx, field.element_attributes, behind, at + length, part)
                else:
                    leave(ctx, part, behind, at + length, "")
            node.children.append(part)
            at += length
            following = min(start + align(at - start), end) if measure is not None else at
            if following > at:
                node.children.append(Node("padding", at, following, "padding"))
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
        length = UNPACK[measure.byte_order or ctx.order][measure.type](ctx.data, where)[0] if where + size <= end else 0
        least = struct.size
    if length < least or at + length > end:
        rest = Node("unknown-bytes", at, end, "unknown", raw=ctx.data[at:end])
        rest.value = rest.text = ctx.data[at:end].hex()
        says = f"an element of {node.name} says {length} bytes" if measure is not None else f"{struct.name} needs {least}"
        problem(rest, "warning", "length", at, f"{says}, {end - at} remain")
        node.children.append(rest)
        return 0
    return length


# -- attributes --------------------------------------------------------------------------------------------------


def read_attrs(ctx: Context, attrs: AttrSet | None, start: int, end: int, parent: Node) -> None:
    """Decode a chain of attributes into children of `parent` that tile [start, end)."""
    if ctx.depth >= MAX_DEPTH:
        leave(ctx, parent, start, end, "")
        problem(parent, "error", "depth", start, f"nests are deeper than {MAX_DEPTH} levels; the rest is not decoded")
        return
    outer = ctx.scope
    ctx.scope = Scope(outer, start, end, attrs=attrs)
    ctx.depth += 1
    known = attrs.by_number if attrs is not None else {}
    out = parent.children
    for span in walk_attrs(ctx.data, start, end, ctx.order):
        field = known.get(span.type & NLA_TYPE_MASK)
        if span.fault:
            out.append(_faulty(ctx, span, field))
        elif field is None:
            out.append(unknown_attr(ctx, span))
        else:
            out.append(_attr(ctx, span, field))
        if span.next > span.end:
            out.append(Node("padding", span.end, span.next, "padding"))
    ctx.depth -= 1
    ctx.scope = outer


def _attr(ctx: Context, span: AttrSpan, field: Field) -> Node:
    payload = span.start + 4
    node = Node(field.name, span.start, span.end, payload=payload, spec=field, type=span.type & NLA_TYPE_MASK)
    node.volatile, node.repeats = field.volatile, field.multi
    if span.type & NLA_F_NET_BYTEORDER and not field.byte_order:
        order, ctx.order = ctx.order, ">"
        decoder(field)(ctx, node, payload, span.end)
        ctx.order = order
    else:
        decoder(field)(ctx, node, payload, span.end)
    return node


def unknown_attr(ctx: Context, span: AttrSpan) -> Node:
    """An attribute whose type has no name; what it nests is taken apart where it says that it nests."""
    number = span.type & NLA_TYPE_MASK
    payload = span.start + 4
    node = Node(f"unknown-{number}", span.start, span.end, "unknown", payload=payload, type=number)
    node.raw = ctx.data[payload : span.end]
    node.value = node.text = node.raw.hex()
    if span.type & NLA_F_NESTED and payload < span.end and ctx.depth < MAX_DEPTH:
        spans = list(walk_attrs(ctx.data, payload, span.end, ctx.order))
        if not any(inner.fault for inner in spans):
            ctx.depth += 1
            for inner in spans:
                node.children.append(unknown_attr(ctx, inner))
                if inner.next > inner.end:
                    node.children.append(Node("padding", inner.end, inner.next, "unknown"))
            ctx.depth -= 1
    return node


def _faulty(ctx: Context, span: AttrSpan, field: Field | None) -> Node:
    """An attribute whose length cannot be true: everything up to the end of the chain, kept as it is."""
    known = field is not None and span.length >= 4
    name = field.name if field is not None and known else "unknown-bytes"
    node = Node(name, span.start, span.end, "unknown", raw=ctx.data[span.start : span.end])
    node.value = node.text = ctx.data[span.start : span.end].hex()
    what = field.name if field is not None and known else f"attribute {span.type & NLA_TYPE_MASK}"
    text = f"{what} {span.fault}" if span.length or span.end - span.start >= 4 else span.fault
    severity = "error" if any(ctx.data[span.start : span.end]) else "note"
    problem(node, severity, "attribute-length", span.start, text)  # type: ignore[arg-type]  # one of two literals
    return node


def nest(field: Field) -> Fill:
    """Attributes inside an attribute, behind a fixed header if the dissector names one."""

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "nest"
        fill_form(ctx, node, start, end, field.header, field.nested)

    return fill


def fill_form(
    ctx: Context, node: Node, start: int, end: int, header: Struct | None, attrs: AttrSet | None
) -> None:
    """A fixed header, its alignment, then attributes."""
    outer = ctx.scope
    if header is not None:
        head = Node(header.name, start, start, "header")
        head.end = read_struct(ctx, header, start, end, head.children)
        if head.end > start:
            node.children.append(head)
        ctx.scope = Scope(outer, start, head.end, header)
        start, behind = head.end, min(start + align(head.end - start), end)
        if behind > start:
            node.children.append(Node("padding", start, behind, "padding"))
            start = behind
    if start < end:
        read_attrs(ctx, attrs, start, end, node)
    ctx.scope = outer


def indexed_array(field: Field) -> Fill:
    """Attributes whose type is only an index; each holds one element."""
    element = _element(field)

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "list"
        for span in walk_attrs(ctx.data, start, end, ctx.order):
            if span.fault:
                node.children.append(_faulty(ctx, span, None))
            else:
                number = span.type & NLA_TYPE_MASK
                part = Node(str(number), span.start, span.end, payload=span.start + 4, spec=field, type=number)
                element(ctx, part, span.start + 4, span.end)
                node.children.append(part)
            if span.next > span.end:
                node.children.append(Node("padding", span.end, span.next, "padding"))

    return fill


def _element(field: Field) -> Fill:
    """The decoder of one element of an indexed array."""
    kind = field.sub_type or "nest"
    if field.struct is not None:
        return in_struct(field.struct)
    if kind in SCALARS or kind in {"uint", "sint"}:
        import dataclasses  # noqa: PLC0415  few dissectors have such an array

        return values.number(dataclasses.replace(field, type=kind, decode=None))
    if kind == "binary":
        return values._BINARY.get(field.hint, values.untyped(field))  # noqa: SLF001  same package
    return _SHAPES.get(kind, values.untyped)(field)


def nest_type_value(field: Field) -> Fill:
    """Nests whose attribute types are values: `type-value` names one a level."""

    def level(ctx: Context, parent: Node, names: tuple[str, ...], start: int, end: int) -> None:
        if not names or ctx.depth >= MAX_DEPTH:
            read_attrs(ctx, field.nested, start, end, parent)
            return
        ctx.depth += 1
        for span in walk_attrs(ctx.data, start, end, ctx.order):
            if span.fault:
                parent.children.append(_faulty(ctx, span, None))
            else:
                number = span.type & NLA_TYPE_MASK
                part = Node(names[0], span.start, span.end, "nest", payload=span.start + 4, spec=field, type=number)
                part.raw, part.text, part.repeats = number, str(number), True
                level(ctx, part, names[1:], span.start + 4, span.end)
                parent.children.append(part)
            if span.next > span.end:
                parent.children.append(Node("padding", span.end, span.next, "padding"))
        ctx.depth -= 1

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "nest"
        level(ctx, node, field.type_value, start, end)

    return fill


def sub_message(field: Field) -> Fill:
    """A payload whose layout another value selects."""
    formats = field.sub_message.formats if field.sub_message is not None else {}

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        found = ctx.lookup(field.selector)
        chosen: Format | None = None
        shown = "nothing"
        if found is not None:
            selector, raw = found
            shown = str(raw)
            name = selector.enum.by_value.get(raw) if selector.enum is not None and isinstance(raw, int) else None
            chosen = (formats.get(name) if name is not None else None) or formats.get(shown)
            shown = name or shown
        chosen = chosen or formats.get("*")
        if chosen is None:
            values.untyped(field)(ctx, node, start, end)
            problem(node, "note", "selector", start, f"{node.name}: no layout is known for {field.selector} {shown}")
        elif chosen.struct is not None:
            in_struct(chosen.struct)(ctx, node, start, end)
        elif chosen.header is None and chosen.attributes is None:
            values.untyped(field)(ctx, node, start, end)
        else:
            node.kind = "nest"
            fill_form(ctx, node, start, end, chosen.header, chosen.attributes)

    return fill


_SHAPES = {
    "flag": values.flag,
    "string": values.string,
    "binary": values.binary,
    "bitfield32": values.bitfield32,
    "nest": nest,
    "indexed-array": indexed_array,
    "array-nest": indexed_array,
    "nest-type-value": nest_type_value,
    "sub-message": sub_message,
    "pad": lambda _field: _pad,
}


def _pad(ctx: Context, node: Node, start: int, end: int) -> None:
    """An attribute that is there only to align the next one."""
    node.value = node.text = ctx.data[start:end].hex()
    if end > start:
        node.children.append(Node("padding", start, end, "padding"))
