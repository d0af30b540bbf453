"""Another program in the same network: it listens to everything, and dumps links, addresses and routes for ever."""

from __future__ import annotations

import socket
import struct
import time

GROUPS = 0x7FFFFFFF  # all that a bind can name
DUMP = 0x301
GETTERS = (18, 22, 26)  # RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE


def main() -> None:
    """Listen and ask, until somebody ends it."""
    listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    listener.bind((0, GROUPS))
    asker = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    asker.bind((0, 0))
    asker.settimeout(60)
    seq = 0
    while True:
        for getter in GETTERS:
            seq += 1
            asker.send(struct.pack("=IHHIIBxHiII", 32, getter, DUMP, seq, 0, 0, 0, 0, 0, 0))
            while struct.unpack_from("=H", asker.recv(1 << 16), 4)[0] != 3:  # NLMSG_DONE
                pass
        time.sleep(0.05)


if __name__ == "__main__":
    main()
