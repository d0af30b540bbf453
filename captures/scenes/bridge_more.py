"""Multiple spanning trees of a bridge: switched on, a VLAN put into one, a port's state in it, and all of it asked for.

Layouts from linux/if_link.h and linux/if_bridge.h. Prints the kernel's verdict on each.
"""

from __future__ import annotations

import os
import socket
import struct
import sys

NETLINK_ROUTE, AF_BRIDGE = 0, 7
NEWLINK, GETLINK, SETLINK, NEWVLAN, GETVLAN = 16, 18, 19, 112, 114
REQUEST, ACK, DUMP = 0x001, 0x004, 0x300
IFLA_LINKINFO, IFLA_AF_SPEC, IFLA_EXT_MASK = 18, 26, 29
IFLA_INFO_KIND, IFLA_INFO_DATA, IFLA_BR_MULTI_BOOLOPT = 1, 2, 46
IFLA_BRIDGE_MST, MST_ENTRY, MST_MSTI, MST_STATE = 6, 1, 1, 2
GLOBAL_OPTIONS, GOPTS_ID, GOPTS_RANGE, GOPTS_MSTI = 2, 1, 2, 18
NESTED = 0x8000
MSTI, VLANS = 3, (100, 105)


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute with its padding."""
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def ask(sock: socket.socket, name: str, kind: int, flags: int, body: bytes) -> None:
    """Send one request, and print what came of it or how much was answered."""
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, REQUEST | flags, 0x6272, 0) + body)
    answered = 0
    while True:
        reply = sock.recv(65536)
        answered += len(reply)
        if struct.unpack_from("=H", reply, 4)[0] == 2:
            code = -struct.unpack_from("=i", reply, 16)[0]
            print(f"{name}: {os.strerror(code) if code else 'ok'}")
            return
        if struct.unpack_from("=H", reply, len(reply) - 16)[0] == 3 or reply[-16:-12] == struct.pack("=HH", 3, 2):
            print(f"{name}: {answered} bytes")
            return


def link(family: int, name: str) -> bytes:
    """An ifinfomsg for a link."""
    return struct.pack("=BxHiII", family, 0, socket.if_nametoindex(name), 0, 0)


def main() -> None:
    """Speak."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
    sock.bind((0, 0))
    sock.settimeout(5)
    if sys.argv[1] == "on":
        switch_on(sock)
    else:
        plant(sock)


def switch_on(sock: socket.socket) -> None:
    """Possible only while no port has a VLAN, so br0 refuses and br1 does not."""
    option = attribute(IFLA_BR_MULTI_BOOLOPT, struct.pack("=II", 1 << 2, 1 << 2))
    kind = attribute(IFLA_INFO_KIND, b"bridge\0") + attribute(NESTED | IFLA_INFO_DATA, option)
    for name in ("br0", "br1"):
        ask(sock, f"MST of {name}", NEWLINK, ACK, link(0, name) + attribute(NESTED | IFLA_LINKINFO, kind))


def plant(sock: socket.socket) -> None:
    """A tree with some VLANs and the state of a port in it."""
    vlans = attribute(GOPTS_ID, struct.pack("=H", VLANS[0])) + attribute(GOPTS_RANGE, struct.pack("=H", VLANS[1]))
    vlans += attribute(GOPTS_MSTI, struct.pack("=H", MSTI))
    header = struct.pack("=BxxxI", AF_BRIDGE, socket.if_nametoindex("br1"))
    ask(sock, "VLANs into a tree", NEWVLAN, ACK, header + attribute(NESTED | GLOBAL_OPTIONS, vlans))
    entry = attribute(MST_MSTI, struct.pack("=H", MSTI)) + attribute(MST_STATE, b"\x04")
    spec = attribute(NESTED | IFLA_BRIDGE_MST, attribute(NESTED | MST_ENTRY, entry))
    ask(sock, "state of a port", SETLINK, ACK, link(AF_BRIDGE, "dummy0") + attribute(NESTED | IFLA_AF_SPEC, spec))
    mask = attribute(IFLA_EXT_MASK, struct.pack("=I", 1 << 7))
    ask(sock, "all ports", GETLINK, DUMP, struct.pack("=BxHiII", AF_BRIDGE, 0, 0, 0, 0) + mask)
    flags = attribute(1, struct.pack("=I", 2))
    ask(sock, "all VLANs", GETVLAN, DUMP, struct.pack("=BxxxI", AF_BRIDGE, 0) + flags)


if __name__ == "__main__":
    main()
