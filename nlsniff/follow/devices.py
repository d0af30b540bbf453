"""Which network device a message of the kernel is about, by its bytes: without decoding it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from nlsniff.wire.attr import payloads
from nlsniff.wire.constants import NETLINK_GENERIC, NETLINK_ROUTE, NETLINK_SOCK_DIAG, NLMSG_MIN_TYPE
from nlsniff.wire.nlmsg import HEADER_SIZE

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.wire.nlmsg import Order

_WORD: Final = {"<": struct.Struct("<I"), ">": struct.Struct(">I")}
# Objects of rtnetlink (nlmsg_type >> 2; linux/rtnetlink.h) whose fixed header has the ifindex at byte 4: links,
# addresses, neighbours, qdiscs, classes, filters, prefixes, multicast and anycast addresses, options of neighbour
# discovery, labels of addresses, entries of bridges, statistics, chains, alternative names, VLANs, tunnels.
_AT_4: Final = frozenset(
    number >> 2 for number in (16, 20, 28, 36, 40, 44, 52, 56, 60, 68, 72, 84, 92, 100, 108, 112, 120)
)
# Those that have it in an attribute: bytes of the fixed header, and the types of the attributes that lead to it.
_IN_ATTRIBUTES: Final = {
    24 >> 2: (12, (4,)),  # RTM_NEWROUTE: RTA_OIF
    64 >> 2: (4, (6, 1)),  # RTM_NEWNEIGHTBL: NDTA_PARMS, NDTPA_IFINDEX
    80 >> 2: (4, (1,)),  # RTM_NEWNETCONF: NETCONFA_IFINDEX
    104 >> 2: (8, (5,)),  # RTM_NEWNEXTHOP: NHA_OIF
}
# Generic families of devices: all of ethtool's answers begin with ETHTOOL_A_*_HEADER, which holds
# ETHTOOL_A_HEADER_DEV_INDEX; of netdev by command, where that is not 1.
_ETHTOOL: Final = (1, 1)
_NETDEV: Final = {5: (2,), 6: (2,), 7: (2,), 8: (2,), 10: (2,)}  # of page pools and queues
_GENL_HEADER: Final = 4
_AF_PACKET: Final = 17
_PACKET_DIAG: Final = (16, (0,))  # struct packet_diag_msg, PACKET_DIAG_INFO, which begins with the ifindex


def device_of(message: NetlinkMessage) -> int:
    """The ifindex of the one device that a message of the kernel is about; 0 where it is about none, or several."""
    if message.type < NLMSG_MIN_TYPE or message.direction != "to-user":
        return 0
    body = message.start + HEADER_SIZE
    if message.protocol == NETLINK_ROUTE:
        kind = message.type >> 2
        if kind in _AT_4:
            return _number(message.data, body + 4, message.end, message.order)
        return _number_at(message, *_IN_ATTRIBUTES[kind]) if kind in _IN_ATTRIBUTES else 0
    if body >= message.end:
        return 0
    if message.protocol == NETLINK_SOCK_DIAG and message.data[body] == _AF_PACKET:
        return _number_at(message, *_PACKET_DIAG)
    if message.protocol == NETLINK_GENERIC:
        family = message.family
        if family == "ethtool":
            return _number_at(message, _GENL_HEADER, _ETHTOOL)
        if family == "netdev":
            return _number_at(message, _GENL_HEADER, _NETDEV.get(message.data[body], (1,)))
    return 0


def _number_at(message: NetlinkMessage, header: int, path: tuple[int, ...]) -> int:
    """The number at a path of attribute types behind the fixed header; 0 where there is none."""
    data, start, end = message.data, message.start + HEADER_SIZE + header, message.end
    for number in path:
        found = payloads(data, start, end, message.order, (number,)).get(number)
        if found is None:
            return 0
        data, start, end = found, 0, len(found)
    return _number(data, start, end, message.order)


def _number(data: bytes, at: int, end: int, order: Order) -> int:
    number: int = _WORD[order].unpack_from(data, at)[0] if at + 4 <= end else 0
    return number
