"""Chooses the decoder of a field by its dissector's keys.

Who makes decoders registers itself by the type that they decode; the modules with structs and attributes need this
choice for their members, so it cannot import them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nlsniff.decode.context import odd

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.context import Context
    from nlsniff.decode.node import Node
    from nlsniff.spec.model import Field

    Fill = Callable[[Context, Node, int, int], None]
    Maker = Callable[[Field], Fill]

MASKED = "<secret>"

_MAKERS: dict[str, Maker] = {}
# Modules that register what few captures need; each is loaded when its first kind is met.
_LATE = {
    "array-of": "nlsniff.decode.fields.arrays",
    "until": "nlsniff.decode.fields.text",
    "pairs": "nlsniff.decode.fields.text",
}


def makes(*kinds: str) -> Callable[[Maker], Maker]:
    """Register a function that makes decoders for fields of these types, or of a key: `struct`, `array-of`.

    What it returns fills a node from the bytes [start, end) of a payload and raises on none.
    """

    def register(maker: Maker) -> Maker:
        for kind in kinds:
            _MAKERS[kind] = maker
        return maker

    return register


class FieldDecoders(dict[Any, Any]):
    """By field, the function that fills a node from its payload; each is made when its field is first met."""

    __slots__ = ()

    def __missing__(self, field: Field) -> Fill:
        found = self[field] = masked(made(field)) if field.secret else made(field)
        return found


def made(field: Field) -> Fill:
    """A decoder for this field, made anew and without a mask."""
    found = _maker_of(field)(field)
    return found if field.exact is None or field.type != "binary" else _of_length(field.exact, found)


def _of_length(size: int, fill: Fill) -> Fill:
    """What the kernel takes with one length only."""

    def fill_exact(ctx: Context, node: Node, start: int, end: int) -> None:
        if end - start == size:
            fill(ctx, node, start, end)
        else:
            odd(ctx, node, start, end, f"{end - start} bytes, {size} are wanted")

    return fill_exact


def _maker_of(field: Field) -> Maker:
    """Who makes the decoder of a field."""
    if field.hook:
        from nlsniff.decode.hooks import maker  # noqa: PLC0415  many messages meet none

        found = maker(field.hook)
        if found is not None:
            return found
    kind = "until" if field.until else field.type
    if field.array_of is not None:
        kind = "array-of"
    elif field.struct is not None and kind != "indexed-array":
        kind = "struct"
    if kind in _LATE and kind not in _MAKERS:
        import_module(_LATE[kind])
    return _MAKERS.get(kind) or _MAKERS["unused"]


def masked(fill: Fill) -> Fill:
    """Decode as usual, then forget what it said unless secrets were asked for."""

    def fill_masked(ctx: Context, node: Node, start: int, end: int) -> None:
        fill(ctx, node, start, end)
        for part in node.walk():
            part.secret = True
            if not ctx.show_secrets and part.value is not None:
                part.value = part.raw = part.text = MASKED

    return fill_masked
