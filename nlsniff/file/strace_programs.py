"""The programs of strace's logs: their threads, processes, descriptors and netlink sockets, call by call.

Descriptors are followed through dup, fork, exec and threads, for a log without `-y` tells only their numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from nlsniff.file.strace_values import Text
from nlsniff.wire.constants import PROTOCOL_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nlsniff.file.strace_lines import Call

_PROTOCOLS: Final = {f"NETLINK_{name.replace('-', '_').upper()}": number for number, name in PROTOCOL_NAMES.items()} | {
    "NETLINK_INET_DIAG": 4, "NETLINK_DNRTMSG": 14,
}  # fmt: skip
_DESCRIPTOR: Final = re.compile(r"(-?\d{1,10})(?:<((?:->|[^<>])*)>)?")
_NAMED: Final = re.compile(r"(socket|NETLINK):\[(?:([A-Z0-9_]+):)?(-?\d{1,20})\]")
_CREATED: Final = re.compile(r"(?:AF|PF)_NETLINK, [^,]+, (?:(NETLINK_\w+)|(\d{1,3}|0x[0-9a-f]{1,2})\b)")
_PORT: Final = re.compile(r"sa_family=AF_NETLINK,(?: nl_pad=\w+,)? (?:nl_)?pid=(-?\d{1,10})")
_GROUPS: Final = re.compile(r"(?:nl_)?groups=(?:0x)?([0-9a-f]{1,8})")
_PATH: Final = re.compile(r'"((?:[^"\\]|\\.){1,4096})"')
_TRANSLATED: Final = re.compile(r"/\* (\d{1,10}) in strace's PID NS \*/")
_MEMBERSHIP: Final = re.compile(r"(?:SOL_NETLINK|0x10e[^,]*|270), (?:NETLINK_ADD_MEMBERSHIP|0x1|1)\b")
_INTEGERS: Final = re.compile(r"-?\d{1,10}(?![\w.])")
_PROTOCOL_MAX: Final = 32  # MAX_LINKS of the kernel
_COMM_MAX: Final = 15
_COPIES: Final = 1 << 20  # descriptors that all forks and execs of a log may pass on: a line of it must not cost more


class NetlinkSocket:
    """A netlink socket; None is not known.

    Attributes:
        protocol: its number. `guessed` says that it is no more than likely.
        inode: as `strace -y` prints it.
        port: its port id.
        made_ns: when it was made; None where it was inherited, or opened before the log began.
        number: of the inode, or one that no other socket of the logs has; given when all is read.
        joined: it has been member of a group.
        peer: port id and mask of groups that `connect` set.
        peeked: size of the datagram at the head of its queue.
    """

    __slots__ = ("guessed", "inode", "joined", "made_ns", "number", "peeked", "peer", "port", "protocol")

    def __init__(self, protocol: int | None, inode: int | None, made_ns: int | None = None) -> None:
        self.protocol, self.inode, self.made_ns = protocol, inode, made_ns
        self.guessed = False
        self.port: int | None = None
        self.joined = False
        self.peer: tuple[int, int] | None = None
        self.peeked = 0
        self.number = 0


class Process:
    """A process; its threads share it. `pid` is None where the log does not say it."""

    __slots__ = ("comm", "pid")

    def __init__(self, pid: int | None, comm: str) -> None:
        self.pid, self.comm = pid, comm

    @property
    def name(self) -> str:
        """Such as `ip[412]`, `[412]` where no execve was seen, `ip` where no pid was."""
        return self.comm + (f"[{self.pid}]" if self.pid is not None else "")


# A descriptor's netlink socket, and whether execve closes it; those of other kinds are left out.
Descriptors = dict[int, tuple[NetlinkSocket, bool]]


class Thread:
    """A thread: of which process, and with which table of descriptors."""

    __slots__ = ("descriptors", "process")

    def __init__(self, process: Process, descriptors: Descriptors) -> None:
        self.process, self.descriptors = process, descriptors


class Programs:
    """Knows at each call whose socket a descriptor is.

    Args:
        names: as those of `nlsniff.file.strace.read_strace`.

    Attributes:
        threads: by id; None is the one thread of a log that names none.
        sockets: all netlink sockets, as they were seen first.
        options: calls of setsockopt are in the log, so that memberships are known.
        is_lossy: there were too many descriptors to follow all of them.
    """

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names
        self.threads: dict[int | None, Thread] = {}
        self.sockets: list[NetlinkSocket] = []
        self.options = self.is_lossy = False
        self._copies = _COPIES
        self._by_inode: dict[int, NetlinkSocket] = {}
        self._by_port: dict[tuple[int, int], NetlinkSocket] = {}
        self._main: int | None = None
        self._handlers: dict[str, Callable[[Call, Thread], None]] = {
            "socket": self._socket, "bind": self._address, "getsockname": self._address, "connect": self._address,
            "setsockopt": self._option, "dup": self._duplicate, "dup2": self._duplicate, "dup3": self._duplicate,
            "fcntl": self._duplicate, "fcntl64": self._duplicate, "close": self._close, "close_range": self._close,
            "clone": self._start, "clone2": self._start, "clone3": self._start, "fork": self._start,
            "vfork": self._start, "execve": self._exec, "execveat": self._exec, "unshare": self._unshare,
            "getpid": self._identify, "set_tid_address": self._identify,
        }  # fmt: skip

    def thread(self, call: Call) -> Thread:
        """Who made a call; somebody unknown is a process of its own."""
        found = self.threads.get(call.thread)
        if found is None:
            if call.thread is not None and self._main is None and None in self.threads:
                # Its lines said no process until there were two.
                self._main = call.thread
                found = self.threads[None]
                found.process.pid = call.thread
            else:
                name = call.comm or (self._names.get(call.thread, "") if call.thread is not None else "")
                found = Thread(Process(call.thread, name.replace("\n", "?")), {})
            self.threads[call.thread] = found
        return found

    def take(self, call: Call) -> None:
        """Follow a call that passes no data."""
        handler = self._handlers.get(call.name)
        if handler is not None and call.status is not None and call.status >= 0:
            handler(call, self.thread(call))

    def socket_of(self, thread: Thread, text: str) -> tuple[int, NetlinkSocket | None]:
        """The descriptor that a call's text begins with, and its netlink socket if it is one."""
        match = _DESCRIPTOR.match(text)
        if match is None:
            return -1, None
        descriptor = int(match[1])
        known = thread.descriptors[descriptor][0] if descriptor in thread.descriptors else None
        if match[2] is None:
            return descriptor, known
        named = _NAMED.fullmatch(_plain(match[2]))
        if named is None:
            return descriptor, None
        kind, protocol, number = named[1], named[2], int(named[3])
        if protocol is not None:
            return descriptor, self._named(thread, descriptor, known, _PROTOCOLS.get(f"NETLINK_{protocol}"), number)
        if kind == "NETLINK" and number < _PROTOCOL_MAX:
            return descriptor, known
        if number not in self._by_inode and kind == "NETLINK":
            thread.descriptors[descriptor] = (self._add(None, number), False)
        return descriptor, self._by_inode.get(number)

    def inherited(self, thread: Thread, descriptor: int, inode_text: str) -> NetlinkSocket:
        """A socket that was opened before the log began."""
        socket = self._add(None, _inode(_DESCRIPTOR.match(inode_text)))
        thread.descriptors[descriptor] = (socket, False)
        return socket

    def _named(
        self, thread: Thread, descriptor: int, known: NetlinkSocket | None, protocol: int | None, port: int
    ) -> NetlinkSocket | None:
        """What `-yy` says: protocol and port id, which is 0 before the socket has one, and stays so in the log."""
        if known is None:
            known = self._by_port.get((protocol or 0, port & 0xFFFFFFFF)) if port else None
            if known is None:
                known = self._add(protocol, None)
            thread.descriptors[descriptor] = (known, False)
        if known.protocol is None:
            known.protocol = protocol
        if port:
            self._set_port(known, port)
        return known

    def _add(self, protocol: int | None, inode: int | None, made_ns: int | None = None) -> NetlinkSocket:
        socket = NetlinkSocket(protocol, inode, made_ns)
        self.sockets.append(socket)
        if inode is not None:
            self._by_inode[inode] = socket
        return socket

    def _set_port(self, socket: NetlinkSocket, port: int) -> None:
        socket.port = port & 0xFFFFFFFF
        self._by_port[socket.protocol or 0, socket.port] = socket

    def _socket(self, call: Call, thread: Thread) -> None:
        created = _CREATED.match(call.text)
        descriptor = call.status or 0
        if created is None:
            thread.descriptors.pop(descriptor, None)
            return
        protocol = _PROTOCOLS.get(created[1]) if created[1] else int(created[2], 0)
        inode = _inode(_DESCRIPTOR.match(f"{descriptor}{call.note}"))
        socket = self._add(protocol, inode, call.end)
        thread.descriptors[descriptor] = (socket, "SOCK_CLOEXEC" in call.text)

    def _address(self, call: Call, thread: Thread) -> None:
        """A call of bind, getsockname or connect."""
        port = _PORT.search(call.text)
        descriptor, socket = self.socket_of(thread, call.text)
        if port is None or descriptor < 0:
            return
        if socket is None:
            socket = self.inherited(thread, descriptor, call.text)
        groups = _GROUPS.search(call.text, port.end())
        mask = int(groups[1], 16) if groups else 0
        if call.name == "connect":
            socket.peer = (int(port[1]) & 0xFFFFFFFF, mask)
            return
        socket.joined = socket.joined or mask != 0
        if int(port[1]):
            self._set_port(socket, int(port[1]))

    def _option(self, call: Call, thread: Thread) -> None:
        self.options = True
        if _MEMBERSHIP.search(call.text):
            _, socket = self.socket_of(thread, call.text)
            if socket is not None:
                socket.joined = True

    def _duplicate(self, call: Call, thread: Thread) -> None:
        if call.name.startswith("fcntl") and "F_DUPFD" not in call.text:
            return
        _, socket = self.socket_of(thread, call.text)
        if socket is None:
            thread.descriptors.pop(call.status or 0, None)
        else:
            thread.descriptors[call.status or 0] = (socket, "CLOEXEC" in call.text)

    def _close(self, call: Call, thread: Thread) -> None:
        if call.name == "close_range":
            numbers = [int(found) for found in _INTEGERS.findall(call.text)[:2]]
            if len(numbers) == 2 and "CLOEXEC" not in call.text and self._may_copy(thread.descriptors):
                for descriptor in [it for it in thread.descriptors if numbers[0] <= it <= numbers[1]]:
                    del thread.descriptors[descriptor]
            return
        match = _DESCRIPTOR.match(call.text)
        if match is not None:
            thread.descriptors.pop(int(match[1]), None)

    def _start(self, call: Call, thread: Thread) -> None:
        """A new thread, or a new process with a copy of all."""
        translated = _TRANSLATED.search(call.note)
        number = int(translated[1]) if translated else call.status
        if not number:
            return
        shared = "CLONE_FILES" in call.text
        descriptors = thread.descriptors if shared else self._copy(thread.descriptors)
        process = thread.process if "CLONE_THREAD" in call.text else Process(number, thread.process.comm)
        self.threads[number] = Thread(process, descriptors)

    def _exec(self, call: Call, thread: Thread) -> None:
        path = _PATH.search(call.text)
        if path is not None:
            name = Text(path[0]).data().rpartition(b"/")[2][:_COMM_MAX]
            thread.process = Process(thread.process.pid, name.decode("utf-8", "replace").replace("\n", "?"))
        thread.descriptors = {number: held for number, held in self._copy(thread.descriptors).items() if not held[1]}

    def _unshare(self, call: Call, thread: Thread) -> None:
        if "CLONE_FILES" in call.text:
            thread.descriptors = self._copy(thread.descriptors)

    def _copy(self, descriptors: Descriptors) -> Descriptors:
        """A copy; an empty one where there were too many."""
        return dict(descriptors) if self._may_copy(descriptors) else {}

    def _may_copy(self, descriptors: Descriptors) -> bool:
        """Whether it is not too much to go through all of a table once more."""
        self._copies -= len(descriptors)
        self.is_lossy = self.is_lossy or self._copies < 0
        return self._copies >= 0

    def _identify(self, call: Call, thread: Thread) -> None:
        """Its own number, which getpid and the first call of libc tell a process."""
        if thread.process.pid is None and call.status:
            thread.process.pid = call.status


def _plain(name: str) -> str:
    """What a descriptor is, which strace -xx writes as a string in hex."""
    return Text(f'"{name}"').data().decode("latin-1") if name.startswith("\\x") else name


def _inode(descriptor: re.Match[str] | None) -> int | None:
    """The inode that stands behind a descriptor."""
    named = _NAMED.fullmatch(_plain(descriptor[2])) if descriptor is not None and descriptor[2] else None
    return int(named[3]) if named is not None and named[2] is None else None
