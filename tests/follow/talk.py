"""Netlink traffic made by hand: what programs and kernel say, one datagram a call."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage
from nlsniff.decode.names import Names
from nlsniff.follow.follower import Follower
from nlsniff.wire.nlmsg import walk_messages
from tests.support import REGISTRY

if TYPE_CHECKING:
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.store import Store

ROUTE, USERSOCK, XFRM, AUDIT, FIB_LOOKUP, NETFILTER, GENERIC, PRIVATE = 0, 2, 6, 9, 10, 12, 16, 31
REQUEST, MULTI, ACK, ECHO, INTR, FILTERED = 1, 2, 4, 8, 0x10, 0x20
DUMP = 0x300
CAPPED, ACK_TLVS = 0x100, 0x200
NEWLINK, GETLINK, NEWADDR, GETADDR, NEWROUTE, DELROUTE, GETROUTE, NEWNEXTHOP = 16, 18, 20, 22, 24, 25, 26, 104
DONE = 3
ENOENT, EINVAL = 2, 22

IFADDR = bytes.fromhex("0218fe0003000000")
RTMSG = bytes.fromhex("02180000fe03000100000000")


def nlmsg(type_: int, flags: int, seq: int, port: int, body: bytes = b"") -> bytes:
    """One message, padded."""
    whole = struct.pack("<IHHII", 16 + len(body), type_, flags, seq, port) + body
    return whole + bytes(-len(whole) % 4)


def answer(request: bytes, port: int, code: int = 0, *, whole: bool = False, tlvs: bytes = b"") -> bytes:
    """An NLMSG_ERROR for a request: capped unless `whole`."""
    length = struct.unpack_from("<I", request)[0]
    flags = (0 if whole else CAPPED) | (ACK_TLVS if tlvs else 0)
    seq = struct.unpack_from("<I", request, 8)[0]
    return nlmsg(2, flags, seq, port, struct.pack("<i", -code) + request[: length if whole else 16] + tlvs)


def done(seq: int, port: int, code: int = 0, flags: int = MULTI) -> bytes:
    """The end of a dump."""
    return nlmsg(DONE, flags, seq, port, struct.pack("<i", -code))


def attr(type_: int, payload: bytes) -> bytes:
    """One attribute, padded."""
    return struct.pack("<HH", 4 + len(payload), type_) + payload + bytes(-len(payload) % 4)


class Talk:
    """Feeds a follower; the clock goes on by 10 microseconds a datagram."""

    def __init__(self, store: Store | None = None) -> None:
        self.names = Names()
        self.follower = Follower(Decoder(REGISTRY, self.names), store=store)
        self.follower.source = self.message
        self.messages: list[NetlinkMessage] = []
        self.clock = 1_700_000_000_000_000_000
        self.frame = 0

    def __call__(self, *parts: bytes, protocol: int = ROUTE, comment: str = "", after_us: int = 10) -> int:
        """Say one datagram; returns the id of its last message's conversation."""
        self.frame += 1
        self.clock += after_us * 1000
        cooked = bytes.fromhex("00040338") + bytes(10) + struct.pack(">H", protocol)
        data = cooked + b"".join(parts)
        number = 0
        for span in walk_messages(data, 16, "<"):
            decoder = self.follower.decoder
            message = NetlinkMessage(
                decoder, len(self.messages) + 1, self.frame, self.clock, protocol, data, "<", span, comment
            )
            self.messages.append(message)
            number = message.conversation = self.follower.feed(message)
        return number

    def message(self, number: int) -> NetlinkMessage:
        """A message by its number."""
        return self.messages[number - 1]

    def again(self, number: int) -> NetlinkMessage:
        """A message made anew from its bytes, as a capture does when it is asked for one."""
        old = self.message(number)
        span = next(span for span in walk_messages(old.data, 16, "<") if span.start == old.start)
        return NetlinkMessage(self.follower.decoder, number, old.frame, old.time_ns, old.protocol, old.data, "<", span)

    def __getitem__(self, number: int) -> ConversationView:
        """A conversation by its id."""
        return self.follower.conversation(number)

    def groups(self) -> list[list[int]]:
        """The message numbers of every conversation."""
        return [list(conversation.messages) for conversation in self.follower.conversations]
