"""Messages that belong to netlink itself: NLMSG_ERROR with its extended ACK, NLMSG_DONE, NLMSG_NOOP, NLMSG_OVERRUN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.context import UNPACK, problem
from nlsniff.decode.fields.attrs import read_attrs
from nlsniff.decode.fields.unknown import keep_unknown, padding
from nlsniff.decode.ipset import learned, type_of_set
from nlsniff.decode.node import Node
from nlsniff.decode.rejected import rejected
from nlsniff.decode.summary import shown
from nlsniff.spec.template import literal, within
from nlsniff.wire.constants import (
    NETLINK_NETFILTER,
    NLM_F_ACK_TLVS,
    NLM_F_CAPPED,
    NLMSG_DONE,
    NLMSG_ERROR,
)
from nlsniff.wire.errnos import IPSET_BY_TYPE, IPSET_ERR_PROTOCOL, errno_name, errno_text
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE, NFGENMSG_SIZE, align, holds_error

if TYPE_CHECKING:
    from nlsniff.decode.context import Context
    from nlsniff.decode.decoder import Decoder
    from nlsniff.wire.nlmsg import Order


# What the kernel says of why, as parts of a template.
_REASONS = {"msg": "{msg}", "miss-type": "attribute {miss-type} is missing"}

_TYPED = 6  # bytes of a struct nlmsghdr up to the end of nlmsg_type
_IPSET = 6  # NFNL_SUBSYS_IPSET, the upper byte of a type


def read_control(decoder: Decoder, ctx: Context, root: Node, type_: int, flags: int) -> None:
    """Fill `root` with what follows the nlmsghdr of a control message."""
    start, end = root.start + HEADER_SIZE, root.end
    if not holds_error(ctx.protocol, type_, flags):
        if ctx.protocol == NETLINK_NETFILTER and type_ == NLMSG_DONE and end - start == NFGENMSG_SIZE:
            _read_end_of_log(ctx, root, start)
        elif start < end:
            keep_unknown(ctx, root, start, end)
        return
    if start >= end and type_ == NLMSG_DONE:
        return
    if end - start < 4:
        keep_unknown(ctx, root, start, end)
        problem(root, "error", "short-message", start, f"an error number needs 4 bytes, {end - start} remain")
        return
    code = Node("error", start, start + 4)
    code.raw = code.value = UNPACK[ctx.order]["s32"](ctx.data, start)[0]
    code.text = str(code.raw)
    code.resolved = errno_name(-code.raw, ctx.protocol)
    root.add(code)
    at = start + 4
    if type_ == NLMSG_ERROR:
        # An ACK carries the header only. A kernel before 4.12 does not say so with CAPPED, so the error number decides.
        at = _read_request(decoder, ctx, root, at, capped=bool(flags & NLM_F_CAPPED) or code.raw == 0)
        if ctx.protocol == NETLINK_NETFILTER and abs(code.raw) > IPSET_ERR_PROTOCOL:
            _read_ipset(ctx, root, code)
    if at < end and (flags & NLM_F_ACK_TLVS or type_ == NLMSG_DONE):
        read_attrs(ctx, decoder.extack_attributes, at, end, root)
        offs = root.get("offs") if ctx.decided is not None else None
        if offs is not None and (found := rejected(root)):
            # What the error means may depend on it, and of netfilter the summary says it.
            for node in (offs, found[0])[: 1 + (ctx.protocol == NETLINK_NETFILTER)]:
                ctx.decide(node.start, node.end)
    elif at < end:
        keep_unknown(ctx, root, at, end)


def _read_end_of_log(ctx: Context, root: Node, start: int) -> None:
    """What ends a datagram of several logged packets: a struct nfgenmsg that says their group."""
    ctx.decide(start, start + NFGENMSG_SIZE)
    for name, at, size in (("nfgen-family", start, 1), ("version", start + 1, 1), ("group", start + 2, 2)):
        node = Node(name, at, at + size)
        node.raw = node.value = int.from_bytes(ctx.data[at : at + size], "big")
        node.text = str(node.raw)
        root.add(node)


def _read_request(decoder: Decoder, ctx: Context, root: Node, start: int, *, capped: bool) -> int:
    """The copy of the request inside an NLMSG_ERROR: its header alone when capped, else all of it."""
    end = root.end
    if end - start < HEADER_SIZE:
        if start < end:
            keep_unknown(ctx, root, start, end)
            problem(root, "warning", "short-message", start, f"a copied header needs 16 bytes, {end - start} remain")
        return end
    length, type_, flags, _seq, _port = HEADER[ctx.order].unpack_from(ctx.data, start)
    stop = start + HEADER_SIZE if capped or length < HEADER_SIZE else min(start + length, end)
    copy = Node("request", start, stop, "nest")
    if not capped and start + length > end:
        problem(copy, "note", "cut-copy", start, f"the request had {length} bytes, its copy has {end - start}")
    if ctx.depth:  # a copy inside a copy: somebody sent the kernel an NLMSG_ERROR
        keep_unknown(ctx, copy, start, stop)
    else:
        ctx.depth += 1
        decoder.fill(ctx, copy, type_, flags, "to-kernel")
        ctx.depth -= 1
    root.add(copy)
    after = min(start + align(stop - start), end)
    if after > stop:
        root.add(padding(ctx, stop, after))
    return after


def _read_ipset(ctx: Context, root: Node, code: Node) -> None:
    """What an error of ipset means by the request that it copies: by its type, and each byte behind its header."""
    copy = root.get("request")
    if copy is None or copy.end - copy.start < HEADER_SIZE:
        return
    ctx.decide(copy.start, copy.start + _TYPED)
    type_ = HEADER[ctx.order].unpack_from(ctx.data, copy.start)[1]
    if type_ >> 8 == _IPSET and abs(code.raw) >= IPSET_BY_TYPE:
        ctx.decide(copy.start + HEADER_SIZE, copy.end)
        found, name = type_of_set(copy, type_, abs(code.raw)), copy.get("setname")
        if not found and name is not None:
            found = learned(ctx.names, name.text, ctx.number)
        code.resolved = errno_name(-code.raw, ctx.protocol, found)


def control_summary(
    type_: int, root: Node, request: str, protocol: int, order: Order, own: str = "", template: str = ""
) -> str:
    """The summary template of a control message.

    Args:
        type_: nlmsg_type.
        root: the decoded message.
        request: names the message that an error answers.
        protocol: netlink protocol number.
        order: byte order of the message.
        own: what nlsniff says about the error, where the kernel says nothing.
        template: of the summary of the message that an error of netfilter answers: one of many, so that its type is
            not enough.
    """
    code = root.get("error")
    if code is None:
        return "{msg}[group {group}]" if type_ == NLMSG_DONE else ""
    if type_ != NLMSG_ERROR and code.raw >= 0:
        return "{msg}"
    reasons = [part for name, part in _REASONS.items() if root.get(name) is not None]
    if type_ == NLMSG_ERROR and protocol == NETLINK_NETFILTER and (found := _rejected(root)):
        reasons.append(found)
    reasons += [f"nlsniff: {literal(own)}"] if own else []
    why, asked = "; ".join(reasons), literal(request) + (f" {within(template, 'request')}" if template else "")
    if not code.raw:
        return f"ACK {asked}: {why}" if why else f"ACK {asked}"
    answered = f"for {asked}" if type_ == NLMSG_ERROR else ""
    error = literal(describe_error(-code.raw, protocol, order, code.resolved))
    if not why:
        return f"{error} {answered}"
    # Why this very request was refused comes first: lists are narrow. What any EINVAL means can be left out.
    name = code.resolved or errno_name(-code.raw, protocol)
    error = error if abs(code.raw) >= IPSET_ERR_PROTOCOL else literal(name)
    return f"{error}: {why}{f' ({answered})' if answered else ''}"


def _rejected(root: Node) -> str:
    """What of the request is rejected, as a part of a template; "" where the kernel does not say it."""
    found = rejected(root)
    if found is None:
        return ""
    node, path = found
    alone = node.kind == "value" or path.rpartition(".")[2].isdigit()  # or one of several
    value = f" {shown(node)}" if alone or node.repeats else ""
    return f"rejected: {literal(path + value)}"


def describe_error(number: int, protocol: int, order: Order, name: str = "") -> str:
    """An error by name and in words: `ENODEV (No such device)`; by another name where that is known better."""
    text = errno_text(number, protocol, order, name)
    return f"{name or errno_name(number, protocol)}{f' ({text})' if text else ''}"
