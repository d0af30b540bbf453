"""Listens to all news of rtnetlink until it is ended, as a daemon does; prints its process id once it hears them.

The kernel tells nobody what nobody listens to. So without it a recording has the news that requests cause only where a
stranger listens.
"""

from __future__ import annotations

import os
import socket

from tests.regress.steady.stranger import GROUPS


def main() -> None:
    """Listen in a child; return when it does."""
    listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    listener.bind((0, GROUPS))
    child = os.fork()
    if child:
        print(child)
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # who waits for the number waits for the end of the output
    while True:
        listener.recv(1 << 16)


if __name__ == "__main__":
    main()
