"""What programs said and heard on their netlink sockets, read from the logs of strace.

`TRACE` is how strace must be called: one log for each thread (`-ff`), each descriptor with its socket's inode (`-y`),
the time when each call began (`-ttt`), and every byte that was read or written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SENDS = ("sendto", "sendmsg", "write", "writev")
RECEIVES = ("recvfrom", "recvmsg", "read", "readv")
OTHERS = ("socket", "bind", "getsockname", "execve", "clone", "clone3", "fork", "vfork")
TRACE = (
    "strace", "-ff", "-y", "-ttt", "-s", "2", "-e", f"trace={','.join((*SENDS, *RECEIVES, *OTHERS))}",
    "-e", "read=all", "-e", "write=all", "-e", "signal=none",
)  # fmt: skip

_CALL = re.compile(r"[\d.]+ (\w+)\((.*)\) += (-?\d+)(?:<(?:socket|NETLINK):\[(\d+)\]>)?")
_SOCKET = re.compile(r"\d+<(?:socket|NETLINK):\[(\d+)\]>")
_PORT = re.compile(r"sa_family=AF_NETLINK, nl_pid=(-?\d+)")
_GROUPS = re.compile(r"msg_name=\{sa_family=AF_NETLINK, nl_pid=-?\d+, nl_groups=(?:0x)?([0-9a-f]+)")
_FROM_GROUPS = re.compile(r"\{sa_family=AF_NETLINK, nl_pid=-?\d+, nl_groups=(?:0x)?([0-9a-f]+)\}, \[\d+")
_CREATED = re.compile(r"AF_NETLINK, \S+, (\w+)")
_BYTES = re.compile(r" \| [0-9a-f]{5,}  ((?:[0-9a-f]{2} ){1,8} ?(?:[0-9a-f]{2} ){0,8})")

_LAST_NS = 1_000_000_000  # how long a call may have lasted that nothing is logged behind

PROTOCOLS = {
    "NETLINK_ROUTE": 0, "NETLINK_USERSOCK": 2, "NETLINK_SOCK_DIAG": 4, "NETLINK_NFLOG": 5, "NETLINK_XFRM": 6,
    "NETLINK_SELINUX": 7, "NETLINK_AUDIT": 9, "NETLINK_FIB_LOOKUP": 10, "NETLINK_CONNECTOR": 11,
    "NETLINK_NETFILTER": 12, "NETLINK_KOBJECT_UEVENT": 15, "NETLINK_GENERIC": 16, "NETLINK_CRYPTO": 21,
}  # fmt: skip


@dataclass
class Socket:
    """A netlink socket. `port` is None where no call showed it; `made` is when, in nanoseconds since 1970."""

    inode: int
    process: str
    protocol: int
    made: int
    port: int | None = None


@dataclass
class Call:
    """A datagram that a socket sent or received, in a system call from `start` to `end` (nanoseconds since 1970).

    `what` is "sent", "received", or "told" for what came from a multicast group. `cut` says that the program's buffer
    was too small, so that `data` is the first part of the datagram.
    """

    socket: int
    what: str
    start: int
    end: int
    data: bytes
    cut: bool = False


@dataclass
class Log:
    """All that strace wrote of some programs; sockets by inode, calls of each socket in their order."""

    sockets: dict[int, Socket] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)


def read_logs(paths: list[Path]) -> Log:
    """Read the logs of all threads; the number behind a log's last point is the thread's id."""
    log = Log()
    names: dict[int, str] = {}
    started: dict[int, int] = {}  # thread id to that of who started it
    made: list[tuple[int, Socket]] = []
    pending: list[Call] = []
    for path in sorted(paths):
        thread = int(path.suffix[1:])
        for start, end, name, arguments, status, made_inode, data in _calls(path):
            if name == "execve" and status == 0:
                program = arguments.split('"')[1].rpartition("/")[2]
                names[thread] = f"{program}[{thread}]"
            elif name in {"clone", "clone3", "fork", "vfork"}:
                started[status] = thread
            elif name == "socket" and made_inode and (protocol := _CREATED.match(arguments)):
                made.append((thread, Socket(made_inode, "", PROTOCOLS.get(protocol[1], -1), end)))
            elif socket := _SOCKET.match(arguments):
                inode = int(socket[1])
                if name in {"bind", "getsockname"} and (port := _PORT.search(arguments)) and int(port[1]):
                    pending.append(Call(inode, "port", start, end, (int(port[1]) & 0xFFFFFFFF).to_bytes(4, "little")))
                elif status > 0 and "MSG_PEEK" not in arguments and data:
                    told = _GROUPS.search(arguments) or _FROM_GROUPS.search(arguments)
                    receives = "told" if told and int(told[1], 16) else "received"
                    cut = "msg_flags=MSG_TRUNC" in arguments
                    pending.append(Call(inode, "sent" if name in SENDS else receives, start, end, data, cut))
    for thread, socket_made in made:
        owner = thread
        while owner not in names and owner in started:
            owner = started[owner]
        socket_made.process = names.get(owner, f"[{owner}]")
        log.sockets[socket_made.inode] = socket_made
    for call in sorted(pending, key=lambda call: call.start):
        if call.socket not in log.sockets:
            continue  # of another kind
        if call.what == "port":
            log.sockets[call.socket].port = int.from_bytes(call.data, "little")
        else:
            log.calls.append(call)
    return log


def _calls(path: Path) -> Iterator[tuple[int, int, str, str, int, int, bytes]]:
    """Each call of a log: from, to, name, arguments, what it returned, as number and as socket, and its bytes.

    A call has ended when the next one of the same thread begins; what `strace -T` says leaves out part of the call.
    """
    found: tuple[str, str, int, int] | None = None
    start = 0
    data: list[str] = []
    with path.open(errors="replace") as lines:
        for line in lines:
            if line.startswith(" | "):
                if part := _BYTES.match(line):
                    data.append(part[1])
            elif line[0].isdigit():
                now = int(line[:10]) * 1_000_000_000 + int(line[11:17]) * 1000
                if found:
                    yield start, now, *found, _joined(found[2], data)
                data.clear()
                call = _CALL.match(line)
                start, found = now, (call[1], call[2], int(call[3]), int(call[4] or 0)) if call else None
    if found:
        yield start, start + _LAST_NS, *found, _joined(found[2], data)


def _joined(size: int, data: list[str]) -> bytes:
    """The bytes of a dump; no more than were read or written."""
    return bytes.fromhex("".join(data))[: max(size, 0)]
