"""Chooses the decoder of a field by its dissector's keys.

Who makes decoders registers itself by the type that they decode, or by a dissector's `hook:`. The modules with structs
and attributes need this choice for their members, so it cannot import them; and few captures need all of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nlsniff.decode.fields.unknown import mismatch
from nlsniff.decode.node import MASKED, masked_problem
from nlsniff.spec.model import SCALARS

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.context import Context
    from nlsniff.decode.node import Node
    from nlsniff.spec.model import Field

    Fill = Callable[[Context, Node, int, int], None]
    Maker = Callable[[Field], Fill]

_MAKERS: dict[str, Maker] = {}
# What few captures need, by the module that registers it, which is loaded when the first of it is met. A test loads
# them all: a module that is renamed fails there.
LATE = {
    "nlsniff.decode.fields.arrays": ("array-of",),
    "nlsniff.decode.fields.text": ("until", "pairs"),
    "nlsniff.decode.hooks.audit": ("hook: audit-address", "hook: audit-strings", "hook: audit-text"),
    "nlsniff.decode.hooks.bytecode": ("hook: inet-diag-bytecode",),
    "nlsniff.decode.hooks.command": ("hook: genl-command",),
    "nlsniff.decode.hooks.diag": ("hook: inet-diag-info", "hook: sockaddr", "hook: unix-name"),
    "nlsniff.decode.hooks.nd": ("hook: nd-options",),
    "nlsniff.decode.hooks.nft": ("hook: nft-set-data", "hook: nft-set-key", "hook: nft-set-type", "hook: nft-userdata"),
    "nlsniff.decode.hooks.shapes": ("hook: flag-or-value", "hook: mdb-address", "hook: struct-or-nest"),
    "nlsniff.decode.hooks.nft_rule": ("hook: nft-rule-value",),
    "nlsniff.decode.hooks.srh": ("hook: ipv6-rpl-sr-hdr", "hook: ipv6-sr-hdr"),
}
_MODULES = {kind: module for module, kinds in LATE.items() for kind in kinds}


def makes(*kinds: str) -> Callable[[Maker], Maker]:
    """Register a function that makes decoders for fields of these types, or of a key: `array-of`, `hook: NAME`.

    What it returns fills a node from the bytes [start, end) of a payload and raises on none.
    """

    def register(maker: Maker) -> Maker:
        for kind in kinds:
            _MAKERS[kind] = maker
        return maker

    return register


def fills(kind: str) -> Callable[[Fill], Fill]:
    """Register a function that is itself the decoder of all fields of a type or `hook:`, whatever else they say."""

    def register(fill: Fill) -> Fill:
        makes(kind)(lambda _field: fill)
        return fill

    return register


class FieldDecoders(dict[Any, Any]):
    """By field, the function that fills a node from its payload; each is made when its field is first met."""

    __slots__ = ()

    def __missing__(self, field: Field) -> Fill:
        found = self[field] = masked(made(field)) if field.secret else made(field)
        return found


def made(field: Field) -> Fill:
    """A new decoder for this field, without a mask."""
    found = _maker_of(field)(field)
    return found if field.exact is None or field.type != "binary" else _of_length(field.exact, found)


def _of_length(size: int, fill: Fill) -> Fill:
    """What the kernel takes with one length only."""

    def fill_exact(ctx: Context, node: Node, start: int, end: int) -> None:
        if end - start == size:
            fill(ctx, node, start, end)
        else:
            mismatch(ctx, node, start, end, f"{end - start} bytes, {size} are wanted")

    return fill_exact


def _maker_of(field: Field) -> Maker:
    """Who makes the decoder of a field."""
    hooked = _registered(f"hook: {field.hook}") if field.hook else None
    if hooked is not None:
        return hooked
    kind = "until" if field.until else field.type
    if field.array_of is not None:
        kind = "array-of"
    elif field.struct is not None and kind != "indexed-array":
        kind = "struct"
    elif (field.count or field.count_from) and field.type in SCALARS:
        kind = "row"
    return _registered(kind) or _MAKERS["unused"]


def _registered(kind: str) -> Maker | None:
    """Who makes decoders for a kind of field; None where nobody does."""
    if kind in _MODULES and kind not in _MAKERS:
        import_module(_MODULES[kind])
    return _MAKERS.get(kind)


def masked(fill: Fill) -> Fill:
    """Decode as usual, then forget what it said unless secrets were asked for."""

    def fill_masked(ctx: Context, node: Node, start: int, end: int) -> None:
        fill(ctx, node, start, end)
        for part in node.walk():
            part.secret = True
            if not ctx.show_secrets and part.value is not None:
                part.value = part.raw = part.text = MASKED
                part.problems = list(map(masked_problem, part.problems)) if part.problems else ()

    return fill_masked
