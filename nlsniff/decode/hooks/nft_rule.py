"""Values in rules of nf_tables, shown as what the rule takes them for (`nlsniff.decode.rule_types`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.fields.addresses import address_text
from nlsniff.decode.fields.registry import makes
from nlsniff.decode.hooks.nft import ValueTypes, in_hex, read_name
from nlsniff.decode.rule_types import rule_types

if TYPE_CHECKING:
    from nlsniff.decode.context import Context, Scope
    from nlsniff.decode.fields.registry import Fill
    from nlsniff.decode.node import Node
    from nlsniff.decode.rule_kinds import Kind
    from nlsniff.spec.model import Field

_LIST = "expr-list-attrs"  # the attribute set of a list of expressions
_IFNAMSIZ = 16
_IPV4_SIZE, _IPV6_SIZE = 4, 16


@makes("hook: nft-rule-value")
def nft_rule_value(field: Field) -> Fill:
    """Bytes that an expression compares with a register, or puts into one."""
    types = ValueTypes(field)
    last: tuple[Scope | None, dict[int, Kind]] = (None, {})

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        nonlocal last
        rule, at = _place(ctx)
        if rule is not None and rule is not last[0]:  # a rule may have hundreds of expressions
            family = ctx.lookup("nfgen-family")
            last = rule, rule_types(ctx, rule.base, rule.end, family[1] if family is not None else 0)
        kind = last[1].get(at) if rule is not None else None
        size = end - start
        part = types.part(_sized(kind, size), size, kind.order) if kind is not None else None
        if part is not None:
            node.spec, _, read = part
            read(ctx, node, start, end)
            if read in {read_name, in_hex}:
                node.reader = (read, start, end, ctx.order)
        else:
            reader = _PARTLY.get(kind.name, in_hex) if kind is not None and 0 < size < _IFNAMSIZ else in_hex
            reader(ctx, node, start, end)
            node.reader = (reader, start, end, ctx.order)

    return fill


def _place(ctx: Context) -> tuple[Scope | None, int]:
    """The outermost list of expressions around, and where the expression in it begins."""
    found, at = None, 0
    scope, inner = ctx.scope, None
    while scope is not None:
        if scope.set is not None and scope.set.name == _LIST:
            found, at = scope, inner.base if inner is not None else 0
        inner, scope = scope, scope.outer
    return found, at


def _sized(kind: Kind, size: int) -> str:
    """The name of a type; an address of either family is told by its bytes."""
    if kind.name != "address":
        return kind.name
    return "ipv4_addr" if size == 4 else "ipv6_addr"


def _beginning(ctx: Context, node: Node, start: int, end: int) -> None:
    """The beginning of a device's name, as nft has it of `eth*`."""
    read_name(ctx, node, start, end)
    node.value = node.text = node.raw = f"{node.text}*"


def _net(ctx: Context, node: Node, start: int, end: int) -> None:
    _prefix(ctx, node, start, end, _IPV4_SIZE)


def _net6(ctx: Context, node: Node, start: int, end: int) -> None:
    _prefix(ctx, node, start, end, _IPV6_SIZE)


def _prefix(ctx: Context, node: Node, start: int, end: int, size: int) -> None:
    """The first bytes of an address, as nft compares those alone of `10.9.0.0/16`."""
    if end - start >= size:
        in_hex(ctx, node, start, end)
        return
    node.raw = ctx.data[start:end]
    node.value = node.text = f"{address_text(node.raw.ljust(size, bytes(1)))}/{(end - start) * 8}"


# What is told of a value that is shorter than its kind.
_PARTLY: dict[str, Fill] = {"ifname": _beginning, "ipv4_prefix": _net, "ipv6_prefix": _net6}
