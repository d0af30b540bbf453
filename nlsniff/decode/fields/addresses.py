"""Decoders of addresses (IP, hardware, MPLS labels), which fill a node from the bytes [start, end) and never raise."""

from __future__ import annotations

from _socket import inet_ntop  # what socket gives for this name; socket itself also loads selectors, and makes enums
from typing import TYPE_CHECKING

from nlsniff.decode.context import UNPACK, Context
from nlsniff.decode.fields.registry import fills
from nlsniff.decode.fields.unknown import mismatch

if TYPE_CHECKING:
    from nlsniff.decode.node import Node

AF_INET, AF_INET6, AF_MPLS, AF_SMC = 2, 10, 28, 43


def address_text(blob: bytes) -> str:
    """An IP address of 4 or 16 bytes as people read it."""
    return inet_ntop(AF_INET if len(blob) == 4 else AF_INET6, blob)


def hardware_text(blob: bytes) -> str:
    """A hardware address as people read it; see `hardware_address`."""
    return address_text(blob) if len(blob) in {4, 16} else blob.hex(":")


def address(ctx: Context, node: Node, start: int, end: int) -> None:
    """An IP address whose length tells its kind; no bytes are the address of `ip rule add from all`."""
    blob = ctx.data[start:end]
    if len(blob) in {4, 16}:
        node.text = address_text(blob)
    elif not blob:
        node.raw, node.value, node.text = b"", "", "any"
        return
    else:
        mismatch(ctx, node, start, end, f"{len(blob)} bytes are no IP address")
        return
    node.raw, node.value = blob, node.text


def hardware_address(ctx: Context, node: Node, start: int, end: int) -> None:
    """A hardware address of any length. That of an IP tunnel is an IP address, which its length tells."""
    node.raw = ctx.data[start:end]
    node.value = node.text = hardware_text(node.raw)


@fills("hook: mpls-labels")
def mpls_labels(ctx: Context, node: Node, start: int, end: int) -> None:
    """A stack of MPLS labels, 4 bytes each (RFC 3032): 20 bits label, 3 traffic class, 1 bottom of stack, 8 TTL.

    The kernel wants class and TTL to be 0, and the last label to be the bottom of the stack: what is not so is said.
    """
    if (end - start) % 4 or end == start:
        mismatch(ctx, node, start, end, "no stack of MPLS labels")
        return
    entries = [UNPACK[">"]["u32"](ctx.data, at)[0] for at in range(start, end, 4)]
    node.raw = ctx.data[start:end]
    last = len(entries) - 1
    node.value = node.text = "/".join([_label(entry, last=at == last) for at, entry in enumerate(entries)])


def _label(entry: int, *, last: bool) -> str:
    words = [str(entry >> 12)]
    if entry >> 9 & 7:
        words.append(f"tc {entry >> 9 & 7}")
    if bool(entry >> 8 & 1) != last:
        words.append("not bottom" if last else "bottom")
    if entry & 0xFF:
        words.append(f"ttl {entry & 0xFF}")
    return " ".join(words)
