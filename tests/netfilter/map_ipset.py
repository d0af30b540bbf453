"""`ipset -o xml list` and `-o json` against IPSET_CMD_LIST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.iproute2.compare import ABSENT, Of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.iproute2.compare import Map, Ours

_FAMILIES = {"ipv4": "inet", "ipv6": "inet6"}
_PROTOCOLS = {"icmpv6": "ipv6-icmp", 112: "vrrp"}  # by the names of /etc/protocols
_KINDS = {("icmp", 8): "echo-request", ("icmpv6", 128): "echo-request"}
# What stands of an entry beside its parts.
EXTENSIONS = {"timeout", "bytes", "packets", "comment", "skbmark", "skbprio", "skbqueue"}


def _flag(place: str, name: str) -> Of:
    """A flag is printed as true, or not at all."""

    def make(whole: Any) -> Any:
        holder = whole if place == "" else whole.get(place, {})
        return True if name in holder.get("cadt-flags", []) else ABSENT

    return Of(make)


def _hex(width: int) -> Callable[[int], str]:
    return lambda number: f"0x{number:0{width}x}"


def address(nest: dict[str, str]) -> str:
    """An address, of whichever family."""
    (found,) = nest.values()
    return found


def _range(whole: Ours) -> str:
    data = whole["data"]
    if "port" in data:
        return f"{data['port']}-{data['port-to']}"
    return f"{address(data['ip'])}-{address(data['ip-to'])}"


SET: Map = {
    "name": "setname",
    "type": "typename",
    "revision": ("revision", str),
    "header.family": ("family", _FAMILIES.get),
    "header.range": Of(_range),
    "header.bitmask": ("data.bitmask", address),
    "header.markmask": ("data.markmask", _hex(8)),
    "header.initval": ("data.initval", _hex(8)),
    "header.numentries": ("data.elements", str),
    "header.counters": _flag("data", "with-counters"),
    "header.comment": _flag("data", "with-comment"),
    "header.skbinfo": _flag("data", "with-skbinfo"),
    **{
        f"header.{name}": (f"data.{name}", str)
        for name in ("hashsize", "maxelem", "netmask", "timeout", "bucketsize", "memsize", "references", "size")
    },
}


def _net(entry: Ours, ip: str, cidr: str) -> list[str]:
    if ip not in entry:
        return []
    written = address(entry.pop(ip))
    length = entry.pop(cidr, None)
    return [written if length in {None, 128 if ":" in written else 32} else f"{written}/{length}"]


def _port(entry: Ours) -> list[str]:
    if "port" not in entry:
        return []
    port, protocol = entry.pop("port"), entry.pop("proto", None)
    if isinstance(port, dict):
        port = _KINDS[protocol, port["type"]] if port["code"] == 0 else f"{port['type']}/{port['code']}"
    return [str(port) if protocol is None else f"{_PROTOCOLS.get(protocol, protocol)}:{port}"]


def element(entry: Ours) -> str:
    """The parts of an entry in the order in which ipset writes them; every part must be one of them."""
    left = {name: value for name, value in entry.items() if name not in EXTENSIONS}
    flags = left.pop("cadt-flags", [])
    parts = [*_net(left, "ip", "cidr"), *_port(left)]
    if "mark" in left:
        parts.append(f"0x{left.pop('mark'):08x}")
    if "ether" in left:
        parts.append(left.pop("ether").upper())
    if "iface" in left:
        parts.append(("physdev:" if "physdev" in flags else "") + left.pop("iface"))
    parts += _net(left, "ip2", "cidr2")
    if "name" in left:
        parts.append(left.pop("name"))
    assert left == {}
    return ",".join(parts)


def _skbmark(mark: dict[str, int]) -> str:
    return f"0x{mark['mark']:x}/0x{mark['mask']:x}"


ENTRY: Map = {
    "elem": Of(element),
    "nomatch": _flag("", "nomatch"),
    "wildcard": _flag("", "iface-wildcard"),
    "comment": "comment",
    "skbmark": ("skbmark", _skbmark),
    "skbprio": ("skbprio", lambda number: f"{number >> 16:x}:{number & 0xFFFF:x}"),
    **{name: (name, str) for name in ("timeout", "bytes", "packets", "skbqueue")},
}
