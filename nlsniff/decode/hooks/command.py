"""Commands of generic netlink families, by the names that those have in their dissectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.fields import values
from nlsniff.decode.fields.registry import makes

if TYPE_CHECKING:
    from nlsniff.decode.context import Context
    from nlsniff.decode.fields.registry import Fill
    from nlsniff.decode.node import Node
    from nlsniff.spec.model import Field

_FAMILY = "family-name"


@makes("hook: genl-command")
def genl_command(field: Field) -> Fill:
    """A number that is a command of the family which `family-name` around it names."""
    number = values.number(field.but(hook=""))

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        number(ctx, node, start, end)
        found = ctx.lookup(_FAMILY)
        family = ctx.registry.generic(found[1]) if found is not None and ctx.registry is not None else None
        if family is None:
            return
        ctx.decide(start, end)  # the name is no part of the value, so that only the walker finds it
        forms = ((item.request or item.reply, item) for item in family.operations)
        node.resolved = next((item.constant for form, item in forms if form and form.number == node.raw), "")

    return fill
