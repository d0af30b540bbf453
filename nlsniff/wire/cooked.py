"""The header that a capture puts before each datagram.

LINKTYPE_NETLINK (253) and LINUX_SLL (113) share a layout of 16 bytes: packet type, ARPHRD, address length, address
(8 bytes), protocol, all big-endian. LINUX_SLL2 (276) has 20 bytes in another order. In each, ARPHRD 824 says that a
netlink datagram follows, and the protocol is then the netlink protocol number (0 is NETLINK_ROUTE).

Some programs write the datagrams alone, without such a header. Which protocol they are of is then for the user to say;
what was said is a link type, too, so that whoever reads frames by their link type reads these.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, overload

from nlsniff.errors import BadArgumentError
from nlsniff.wire.constants import (
    ARPHRD_NETLINK,
    LINKTYPE_LINUX_SLL,
    LINKTYPE_LINUX_SLL2,
    LINKTYPE_NETLINK,
    PROTOCOL_NAMES,
)
from nlsniff.wire.names import normal

_SLL = struct.Struct(">HH10xH")
_SLL2 = struct.Struct(">H2xIHBB8x")

LINKTYPES = (LINKTYPE_NETLINK, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2)

# The link type of frames that are bare datagrams of netlink protocol N is this and N. Those of files have 16 bits.
BARE = 0x10000
_MAX_LINKS = 32  # protocols that a kernel can have (include/uapi/linux/netlink.h)
_TO_NETLINK = 4  # the packet type of an outgoing frame, which libpcap writes for all that passes an nlmon device


class Cooked(NamedTuple):
    """The parts of a cooked header that mean something for netlink; `size` is where the datagram begins.

    That of a bare datagram, which has none, is 0.
    """

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
    elif linktype >= BARE:
        return Cooked(0, _TO_NETLINK, ARPHRD_NETLINK, linktype - BARE)
    elif linktype in LINKTYPES:
        if len(data) < 16:
            return None
        packet_type, arphrd, protocol = _SLL.unpack_from(data)
        size = 16
    else:
        return None
    return Cooked(size, packet_type, arphrd, protocol) if arphrd == ARPHRD_NETLINK else None


def cooked_header(protocol: int, packet_type: int = _TO_NETLINK) -> bytes:
    """The header of a frame of LINKTYPE_NETLINK."""
    return _SLL.pack(packet_type, ARPHRD_NETLINK, protocol)


def is_netlink(linktype: int) -> bool:
    """Whether frames of a link type may be netlink."""
    return linktype in LINKTYPES or linktype >= BARE


@overload
def bare_linktype(protocol: str | int) -> int: ...
@overload
def bare_linktype(protocol: str | int | None) -> int | None: ...
def bare_linktype(protocol: str | int | None) -> int | None:
    """The link type of frames that are bare datagrams of a netlink protocol; None is what the file says.

    Args:
        protocol: its name as nlsniff prints it (`route`), as the kernel has it (`NETLINK_ROUTE`), or its number.

    Raises:
        BadArgumentError: there is no such protocol; the text names all.
    """
    if protocol is None:
        return None
    name = normal(str(protocol).strip()).removeprefix("netlink-")
    numbers = {known: number for number, known in PROTOCOL_NAMES.items()}
    numbers |= {str(number): number for number in range(_MAX_LINKS)}
    if name not in numbers:
        names = ", ".join(PROTOCOL_NAMES.values())
        raise BadArgumentError(
            f"linktype {str(protocol)[:40]!r} is no netlink protocol: give {names}, or a number below {_MAX_LINKS}"
        )
    return BARE + numbers[name]
