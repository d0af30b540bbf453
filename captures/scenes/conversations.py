"""Talk to the kernel in ways that iproute2 does not."""

from __future__ import annotations

import contextlib
import socket
import struct

ROUTE, XFRM, NETFILTER, GENERIC, USERSOCK = 0, 6, 12, 16, 2
REQUEST, ACK, ECHO, DUMP = 1, 4, 8, 0x300
CREATE_EXCL = 0x600
NEWLINK, GETLINK, NEWADDR, DELADDR, GETADDR, NEWROUTE, DELROUTE, GETROUTE = 16, 18, 20, 21, 22, 24, 25, 26
SOL_NETLINK, ADD_MEMBERSHIP, CAP_ACK, EXT_ACK, STRICT = 270, 1, 10, 11, 12

dummy = 0


class Talker:
    """A netlink socket."""

    def __init__(self, protocol: int, *, extack: bool = True, groups: tuple[int, ...] = ()) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.socket.bind((0, 0))
        self.port = self.socket.getsockname()[0]
        if extack:
            self.socket.setsockopt(SOL_NETLINK, EXT_ACK, 1)
        for group in groups:
            self.socket.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, group)

    def send(self, *messages: bytes) -> None:
        """All messages as one datagram."""
        self.socket.send(b"".join(messages))

    def receive(self, *, size: int = 65536, wait: bool = True) -> bytes:
        """One datagram; b"" when there is none and we do not wait."""
        try:
            return self.socket.recvmsg(size, 0, 0 if wait else socket.MSG_DONTWAIT)[0]
        except BlockingIOError:
            return b""

    def drain(self) -> None:
        """All that has come by now."""
        while self.receive(wait=False):
            pass

    def finish_dump(self) -> None:
        """Receive until NLMSG_DONE or NLMSG_ERROR."""
        while True:
            data = self.receive()
            at = 0
            while at < len(data):
                length, type_ = struct.unpack_from("=IH", data, at)
                if type_ in {2, 3}:
                    return
                at += (length + 3) & ~3


def nlmsg(type_: int, flags: int, seq: int, body: bytes, port: int = 0) -> bytes:
    """A message with its padding."""
    whole = struct.pack("=IHHII", 16 + len(body), type_, flags, seq, port) + body
    return whole + bytes(-len(whole) % 4)


def attr(type_: int, payload: bytes) -> bytes:
    """An attribute with its padding."""
    return struct.pack("=HH", 4 + len(payload), type_) + payload + bytes(-len(payload) % 4)


def link(*attributes: bytes, index: int = 0) -> bytes:
    """An ifinfomsg and attributes."""
    return struct.pack("=BxHiII", 0, 0, index, 0, 0) + b"".join(attributes)


def address(text: str, prefix: int = 32) -> bytes:
    """An ifaddrmsg and an IPv4 address of dummy0."""
    value = socket.inet_aton(text)
    return struct.pack("=BBBBI", socket.AF_INET, prefix, 0, 0, dummy) + attr(2, value) + attr(1, value)


def route(text: str, *attributes: bytes, prefix: int = 24) -> bytes:
    """An rtmsg, an IPv4 destination and more attributes."""
    head = struct.pack("=BBBBBBBBI", socket.AF_INET, prefix, 0, 0, 254, 3, 0, 1, 0)
    return head + attr(1, socket.inet_aton(text)) + b"".join(attributes)


def via(text: str) -> bytes:
    """RTA_GATEWAY."""
    return attr(5, socket.inet_aton(text))


def rejected() -> None:
    """Errors that name an attribute, or one that is missing."""
    talker = Talker(ROUTE)
    requests = [
        # A number of two bytes where the kernel wants four.
        nlmsg(NEWROUTE, REQUEST | ACK | CREATE_EXCL, 1, route(
            "10.200.0.0", via("192.0.2.2"), attr(8, attr(2, b"\5\0")))),
        nlmsg(NEWLINK, REQUEST | ACK, 2, link(attr(4, b"\5\0"), index=dummy)),
        # An identifier beyond its range, two nests deep.
        nlmsg(NEWLINK, REQUEST | ACK | CREATE_EXCL, 3, link(
            attr(3, b"vx0\0"), attr(18, attr(1, b"vxlan\0") + attr(2, attr(1, struct.pack("=I", 1 << 24)))))),
        nlmsg(NEWLINK, REQUEST | ACK | CREATE_EXCL, 4, link(attr(3, b"x0\0"), attr(18, attr(1, b"nosuch\0")))),
        nlmsg(NEWADDR, REQUEST | ACK | CREATE_EXCL, 5, address("192.0.2.9", prefix=77)),
        nlmsg(GETROUTE, REQUEST, 6, route("10.0.0.1", prefix=32)),
    ]  # fmt: skip
    for request in requests:
        talker.send(request)
        talker.drain()
    strict = Talker(ROUTE)
    strict.socket.setsockopt(SOL_NETLINK, STRICT, 1)
    strict.send(nlmsg(GETADDR, REQUEST | DUMP, 7, struct.pack("=BBBBI", 2, 0, 0, 0, 0) + attr(99, b"\1\0\0\0")))
    strict.drain()
    control = Talker(GENERIC)
    control.send(nlmsg(16, REQUEST | ACK, 8, b"\3\1\0\0"))
    control.drain()
    control.send(nlmsg(16, REQUEST | ACK, 9, b"\3\1\0\0" + attr(2, b"nosuch\0")))
    control.drain()
    control.send(nlmsg(16, REQUEST, 10, b"\3\1\0\0" + attr(2, b"a name far beyond sixteen bytes\0")))
    control.drain()
    control.send(nlmsg(16, REQUEST | ACK, 11, b"\3\1\0\0" + attr(2, b"ethtool\0")))
    family = struct.unpack_from("=H", control.receive(), 16 + 4 + 4 + 12 + 4)[0]
    control.drain()
    # ETHTOOL_MSG_STRSET_GET wants its header, ETHTOOL_MSG_LINKMODES_SET too.
    for seq, command in ((12, 1), (13, 2), (14, 5)):
        control.send(nlmsg(family, REQUEST | ACK, seq, bytes([command, 1, 0, 0])))
        control.drain()


