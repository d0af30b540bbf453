"""Payloads that have two shapes, told apart by their first bytes, their length, or what follows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.context import UNPACK
from nlsniff.decode.fields import values
from nlsniff.decode.fields.addresses import address, hardware_address
from nlsniff.decode.fields.attrs import nest
from nlsniff.decode.fields.registry import fills, makes
from nlsniff.decode.fields.structs import struct_payload
from nlsniff.decode.fields.unknown import padding

if TYPE_CHECKING:
    from nlsniff.decode.context import Context
    from nlsniff.decode.fields.registry import Fill
    from nlsniff.decode.node import Node
    from nlsniff.spec.model import Field

ETH_P_IP, ETH_P_IPV6 = 0x0800, 0x86DD
_ONE_NUMBER = 8  # nla_len of an attribute that holds a 32-bit number


@makes("hook: struct-or-nest")
def struct_or_nest(field: Field) -> Fill:
    """A struct from the kernel, attributes from a program: `struct` and `nested-attributes` are both given."""
    as_struct, as_nest = struct_payload(field), nest(field)

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        ctx.decide(start, min(start + 2, end))
        if node.nested or (end - start >= 4 and UNPACK[ctx.order]["u16"](ctx.data, start)[0] == _ONE_NUMBER):
            as_nest(ctx, node, start, end)
        else:
            as_struct(ctx, node, start, end)

    return fill


@makes("hook: flag-or-value")
def flag_or_value(field: Field) -> Fill:
    """A flag where it is empty, else a number of the field's type."""
    as_number = values.number(field)

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        (as_number if end > start else values.flag)(ctx, node, start, end)

    return fill


@fills("hook: mdb-address")
def mdb_address(ctx: Context, node: Node, start: int, end: int) -> None:
    """The union of a multicast group (struct br_mdb_entry): IPv4, IPv6 or MAC by the protocol that stands behind it."""
    proto = 0
    if ctx.scope is not None and ctx.scope.end >= end + 2:
        proto = UNPACK[">"]["u16"](ctx.data, end)[0]
        ctx.decide(end, end + 2)
    read, size = {ETH_P_IP: (address, 4), ETH_P_IPV6: (address, 16), 0: (hardware_address, 6)}.get(
        proto, (values.blob, end - start)
    )
    stop = min(start + size, end)
    read(ctx, node, start, stop)
    node.reader = (read, start, stop, ctx.order)
    if stop < end:
        node.add(padding(ctx, stop, end))
