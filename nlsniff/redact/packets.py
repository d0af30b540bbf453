"""Where in a message somebody's data is: what the packets that it holds carry, behind their headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.spec.model import fields_of, within
from nlsniff.wire.constants import NLMSG_ERROR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.spec.model import Form

_PACKET = "packet"  # of `display-hint`
_ETHERNET, _VLAN = 14, 4
_VLANS = (b"\x81\x00", b"\x88\xa8")
_IPV4, _IPV6 = b"\x08\x00", b"\x86\xdd"
_IPV4_SIZE, _IPV6_SIZE = 20, 40
_TCP = 6
_SIZES = {1: 8, _TCP: 20, 17: 8, 58: 8, 132: 12, 136: 8}  # of the header, by protocol: ICMP, TCP, UDP, ICMPv6, SCTP


class Packets:
    """Finds the packets in messages, if their dissectors tell of such (`display-hint: packet`)."""

    def __init__(self) -> None:
        self._known: dict[int, bool] = {}  # by id of a form; forms live as long as the registry

    def contents(self, message: NetlinkMessage) -> Iterator[tuple[int, int]]:
        """Bytes [start, end) of the frame's data that packets carry behind the headers of network and transport.

        Where something is wrong with the message, a packet may be anywhere in its body.
        """
        if message.type == NLMSG_ERROR:
            copy = message.root.get("request")
            yield from _contents(message.data, copy) if copy is not None else ()
        elif message.layout.form is not None and self._holds(message.layout.form):
            if message.broken or any(problem.severity != "note" for problem in message.problems):
                yield message.body, message.end
            else:
                yield from _contents(message.data, message.root)

    def _holds(self, form: Form) -> bool:
        found = self._known.get(id(form))
        if found is None:
            fields = (field for part in within(*form.parts) for field in fields_of(part))
            found = self._known[id(form)] = any(field.hint == _PACKET for field in fields)
        return found


def _contents(data: bytes, root: Node) -> Iterator[tuple[int, int]]:
    for node in root.walk():
        if node.kind == "unknown":  # may be a part of one
            yield node.payload, node.end
        if node.kind == "value" and node.spec is not None and node.spec.hint == _PACKET:
            start = node.payload + headers_of(data[node.payload : node.end])
            if start < node.end:
                yield start, node.end


def headers_of(packet: bytes) -> int:
    """How many bytes of an IP packet, or of an Ethernet frame, its headers are that hold no data of a program.

    That is the header of Ethernet with its VLAN tags, of IP and of the transport. What is behind them, and behind any
    other header, is data. What has no length that can be true is read as the next best.
    """
    found = _ip(packet, 0)
    if found:
        return found
    at = _ETHERNET
    while packet[at - 2 : at] in _VLANS:
        at += _VLAN
    kind = packet[at - 2 : at]
    return (_ip(packet, at) if kind in {_IPV4, _IPV6} else 0) or min(at, len(packet))


def _ip(packet: bytes, at: int) -> int:
    """Where the data of an IP packet begins; 0 where there is no such packet."""
    rest = len(packet) - at
    version = packet[at] >> 4 if rest > 0 else 0
    if version == 4 and rest >= _IPV4_SIZE:
        size, protocol = (packet[at] & 15) * 4, packet[at + 9]
        first = not int.from_bytes(packet[at + 6 : at + 8]) & 0x1FFF  # of its fragments
        return at + size + _transport(packet, at + size, protocol) * first if _IPV4_SIZE <= size <= rest else 0
    if version == 6 and rest >= _IPV6_SIZE:
        return at + _IPV6_SIZE + _transport(packet, at + _IPV6_SIZE, packet[at + 6])
    return 0


def _transport(packet: bytes, at: int, protocol: int) -> int:
    """How long the transport's header is; 0 for one that is not whole, or not known."""
    rest = len(packet) - at
    size = _SIZES.get(protocol, 0)
    if protocol == _TCP and rest >= size:
        size = max(size, (packet[at + 12] >> 4) * 4)
    return size if size <= rest else 0
