"""Which processes begin and end, as the kernel's process connector tells it (linux/connector.h, linux/cn_proc.h).

The kernel tells it to CAP_NET_ADMIN in the first network, user and pid namespace, and to nobody else. It is told at
once, so the name of a process that lives 3 ms can be read before its first message.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from nlsniff.capture import namespace
from nlsniff.errors import NlsniffError
from nlsniff.wire.constants import NETLINK_CONNECTOR, NLMSG_DONE
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE
from nlsniff.wire.order import NATIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

# CN_IDX_PROC, which is the number of the multicast group, too.
PROCESSES: Final = 1
_CN_VAL_PROC: Final = 1
_PROC_CN_MCAST_LISTEN: Final = 1
_FORK, _EXEC, _EXIT = 0x1, 0x2, 0x80000000
# cn_msg: index and value of the id, sequence number, acknowledgement, length, flags.
_CN: Final = struct.Struct("=IIIIHH")
# proc_event up to its union: what, cpu, nanoseconds since boot. In the union pid and process of one or two tasks.
_EVENT: Final = struct.Struct("=IIQ")
_TASKS: Final = struct.Struct("=4I")
_AT: Final = HEADER_SIZE + _CN.size
# Where the kernel tells us of processes, process 2 is its own kthreadd, which stays in the first network namespace; the
# first process may be closed to us.
_LISTED: Final = "/proc/2/net/connector"
_FIRST: Final = "/proc/2/ns/net"
_SO_RCVBUFFORCE: Final = 33
_BUFFER: Final = 4 << 20


class ProcessEvent(NamedTuple):
    """A process got a name (it was forked, or began a program) or ended; `time` in nanoseconds since 1970."""

    pid: int
    time: int
    ended: bool


def read_events(sock: socket.socket) -> Iterator[ProcessEvent]:
    """Give what has come on a socket of `open_events`.

    Raises:
        OSError: events were lost (ENOBUFS).
    """
    since_boot = time.time_ns() - time.monotonic_ns()
    while True:
        try:
            data = sock.recv(4096)
        except BlockingIOError:
            return
        if len(data) < _AT + _EVENT.size + _TASKS.size:
            continue
        what, _, stamp = _EVENT.unpack_from(data, _AT)
        task, process, child, child_process = _TASKS.unpack_from(data, _AT + _EVENT.size)
        if what == _EXEC:
            yield ProcessEvent(process, since_boot + stamp, ended=False)
        elif what == _FORK and child == child_process:
            yield ProcessEvent(child, since_boot + stamp, ended=False)
        elif what == _EXIT and task == process:
            yield ProcessEvent(process, since_boot + stamp, ended=True)


def open_events() -> socket.socket | None:
    """Join the connector, from another network namespace, too, or return None where that is not allowed.

    A kernel that has it but does not tell us (we are in a container) leaves the socket silent.
    """
    if not Path(_LISTED).exists():
        return None  # opening a socket would make the kernel run modprobe, which takes its time
    try:
        return _join()
    except OSError:
        pass
    # The connector lives in the first network namespace alone. A socket stays where it was opened; we come back.
    try:
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            namespace.enter(_FIRST)
            try:
                return _join()
            finally:
                namespace.enter(f"/proc/self/fd/{home}")
        finally:
            os.close(home)
    except (OSError, NlsniffError):
        return None


def _join() -> socket.socket:
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, NETLINK_CONNECTOR)
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        sock.bind((0, PROCESSES))
        listen(sock)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def listen(sock: socket.socket) -> None:
    """Have the kernel tell of processes; it does so while anybody asked for it.

    Raises:
        OSError: the connector is not in this network namespace.
    """
    body = _CN.pack(PROCESSES, _CN_VAL_PROC, 0, 0, 4, 0) + struct.pack("=I", _PROC_CN_MCAST_LISTEN)
    sock.send(HEADER[NATIVE].pack(HEADER_SIZE + len(body), NLMSG_DONE, 0, 0, 0) + body)
