"""Which network device a message of the kernel is about, by its bytes: without decoding it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nlsniff.wire.constants import NETLINK_GENERIC, NETLINK_ROUTE, NETLINK_SOCK_DIAG, NLMSG_MIN_TYPE
from nlsniff.wire.nlmsg import HEADER_SIZE
from nlsniff.wire.rtlinks import link_of, number_at

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage

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
        return link_of(message.type, message.data, body, message.end, message.order)
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
    return number_at(message.data, message.start + HEADER_SIZE + header, message.end, message.order, path)
