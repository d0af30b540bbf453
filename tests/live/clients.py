"""Netlink clients of our own for the live tests; run as `python -m tests.live.clients WHAT`."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys

_GETLINK = 18
_REQUEST_DUMP = 0x301
_SYS_CLONE3 = 435
_SIGCHLD = 17


def ask(sock: socket.socket, port: int = 0) -> None:
    """Ask for all links and read the answer to its end."""
    sock.send(struct.pack("=IHHII", 32, _GETLINK, _REQUEST_DUMP, 1, port) + bytes(16))
    while struct.unpack_from("=IH", sock.recv(1 << 17))[1] != 3:
        pass


def route_socket(port: int = 0) -> socket.socket:
    """Open a rtnetlink socket with this port id, or one that the kernel gives."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    sock.bind((port, 0))
    return sock


def run_as(pid: int, argv: list[str]) -> None:
    """Run a command to its end with this very pid, which must be free."""
    wanted = ctypes.c_int(pid)
    # struct clone_args of linux/sched.h, up to set_tid_size.
    arguments = ctypes.create_string_buffer(
        struct.pack("=10Q", 0, 0, 0, 0, _SIGCHLD, 0, 0, 0, ctypes.addressof(wanted), 1)
    )
    child = ctypes.CDLL(None, use_errno=True).syscall(_SYS_CLONE3, arguments, 80)
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.execvp(argv[0], argv)  # noqa: S606  it is the new process itself
    if child != pid:
        raise OSError(ctypes.get_errno(), "clone3")
    assert os.waitpid(pid, 0)[1] == 0


def main(what: str) -> None:
    """Be one of the clients; the port ids that it used are printed."""
    if what == "libnl":
        # libnl counts its sockets in the upper bits and writes its port id into its requests.
        port = os.getpid() | 5 << 22
        sockets = [route_socket(port)]
        ask(sockets[0], port)
    elif what == "two":
        sockets = [route_socket(), route_socket()]
        for sock in sockets:
            ask(sock)
    elif what == "shared":
        # Two processes hold one socket: the parent, and a child that inherited it.
        sockets = [route_socket(os.getpid() | 6 << 22)]
        if os.fork() == 0:
            ask(sockets[0])
            os._exit(0)
        os.wait()
    else:
        raise SystemExit(f"no such client: {what}")
    print(*(sock.getsockname()[0] for sock in sockets), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
