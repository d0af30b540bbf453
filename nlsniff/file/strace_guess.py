"""The protocol of a socket whose making is not in the log: what strace says of its messages, or what they look like."""

from __future__ import annotations

import re
from typing import Final

from nlsniff.wire.constants import (
    NETLINK_AUDIT,
    NETLINK_CRYPTO,
    NETLINK_GENERIC,
    NETLINK_KOBJECT_UEVENT,
    NETLINK_NETFILTER,
    NETLINK_ROUTE,
    NETLINK_SOCK_DIAG,
    NETLINK_XFRM,
)
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE, NFNL_SUBSYSTEMS, UEVENT
from nlsniff.wire.order import NATIVE

# strace asks the kernel for a socket's protocol before it names a type.
_TYPE: Final = re.compile(
    r"nlmsg_type=(?:0x[0-9a-f]+ /\* )?(RTM|NFNL|XFRM_MSG|AUDIT|SOCK_DIAG|TCPDIAG|DCCPDIAG|nlctrl|CRYPTO)"
)
_NAMED: Final = {
    "RTM": NETLINK_ROUTE, "NFNL": NETLINK_NETFILTER, "XFRM_MSG": NETLINK_XFRM, "AUDIT": NETLINK_AUDIT,
    "SOCK_DIAG": NETLINK_SOCK_DIAG, "TCPDIAG": NETLINK_SOCK_DIAG, "DCCPDIAG": NETLINK_SOCK_DIAG,
    "nlctrl": NETLINK_GENERIC, "CRYPTO": NETLINK_CRYPTO,
}  # fmt: skip
_AUDIT_TYPES: Final = range(1000, 3000)
_GENERIC_CONTROL: Final = 16


def stated_protocol(text: str) -> int | None:
    """The protocol that strace's own reading of a call tells."""
    match = _TYPE.search(text)
    return _NAMED[match[1]] if match else None


def guess_protocol(data: bytes, before: int | None) -> int:
    """What a datagram looks like; the earlier guess where it says nothing, and route where there is none."""
    if UEVENT.match(data):
        return NETLINK_KOBJECT_UEVENT
    default = NETLINK_ROUTE if before is None else before
    if len(data) < HEADER_SIZE + 4:
        return default
    length, type_, flags, _, _ = HEADER[NATIVE].unpack_from(data)
    if type_ >> 8 in NFNL_SUBSYSTEMS and type_ not in _AUDIT_TYPES:
        return NETLINK_NETFILTER
    if type_ in _AUDIT_TYPES:
        return NETLINK_AUDIT
    # CTRL_CMD_GETFAMILY, with a version and two reserved bytes; ifinfomsg begins with the address family.
    is_control = type_ == _GENERIC_CONTROL and data[16:20] in {b"\x03\x01\0\0", b"\x03\x02\0\0", b"\x01\x02\0\0"}
    if is_control and (flags & 1 == 0 or length < 64):
        return NETLINK_GENERIC
    return default
