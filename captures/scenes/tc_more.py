"""Filters and actions of tc for which `tc` has no word, or needs a library that is not there.

Layouts from linux/pkt_cls.h, linux/tc_ematch/ and linux/tc_act/. Prints the kernel's verdict on each.
"""

from __future__ import annotations

import os
import socket
import struct
import sys

NETLINK_ROUTE, SOL_NETLINK, NETLINK_EXT_ACK = 0, 270, 11
NEWTFILTER, NEWACTION = 44, 48
REQUEST, ACK, CREATE, EXCL = 0x001, 0x004, 0x400, 0x200
KIND, OPTIONS = 1, 2  # of TCA_* and TCA_ACT_*
NESTED = 0x8000
CLASS = struct.pack("=I", 0x10010)
EGRESS, ROOT = 0xFFFFFFF3, 0x10000


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute with its padding."""
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def number(kind: int, value: int) -> bytes:
    """An attribute of a u32."""
    return attribute(kind, struct.pack("=I", value))


def ematches(*found: tuple[int, bytes]) -> bytes:
    """A TCA_BASIC_EMATCHES of some kinds and payloads, all of which must match."""
    entries = b""
    for position, (kind, payload) in enumerate(found, 1):
        flags = 1 if position < len(found) else 0
        entries += attribute(position, struct.pack("=HHHH", 0, kind, flags, 0) + payload)
    return attribute(2, attribute(1, struct.pack("=HH", len(found), 0)) + attribute(2, entries))


def ask(sock: socket.socket, name: str, kind: int, body: bytes) -> None:
    """Send one request and print what came of it."""
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, REQUEST | ACK | CREATE | EXCL, 0x7463, 0) + body)
    while True:
        reply = sock.recv(65536)
        if struct.unpack_from("=H", reply, 4)[0] == 2:
            break
    code = -struct.unpack_from("=i", reply, 16)[0]
    said = reply[36:].decode("ascii", "ignore") if code else ""
    print(f"{name}: {os.strerror(code) if code else 'ok'} {''.join(filter(str.isprintable, said))}")


def add_filters(sock: socket.socket) -> None:
    """Matches on a text, an IP set and an xtables match; a flower filter with a hash and one for L2TP."""
    index = socket.if_nametoindex("veth0")

    def filter_(name: str, parent: int, priority: int, kind: str, options: bytes) -> None:
        protocol = int.from_bytes(struct.pack(">H", 0x0800), sys.byteorder)
        header = struct.pack("=BxxxiIII", 0, index, 0, parent, priority << 16 | protocol)
        ask(sock, name, NEWTFILTER, header + attribute(KIND, kind.encode() + b"\0") + attribute(OPTIONS, options))

    layers = 1 | 2 << 4 if sys.byteorder == "little" else 1 << 4 | 2  # from network, to transport
    # Eight letters: the kernel does not pad a text when it tells of it, and nobody could read what comes behind.
    text = struct.pack("=16sHHHBx", b"kmp", 20, 40, 8, layers) + b"greeting"
    filter_("text", ROOT, 70, "basic", attribute(1, CLASS) + ematches((5, text)))
    hook, revision, family = number(1, 0), attribute(3, b"\x01"), attribute(4, b"\x02")
    local = struct.pack("=HHI", 0, 1 << 2, 0)  # xt_addrtype_info_v1: the destination is of type RTN_LOCAL
    match = attribute(2, b"addrtype\0") + hook + revision + family + attribute(5, local)
    filter_("ipt", ROOT, 71, "basic", attribute(1, CLASS) + ematches((9, match), (4, meta())))
    filter_("ipset", ROOT, 72, "basic", attribute(1, CLASS) + ematches((8, struct.pack("=HBB", 0, 1, 1))))
    flower = attribute(8, struct.pack(">H", 0x0800)) + number(100, 0x11) + number(101, 0xFF)
    filter_("flower hash", EGRESS, 73, "flower", attribute(1, CLASS) + flower)
    l2tp = attribute(8, struct.pack(">H", 0x0800)) + attribute(9, b"\x73") + attribute(105, struct.pack(">I", 9))
    filter_("flower l2tp", EGRESS, 74, "flower", attribute(1, CLASS) + l2tp)


def meta() -> bytes:
    """A meta match: the receiving link's name is not a number's business, its length is: pktlen > 100."""
    int_ = 1 << 12
    sides = struct.pack("=HBBHBB", int_ | 9, 0, 1, int_, 0, 0)
    return attribute(1, sides) + number(3, 100)


def add_actions(sock: socket.socket) -> None:
    """Tunnel keys with options of ERSPAN, of both versions; connection tracking with a helper."""
    for version, options in (
        (1, attribute(2, struct.pack(">I", 7))),
        (2, attribute(3, b"\x01") + attribute(4, b"\x03")),
    ):
        erspan = attribute(NESTED | 3, attribute(1, bytes([version])) + options)
        parms = attribute(2, struct.pack("=IIiiii", 121 + version, 0, 3, 0, 0, 1))
        ends = attribute(3, socket.inet_aton("198.51.100.1")) + attribute(4, socket.inet_aton("198.51.100.2"))
        key = attribute(7, struct.pack(">I", 44))
        action = attribute(KIND, b"tunnel_key\0") + attribute(
            OPTIONS, parms + ends + key + attribute(NESTED | 11, erspan)
        )
        add_action(sock, f"tunnel_key erspan {version}", action)
    ct = attribute(1, struct.pack("=IIiii", 145, 0, 3, 0, 0)) + attribute(3, struct.pack("=H", 1))
    helper = attribute(16, b"ftp\0") + attribute(17, b"\x02") + attribute(18, b"\x06")
    add_action(sock, "ct with a helper", attribute(KIND, b"ct\0") + attribute(NESTED | OPTIONS, ct + helper))


def add_action(sock: socket.socket, name: str, action: bytes) -> None:
    """Ask for one action, the first of a list."""
    ask(sock, name, NEWACTION, struct.pack("=Bxxx", 0) + attribute(1, attribute(1, action)))


def main() -> None:
    """Speak."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
    sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
    sock.bind((0, 0))
    sock.settimeout(5)
    {"filters": add_filters, "actions": add_actions}[sys.argv[1]](sock)


if __name__ == "__main__":
    main()