def at_once() -> None:
    """Two sockets with equal sequence numbers, their dumps read in turns."""
    one, two = Talker(ROUTE), Talker(ROUTE)
    one.send(nlmsg(GETROUTE, REQUEST | DUMP, 100, struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 0, 0, 0, 0, 0)))
    two.send(nlmsg(GETLINK, REQUEST | DUMP, 100, link()))
    one.receive()
    two.receive()
    one.receive()
    two.finish_dump()
    one.finish_dump()
    # The same question from both: nothing but the port ids of the answers tells them apart.
    for talker in (one, two):
        talker.send(nlmsg(GETROUTE, REQUEST | DUMP, 101, struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 0, 0, 0, 0, 0)))
    one.receive()
    two.receive()
    two.finish_dump()
    one.finish_dump()


def in_one_datagram() -> None:
    """Several requests at once; the second fails. Then without ACKs, then with one sequence number for all."""
    talker = Talker(ROUTE)
    talker.send(
        nlmsg(NEWROUTE, REQUEST | ACK | CREATE_EXCL, 200, route("10.201.0.0", via("192.0.2.2"))),
        nlmsg(NEWROUTE, REQUEST | ACK | CREATE_EXCL, 201, route("10.201.0.0", via("192.0.2.2"))),
        nlmsg(NEWROUTE, REQUEST | ACK | CREATE_EXCL, 202, route("10.202.0.0", via("192.0.2.2"))),
    )
    talker.drain()
    talker.send(
        nlmsg(DELROUTE, REQUEST, 210, route("10.201.0.0")),
        nlmsg(DELROUTE, REQUEST, 211, route("10.201.0.0")),
        nlmsg(DELROUTE, REQUEST, 212, route("10.202.0.0")),
    )
    talker.drain()
    for _ in range(2):
        talker.send(nlmsg(NEWROUTE, REQUEST | ACK | CREATE_EXCL, 0, route("10.203.0.0", via("192.0.2.2")), talker.port))
        talker.send(nlmsg(DELROUTE, REQUEST | ACK, 0, route("10.203.0.0"), talker.port))
        talker.drain()


def own_news() -> None:
    """A socket that asks to be told of its own change, and one that is in the group besides."""
    echo = Talker(ROUTE)
    echo.send(nlmsg(NEWROUTE, REQUEST | ACK | ECHO | CREATE_EXCL, 300, route("10.204.0.0", via("192.0.2.2"))))
    echo.drain()
    member = Talker(ROUTE, groups=(7,))
    member.send(nlmsg(DELROUTE, REQUEST | ACK, 301, route("10.204.0.0")))
    member.drain()


def disturbed() -> None:
    """A dump of addresses into small buffers, while addresses come and go."""
    changer = Talker(ROUTE)
    for number in range(100):
        changer.send(nlmsg(NEWADDR, REQUEST | ACK | CREATE_EXCL, 400 + number, address(f"192.0.2.{number + 20}")))
        changer.drain()
    dumper = Talker(ROUTE)
    dumper.send(nlmsg(GETADDR, REQUEST | DUMP, 700, struct.pack("=BBBBI", 2, 0, 0, 0, 0)))
    dumper.receive(size=4096)
    changer.send(nlmsg(DELADDR, REQUEST | ACK, 701, address("192.0.2.99")))
    changer.drain()
    dumper.finish_dump()


def misnamed() -> None:
    """A program that writes another port than its socket has."""
    talker = Talker(ROUTE)
    talker.send(nlmsg(NEWROUTE, REQUEST | ACK | CREATE_EXCL, 800, route("10.205.0.0", via("192.0.2.2")), 4711))
    talker.drain()
    talker.send(nlmsg(GETLINK, REQUEST, 801, link(index=dummy), 4711))
    talker.drain()


def among_programs() -> None:
    """From one program to another, and to a group of programs."""
    one, two, three = (Talker(USERSOCK, groups=(1,)) for _ in range(3))
    one.socket.sendto(nlmsg(16, 0, 0, b"Hello", one.port), (two.port, 0))
    two.receive()
    with contextlib.suppress(ConnectionRefusedError):  # the kernel, port 0, is meant too, and does not listen here
        one.socket.sendto(nlmsg(16, 0, 0, b"Hello all", one.port), (0, 1))
    two.receive()
    three.receive()


def main() -> None:
    """Do all of it."""
    global dummy  # noqa: PLW0603 - a small script
    dummy = socket.if_nametoindex("dummy0")
    for act in (rejected, at_once, in_one_datagram, own_news, disturbed, misnamed, among_programs):
        act()


main()
