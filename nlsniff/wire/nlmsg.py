"""The chain of messages inside a datagram."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Literal, NamedTuple

from nlsniff.errors import BadArgumentError
from nlsniff.wire.constants import (
    HEADERLESS,
    NETLINK_AUDIT,
    NETLINK_CONNECTOR,
    NETLINK_NETFILTER,
    NETLINK_ROUTE,
    NETLINK_USERSOCK,
    NLM_F_MULTI,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_MIN_TYPE,
    PROTOCOL_NAMES,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Order = Literal["<", ">"]
Direction = Literal["to-kernel", "to-user", "unknown"]

_BYTE_ORDERS: dict[str, Order | None] = {"auto": None, "little": "<", "big": ">"}

HEADER = {"<": struct.Struct("<IHHII"), ">": struct.Struct(">IHHII")}
HEADER_SIZE = 16
_AUDIT_RECORDS = 1100  # the first type of those that tell auditd something
# How a uevent begins that the kernel sends, and one that udev sends.
UEVENT = re.compile(rb"[a-z]{3,7}@/|libudev\0")
ERROR_SIZE = 4  # of the number in an NLMSG_ERROR, behind the nlmsghdr
NFGENMSG_SIZE = 4  # of the header of netfilter: family, version, res_id in network order
NFNL_SUBSYSTEMS = range(1, 13)  # of netfilter: the upper byte of a message's type
# Of these an error follows NLMSG_DONE at the end of a dump alone.
_OWN_ENDS = frozenset({NETLINK_USERSOCK, NETLINK_NETFILTER})
_NEAR = 0xFFFF  # between the sequence numbers of one datagram; a batch counts its messages


def byte_order(endian: str) -> Order | None:
    """The byte order by the name that users give it; None is to be found out.

    Raises:
        BadArgumentError: it is another word.
    """
    if endian not in _BYTE_ORDERS:
        raise BadArgumentError(f"endian is {endian!r}: expected auto, little or big")
    return _BYTE_ORDERS[endian]


def align(length: int) -> int:
    """Round up to a multiple of 4, as NLMSG_ALIGN and NLA_ALIGN do."""
    return (length + 3) & ~3


def is_control(protocol: int, type_: int) -> bool:
    """Whether netlink itself says what a message of this type is, and not its protocol.

    All that the connector says has the type NLMSG_DONE, and what has no header has no type.
    """
    if type_ >= NLMSG_MIN_TYPE or protocol in HEADERLESS:
        return False
    return type_ != NLMSG_DONE or protocol != NETLINK_CONNECTOR


def holds_error(protocol: int, type_: int, flags: int) -> bool:
    """Whether a message begins with an error number: an NLMSG_ERROR, or the NLMSG_DONE of a dump.

    Private protocols between programs, and those of tutorials, send their own words as NLMSG_DONE; netfilter ends a
    datagram of logged packets by one that has no error number.
    """
    if type_ == NLMSG_ERROR:
        return protocol not in HEADERLESS
    if type_ != NLMSG_DONE or not is_control(protocol, type_):
        return False
    return flags & NLM_F_MULTI != 0 or (protocol not in _OWN_ENDS and protocol in PROTOCOL_NAMES)


SpanFields = tuple[int, int, int, int, int, int, int, bool]  # what a `Span` is made of


class Span(NamedTuple):
    """One message of a datagram, by position: [start, end) holds it, alignment after it excluded.

    `length` is what nlmsg_len says; `end` is less than `start + length` where the capture was cut. Where nlmsg_len
    cannot be true (below 16), the rest of the datagram is one span with `broken` set, for nothing tells where the
    next message would begin. A rest, not all zeros, of less than 16 bytes is a broken span whose header fields are 0,
    and so is one that is no message, see `is_astray`. A record for auditd is longer than it says, see `lacks_header`.
    A datagram of a protocol that knows no nlmsghdr is one span as long as itself, whose other header fields are 0.
    """

    start: int
    end: int
    length: int
    type: int
    flags: int
    seq: int
    port: int
    broken: bool


def walk_messages(data: bytes, start: int, order: Order, protocol: int = NETLINK_ROUTE) -> Iterator[Span]:
    """Split a datagram into messages. Never raises; every byte from `start` on is in a span or in padding.

    Zeros to the end of the datagram are padding, not a message: iproute2 sends a whole buffer of which the request is
    the beginning, and the kernel stops there as well. The protocol tells whether there are headers at all.
    """
    if protocol in HEADERLESS:
        if any(data[start:]):
            yield Span(start, len(data), len(data) - start, 0, 0, 0, 0, broken=False)
        return
    unpack = HEADER[order].unpack_from
    make = tuple.__new__
    size, before = len(data), start
    if protocol == NETLINK_AUDIT and lacks_header(data, start, order):
        yield make(Span, (start, size, *unpack(data, start), False))
        return
    while start < size:
        if size - start < HEADER_SIZE:
            if any(data[start:]):
                yield Span(start, size, 0, 0, 0, 0, 0, broken=True)
            return
        length, type_, flags, seq, port = unpack(data, start)
        end = start + length
        if length < HEADER_SIZE or end > size:
            if is_astray(data, before, start, order):
                length = type_ = flags = seq = port = 0
            if any(data[start:]):
                yield Span(start, size, length, type_, flags, seq, port, broken=True)
            return
        # A million of these are made: tuple's own constructor takes half the time of the named one's.
        yield make(Span, (start, end, length, type_, flags, seq, port, False))
        before, start = start, (end + 3) & ~3


def lacks_header(data: bytes, start: int, order: Order) -> bool:
    """Whether the nlmsg_len of an audit datagram leaves out the 16 bytes of its own header.

    So the kernel writes records to auditd, by unicast; to the multicast group it writes the true length. Source: the
    kernel's audit_log_end; auditd does not look at the field. A datagram that ends with an empty message
    is no such record.
    """
    size = len(data)
    if size - start < 2 * HEADER_SIZE:
        return False
    unpack = HEADER[order].unpack_from
    length, type_, *_ = unpack(data, start)
    if type_ < _AUDIT_RECORDS or length < HEADER_SIZE or start + length + HEADER_SIZE != size:
        return False
    return bool(unpack(data, size - HEADER_SIZE)[0] != HEADER_SIZE)


def is_astray(data: bytes, before: int, at: int, order: Order) -> bool:
    """Whether bytes whose nlmsg_len cannot be true are no header at all, but the rest of what stands before them.

    Where an nlmsg_len was damaged or lies, the next header is looked for in the middle of the message: what would be
    read as type and port are bytes of its attributes, of a key for instance. Messages of one datagram have one sender,
    so they have the same port, and sequence numbers that are near each other. What cannot be in the datagram as a whole
    and does not go on so is no message.

    Args:
        data: holds the datagram.
        before: where the message before it begins; `at` where there is none.
        at: the header in question, 16 bytes at least.
        order: byte order.
    """
    unpack = HEADER[order].unpack_from
    old, new = unpack(data, before), unpack(data, at)
    same_port: bool = old[4] == new[4]
    return not same_port or abs(old[3] - new[3]) > _NEAR
