"""The header that a capture puts before each datagram.

LINKTYPE_NETLINK (253) and LINUX_SLL (113) share a layout of 16 bytes: packet type, ARPHRD, address length, address
(8 bytes), protocol, all big-endian. LINUX_SLL2 (276) has 20 bytes in another order. In each, ARPHRD 824 says that a
netlink datagram follows, and the protocol is then the netlink protocol number (0 is NETLINK_ROUTE).
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from nlsniff.wire.constants import ARPHRD_NETLINK, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2, LINKTYPE_NETLINK

_SLL = struct.Struct(">HH10xH")
_SLL2 = struct.Struct(">H2xIHBB8x")

LINKTYPES = (LINKTYPE_NETLINK, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2)


class Cooked(NamedTuple):
    """The parts of a cooked header that mean something for netlink; `size` is where the datagram begins."""

    size: int
    packet_type: int
    arphrd: int
    protocol: int


def parse_cooked(linktype: int, data: bytes) -> Cooked | None:
    """Read the cooked header of a frame, or None when the frame is no netlink datagram.

    None means: another link type, a frame shorter than its header, or a header of another kind of hardware (an `any`
    capture holds Ethernet beside netlink).
    """
    if linktype == LINKTYPE_LINUX_SLL2:
        if len(data) < 20:
            return None
        protocol, _ifindex, arphrd, packet_type, _ = _SLL2.unpack_from(data)
        size = 20
    elif linktype in LINKTYPES:
        if len(data) < 16:
            return None
        packet_type, arphrd, protocol = _SLL.unpack_from(data)
        size = 16
    else:
        return None
    return Cooked(size, packet_type, arphrd, protocol) if arphrd == ARPHRD_NETLINK else None
