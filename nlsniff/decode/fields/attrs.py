"""Decoders of attributes: chains, nests, arrays of attributes, sub-messages; and what is kept when one is wrong."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from nlsniff.decode.context import MAX_DEPTH, Context, Scope, order_of, problem
from nlsniff.decode.fields import values
from nlsniff.decode.fields.registry import fills, made, makes
from nlsniff.decode.fields.structs import read_struct
from nlsniff.decode.fields.unknown import keep_rest, keep_unknown, not_zero, padding, unknown
from nlsniff.decode.node import Node
from nlsniff.terminal import escape
from nlsniff.wire.attr import AttrSpan, walk_attrs
from nlsniff.wire.constants import NLA_F_NESTED, NLA_F_NET_BYTEORDER, NLA_TYPE_MASK
from nlsniff.wire.nlmsg import align

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nlsniff.decode.fields.registry import Fill
    from nlsniff.spec.model import AttrSet, Field, Format, Struct

_SHOWN = 64  # characters of a selector that no layout is known for; each attribute that needs it says so


def read_attrs(ctx: Context, attrs: AttrSet | None, start: int, end: int, parent: Node) -> None:
    """Decode a chain of attributes into children of `parent` that tile [start, end)."""
    if ctx.depth >= MAX_DEPTH:
        keep_unknown(ctx, parent, start, end)
        problem(parent, "error", "depth", start, f"nests are deeper than {MAX_DEPTH} levels; the rest is not decoded")
        return
    outer = ctx.scope
    spans = ctx.chain(attrs, start, end, ctx.order)
    last = end
    if end > ctx.limit:
        spans, last = takewhile(lambda span: span.start < ctx.limit, spans), ctx.limit
    ctx.scope = Scope(outer, start, last, attrs=attrs)
    ctx.depth += 1
    known = attrs.by_number if attrs is not None else {}
    out: list[Node] = []
    for span in spans:
        begin, stop, following, length, type_, fault = span
        field = known.get(type_ & NLA_TYPE_MASK)
        if fault:
            out.append(_faulty(ctx, span, field))
        elif field is None:
            out.append(unknown_attr(ctx, span))
        else:
            out.append(_attr(ctx, begin, stop, type_, field))
        if stop - begin != length and not fault:
            text = f"{out[-1].name} has {stop - begin} bytes, and nla_len, which has 16 bits, says {length}"
            problem(out[-1], "warning", "attribute-length", begin, text)
        if following > stop:
            out.append(padding(ctx, stop, following))
    if parent.children:
        parent.add(*out)
    else:
        parent.children = out
    if last < end:
        after = out[-1].end if out else start
        if after < end:
            keep_rest(ctx, parent, after, end)
    ctx.depth -= 1
    ctx.scope = outer


def _attr(ctx: Context, start: int, end: int, type_: int, field: Field) -> Node:
    payload = start + 4
    node = Node(field.name, start, end, "value", payload, field, type_ & NLA_TYPE_MASK)
    if type_ > NLA_TYPE_MASK:
        node.type_flags = type_ & ~NLA_TYPE_MASK
    if field.volatile:
        node.volatile = True
    if field.multi:
        node.repeats = True
    read: Fill = ctx.decoders[field]
    order = ctx.order
    own = order_of(field, type_, order) if type_ & NLA_F_NET_BYTEORDER else order
    if own != order:
        ctx.order = own
        read(ctx, node, payload, end)
        node.reader = node.reader or (read, payload, end, own)
        ctx.order = order
    else:
        read(ctx, node, payload, end)
    return node


def unknown_attr(ctx: Context, span: AttrSpan) -> Node:
    """An attribute whose type has no name; what it nests is taken apart where it says that it nests."""
    number = span.type & NLA_TYPE_MASK
    payload = span.start + 4
    node = Node(f"unknown-{number}", span.start, span.end, "unknown", payload=payload, type=number)
    node.type_flags = span.type & ~NLA_TYPE_MASK
    stop = span.end
    nests = span.type & NLA_F_NESTED and payload < span.end and ctx.depth < MAX_DEPTH
    if nests and ctx.tiled(payload, span.end):
        stop = min(stop, payload + ctx.room)  # its parts show the same bytes, at each depth once more
        ctx.room -= stop - payload
        if stop < span.end:
            left = f"{span.end - stop} bytes from byte {stop} of the frame on are shown by their parts alone"
            problem(node, "warning", "limit", stop, left)
        ctx.depth += 1
        for inner in walk_attrs(ctx.data, payload, span.end, ctx.order):
            node.add(unknown_attr(ctx, inner))
            if inner.next > inner.end:
                node.add(Node("padding", inner.end, inner.next, "unknown"))
        ctx.depth -= 1
    node.raw = ctx.data[payload:stop]
    node.value = node.text = node.raw.hex()
    return node


def _faulty(ctx: Context, span: AttrSpan, field: Field | None) -> Node:
    """An attribute whose length cannot be true: everything up to the end of the chain, kept as it is."""
    known = field is not None and span.length >= 4
    name = field.name if field is not None and known else "unknown-bytes"
    node = unknown(ctx, name, span.start, span.end)
    what = field.name if field is not None and known else f"attribute {span.type & NLA_TYPE_MASK}"
    text = f"{what} {span.fault}" if span.length or span.end - span.start >= 4 else span.fault
    severity = "note" if ctx.zeros(span.start, span.end) else "error"
    problem(node, severity, "attribute-length", span.start, text)  # type: ignore[arg-type]  # one of two literals
    return node


@makes("nest")
def nest(field: Field) -> Fill:
    """Attributes inside an attribute, behind a fixed header if the dissector names one."""
    header, attrs = field.header, field.nested

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "nest"
        fill_form(ctx, node, start, end, header, attrs)

    def fill_plain(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "nest"
        if start < end:
            read_attrs(ctx, attrs, start, end, node)

    return fill_plain if header is None else fill


def fill_form(ctx: Context, node: Node, start: int, end: int, header: Struct | None, attrs: AttrSet | None) -> None:
    """A fixed header, its alignment, then attributes."""
    outer = ctx.scope
    if header is not None:
        head = Node(header.name, start, start, "header")
        # A member may take its meaning from an attribute: the addresses of an ACQUIRE have the family of its template.
        ctx.scope = Scope(outer, min(start + align(header.size), end), end, attrs=attrs)
        head.end = read_struct(ctx, header, start, end, head)
        if head.end > start:
            node.add(head)
        ctx.scope = Scope(outer, start, head.end, header)
        start, after = head.end, min(start + align(head.end - start), end)
        if after > start:
            node.add(padding(ctx, start, after))
            start = after
    if start < end:
        read_attrs(ctx, attrs, start, end, node)
    ctx.scope = outer


@makes("indexed-array")
def indexed_array(field: Field) -> Fill:
    """Attributes whose type is only an index; each holds one element."""
    element = _element(field)

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "list"
        for span in _elements(ctx, node, start, end):
            number = span.type & NLA_TYPE_MASK
            part = Node(str(number), span.start, span.end, payload=span.start + 4, spec=field, type=number)
            part.type_flags = span.type & ~NLA_TYPE_MASK
            element(ctx, part, span.start + 4, span.end)
            part.reader = part.reader or (element, span.start + 4, span.end, ctx.order)
            node.add(part)

    return fill


def _elements(ctx: Context, node: Node, start: int, end: int) -> Iterator[AttrSpan]:
    """Yield the attributes of [start, end) for a caller to add to the node. Faulty ones and padding are added here."""
    for span in walk_attrs(ctx.data, start, end, ctx.order):
        if span.fault:
            node.add(_faulty(ctx, span, None))
        else:
            yield span
        if span.next > span.end:
            node.add(padding(ctx, span.end, span.next))


def _element(field: Field) -> Fill:
    """The decoder of one element of an indexed array: that of a field of the `sub-type`."""
    element = field.but(type=field.sub_type or "nest", sub_type="")
    return made(element)


@makes("nest-type-value")
def nest_type_value(field: Field) -> Fill:
    """Nests whose attribute types are values: `type-value` names one a level."""

    def level(ctx: Context, parent: Node, names: tuple[str, ...], start: int, end: int) -> None:
        if not names or ctx.depth >= MAX_DEPTH:
            read_attrs(ctx, field.nested, start, end, parent)
            return
        ctx.depth += 1
        for span in _elements(ctx, parent, start, end):
            number = span.type & NLA_TYPE_MASK
            part = Node(names[0], span.start, span.end, "nest", payload=span.start + 4, spec=field, type=number)
            part.type_flags = span.type & ~NLA_TYPE_MASK
            part.raw, part.text, part.repeats = number, str(number), True
            level(ctx, part, names[1:], span.start + 4, span.end)
            parent.add(part)
        ctx.depth -= 1

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "nest"
        level(ctx, node, field.type_value, start, end)

    return fill


@makes("sub-message")
def sub_message(field: Field) -> Fill:
    """A payload whose layout another value selects."""
    formats = field.sub_message.formats if field.sub_message is not None else {}
    # Each layout as a field of its own, for what is shown of a value depends on what it turned out to be.
    fields = {id(item): _field_of(field, item) for item in formats.values()}
    choose = _by_several(field, formats) if " " in field.selector else _by_one(field, formats)

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        chosen, shown = choose(ctx)
        chosen = chosen or formats.get("*")
        if chosen is not None:
            node.spec = fields[id(chosen)]
        if chosen is None:
            values.untyped(ctx, node, start, end)
            problem(node, "note", "selector", start, f"{node.name}: no layout is known for {field.selector} {shown}")
        elif chosen.struct is not None and field.size is not None:  # a C union, as long as its longest member
            node.kind = "nest"
            after = read_struct(ctx, chosen.struct, start, end, node)
            if after < end:
                node.add(padding(ctx, after, end))
        else:
            ctx.decoders[fields[id(chosen)]](ctx, node, start, end)

    return fill


def _by_one(field: Field, formats: dict[str, Format]) -> Callable[[Context], tuple[Format | None, str]]:
    """What finds the format that one value names, and tells the value; by its name where it has one."""

    def choose(ctx: Context) -> tuple[Format | None, str]:
        found = ctx.lookup(field.selector)
        if found is None:
            return None, "nothing"
        name, number = _said(*found)
        chosen = (formats.get(name) if name is not None else None) or formats.get(number)
        return chosen, name or escape(number if len(number) <= _SHOWN else f"{number[:_SHOWN]}...")

    return choose


def _by_several(field: Field, formats: dict[str, Format]) -> Callable[[Context], tuple[Format | None, str]]:
    """The same of several values: a format may name all of them, or only the first ones."""
    names = field.selector.split()
    by_parts = {tuple(value.split()): item for value, item in formats.items()}
    longest = max(map(len, formats), default=0) + 1  # a text may be as long as a message, and be asked for often

    def choose(ctx: Context) -> tuple[Format | None, str]:
        parts: list[str] = []
        for found in map(ctx.lookup, names):
            if found is None:
                break
            name, number = _said(*found)
            parts.append((name or number)[:longest])
        for count in range(len(parts), 0, -1):
            chosen = by_parts.get(tuple(parts[:count]))
            if chosen is not None:
                return chosen, ""
        return None, escape(" ".join(parts))[:_SHOWN] or "nothing"

    return choose


def _said(selector: Field, raw: Any) -> tuple[str | None, str]:
    """The name of a selector's value where it has one, and the value as text."""
    name = selector.enum.by_value.get(raw) if selector.enum is not None and isinstance(raw, int) else None
    return name, str(raw)


def _field_of(field: Field, chosen: Format) -> Field:
    """What a sub-message is when one of its layouts was chosen."""
    if chosen.value is not None:
        return chosen.value.but(
            name=field.name,
            number=field.number,
            doc=field.doc,
            volatile=field.volatile,
            secret=field.secret,
        )
    kind = "unused" if chosen.header is None and chosen.attributes is None else "nest"
    return field.but(type=kind, header=chosen.header, nested=chosen.attributes, struct=chosen.struct)


@fills("pad")
def pad(ctx: Context, node: Node, start: int, end: int) -> None:
    """An attribute that is there only to align the next one."""
    blob = ctx.data[start:end]
    node.value = node.text = blob.hex()
    if end > start:
        node.add(Node("padding", start, end, "padding"))
        if any(blob):
            not_zero(node, start, blob)
