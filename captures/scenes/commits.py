"""Send batches that nft does not: without rights, for an old generation, for ipset, into another program's table."""

from __future__ import annotations

import os
import socket
import struct

NETFILTER = 12
REQUEST, ACK, CREATE = 1, 4, 0x400
BEGIN, END, NEWTABLE, NEWCHAIN, DELTABLE, GETGEN = 16, 17, 0xA00, 0xA03, 0xA02, 0xA10
SOL_NETLINK, EXT_ACK = 270, 11
BRIDGE, NFTABLES, IPSET = 7, 10, 6
OWNER = 2  # NFT_TABLE_F_OWNER
NOBODY = 65534


def nlmsg(type_: int, flags: int, seq: int, body: bytes) -> bytes:
    """A message with its padding."""
    whole = struct.pack("=IHHII", 16 + len(body), type_, flags, seq, 0) + body
    return whole + bytes(-len(whole) % 4)


def attr(type_: int, payload: bytes) -> bytes:
    """An attribute with its padding."""
    return struct.pack("=HH", 4 + len(payload), type_) + payload + bytes(-len(payload) % 4)


def nfgenmsg(family: int = 0, res_id: int = 0) -> bytes:
    """What each message begins with."""
    return struct.pack(">BBH", family, 0, res_id)


class Talker:
    """A netlink socket; its batches count on from each other."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER)
        self.socket.bind((0, 0))
        self.socket.setsockopt(SOL_NETLINK, EXT_ACK, 1)
        self.socket.settimeout(2)
        self.seq = 1000

    def ask(self, *messages: tuple[int, int, bytes]) -> None:
        """Messages of type, flags and body in one datagram, and what comes back."""
        said = [nlmsg(type_, REQUEST | flags, self.seq + at, body) for at, (type_, flags, body) in enumerate(messages)]
        self.seq += len(messages)
        self.socket.send(b"".join(said))
        self.socket.recv(65536)

    def batch(self, *inside: tuple[int, int, bytes], to: int = NFTABLES, genid: int = 0) -> None:
        """A batch; the last message inside asks for an ACK."""
        made_for = attr(1, struct.pack(">I", genid)) if genid else b""
        *others, (type_, flags, body) = inside
        begin = BEGIN, 0, nfgenmsg(res_id=to) + made_for
        self.ask(begin, *others, (type_, flags | ACK, body), (END, 0, nfgenmsg(res_id=to)))


def table(name: str, flags: int = 0) -> bytes:
    """The body of a message about a table."""
    return nfgenmsg(BRIDGE) + attr(1, name.encode() + b"\0") + (attr(2, struct.pack(">I", flags)) if flags else b"")


def main() -> None:
    """One after the other, so that all recordings are alike."""
    owner, other = Talker(), Talker()
    owner.ask((GETGEN, 0, nfgenmsg()))
    owner.batch((NEWTABLE, CREATE, table("owned", OWNER)))
    other.batch((NEWCHAIN, CREATE, table("owned") + attr(3, b"chain\0")))
    other.batch((NEWTABLE, CREATE, table("late")), genid=1)
    other.batch((NEWTABLE, CREATE, table("wrong")), to=IPSET)
    owner.batch((NEWCHAIN, CREATE, table("owned") + attr(3, b"chain\0")))
    owner.batch((DELTABLE, 0, table("owned")))
    if os.fork():
        os.wait()
        return
    os.setuid(NOBODY)
    Talker().batch((NEWTABLE, CREATE, table("denied")))


if __name__ == "__main__":
    main()
