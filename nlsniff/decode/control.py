"""Messages that belong to netlink itself: NLMSG_ERROR with its extended ACK, NLMSG_DONE, NLMSG_NOOP, NLMSG_OVERRUN."""

from __future__ import annotations

import errno as errno_names
import os
from typing import TYPE_CHECKING

from nlsniff.decode.attrs import read_attrs
from nlsniff.decode.context import UNPACK, problem
from nlsniff.decode.node import Node
from nlsniff.decode.structs import leave
from nlsniff.wire.constants import (
    NETLINK_USERSOCK,
    NLM_F_ACK_TLVS,
    NLM_F_CAPPED,
    NLM_F_MULTI,
    NLMSG_DONE,
    NLMSG_ERROR,
    PROTOCOL_NAMES,
)
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE, align

if TYPE_CHECKING:
    from nlsniff.decode.context import Context
    from nlsniff.decode.decoder import Decoder

# Errors inside the kernel that leak into netlink answers (include/linux/errno.h, not in any libc).
_KERNEL_ONLY = {512: "ERESTARTSYS", 513: "ERESTARTNOINTR", 514: "ERESTARTNOHAND", 517: "EPROBE_DEFER", 524: "ENOTSUPP"}


def errno_name(number: int) -> str:
    """The constant of an error, from its positive number; "" for 0, `E134` style where nothing is known."""
    if number <= 0:
        return ""
    return errno_names.errorcode.get(number) or _KERNEL_ONLY.get(number) or f"E{number}"


def errno_text(number: int) -> str:
    """What an error means in words, from its positive number."""
    return _KERNEL_ONLY.get(number) or os.strerror(number)


def read_control(decoder: Decoder, ctx: Context, root: Node, type_: int, flags: int) -> None:
    """Fill `root` with what follows the nlmsghdr of a control message."""
    start, end = root.start + HEADER_SIZE, root.end
    # Private protocols between programs, and in tutorials, send their own words as NLMSG_DONE.
    private = ctx.protocol == NETLINK_USERSOCK or ctx.protocol not in PROTOCOL_NAMES
    own = private and type_ == NLMSG_DONE and not flags & NLM_F_MULTI
    if own or type_ not in {NLMSG_ERROR, NLMSG_DONE}:
        if start < end:
            leave(ctx, root, start, end, "")
        return
    if start >= end and type_ == NLMSG_DONE:
        return
    if end - start < 4:
        leave(ctx, root, start, end, "")
        problem(root, "error", "short-message", start, f"an error number needs 4 bytes, {end - start} remain")
        return
    code = Node("error", start, start + 4)
    code.raw = code.value = UNPACK[ctx.order]["s32"](ctx.data, start)[0]
    code.text = str(code.raw)
    code.resolved = errno_name(-code.raw)
    root.add(code)
    at = start + 4
    if type_ == NLMSG_ERROR:
        # An ACK carries the header only. A kernel before 4.12 does not say so with CAPPED, so the error number decides.
        at = _read_request(decoder, ctx, root, at, capped=bool(flags & NLM_F_CAPPED) or code.raw == 0)
    if at < end and (flags & NLM_F_ACK_TLVS or type_ == NLMSG_DONE):
        read_attrs(ctx, decoder.extack_attributes, at, end, root)
    elif at < end:
        leave(ctx, root, at, end, "")


def _read_request(decoder: Decoder, ctx: Context, root: Node, start: int, *, capped: bool) -> int:
    """The copy of the request inside an NLMSG_ERROR: its header alone when capped, else all of it."""
    end = root.end
    if end - start < HEADER_SIZE:
        if start < end:
            leave(ctx, root, start, end, "")
            problem(root, "warning", "short-message", start, f"a copied header needs 16 bytes, {end - start} remain")
        return end
    length, type_, flags, _seq, _port = HEADER[ctx.order].unpack_from(ctx.data, start)
    stop = start + HEADER_SIZE if capped or length < HEADER_SIZE else min(start + length, end)
    copy = Node("request", start, stop, "nest")
    if not capped and start + length > end:
        problem(copy, "note", "cut-copy", start, f"the request had {length} bytes, its copy has {end - start}")
    if ctx.depth:  # a copy inside a copy: somebody sent the kernel an NLMSG_ERROR
        leave(ctx, copy, start, stop, "")
    else:
        ctx.depth += 1
        decoder.fill(ctx, copy, type_, flags, "to-kernel")
        ctx.depth -= 1
    root.add(copy)
    behind = min(start + align(stop - start), end)
    if behind > stop:
        root.add(Node("padding", stop, behind, "padding"))
    return behind


def control_summary(type_: int, root: Node, request: str, own: str = "") -> str:
    """The summary template of a control message.

    Args:
        type_: nlmsg_type.
        root: the decoded message.
        request: names the message that an error answers.
        own: what nlsniff says about the error, where the kernel says nothing.
    """
    code = root.get("error")
    number = -code.raw if code is not None else 0
    meaning = f"{errno_name(number)} ({errno_text(number)})" if number > 0 else ""
    if type_ == NLMSG_ERROR and code is not None:
        head = f"{meaning or f'error {code.raw}'} for {request}" if number else f"ACK {request}"
        return head + "[: {msg}][ (attribute {miss-type} is missing)]" + (f"; nlsniff: {own}" if own else "")
    if type_ == NLMSG_DONE:
        return meaning + ("[: {msg}]" if meaning else "{msg}")
    return ""
