"""Requests of the family ovpn on one device, named by the first argument. Numbers from linux/ovpn.h."""

from __future__ import annotations

import socket
import struct
import sys

from genl import ACK, DUMP, Family, attribute, nest, u32

PEER_NEW, PEER_SET, PEER_GET, PEER_DEL, KEY_NEW, KEY_GET, KEY_SWAP, KEY_DEL = 1, 2, 3, 4, 6, 7, 8, 10
# Two directions, two slots: 32 bytes of key and 8 of nonce each.
KEYS = [
    ("5eed0c0ffee00101a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7", "5eed0c0ffee00111"),
    ("5eed0c0ffee00202c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7", "5eed0c0ffee00222"),
    ("5eed0c0ffee00303e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7", "5eed0c0ffee00333"),
    ("5eed0c0ffee00404808182838485868788898a8b8c8d8e8f9091929394959697", "5eed0c0ffee00444"),
]


def direction(kind: int, number: int) -> bytes:
    """The attribute with one direction's key."""
    key, nonce = (bytes.fromhex(text) for text in KEYS[number])
    return nest(kind, attribute(1, key), attribute(2, nonce))


def main() -> None:
    """Make a peer, give it keys, look, and take all away."""
    link = u32(1, socket.if_nametoindex(sys.argv[1]))
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("192.0.2.1", 1194))
    family = Family("ovpn")
    remote = (attribute(2, socket.inet_aton("192.0.2.2")), attribute(5, struct.pack(">H", 1194)))
    peer = (u32(1, 7), u32(6, sock.fileno()), *remote)
    inside = attribute(8, socket.inet_aton("198.51.100.2"))
    family.ask("peer-new with an address, which only a server may give", PEER_NEW, link, nest(2, *peer, inside))
    family.ask("peer-new", PEER_NEW, link, nest(2, *peer))
    family.ask("peer-new again", PEER_NEW, link, nest(2, *peer))
    family.ask("peer-set", PEER_SET, link, nest(2, u32(1, 7), u32(13, 10), u32(14, 60)))
    for slot, cipher in ((0, 1), (1, 2)):
        keys = (direction(5, 2 * slot), direction(6, 2 * slot + 1))
        conf = nest(3, u32(1, 7), u32(2, slot), u32(3, slot), u32(4, cipher), *keys)
        family.ask(f"key-new {slot}", KEY_NEW, link, conf)
        family.ask(f"key-get {slot}", KEY_GET, link, nest(3, u32(1, 7), u32(2, slot)), flags=ACK)
    short = nest(3, u32(1, 7), u32(2, 0), u32(3, 2), u32(4, 9), direction(5, 0), direction(6, 1))
    family.ask("key-new of no cipher", KEY_NEW, link, short)
    family.ask("key-swap", KEY_SWAP, link, nest(3, u32(1, 7)))
    family.ask("peer-get", PEER_GET, link, nest(2, u32(1, 7)))
    family.ask("peers", PEER_GET, link, flags=DUMP)
    family.ask("key-del", KEY_DEL, link, nest(3, u32(1, 7), u32(2, 1)))
    family.ask("peer-del", PEER_DEL, link, nest(2, u32(1, 7)))
    family.ask("peer-get of none", PEER_GET, link, nest(2, u32(1, 7)))


if __name__ == "__main__":
    main()
