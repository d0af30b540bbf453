"""INET_DIAG_REQ_BYTECODE: the filter that `ss` compiles, instruction by instruction (net/ipv4/inet_diag.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.addresses import AF_INET, AF_INET6, address
from nlsniff.decode.context import problem
from nlsniff.decode.hooks.parts import Parts
from nlsniff.decode.node import Node

if TYPE_CHECKING:
    from nlsniff.decode.context import Context
    from nlsniff.decode.fields import Fill
    from nlsniff.spec.model import Field

_HEAD = 4  # bytes of struct inet_diag_bc_op
_PORTS = {2, 3, 4, 5, 11, 12}  # INET_DIAG_BC_S_GE, S_LE, D_GE, D_LE, S_EQ, D_EQ
_HOSTS = {7, 8}  # INET_DIAG_BC_S_COND, D_COND
_DEVICE, _MARK, _CGROUP = 9, 10, 13
_HOST_HEAD = 8  # struct inet_diag_hostcond without its address


def inet_diag_bytecode(field: Field) -> Fill:
    """A program, an instruction a part. Its code says how long it is, so that a wrong jump spoils no other one."""
    struct = field.array_of
    code = struct.by_name.get("code") if struct is not None else None
    names = code.enum.by_value if code is not None and code.enum is not None else {}

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "list"
        ctx.decide(start, end)  # addresses are as long as their family, and jumps are judged by where they lead
        parts = Parts(ctx, node, start, end)
        while parts.at + _HEAD <= end:
            op = Node(field.name, parts.at, end, "nest")
            op.end = _instruction(ctx, Parts(ctx, op, parts.at, end), names, end)
            node.add(op)
            parts.at = op.end
        parts.rest()

    return fill


def _instruction(ctx: Context, op: Parts, names: dict[int, str], end: int) -> int:
    """Fill one instruction; returns where it ends."""
    start, order = op.at, ctx.order
    code = op.number("code", 1, show=lambda raw: names.get(raw, str(raw)))
    op.node.children[-1].value = names.get(code, code)
    yes, no = op.number("yes", 1), op.number("no", 2, order=order)
    if code in _PORTS:  # the port is in the place of the next instruction's `no`
        op.skip(2)
        op.number("port", 2, order=order)
    elif code in _HOSTS:
        family = op.number("family", 1)
        op.number("prefix-length", 1)
        op.skip(2)
        op.number("port", 4, order=order, show=lambda raw: "any" if raw == 0xFFFFFFFF else str(raw))
        size = {AF_INET: 4, AF_INET6: 16}.get(family, 0)
        if size:
            op.take("address", size, address)
    elif code == _DEVICE:
        index = op.number("device", 4, order=order)
        op.node.children[-1].resolved = ctx.names.resolve("link", index, ctx.number)
    elif code == _MARK:
        op.number("mark", 4, order=order, show=hex)
        op.number("mask", 4, order=order, show=hex)
    elif code == _CGROUP:
        op.number("cgroup", 8, order=order)
    stop, left = op.at, end - start
    if yes % 4 or not stop - start <= yes <= left:
        problem(op.node, "warning", "jump", start, f"yes leads {yes} bytes on, {left} remain")
    elif no % 4 or no > left + 4:  # the kernel takes 4 bytes behind the end for: refuse
        problem(op.node, "warning", "jump", start, f"no leads {no} bytes on, {left} remain")
    return stop
