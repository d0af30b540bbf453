"""Whose a netlink socket is: what is certain, what is nearly so and says it, and what is not known.

Certain is a process that holds the socket with that protocol and port id. Where the socket is closed before that could
be looked up, one thing is left: the kernel gives a process's first socket of a protocol its pid as port id, so a
process of this network namespace that had that pid then is named, with ` (by pid)` behind it, for another program
might have asked for that number. Everything else stays unknown.
"""

from __future__ import annotations

import time
from collections import deque
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from nlsniff.capture import sockets
from nlsniff.wire.comments import BY_PID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.capture.naming import PortKey

_PID_LIMIT: Final = 1 << 22
# libnl's sockets count in the upper ten bits of the port id and keep the pid below.
_LIBNL_PID: Final = _PID_LIMIT - 1
# Messages of a process are read up to this long after its end.
_REMEMBERED_NS: Final = 2_000_000_000
# A look through all processes costs milliseconds, so it is done in steps, which take a third of the time at most.
_STEP: Final = 16
_REST: Final = 2
_LIKELY: Final = 16


class Owner(NamedTuple):
    """Who holds a socket.

    Attributes:
        inode: the socket's; 0 where it is closed already.
        pids: the processes that hold it.
        name: `ip[412]`, `sshd[1] or sshd[90]` where several hold it, "" where nobody is known to.
    """

    inode: int
    pids: tuple[int, ...]
    name: str


NOBODY: Final = Owner(0, (), "")


class _Process(NamedTuple):
    name: str
    ended: int = 0


class Owners:
    """Finds owners in /proc and in what was told of processes that come and go.

    Made in the network namespace that is captured.
    """

    def __init__(self) -> None:
        self._table = sockets.SocketTable()
        self._seen = set(self._table.inodes().values())
        self._here = sockets.namespaces()
        self._processes: dict[int, _Process] = {}
        self._ended: deque[tuple[int, int]] = deque()
        # Sockets whose owner is looked for among all processes: those of the next round, and those of this one.
        self._wanted: dict[int, tuple[PortKey, str]] = {}
        self._round: dict[int, tuple[PortKey, str]] = {}
        self._left: list[int] = []
        self._holders: dict[int, list[int]] = {}
        self._step_after = 0.0

    def began(self, pid: int, name: str = "") -> None:
        """A process was forked, or began a program: remember its name while there is one to read."""
        name = name or self._name_here(pid)
        if name:
            self._processes[pid] = _Process(name)
        else:
            self._processes.pop(pid, None)

    def ended(self, pid: int, at: int) -> None:
        """A process ended; its last messages may not have been read yet."""
        known = self._processes.get(pid)
        if known:
            self._processes[pid] = known._replace(ended=at)
            self._ended.append((at, pid))
        while self._ended and self._ended[0][0] < at - _REMEMBERED_NS:
            then, gone = self._ended.popleft()
            if gone in self._processes and self._processes[gone].ended == then:
                del self._processes[gone]

    def forget(self) -> None:
        """News of processes were lost, so none of those that are remembered can be relied on."""
        self._processes.clear()
        self._ended.clear()

    def find(self, keys: Iterable[PortKey]) -> dict[PortKey, Owner]:
        """Find the owners of some sockets, and of those that were opened since the last time.

        A socket that was asked for and is left out is looked for further: call `step`.
        """
        # First the names, then the sockets, then who holds them: the process may end between any two of these.
        names = {key: self._name(key.port) for key in keys}
        inodes = self._table.inodes()
        # Who has a second socket has a first, whose port id is the pid; and a newer socket has a greater inode.
        newest = [key.port for key in sorted(inodes, key=inodes.__getitem__, reverse=True) if key.port < _PID_LIMIT]
        found: dict[PortKey, Owner] = {}
        held = cache(sockets.held)
        fresh = [key for key, inode in inodes.items() if inode not in self._seen and key not in names]
        self._seen = set(inodes.values())
        for key in (*names, *fresh):
            inode = inodes.get(key, 0)
            likely = (key.port, key.port & _LIBNL_PID, *newest[:_LIKELY]) if inode else ()
            holder = next((pid for pid in likely if 0 < pid < _PID_LIMIT and inode in held(pid)), 0)
            if holder:
                found[key] = self._owner(inode, (holder,))
            elif inode and key in names:
                self._wanted[inode] = key, names[key]
            elif key in names:
                found[key] = self._by_pid(key.port, names[key])
        return found

    def step_in(self) -> float | None:
        """Return in how many seconds `step` is due, or None."""
        return max(0.0, self._step_after - time.monotonic()) if self._wanted or self._round else None

    def step(self) -> dict[PortKey, Owner]:
        """Look through some more processes; return what was found when all have been looked through."""
        began = time.monotonic()
        if not self._round:
            self._round, self._wanted = self._wanted, {}
            self._left = sorted(sockets.processes())
            self._holders = {}
        for pid in self._left[-_STEP:]:
            for inode in sockets.held(pid) & self._round.keys():
                self._holders.setdefault(inode, []).append(pid)
        del self._left[-_STEP:]
        found = {}
        if not self._left:
            for inode, (key, name) in self._round.items():
                if inode in self._holders:
                    found[key] = self._owner(inode, tuple(sorted(self._holders[inode])))
                elif sockets.command(key.port):
                    # That process is there, and the socket is not known to be its.
                    found[key] = NOBODY._replace(inode=inode)
                else:
                    found[key] = self._by_pid(key.port, name)
            self._round = {}
        now = time.monotonic()
        self._step_after = now + _REST * (now - began)
        return found

    def _owner(self, inode: int, pids: tuple[int, ...]) -> Owner:
        named = [(pid, sockets.command(pid) or self._name(pid)) for pid in pids]
        return Owner(inode, pids, " or ".join(f"{name}[{pid}]" for pid, name in named if name))

    def _by_pid(self, pid: int, name: str) -> Owner:
        return Owner(0, (pid,), f"{name}[{pid}]{BY_PID}") if name else NOBODY

    def _name(self, pid: int) -> str:
        """The name of the process that has or had this pid, if it is one of this network namespace."""
        known = self._processes.get(pid)
        return known.name if known else self._name_here(pid)

    def _name_here(self, pid: int) -> str:
        if not 0 < pid < _PID_LIMIT:
            return ""
        name = sockets.command(pid)
        return name if name and sockets.namespaces(pid) == self._here else ""
