"""What a request asks for, and which messages can answer it.

A dissector says which messages answer an operation; without one, the numbering of the protocol's messages does. Only
requests and first answers are read so closely.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from nlsniff.wire import constants as c
from nlsniff.wire.errnos import error_in
from nlsniff.wire.flags import verb_of
from nlsniff.wire.nlmsg import ERROR_SIZE, HEADER, HEADER_SIZE

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.pending import PendingRequest
    from nlsniff.spec.model import Operation

_COMPARED_BYTES = 2048 - HEADER_SIZE
_DCB = frozenset(
    {c.RTM_GETDCB, c.RTM_SETDCB}
)  # the one group of rtnetlink that is numbered otherwise; both are answered

# Python builds a set of names again at each use in an expression, and these are used for each message.
_ANSWERING = frozenset({c.NETLINK_SOCK_DIAG, c.NETLINK_FIB_LOOKUP})
_SAME_TYPE = frozenset({c.NETLINK_SOCK_DIAG, c.NETLINK_FIB_LOOKUP, c.NETLINK_AUDIT})


def asks(message: NetlinkMessage, operation: Operation | None) -> tuple[bool, bool, bool]:
    """Whether a message with NLM_F_REQUEST asks for a dump, asks for data, and may change anything."""
    flags, protocol, type_ = message.flags, message.protocol, message.type
    if protocol not in c.PROTOCOL_NAMES:
        return flags & c.NLM_F_DUMP == c.NLM_F_DUMP, False, False
    if type_ < c.NLMSG_MIN_TYPE:
        return False, False, False
    if protocol == c.NETLINK_ROUTE:
        gets = type_ & 3 == c.RTNL_KIND_GET
        return gets and flags & c.NLM_F_DUMP != 0, gets or type_ == c.RTM_SETDCB, not gets
    if protocol in _ANSWERING:
        return protocol == c.NETLINK_SOCK_DIAG and flags & c.NLM_F_DUMP != 0, True, False
    if protocol == c.NETLINK_AUDIT and type_ == c.AUDIT_LIST_RULES:
        return True, True, False  # it has no flag for it
    gets = operation is not None and bool(operation.replies)
    if protocol == c.NETLINK_GENERIC:
        # Generic netlink has no other use for these two bits.
        dump = flags & c.NLM_F_DUMP == c.NLM_F_DUMP
    elif gets:
        dump = flags & c.NLM_F_DUMP != 0 and (protocol != c.NETLINK_XFRM or type_ in _XFRM_DUMPS)
    else:
        dump = (
            operation is None and flags & c.NLM_F_DUMP == c.NLM_F_DUMP and not flags & (c.NLM_F_CREATE | c.NLM_F_APPEND)
        )
        dump = dump and verb_of(protocol, type_, message.type_name) in {"get", ""}
    return dump, gets, not dump


_XFRM_DUMPS = frozenset({c.XFRM_MSG_GETSA, c.XFRM_MSG_GETPOLICY})

_AE_REASONS = 0x10 | 0x20  # XFRM_AE_CR, XFRM_AE_CE: a replay counter or a timer is the reason
_AE_FLAGS_AT = HEADER_SIZE + 40  # in struct xfrm_aevent_id, after xfrm_usersa_id and the source address


def is_unasked(message: NetlinkMessage) -> bool:
    """Whether the kernel sends this unasked, whatever sequence number and port id it has.

    net/xfrm/xfrm_replay.c does not set sequence number and port id of the XFRM_MSG_NEWAE that it sends for a timer or a
    counter: they are stale bytes of the kernel's stack.
    """
    if message.protocol != c.NETLINK_XFRM or message.type != c.XFRM_MSG_NEWAE:
        return False
    at = message.start + _AE_FLAGS_AT
    flags = message.data[at : min(at + 4, message.end)]
    return bool(int.from_bytes(flags, "little" if message.order == "<" else "big") & _AE_REASONS)


def is_reply(request: PendingRequest, message: NetlinkMessage) -> bool | None:
    """Whether a message answers a request with data; None where neither dissector nor protocol tells.

    Port id and sequence number match: this tells an answer from a notification that the request caused.
    """
    protocol, asked, type_ = request.protocol, request.type, message.type
    if request.kind == "batch":
        return False
    if protocol == c.NETLINK_ROUTE:
        if asked & 3 == c.RTNL_KIND_GET:
            return type_ >> 2 == asked >> 2 and type_ & 3 != c.RTNL_KIND_DEL
        return asked == c.RTM_SETDCB and type_ in _DCB
    if protocol in _SAME_TYPE:
        return type_ == asked
    if protocol == c.NETLINK_GENERIC and type_ != asked:
        return False
    if request.replies is None:
        return None if protocol != c.NETLINK_NETFILTER or type_ >> 8 == asked >> 8 else False
    if protocol == c.NETLINK_GENERIC:
        if request.kind == "dump" and message.flags & c.NLM_F_MULTI:
            return True  # no news has this flag; a dissector may be wrong about the command of the parts
        at = message.start + HEADER_SIZE
        return at < message.end and message.data[at] in request.replies
    return type_ in request.replies


def is_datagram(message: NetlinkMessage) -> bool:
    """Whether a message stands by itself, because its protocol does not pair requests with answers.

    On an unknown protocol, only a request for an ACK or a dump is a sign of answers.
    """
    protocol = message.protocol
    if protocol == c.NETLINK_KOBJECT_UEVENT:
        return False
    if message.end - message.start < HEADER_SIZE or message.length < HEADER_SIZE or protocol == c.NETLINK_USERSOCK:
        return True
    asked = message.flags & c.NLM_F_REQUEST and message.flags & (c.NLM_F_ACK | c.NLM_F_DUMP)
    return protocol not in c.PROTOCOL_NAMES and not asked


def is_copied(copy: bytes, message: NetlinkMessage) -> bool:
    """Whether the header inside an NLMSG_ERROR is that of this request.

    The kernel copies the request's nlmsghdr. Flags may differ, because some protocols change them in place while they
    work (IPv6 does in each multipath route).
    """
    start = message.start + HEADER_SIZE + 4
    if message.end - start >= HEADER_SIZE and message.data.startswith(copy[:HEADER_SIZE], start):
        return True
    copied = message.data[start : min(start + HEADER_SIZE, message.end)]
    return copied[:6] == copy[: len(copied[:6])] and copied[8:] == copy[8 : max(len(copied), 8)]


def is_whole_copy(copy: bytes, message: NetlinkMessage) -> bool:
    """Whether an NLMSG_ERROR copies this request whole, and not its header alone."""
    start = message.start + HEADER_SIZE + 4
    size = min(len(copy), message.end - start)
    whole = size > HEADER_SIZE and not message.flags & c.NLM_F_CAPPED and any(message.data[start - 4 : start])
    return whole and message.data[start : start + size] == copy[:size]


def errno_in(message: NetlinkMessage) -> int:
    """The error number in an NLMSG_ERROR or NLMSG_DONE, positive as in `nlsniff.wire.errnos`; 0 for none."""
    return (
        error_in(message.protocol, message.type, message.flags, message.data, message.start, message.end, message.order)
        or 0
    )


def copied_request(message: NetlinkMessage) -> tuple[int, int]:
    """Type and flags of the request that an NLMSG_ERROR copies; 0 where the copy is cut."""
    at = message.start + HEADER_SIZE + ERROR_SIZE
    if message.end - at < HEADER_SIZE:
        return 0, 0
    _, type_, flags, _, _ = HEADER[message.order].unpack_from(message.data, at)
    return type_, flags


def words_of(data: bytes, start: int, end: int) -> tuple[int, ...]:
    """The 4-byte words after the header of a message, in its first 2 KiB."""
    start += HEADER_SIZE
    count = max(min(end - start, _COMPARED_BYTES) // 4, 0)
    return struct.unpack_from(f"={count}I", data, start) if count else ()  # no bytes of a batch are kept


def group_of(message: NetlinkMessage) -> int | None:
    """The multicast group that it was sent to, 0 for none; None where the file does not say it."""
    delivery = message.delivery
    return None if delivery is None else delivery.group


def of_neighbours(matching: list[PendingRequest], message: NetlinkMessage) -> list[PendingRequest]:
    """The requests that a message of rtnetlink without a sequence number may name.

    The kernel notifies of neighbours with a port id and sequence number 0, so that this 0 may mean nothing.
    """
    if message.type >> 2 != c.RTM_NEWNEIGH >> 2:
        return matching
    return [item for item in matching if item.type >> 2 == c.RTM_NEWNEIGH >> 2]
