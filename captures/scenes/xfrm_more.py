"""XFRM messages for which `ip xfrm` has no word: GETAE, NEWAE, EXPIRE, POLEXPIRE and MIGRATE.

Layouts from linux/xfrm.h. Prints the kernel's verdict on each.
"""

from __future__ import annotations

import os
import socket
import struct

NETLINK_XFRM = 6
NEWAE, GETAE, EXPIRE, POLEXPIRE, MIGRATE = 0x1E, 0x1F, 0x18, 0x1B, 0x21
REPLACE, REQUEST, ACK = 0x100, 1, 4
XFRMA_LTIME_VAL, XFRMA_REPLAY_VAL, XFRMA_MIGRATE = 9, 10, 17
ESP = 50
HERE, THERE, MOVED = (socket.inet_aton(text) for text in ("192.0.2.1", "192.0.2.2", "192.0.2.3"))


def address(packed: bytes) -> bytes:
    """An xfrm_address_t: 16 bytes, IPv4 at its head."""
    return packed.ljust(16, b"\0")


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute with its padding."""
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def selector(source: bytes, target: bytes, length: int) -> bytes:
    """An xfrm_selector of 56 bytes for IPv4 and any protocol."""
    return address(target) + address(source) + struct.pack("=HHHHHBBB3xiI", 0, 0, 0, 0, 2, length, length, 0, 0, 0)


def ask(sock: socket.socket, name: str, kind: int, flags: int, body: bytes) -> None:
    """Send one request and print what came of it."""
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, REQUEST | flags, 0x4E4C, 0) + body)
    reply = sock.recv(65536)
    length, answer = struct.unpack_from("=IH", reply)
    if answer == 2:
        code = -struct.unpack_from("=i", reply, 16)[0]
        print(f"{name}: {os.strerror(code) if code else 'ok'}")
    else:
        print(f"{name}: answered with {length} bytes of type {answer:#x}")


def main() -> None:
    """Speak."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_XFRM)
    sock.bind((0, 0))
    sock.settimeout(5)
    # xfrm_aevent_id: the state's id (daddr, spi, family, proto), saddr, flags, reqid.
    state = address(THERE) + struct.pack(">I", 0x505) + struct.pack("=HBx", 2, ESP)
    ask(sock, "GETAE", GETAE, 0, state + address(HERE) + struct.pack("=II", 0, 0))
    replay = struct.pack("=III", 0x33, 0x44, 0)
    lifetime = struct.pack("=4Q", 1234, 5, 0, 0)
    body = state + address(HERE) + struct.pack("=II", 0, 0)
    body += attribute(XFRMA_REPLAY_VAL, replay) + attribute(XFRMA_LTIME_VAL, lifetime)
    ask(sock, "NEWAE", NEWAE, REPLACE | ACK, body)

    # xfrm_user_expire: an xfrm_usersa_info of 224 bytes, of which only the id counts, and whether it is the hard limit.
    ident = address(THERE) + struct.pack(">I", 0x506) + struct.pack("=B3x", ESP)
    info = selector(HERE, THERE, 32) + ident + address(HERE)
    info += bytes(64 + 32 + 12 + 4 + 4) + struct.pack("=HBBB7x", 2, 0, 0, 0)
    ask(sock, "EXPIRE", EXPIRE, ACK, info + struct.pack("=B7x", 0))

    # xfrm_user_polexpire: an xfrm_userpolicy_info of 168 bytes: selector, limits, counters, priority, index, direction.
    policy = selector(socket.inet_aton("10.5.0.0"), socket.inet_aton("10.6.0.0"), 16)
    policy += bytes(64 + 32) + struct.pack("=IIBBBB4x", 0, 0, 1, 0, 0, 0)
    mark = attribute(21, struct.pack("=II", 0x10, 0xFF)) + attribute(31, struct.pack("=I", 0x2A))
    ask(sock, "POLEXPIRE", POLEXPIRE, ACK, policy + struct.pack("=B7x", 0) + mark)

    # xfrm_userpolicy_id, then an xfrm_user_migrate of 76 bytes: old ends, new ends, protocol, mode, reqid, families.
    ident = selector(socket.inet_aton("10.2.0.0"), socket.inet_aton("10.1.0.0"), 16) + struct.pack("=IB3x", 0, 0)
    move = address(HERE) + address(THERE) + address(HERE) + address(MOVED)
    move += struct.pack("=BBHIHH", ESP, 1, 0, 7, 2, 2)
    ask(sock, "MIGRATE", MIGRATE, ACK, ident + attribute(XFRMA_MIGRATE, move))


if __name__ == "__main__":
    main()
