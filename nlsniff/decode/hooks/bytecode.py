"""INET_DIAG_REQ_BYTECODE: the filter that `ss` compiles, instruction by instruction (net/ipv4/inet_diag.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.context import UNPACK, problem
from nlsniff.decode.fields import values
from nlsniff.decode.fields.addresses import AF_INET, AF_INET6
from nlsniff.decode.fields.registry import makes
from nlsniff.decode.fields.structs import read_struct
from nlsniff.decode.fields.unknown import keep_unknown
from nlsniff.decode.node import Node

if TYPE_CHECKING:
    from nlsniff.decode.context import Context
    from nlsniff.decode.fields.registry import Fill
    from nlsniff.spec.model import Field, Format

_HEAD = 4  # bytes of struct inet_diag_bc_op
_NOP = 0  # INET_DIAG_BC_NOP, whose `no` nobody looks at
_HOST = "inet-diag-hostcond"
_ADDRESS = {0: 0, AF_INET: 4, AF_INET6: 16}  # bytes behind it


class _Step(NamedTuple):
    """An instruction: bytes to the next one, bytes to where `no` leads, and what is wrong with either."""

    length: int
    no: int
    wrong: str


@makes("hook: inet-diag-bytecode")
def inet_diag_bytecode(field: Field) -> Fill:
    """A program, an instruction a part, which are found as the kernel finds them: `yes` leads to the next one.

    One that leads nowhere is as long as its code says, else it goes to where `no` leads, so that it spoils no other.
    """
    struct = field.array_of
    code = struct.by_name.get("code") if struct is not None else None
    argument = struct.by_name.get("argument") if struct is not None else None
    formats = argument.sub_message.formats if argument is not None and argument.sub_message is not None else {}
    if struct is None or code is None:
        return values.untyped
    names = code.enum.by_value if code.enum is not None else {}

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.kind = "list"
        at = start
        jumps: list[tuple[Node, int]] = []
        while end - at >= _HEAD:
            name = names.get(ctx.data[at])
            own = None if name is None else _own_length(ctx, formats.get(name), at, end)
            step = _step(ctx, own, at, end)
            op = Node(field.name, at, at + step.length, "nest", spec=field)
            after = read_struct(ctx, struct, at, op.end if own is None else min(at + own, op.end), op)
            if after < op.end:
                keep_unknown(ctx, op, after, op.end)
            if step.wrong:
                problem(op, "warning", "jump", at, step.wrong)
            elif ctx.data[at] != _NOP and at + step.no < end:
                jumps.append((op, at + step.no))
            node.add(op)
            at = op.end
        if at < end:
            keep_unknown(ctx, node, at, end, f"{end - at} bytes are no instruction")
        starts = {op.start for op in node.children}
        for op, to in jumps:
            if to not in starts:
                problem(op, "warning", "jump", op.start, f"no leads {to - op.start} bytes on, into an instruction")

    return fill


def _step(ctx: Context, own: int | None, start: int, end: int) -> _Step:
    """How far an instruction goes that has `own` bytes, as the kernel's audit of a program has it."""
    yes, no = ctx.data[start + 1], UNPACK[ctx.order]["u16"](ctx.data, start + 2)[0]
    ctx.decide(start, start + _HEAD)
    left = end - start
    least = own or _HEAD
    wrong = ""
    if yes % 4 or not least <= yes <= left:
        wrong = f"yes leads {yes} bytes on, {left} remain"
    elif ctx.data[start] != _NOP and (no % 4 or not least <= no <= left + 4):  # 4 bytes behind the end: refuse
        wrong = f"no leads {no} bytes on, {left} remain"
    if yes % 4 == 0 and least <= yes <= left:
        length = yes
    elif own is not None and own <= left:
        length = own
    else:
        length = no if no % 4 == 0 and least <= no < left else left
    return _Step(length, no, wrong)


def _own_length(ctx: Context, described: Format | None, start: int, end: int) -> int | None:
    """Bytes of an instruction with its argument, None where the family of its address is unknown."""
    if described is None or described.struct is None:
        return _HEAD
    size = _HEAD + described.struct.size
    if described.struct.name != _HOST or start + _HEAD >= end:
        return size
    ctx.decide(start + _HEAD, start + _HEAD + 1)
    address = _ADDRESS.get(ctx.data[start + _HEAD])
    return None if address is None else size + address
