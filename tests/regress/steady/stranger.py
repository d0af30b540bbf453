"""Another program in the same network: it listens to everything, and dumps links, routes, tables, ... for ever."""

from __future__ import annotations

import socket
import struct
import time

GROUPS = 0x7FFFFFFF  # all that a bind can name
DUMP = 0x301
GETTERS = (18, 22, 26)  # RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE
NETFILTER = 12  # NETLINK_NETFILTER
RULES = 1 << 6  # of its groups, as a bit: NFNLGRP_NFTABLES
GETTERS_OF_RULES = (0xA01, 0xA04, 0xA07)  # NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE


def listen() -> list[socket.socket]:
    """Sockets that hear all news of rtnetlink and of nf_tables."""
    found = []
    for protocol, groups in ((socket.NETLINK_ROUTE, GROUPS), (NETFILTER, RULES)):
        found.append(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol))
        found[-1].bind((0, groups))
    return found


def dump(asker: socket.socket, getter: int, seq: int, header: bytes) -> None:
    """Ask for all of a kind and read the answer to its end."""
    asker.send(struct.pack("=IHHII", 16 + len(header), getter, DUMP, seq, 0) + header)
    while struct.unpack_from("=H", asker.recv(1 << 16), 4)[0] != 3:  # NLMSG_DONE
        pass


def main() -> None:
    """Listen and ask, until somebody ends it."""
    heard = listen()
    askers = []
    for protocol in (socket.NETLINK_ROUTE, NETFILTER):
        askers.append(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol))
        askers[-1].bind((0, 0))
        askers[-1].settimeout(60)
    seq = 0
    while heard:
        for asker, getters, header in zip(askers, (GETTERS, GETTERS_OF_RULES), (bytes(16), bytes(4)), strict=True):
            for getter in getters:
                seq += 1
                dump(asker, getter, seq, header)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
