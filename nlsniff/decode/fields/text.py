"""Decoders of values that are written as text: up to a mark, or as NAME=VALUE pairs.

Uevents and audit records are such text. Where a part stands depends on all that is before it, so that the whole text
decides the shape of the tree.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from nlsniff.decode.context import MAX_DEPTH, Context, problem
from nlsniff.decode.fields.format import formatter
from nlsniff.decode.fields.registry import makes, masked
from nlsniff.decode.node import Node
from nlsniff.spec.model import SCALARS
from nlsniff.terminal import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.fields.registry import Fill
    from nlsniff.spec.model import Field

_NAME = rb"[A-Za-z_][\w.\[\]:-]*="
_BLANK = b" "
_DECIMAL, _HEX = re.compile(rb"-?[0-9]{1,20}"), re.compile(rb"(?:0x)?[0-9A-Fa-f]{1,16}")
_ONE = re.compile(rb"\"[^\"]*\"|[^ \"']*")  # a value without words behind it
_OTHER = "*"  # what a set calls the field of names that it does not know


def set_text(node: Node, data: bytes) -> None:
    """Fill a node with text. A NUL is a blank."""
    node.value, node.text = decoded(data.replace(b"\0", _BLANK))
    node.raw = node.value


def unquoted(data: bytes) -> bytes:
    """A value without the quotes around it."""
    return data[1:-1] if len(data) > 1 and data[:1] == data[-1:] and data[:1] in {b'"', b"'"} else data


@makes("until")
def until(field: Field) -> Fill:
    """A member that ends with a mark, which is a part of it."""
    mark = field.until.encode()
    fill_text = written(field)

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        fill_text(ctx, node, start, max(end - len(mark), start))
        if start == end:
            problem(node, "warning", "text", start, f"{node.name}: there is no {field.until!r} that ends it")

    return fill


def written(field: Field) -> Fill:
    """The decoder of a value that is written as text: a number of its type in digits, else the text itself.

    A number that is not written in digits, such as `(null)`, is text.
    """
    size = SCALARS.get(field.type, 0)
    bits = 8 * size
    base, digits = (16, _HEX) if field.hint == "hex" else (10, _DECIMAL)
    show = formatter(field, size)
    signed = field.type.startswith("s")
    least, most = (-(1 << bits) >> 1, 1 << bits >> 1) if signed else (0, 1 << bits)

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        data = unquoted(ctx.data[start:end])
        if size and digits.fullmatch(data):
            raw = int(data, base)
            if least <= raw < most:
                node.raw = raw
                node.value, node.text = show(raw)
                if field.refers_to:
                    node.resolved = ctx.names.resolve(field.refers_to, raw, ctx.number)
                return
        set_text(node, data)

    return fill


def _in_pair(field: Field) -> Fill:
    """The decoder of the value of a pair, where it is written as text."""
    return masked(written(field)) if field.secret else written(field)


def _name(data: bytes) -> str:
    """The name of a pair as fields are named."""
    return decoded(data.lower())[1].replace("_", "-")


@makes("pairs")
def pairs(field: Field) -> Fill:
    """NAME=VALUE, a separator, NAME=VALUE, ...; each is a part by its name in lower case with hyphens.

    With a blank between them a value may hold blanks, too: in quotes, or up to the next NAME=.
    """
    between = field.between.encode()
    split = _words if between == _BLANK else _items
    known: dict[str, Field] = {}
    in_pair = cache(_in_pair)

    def part(ctx: Context, before: int, at: int, value: int, end: int) -> Node:
        name = _name(ctx.data[at : value - 1]) if value else "text"
        spec = known.get(name) or (known.get(_OTHER) if value else None)
        # What stands between it and the one before it is a part of its head, as its name is.
        node = Node(name, before, end, payload=value or at, spec=spec)
        if spec is not None:
            node.volatile = spec.volatile
            read = ctx.decoders[spec] if spec.hook or spec.type == "pairs" else in_pair(spec)
            read(ctx, node, node.payload, end)
        else:
            set_text(node, unquoted(ctx.data[node.payload : end]))
        # Beside keys, what has no name may be one, and so may be words behind a value: damage may have taken the name.
        if spec is None or (spec.type != "pairs" and not _ONE.fullmatch(ctx.data, node.payload, end)):
            node.secret = field.nested is not None and field.nested.holds_secret
        return node

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        # Those of a message stand beside what the message says otherwise; those of a value stand inside it.
        node.kind = "header" if field.rest else "nest"
        if not known and field.nested is not None:
            known.update({item.name: item for item in field.nested.by_number.values()})
        ctx.decide(start, end)
        stop = start + len(ctx.data[start:end].rstrip(b"\0"))
        if not field.rest and stop - start > 1 and unquoted(ctx.data[start:stop]) != ctx.data[start:stop]:
            node.add(Node("padding", start, start + 1, "padding"))
            start, stop = start + 1, stop - 1
        at = start
        if ctx.depth >= MAX_DEPTH:
            stop = at
            problem(node, "error", "depth", at, f"pairs are deeper than {MAX_DEPTH} levels; the rest is not decoded")
        ctx.depth += 1
        for first, value, last in split(ctx.data, at, stop, between):
            node.add(part(ctx, at, first, value, last))
            at = last
        ctx.depth -= 1
        if at < end:
            node.add(Node("padding", at, end, "padding"))

    return fill


def _items(data: bytes, start: int, end: int, between: bytes) -> Iterator[tuple[int, int, int]]:
    """Where each pair begins, where its value does (0 for a text that is no pair), and where it ends."""
    at = start
    while at < end:
        stop = data.find(between, at, end)
        stop = end if stop < 0 else stop
        if stop > at:
            sign = data.find(b"=", at, stop)
            yield at, sign + 1 if sign > at else 0, stop
        at = stop + len(between)


def _words(data: bytes, start: int, end: int, _between: bytes) -> Iterator[tuple[int, int, int]]:
    """The same with blanks between, which values may hold."""
    at = start
    while at < end:
        if data[at : at + 1] == _BLANK:
            at += 1
            continue
        named = _NAMED.match(data, at, end)
        after = named.end() if named else at
        quote = data[after : after + 1]
        close = -1
        if named and quote == b'"':
            close = data.find(quote, after + 1, end)
        elif named and quote == b"'":  # what a program said, which may hold quotes of its own
            close = data.rfind(quote, after + 1, end)
        following = _NEXT.search(data, max(close, after), end)
        stop = following.start() if following else end
        stop = max(at + len(data[at:stop].rstrip(_BLANK)), after)
        yield at, named.end() if named else 0, stop
        at = stop


# One blank alone: with ` +` each blank of a long run would look through the rest of the run.
_NAMED, _NEXT = re.compile(_NAME), re.compile(rb" (?=" + _NAME + rb")")
