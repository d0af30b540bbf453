"""Requests that no ip command sends: a metric of two bytes, and an address without its family's attributes.

Layouts from linux/rtnetlink.h and linux/if_addr.h. Prints the kernel's verdict on each.
"""

from __future__ import annotations

import os
import socket
import struct

NETLINK_ROUTE, SOL_NETLINK, NETLINK_EXT_ACK = 0, 270, 11
NEWADDR, NEWROUTE = 20, 24
REQUEST, ACK, CREATE, EXCL = 0x001, 0x004, 0x400, 0x200
RTA_DST, RTA_GATEWAY, RTA_PRIORITY, RTA_METRICS, RTAX_MTU = 1, 5, 6, 8, 2


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute with its padding."""
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def ask(sock: socket.socket, name: str, kind: int, seq: int, body: bytes) -> None:
    """Send one request and print what came of it."""
    flags = REQUEST | ACK | CREATE | EXCL
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, flags, seq, 0) + body)
    code = -struct.unpack_from("=i", sock.recv(65536), 16)[0]
    print(f"{name}: {os.strerror(code) if code else 'ok'}")


def main() -> None:
    """Speak."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
    sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
    sock.bind((0, 0))
    sock.settimeout(5)
    header = struct.pack("=BBBBBBBBI", 2, 24, 0, 0, 254, 3, 0, 1, 0)
    target = attribute(RTA_DST, socket.inet_aton("10.8.0.0")) + attribute(RTA_GATEWAY, socket.inet_aton("192.0.2.254"))
    ask(sock, "a metric of two bytes", NEWROUTE, 101, header + target + attribute(RTA_PRIORITY, b"\x07\x00"))
    metrics = attribute(RTA_METRICS, attribute(RTAX_MTU, b"\x14\x05"))
    ask(sock, "an MTU of two bytes", NEWROUTE, 102, header + target + metrics)
    ask(sock, "an address without an address", NEWADDR, 103, struct.pack("=BBBBI", 2, 24, 0, 0, 1))


if __name__ == "__main__":
    main()
