"""Two programs greet each other over NETLINK_USERSOCK, in a protocol that is nobody's but their own.

One answers `Hello!` with `Hello you!`, as kernel modules of tutorials do, then it greets everybody in group 1, where
two sockets listen.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct

GROUP = 1
DONE = 3


def message(kind: int, seq: int, port: int, text: str) -> bytes:
    """One message: nlmsghdr and a text with its NUL."""
    body = text.encode() + b"\0"
    return struct.pack("=IHHII", 16 + len(body), kind, 0, seq, port) + body


def member(port: int, groups: int) -> socket.socket:
    """A socket with a port id of its own."""
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_USERSOCK)
    made.bind((port, groups))
    made.settimeout(60)  # a machine that is busy with something else may stand still for many seconds
    return made


def main() -> None:
    """Greet: the child asks and listens, the parent answers and greets everybody."""
    server = member(4711, 0)
    child = os.fork()
    if child == 0:
        asking, listening = member(0, GROUP), member(0, GROUP)
        asking.sendto(message(0, 1, asking.getsockname()[0], "Hello!"), (4711, 0))
        for receiver in (asking, asking, listening):
            print(receiver.recv(4096)[16:-1].decode())
        os._exit(0)
    _, (port, _) = server.recvfrom(4096)
    server.sendto(message(DONE, 1, 4711, "Hello you!"), (port, 0))
    with contextlib.suppress(ConnectionRefusedError):  # behind the group, the kernel tries port 0: itself, not there
        server.sendto(message(DONE, 0, 4711, "Good morning everybody!"), (0, GROUP))
    if os.waitpid(child, 0)[1]:
        raise SystemExit("not everybody was greeted")


main()
