"""A BGP peer that announces so many routes and then only listens: bgp_peer.py ADDRESS COUNT. Ends when it is killed."""

from __future__ import annotations

import socket
import struct
import sys
import time
from contextlib import suppress

AS = 65000
OPEN, UPDATE, KEEPALIVE = 1, 2, 4
PER_MESSAGE = 200


def message(type_: int, body: bytes = b"") -> bytes:
    """RFC 4271, 4.1: a marker, the length, the type."""
    return b"\xff" * 16 + struct.pack(">HB", 19 + len(body), type_) + body


def update(prefixes: list[bytes], gateway: str) -> bytes:
    """Routes of /24 that share a gateway: ORIGIN, an empty AS_PATH, NEXT_HOP and LOCAL_PREF."""
    attributes = b"".join(
        struct.pack(">BBB", 0x40, type_, len(value)) + value
        for type_, value in ((1, b"\0"), (2, b""), (3, socket.inet_aton(gateway)), (5, struct.pack(">I", 100)))
    )
    return message(UPDATE, struct.pack(">HH", 0, len(attributes)) + attributes + b"".join(prefixes))


def session(address: str, count: int) -> None:
    """Open a session, announce, listen, until the other end closes it."""
    peer = socket.create_connection((address, 179))
    peer.sendall(message(OPEN, struct.pack(">BHHIB", 4, AS, 180, 0xC0000402, 0)))
    peer.recv(4096)
    peer.sendall(message(KEEPALIVE))
    for first in range(0, count, PER_MESSAGE):
        numbers = range(first, min(first + PER_MESSAGE, count))
        prefixes = [bytes([24, 10, number >> 8, number & 255]) for number in numbers]
        peer.sendall(update(prefixes, f"192.0.2.{2 + first // PER_MESSAGE % 7}"))
    while peer.recv(4096):
        peer.sendall(message(KEEPALIVE))


while True:  # bgpd, under strace on a busy machine, refuses and resets connections until it knows its neighbour
    with suppress(ConnectionError, TimeoutError):
        session(sys.argv[1], int(sys.argv[2]))
    time.sleep(1)
