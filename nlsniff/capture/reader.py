"""The process that takes frames out of the ring and writes them, and does nothing else.

It is forked once the ring gathers frames, has no privilege, holds four descriptors and stops when its control pipe
closes, which the death of its parent does, too.
"""

from __future__ import annotations

import gc
import math
import os
import select
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from nlsniff.capture import privilege
from nlsniff.capture.packet import RETIRE_MS, Ring, Statistics
from nlsniff.capture.plan import Stats
from nlsniff.errors import NlsniffError
from nlsniff.wire.nlmsg import HEADER
from nlsniff.wire.order import NATIVE

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from nlsniff.capture.plan import Plan

_COOKED = 16
_REPORT_SECONDS = 0.1
# What a record takes in the file beside its data: a pcapng enhanced packet block without options.
_RECORD_OVERHEAD = 32


class Wiring(NamedTuple):
    """The descriptors of a reader: packet socket, the file, control (end of file means stop), status and names."""

    sock: socket.socket
    output: int
    control: int
    status: int
    names: int


def spawn(plan: Plan, device: str, wiring: Wiring, own_ports: dict[int, str]) -> int:
    """Fork the reader and return its pid. `own_ports` names the sockets whose traffic describes the capture."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        status = _main(plan, device, wiring, own_ports)
    finally:
        # Not sys.exit: the parent's buffers and exit handlers are not ours to run.
        os._exit(status)


def _main(plan: Plan, device: str, wiring: Wiring, own_ports: dict[int, str]) -> int:
    os.setpgid(0, 0)  # so that Ctrl-C reaches the parent alone, which stops us in order
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    _close_all_but(wiring)
    reader = Reader(plan, device, wiring, own_ports)
    try:
        privilege.drop()
        # Nothing here makes cycles, and a collection would only delay the ring.
        gc.disable()
        reader.run()
    except NlsniffError as error:
        reader.stats.error = str(error)
    except Exception as error:  # noqa: BLE001 - a reader has no terminal; its parent prints this one line
        reader.stats.error = f"the capture failed: {error!r}"
    reader.stats.alive = False
    os.set_blocking(wiring.status, True)
    os.write(wiring.status, reader.stats.to_line())
    return 1 if reader.stats.error else 0


def _close_all_but(wiring: Wiring) -> None:
    keep = {wiring.sock.fileno(), *wiring[1:]}
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        if number not in keep:
            os.dup2(null, number)
    lowest = 3
    for number in sorted(keep | {max(os.sysconf("SC_OPEN_MAX"), 4096)}):
        if number >= lowest:
            os.closerange(lowest, number)
            lowest = number + 1


class Reader:
    """Moves frames from a ring into a file until told to stop, a limit is reached, or the file takes no more."""

    def __init__(self, plan: Plan, device: str, wiring: Wiring, own_ports: dict[int, str]) -> None:
        self.stats = Stats(device=device)
        self._device = device
        self._plan = plan
        self._wiring = wiring
        self._names = dict(own_ports)
        self._own = frozenset(own_ports)
        self._told: dict[int, str] = {}
        self._statistics = Statistics(wiring.sock)
        self._counted = 0
        self._written = 0
        self._reported = 0.0
        self._reported_frames = 0

    def run(self) -> None:
        """Read and write until the end; the file is whole afterwards.

        Raises:
            NlsniffError: when the file cannot be written or the device went away.
        """
        from nlsniff.file.write import open_writer  # noqa: PLC0415 - in the parent it would cost start-up time

        release = os.uname()
        ring = Ring(self._wiring.sock)
        try:
            with os.fdopen(self._wiring.output, "wb", buffering=0) as output:
                self._writer = open_writer(
                    cast("BinaryIO", output),
                    self._plan.format,
                    interface=self._device,
                    hardware=release.machine,
                    os=f"{release.sysname} {release.release}",
                    application="nlsniff",
                )
                self._loop(ring)
                self._statistics.update()
                self._writer.close(received=self._statistics.received, dropped=self._statistics.dropped)
        except BrokenPipeError:
            # `nlsniff capture -w - | head` has what it wanted.
            if self._plan.target != "-":
                raise
        finally:
            self._report()

    def _loop(self, ring: Ring) -> None:
        poller = select.poll()
        poller.register(self._wiring.sock, select.POLLIN | select.POLLERR)
        poller.register(self._wiring.control, select.POLLIN)
        poller.register(self._wiring.names, select.POLLIN)
        deadline = time.monotonic() + self._plan.duration if self._plan.duration is not None else math.inf
        end_ns = None  # once stopping: frames up to this time still belong to the capture
        while True:
            if ring.ready():
                events = dict(poller.poll(0))
            elif end_ns is None or time.monotonic() < deadline:
                until = _REPORT_SECONDS if self._stale() else math.inf
                until = max(0.0, min(until, deadline - time.monotonic()))
                events = dict(poller.poll(None if until == math.inf else math.ceil(until * 1000)))
            else:
                return
            if events.get(self._wiring.sock.fileno(), 0) & select.POLLERR:
                self._device_error()
            if self._wiring.names in events:
                self._learn_names(poller)
            if end_ns is None and (self._wiring.control in events or time.monotonic() >= deadline):
                end_ns = time.time_ns()
                # The block that is being filled comes only when its timer has run out, so wait for that.
                deadline = time.monotonic() + 3 * RETIRE_MS / 1000
                if self._wiring.control in events:
                    poller.unregister(self._wiring.control)
            if ring.ready() and self._drain(ring, end_ns):
                return
            self._report_sometimes()

    def _drain(self, ring: Ring, end_ns: int | None) -> bool:
        """Write the frames of one block; tell whether that was the last one. Flushes, so that others can read on."""
        write, names, own = self._writer.write, self._names, self._own
        unpack = HEADER[NATIVE].unpack_from
        limited = self._plan.messages is not None or self._plan.filesize is not None
        stats = self.stats
        done = False
        for time_ns, data, length in ring.frames():
            if done:
                continue  # the block must be given back whole
            if end_ns is not None and time_ns > end_ns:
                done = True
                continue
            size = len(data) - _COOKED
            count, comment, port = 1, "", 0
            if size >= 16:
                first, _type, _flags, _seq, port = unpack(data, _COOKED)
                if (first + 3) & ~3 < size:
                    count = _count(data, unpack)
                name = names.get(port) if port else None
                if name is not None and self._told.get(port) != name:
                    self._told[port] = name
                    comment = f"process: {name}"
            write(time_ns, data, length, comment)
            stats.frames += 1
            stats.messages += count
            if limited:
                if port not in own:
                    self._counted += count
                self._written += (len(data) + _RECORD_OVERHEAD + 3) & ~3
                done = self._full()
        self._writer.flush()
        return done

    def _full(self) -> bool:
        plan = self._plan
        return (plan.messages is not None and self._counted >= plan.messages) or (
            plan.filesize is not None and self._written >= plan.filesize
        )

    def _learn_names(self, poller: select.poll) -> None:
        """Take port ids and process names from the helper: lines of `PORT NAME`, each datagram whole lines."""
        while True:
            try:
                lines = os.read(self._wiring.names, 1 << 16)
            except BlockingIOError:
                return
            if not lines:
                poller.unregister(self._wiring.names)
                return
            for line in lines.decode(errors="replace").splitlines():
                port, _, name = line.partition(" ")
                self._names[int(port)] = name

    def _device_error(self) -> None:
        """Raise what ails the socket: somebody took the device down or removed it."""
        import socket  # noqa: PLC0415 - only here

        code = self._wiring.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise NlsniffError(f"the capture device went away: {os.strerror(code)}")

    def _stale(self) -> bool:
        return self._reported_frames != self.stats.frames

    def _report_sometimes(self) -> None:
        if self._stale() and time.monotonic() - self._reported >= _REPORT_SECONDS:
            self._report()

    def _report(self) -> None:
        self._statistics.update()
        self.stats.received, self.stats.dropped = self._statistics.received, self._statistics.dropped
        self._reported = time.monotonic()
        self._reported_frames = self.stats.frames
        # Where nobody reads at the moment, the next report holds these figures, too.
        with suppress(BlockingIOError):
            os.write(self._wiring.status, self.stats.to_line())


def _count(data: bytes, unpack: Callable[[bytes, int], tuple[int, ...]]) -> int:
    """Count the messages of a datagram by their lengths; a length that cannot be true ends the count."""
    at, count, size = _COOKED, 0, len(data)
    while size - at >= 16:
        length = unpack(data, at)[0]
        count += 1
        if length < 16:
            break
        at += (length + 3) & ~3
    return count
