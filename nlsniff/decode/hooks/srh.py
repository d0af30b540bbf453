"""IPv6 routing headers: segment routing (RFC 8754) and RPL source routes (RFC 6554)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.context import problem
from nlsniff.decode.fields import values
from nlsniff.decode.fields.addresses import address
from nlsniff.decode.fields.registry import fills
from nlsniff.decode.hooks.parts import Parts
from nlsniff.decode.node import Node

if TYPE_CHECKING:
    from nlsniff.decode.context import Context

ADDRESS = 16
PAD1, PADN, HMAC = 0, 4, 5  # types of the TLVs behind the segments


@fills("hook: ipv6-sr-hdr")
def segment_routing_header(ctx: Context, node: Node, start: int, end: int) -> None:
    """A whole segment routing header (linux/seg6.h, struct ipv6_sr_hdr): segments, last one first, then TLVs."""
    node.kind = "nest"
    parts = Parts(ctx, node, start, end)
    length = _common(parts)
    last = parts.number("first-segment", 1, decides=True)
    parts.number("flags", 1, show=lambda raw: f"0x{raw:02x}")
    parts.number("tag", 2)
    stop = min(start + length, end)
    _addresses(ctx, parts, last + 1, stop)
    if length > end - start and last >= 0 and parts.at < start + 8 + ADDRESS * (last + 1):
        parts.rest("half a segment")  # TLVs stand behind the last one
        node.text = node.text or "cut"
    elif parts.at < stop:
        parts.end = stop
        _tlvs(ctx, parts)
        parts.end = end
    parts.rest("bytes behind the routing header")
    if length > end - start:
        problem(node, "warning", "length", start, f"{node.name}: the header says {length} bytes, {end - start} remain")


@fills("hook: ipv6-rpl-sr-hdr")
def rpl_header(ctx: Context, node: Node, start: int, end: int) -> None:
    """A source routing header of RPL (linux/rpl.h), whose addresses netlink carries whole."""
    node.kind = "nest"
    parts = Parts(ctx, node, start, end)
    length = _common(parts)
    if parts.at + 4 <= end:
        bits = int.from_bytes(ctx.data[parts.at : parts.at + 4], "big")
        inner, last, pad = bits >> 28, bits >> 24 & 15, bits >> 20 & 15
        text = f"cmpri {inner} cmpre {last} pad {pad}"
        value = {"cmpri": inner, "cmpre": last, "pad": pad, "reserved": bits & 0xFFFFF}
        node.add(Node("compression", parts.at, parts.at + 4, value=value, raw=bits, text=text))
        parts.at += 4
    stop = min(start + length, end)
    _addresses(ctx, parts, (stop - parts.at) // ADDRESS, stop)
    parts.rest("bytes behind the last address")


def _common(parts: Parts) -> int:
    """The four bytes that all routing headers begin with; returns the length of the whole header."""
    parts.number("nexthdr", 1)
    units = parts.number("hdrlen", 1, decides=True)
    parts.number("type", 1)
    parts.number("segments-left", 1)
    return 8 * (units + 1)


def _addresses(ctx: Context, parts: Parts, count: int, stop: int) -> None:
    """The addresses of the route, as a list; the header's text is all of them, in the order that a packet takes."""
    whole = min(count, max(stop - parts.at, 0) // ADDRESS)
    found = Node("segments", parts.at, parts.at + whole * ADDRESS, "list")
    for at in range(parts.at, found.end, ADDRESS):
        part = Node("segment", at, at + ADDRESS)
        address(ctx, part, at, at + ADDRESS)
        found.add(part)
    if whole:
        parts.node.add(found)
        parts.node.text = ",".join(part.text for part in reversed(found.children))
    parts.at = found.end


def _tlvs(ctx: Context, parts: Parts) -> None:
    """Type, length, data; a type of 0 is a single byte."""
    found = Node("tlvs", parts.at, parts.end, "list")
    inner = Parts(ctx, found, parts.at, parts.end)
    while inner.at < inner.end:
        kind = ctx.data[inner.at]
        ctx.decide(inner.at, min(inner.at + 2, inner.end))
        if kind == PAD1:
            inner.skip(1)
            continue
        length = ctx.data[inner.at + 1] if inner.at + 1 < inner.end else 256
        stop = inner.at + 2 + length
        if stop > inner.end:
            inner.rest(f"a TLV says {length} bytes, {inner.end - inner.at - 2} remain")
            break
        if kind == PADN:
            found.add(Node("padding", inner.at, inner.at + 2, "padding"))  # its own type and length
            inner.at += 2
            inner.skip(length)
            continue
        tlv = Node("hmac" if kind == HMAC else f"type-{kind}", inner.at, stop, "nest")
        body = Parts(ctx, tlv, inner.at, stop)
        body.number("type", 1)
        body.number("length", 1)
        if kind == HMAC:
            body.number("flags", 2, show=lambda raw: f"0x{raw:04x}")
            body.number("keyid", 4)
        body.take("value" if kind == HMAC else "data", stop - body.at, values.blob)
        found.add(tlv)
        inner.at = stop
    parts.node.add(found)
    parts.at = parts.end
