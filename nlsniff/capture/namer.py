"""The process that finds out whose a port id is, while the traffic flows.

It is a process of its own, for three reasons. The reader must do nothing but receive and write, and a look into /proc
costs as much time as dozens of frames. The reader has no privilege, and other users' /proc/PID/fd want two,
CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, which this process keeps and no other. And an `ip` lives 3 ms, so who names it
must be woken at once and ahead of others, which a thread beside a busy one is not.

It hears of new port ids by a tap on the device (`tap`), and is asked by the reader for those that it did not hear of.
A request that hides its port id makes it look for sockets that were opened lately: the answer will say the port id, but
some programs are gone as soon as they have that.
It hears of new processes by the process connector where it may join it. What it finds it tells the reader as facts
with a time (`naming`), because frames are read up to 40 ms after they were sent: from then on a port id is that
process's, and from the process's end on nobody's, so that a port id used again gets the next name.
"""

from __future__ import annotations

import gc
import math
import os
import select
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nlsniff.capture import child, privilege, tap
from nlsniff.capture.connector import open_events, read_events
from nlsniff.capture.naming import PROCESS, Fact, PortKey, pack, unpack
from nlsniff.capture.owners import Owner, Owners
from nlsniff.capture.pace import Pace

if TYPE_CHECKING:
    import socket

_START_SECONDS: Final = 2.0
_BATCH: Final = 256
# A socket that was heard so often is hidden from the tap; all are heard again, and looked up again, after a period: a
# process may begin another program and keep its pid, of which nothing but the process connector tells. The period grows
# while nothing new is found, for each look takes time from those who talk.
_LOUD: Final = 16
# So many requests without a port id lead to a look for new sockets within a period.
_REQUESTS: Final = 24
# Coming before others, it must not take much: that share of the time, and so many seconds at once. Then it hears
# nothing for a while.
_SHARE: Final = 0.25
_WORK: Final = 0.2
_HIDDEN: Final = 64
_SOCKETS: Final = 512
_BOUNDS: Final = 4096
_SLACK_NS: Final = 1_000_000


def spawn(ears: socket.socket | None, channel: socket.socket) -> int:
    """Fork the namer and return its pid once it listens; it ends when the other end of the channel is closed."""
    began, ready = os.pipe()
    keep = {channel.fileno(), ready} | ({ears.fileno()} if ears else set())
    pid = child.fork(lambda: _main(ears, channel, ready), keep)
    os.close(ready)
    select.select([began], [], [], _START_SECONDS)
    os.close(began)
    return pid


def _main(ears: socket.socket | None, channel: socket.socket, ready: int) -> int:
    owners = Owners()
    events = open_events()
    child.hurry()
    privilege.limit(privilege.CAP_SYS_PTRACE, privilege.CAP_DAC_READ_SEARCH)
    gc.freeze()
    os.close(ready)
    with suppress(BrokenPipeError, ConnectionResetError):
        Namer(owners, ears, channel, events).run()
    return 0


@dataclass
class _Known:
    """A socket whose owner was told to the reader."""

    owner: Owner
    since: int
    checked: float
    heard: int = 0


