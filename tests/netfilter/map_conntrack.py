"""`conntrack -L -o xml` against IPCTNL_MSG_CT_NEW."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.iproute2.compare import ABSENT, Explained, Of, find

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.iproute2.compare import Map

_PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "icmpv6": 58, "sctp": 132}
_AS_TCP = {"closed": "SYN_SENT", "established": "FIN_WAIT"}
_FAMILIES = {"ipv4": "2", "ipv6": "10"}


def _first(*paths: str) -> Of:
    """The value at the first of these paths that has one."""

    def make(whole: Any) -> Any:
        found = (find(whole, path) for path in paths)
        return next((str(value) for value in found if value is not ABSENT), ABSENT)

    return Of(make)


def _port(path: str, *, gre: bool) -> Of:
    """A port; of GRE a key, in hexadecimal."""

    def make(whole: Any) -> Any:
        value = find(whole, path)
        proto = find(whole, path.rpartition(".")[0] + ".proto-num")
        return ABSENT if value is ABSENT or (proto == "gre") is not gre else f"0x{value:x}" if gre else str(value)

    return Of(make)


def _flag(is_there: Callable[[list[str]], bool]) -> Of:
    return Of(lambda whole: True if is_there(whole["status"]) else ABSENT)


def _state(whole: Any) -> str:
    ((name, part),) = whole["protoinfo"].items()
    if name == "protoinfo-sctp":
        # In XML conntrack writes the state of SCTP by the name that its number has for TCP; in lines it does not.
        return _AS_TCP[part["sctp-state"]]
    return str(part["tcp-state"]).upper().replace("-", "_")


def _side(tool: str, ours: str, counters: str) -> Map:
    proto = f"{ours}.tuple-proto"
    return {
        f"{tool}.layer3.protonum": ("family", _FAMILIES.__getitem__),
        f"{tool}.layer3.protoname": "family",
        f"{tool}.layer3.src": _first(f"{ours}.tuple-ip.ip-v4-src", f"{ours}.tuple-ip.ip-v6-src"),
        f"{tool}.layer3.dst": _first(f"{ours}.tuple-ip.ip-v4-dst", f"{ours}.tuple-ip.ip-v6-dst"),
        f"{tool}.layer4.protonum": (f"{proto}.proto-num", lambda name: str(_PROTOCOLS.get(name, name))),
        f"{tool}.layer4.protoname": (f"{proto}.proto-num", lambda name: name if name in _PROTOCOLS else "unknown"),
        f"{tool}.layer4.sport": _port(f"{proto}.proto-src-port", gre=False),
        f"{tool}.layer4.dport": _port(f"{proto}.proto-dst-port", gre=False),
        f"{tool}.layer4.srckey": _port(f"{proto}.proto-src-port", gre=True),
        f"{tool}.layer4.dstkey": _port(f"{proto}.proto-dst-port", gre=True),
        f"{tool}.counters.packets": (f"{counters}.packets", str),
        f"{tool}.counters.bytes": (f"{counters}.bytes", str),
    }


FLOW: Map = {
    **_side("original", "tuple-orig", "counters-orig"),
    **_side("reply", "tuple-reply", "counters-reply"),
    "independent.state": Of(_state),
    "independent.timeout": ("timeout", str),
    "independent.mark": ("mark", str),
    "independent.zone": ("zone", str),
    "independent.use": ("use", str),
    "independent.id": ("id", str),
    "independent.unreplied": _flag(lambda status: "seen-reply" not in status),
    "independent.assured": _flag(lambda status: "assured" in status),
    "independent.deltatime": Explained("seconds from the start to when conntrack printed it"),
    "helper": "help.help-name",
}
