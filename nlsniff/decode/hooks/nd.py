"""Options of IPv6 neighbour discovery, as routers send them (RFC 4861, 4191, 8106, 8781, 8910)."""

from __future__ import annotations

from _socket import AF_INET6, inet_ntop  # as in `nlsniff.decode.fields.addresses`
from typing import TYPE_CHECKING

from nlsniff.decode.fields import values
from nlsniff.decode.fields.addresses import address, hardware_address
from nlsniff.decode.fields.registry import fills
from nlsniff.decode.hooks.parts import Parts
from nlsniff.decode.node import Node
from nlsniff.terminal import decoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.context import Context

UNIT = 8  # bytes that one of an option's length stands for
FOREVER = 0xFFFFFFFF


@fills("hook: nd-options")
def nd_options(ctx: Context, node: Node, start: int, end: int) -> None:
    """A chain of options: type and length in a byte each, the length in units of 8 bytes."""
    node.kind = "list"
    chain = Parts(ctx, node, start, end)
    while chain.at + 2 <= end:
        kind, units = ctx.data[chain.at], ctx.data[chain.at + 1]
        ctx.decide(chain.at, chain.at + 2)
        stop = chain.at + UNIT * units
        if not units or stop > end:
            chain.rest(f"an option says {UNIT * units} bytes, {end - chain.at} remain")
            return
        name, read = _OPTIONS.get(kind, (f"option-{kind}", _opaque))
        option = Node(name, chain.at, stop, "nest")
        parts = Parts(ctx, option, chain.at, stop)
        parts.number("type", 1)
        parts.number("length", 1)
        read(ctx, parts)
        parts.rest()
        node.add(option)
        chain.at = stop
    chain.rest()


def _seconds(raw: int) -> str:
    return "forever" if raw == FOREVER else f"{raw} s"


def _opaque(_ctx: Context, parts: Parts) -> None:
    parts.take("data", parts.end - parts.at, values.blob)


def _link_address(_ctx: Context, parts: Parts) -> None:
    parts.take("address", parts.end - parts.at, hardware_address)


def _prefix(_ctx: Context, parts: Parts) -> None:
    parts.number("prefix-length", 1)
    parts.number("flags", 1, show=lambda raw: "|".join(name for bit, name in _PREFIX_FLAGS if raw & bit) or "0")
    parts.number("valid-lifetime", 4, show=_seconds)
    parts.number("preferred-lifetime", 4, show=_seconds)
    parts.skip(4)
    found = parts.take("prefix", 16, address)
    parts.node.text = found.text if found is not None else ""


_PREFIX_FLAGS = ((0x80, "on-link"), (0x40, "autonomous"), (0x20, "router-address"))


def _mtu(_ctx: Context, parts: Parts) -> None:
    parts.skip(2)
    parts.node.text = str(parts.number("mtu", 4))


_PREFERENCES = {0: "medium", 1: "high", 2: "reserved", 3: "low"}


def _route(_ctx: Context, parts: Parts) -> None:
    length = parts.number("prefix-length", 1)
    parts.number("preference", 1, show=lambda raw: _PREFERENCES[raw >> 3 & 3])
    parts.number("lifetime", 4, show=_seconds)

    if parts.end - parts.at <= 16:
        found = parts.take("prefix", parts.end - parts.at, _padded)
        parts.node.text = f"{found.text}/{length}" if found is not None else ""


def _padded(ctx: Context, node: Node, start: int, end: int) -> None:
    """An IPv6 prefix; the zeros at its end are not sent."""
    node.raw = ctx.data[start:end].ljust(16, b"\0")
    node.value = node.text = inet_ntop(AF_INET6, node.raw)


def _name_servers(ctx: Context, parts: Parts) -> None:
    parts.skip(2)
    parts.number("lifetime", 4, show=_seconds)
    servers = Node("servers", parts.at, parts.at + (parts.end - parts.at) // 16 * 16, "list")
    inner = Parts(ctx, servers, parts.at, servers.end)
    while inner.at < inner.end:
        inner.take("server", 16, address)
    parts.node.add(servers)
    parts.node.text = ",".join(part.text for part in servers.children)
    parts.at = servers.end


def _search_list(ctx: Context, parts: Parts) -> None:
    parts.skip(2)
    parts.number("lifetime", 4, show=_seconds)
    domains = Node("domains", parts.at, parts.end, "list")
    inner = Parts(ctx, domains, parts.at, parts.end)
    while inner.at < inner.end and ctx.data[inner.at]:
        at, labels = inner.at, []
        while at < inner.end and ctx.data[at]:
            labels.append(ctx.data[at + 1 : at + 1 + ctx.data[at]])
            at += 1 + ctx.data[at]
        if at >= inner.end:
            break
        value, text = decoded(b".".join(labels))
        domains.add(Node("domain", inner.at, at + 1, value=value, raw=value, text=text))
        inner.at = at + 1
    inner.rest("a name does not end")
    parts.node.add(domains)
    parts.node.text = ",".join(part.text for part in domains.children if part.kind == "value")
    parts.at = parts.end


def _portal(ctx: Context, parts: Parts) -> None:
    text = ctx.data[parts.at : parts.end].rstrip(b"\0")
    part = parts.take("uri", len(text), values.blob)
    if part is not None:
        part.value, part.text = decoded(text)
        parts.node.text = part.text


_PREF64_LENGTHS = (96, 64, 56, 48, 40, 32)


def _nat64(_ctx: Context, parts: Parts) -> None:
    """Lifetime in units of 8 seconds in the upper 13 bits, then a code for the prefix's length, then 96 bits of it."""

    def lifetime(raw: int) -> str:
        code = raw & 7
        length = f"/{_PREF64_LENGTHS[code]}" if code < len(_PREF64_LENGTHS) else f" length code {code}"
        return f"{raw & ~7} s, prefix{length}"

    parts.number("lifetime", 2, show=lifetime)
    found = parts.take("prefix", 12, _padded)
    parts.node.text = found.text if found is not None else ""


_OPTIONS: dict[int, tuple[str, Callable[[Context, Parts], None]]] = {
    1: ("source-link-address", _link_address),
    2: ("target-link-address", _link_address),
    3: ("prefix-information", _prefix),
    5: ("mtu", _mtu),
    24: ("route-information", _route),
    25: ("rdnss", _name_servers),
    31: ("dnssl", _search_list),
    37: ("captive-portal", _portal),
    38: ("pref64", _nat64),
}