class Namer:
    """Listens, looks up and tells, until the reader is gone."""

    def __init__(
        self, owners: Owners, ears: socket.socket | None, channel: socket.socket, events: socket.socket | None
    ) -> None:
        self._owners = owners
        self._ears = ears
        self._channel = channel
        self._events = events
        self._known: dict[PortKey, _Known] = {}
        self._hidden: set[PortKey] = set()
        self._requests = 0
        self._worked = self._rested = 0.0
        self._deaf = False
        self._pace = Pace()
        # A port id belonged to somebody else before this time.
        self._bounds: dict[PortKey, int] = {}
        self._watched: dict[int, tuple[int, set[PortKey]]] = {}
        self._pids: dict[int, int] = {}
        self._facts: list[Fact] = []
        self._poller = select.poll()
        for source in (channel, ears, events):
            if source:
                self._poller.register(source.fileno(), select.POLLIN)

    def run(self) -> None:
        """Work until the channel is closed.

        Raises:
            OSError: the reader is gone.
        """
        channel, ears = self._channel.fileno(), self._ears.fileno() if self._ears else -1
        while True:
            ready = [number for number, _ in self._poller.poll(self._patience())]
            if self._events and self._events.fileno() in ready:
                self._learn_processes(self._events)
            if self._ears and ears in ready:
                self._hear(self._ears)
            for number in ready:
                if number in self._pids:
                    self._end(self._pids[number], time.time_ns())
            if self._owners.step_in() == 0:
                self._take(self._owners.step(), time.time_ns())
            if channel in ready and not self._answer():
                return
            if self._pace.passed(time.monotonic()):
                self._unhide()
            self._flush()

    def _patience(self) -> int | None:
        """Return how many milliseconds to wait."""
        step = self._owners.step_in()
        waits = [] if step is None else [step]
        if self._pace.until:
            waits.append(max(0.0, self._pace.until - time.monotonic()))
        return math.ceil(min(waits) * 1000) if waits else None

    def _learn_processes(self, events: socket.socket) -> None:
        try:
            for event in read_events(events):
                if event.pid in self._watched:
                    self._end(event.pid, event.time)
                if event.ended:
                    self._owners.ended(event.pid, event.time)
                else:
                    self._owners.began(event.pid)
        except OSError:
            self._owners.forget()

    def _hear(self, ears: socket.socket) -> None:
        """Take what the tap heard, and look up what is new."""
        now, began = time.monotonic(), time.time_ns()
        new: set[PortKey] = set()
        loud: set[PortKey] = set()
        count = requests = 0
        try:
            while count < _BATCH and (key := tap.receive(ears)):
                count += 1
                if not key.port:
                    requests += 1
                    continue
                known = self._known.get(key)
                if known is None or now - known.checked > self._pace.seconds:
                    new.add(key)
                else:
                    known.heard += 1
                    if known.heard >= _LOUD:
                        loud.add(key)
        except OSError:
            self._poller.unregister(ears)
            self._ears = None
            return
        if new or requests:
            self._take(self._owners.find(new), began)
            self._flush()
        after = time.monotonic()
        self._worked = max(0.0, self._worked - _SHARE * (after - self._rested)) + after - now
        self._rested = after
        self._quieten(ears, requests, loud)

    def _quieten(self, ears: socket.socket, requests: int, loud: set[PortKey]) -> None:
        """Hide from the tap what talks much, for a while."""
        self._pace.begin(time.monotonic())
        before = self._requests
        self._requests += requests
        if self._worked > _WORK:
            # More than can be looked up, such as a port id of its own in each message: leave the time to who talks.
            tap.deafen(ears)
            self._deaf = True
            self._pace.rest(time.monotonic() + self._worked / _SHARE)
        elif before < _REQUESTS <= self._requests or (loud - self._hidden and len(self._hidden) < _HIDDEN):
            self._hidden |= loud
            tap.hide(ears, list(self._hidden)[:_HIDDEN], requests=self._requests >= _REQUESTS)

    def _unhide(self) -> None:
        for key in self._hidden:
            if key in self._known:
                self._known[key].heard = 0
        if self._ears and (self._deaf or self._hidden or self._requests >= _REQUESTS):
            tap.hide(self._ears, ())
        self._deaf = False
        self._hidden.clear()
        self._requests = 0
        self._pace.end()

    def _answer(self) -> bool:
        """Answer the reader, and learn from the engine; tell whether there may be more."""
        data = self._channel.recv(1 << 16)
        asked = []
        for fact in unpack(data):
            known = self._known.get(fact.key)
            if fact.key.protocol == PROCESS:
                self._owners.began(fact.key.port, fact.name or "")
            elif known:
                self._facts.append(Fact(fact.key, known.since, known.owner.name))
            else:
                asked.append(fact.key)
        if asked:
            at = time.time_ns()
            self._take(self._owners.find(asked), at)
        return bool(data)

    def _take(self, found: dict[PortKey, Owner], at: int) -> None:
        """Tell what is new about sockets that were looked up; they were heard at that time."""
        now = time.monotonic()
        for key, owner in found.items():
            before = self._known.get(key)
            # Where there is no such socket any more, the frame was that of the one that was there.
            if before and (before.owner == owner or not owner.inode):
                before.checked = now
                before.heard = 0
                continue
            if before is None:
                since = self._bounds.get(key, 0)
            else:
                # Another socket, or another program in the same process; the frame that came last was already its.
                since = before.since if before.owner.inode == owner.inode and not before.owner.name else at - _SLACK_NS
            self._know(key, _Known(owner, since, now))

    def _know(self, key: PortKey, known: _Known) -> None:
        self._known[key] = known
        self._pace.found(time.monotonic())
        self._facts.append(Fact(key, known.since, known.owner.name))
        for pid in known.owner.pids:
            self._watch(pid, key)
        while len(self._known) > _SOCKETS:
            oldest = next(iter(self._known))
            for pid in self._known[oldest].owner.pids:
                self._end(pid, time.time_ns())
            self._known.pop(oldest, None)

    def _watch(self, pid: int, key: PortKey) -> None:
        """See to it that the end of a process is noticed."""
        if pid not in self._watched:
            try:
                number = os.pidfd_open(pid)
            except OSError:
                # Gone already; what it said is still to be read.
                self._forget(key, time.time_ns())
                return
            self._watched[pid] = number, set()
            self._pids[number] = pid
            self._poller.register(number, select.POLLIN)
        self._watched[pid][1].add(key)

    def _end(self, pid: int, at: int) -> None:
        """A process has ended, or is another program now: its port ids are nobody's until they are looked up again."""
        number, keys = self._watched.pop(pid, (-1, set()))
        if number < 0:
            return
        self._poller.unregister(number)
        del self._pids[number]
        os.close(number)
        for key in keys:
            self._forget(key, at)
        if keys & self._hidden:
            self._unhide()

    def _forget(self, key: PortKey, at: int) -> None:
        if self._known.pop(key, None):
            self._bounds.pop(key, None)
            self._bounds[key] = at
            self._facts.append(Fact(key, at))
            while len(self._bounds) > _BOUNDS:
                del self._bounds[next(iter(self._bounds))]

    def _flush(self) -> None:
        """Tell the reader. What it does not take now it asks for when it needs it."""
        facts, self._facts = self._facts, []
        for start in range(0, len(facts), _BATCH):
            with suppress(BlockingIOError):
                self._channel.send(pack(facts[start : start + _BATCH]))
