"""The process that takes frames out of the ring and writes them, and does nothing else.

It is forked once the ring gathers frames, has no privilege, holds five descriptors and stops when its control pipe
closes, which the death of its parent does, too.
"""

from __future__ import annotations

import gc
import math
import os
import select
import socket
import struct
import time
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from nlsniff.capture import child, privilege
from nlsniff.capture.packet import RETIRE_MS, Ring, Statistics
from nlsniff.capture.plan import Stats
from nlsniff.capture.ports import Ports
from nlsniff.errors import NlsniffError
from nlsniff.wire.constants import NETLINK_ROUTE, NLMSG_NOOP
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE
from nlsniff.wire.order import NATIVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.capture.plan import Plan

_COOKED = 16
# Of a frame: the protocol of the cooked header, as the network orders it, and the first message's header.
_FRAME = struct.Struct("=14xHIHHII")
_REPORT_SECONDS = 0.1
_MARK_SECONDS = 5.0


class Wiring(NamedTuple):
    """The descriptors of a reader: packet socket, the file, control (end of file means stop), status and names.

    `names` leads to the namer; -1 where the file cannot hold names.
    """

    sock: socket.socket
    output: int
    control: int
    status: int
    names: int


def spawn(plan: Plan, device: str, wiring: Wiring, own_ports: dict[int, str]) -> int:
    """Fork the reader and return its pid. `own_ports` names the sockets whose traffic describes the capture."""
    keep = {wiring.sock.fileno(), *wiring[1:]}
    return child.fork(lambda: _main(plan, device, wiring, own_ports), keep)


def _main(plan: Plan, device: str, wiring: Wiring, own_ports: dict[int, str]) -> int:
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
    with suppress(BrokenPipeError):
        os.write(wiring.status, reader.stats.to_line())
    return 1 if reader.stats.error else 0


class Reader:
    """Moves frames from a ring into a file until told to stop, a limit is reached, or the file takes no more."""

    def __init__(self, plan: Plan, device: str, wiring: Wiring, own_ports: dict[int, str]) -> None:
        self.stats = Stats(device=device)
        self._device = device
        self._plan = plan
        self._wiring = wiring
        self._own = own_ports
        self._statistics = Statistics(wiring.sock)
        self._counted = 0
        self._reported = 0.0
        self._reported_frames = 0
        self._deadline = math.inf
        self._stopping = False
        self._ended = False
        self._mark = b""
        self._marked = False

    def run(self) -> None:
        """Read and write until the end; the file is whole afterwards.

        Raises:
            NlsniffError: when the file cannot be written.
        """
        from nlsniff.file.write import open_writer  # noqa: PLC0415 - in the parent it would cost start-up time

        release = os.uname()
        ring = Ring(self._wiring.sock)
        self._ports = Ports(self._wiring.names, self._own, hurried=ring.behind)
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
                self._writer.flush()
                self._report()
                if self._plan.duration is not None:
                    self._deadline = time.monotonic() + self._plan.duration
                self._loop(ring)
                self._count_frames()
                self._writer.close(received=self.stats.received, dropped=self.stats.dropped)
        except BrokenPipeError:
            # `nlsniff capture -w - | head` has what it wanted.
            if self._plan.target != "-":
                raise
        finally:
            self._report()

    def _loop(self, ring: Ring) -> None:
        """Read until told to stop, then until our own end mark comes out of the ring, and with it all that was before.

        A block that is not full comes out only when the kernel's timer has run out twice, so a fixed wait would either
        be long or lose the end of a capture on a busy machine.
        """
        sock, control = self._wiring.sock.fileno(), self._wiring.control
        poller = select.poll()
        poller.register(sock, select.POLLIN | select.POLLERR)
        poller.register(control, select.POLLIN)
        while not self._ended:
            if ring.ready():
                self._drain(ring)
                events = dict(poller.poll(0))
            elif self._stopping and time.monotonic() >= self._deadline:
                return
            else:
                events = dict(poller.poll(self._patience()))
            if events.get(sock, 0) & select.POLLERR:
                self._lose_device()
                poller.unregister(sock)
            if not self._stopping and (control in events or time.monotonic() >= self._deadline):
                poller.unregister(control)
                self._stop(mark=True)
            self._report_sometimes()

    def _patience(self) -> int | None:
        """Return how many milliseconds to wait for frames: until the deadline or the next report, None for ever."""
        until = self._deadline - time.monotonic()
        if self._stale() or self._stopping:
            until = min(until, _REPORT_SECONDS)
        return None if until == math.inf else max(0, math.ceil(until * 1000))

    def _stop(self, *, mark: bool) -> None:
        """Begin to end: take what the ring holds up to here."""
        self._stopping = True
        self._deadline = time.monotonic() + (_MARK_SECONDS if mark else 4 * RETIRE_MS / 1000)
        if mark:
            # To the kernel, which passes over NLMSG_NOOP; the capture sees it as it sees every message.
            with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE) as sock:
                sock.bind((0, 0))
                self._mark = HEADER[NATIVE].pack(HEADER_SIZE, NLMSG_NOOP, 0, os.getpid(), sock.getsockname()[0])
                sock.send(self._mark)

    def _drain(self, ring: Ring) -> None:
        """Write the frames of one block, and flush, so that others can read on."""
        ports = self._ports
        ports.begin()
        write, settled, own = self._writer.write, ports.settled, self._own
        unpack, unpack_first = HEADER[NATIVE].unpack_from, _FRAME.unpack_from
        limited = self._plan.messages is not None or self._plan.filesize is not None
        stats = self.stats
        for time_ns, data, length in ring.frames():
            if self._ended:
                continue  # the block must be given back whole
            size = len(data) - _COOKED
            count, comment, port = 1, "", 0
            if size >= HEADER_SIZE:
                tag, first, type_, _flags, _seq, port = unpack_first(data)
                if (first + 3) & ~3 < size:
                    count = _count(data, unpack)
                elif type_ == NLMSG_NOOP and data[_COOKED:] == self._mark:
                    self._ended = self._marked = True
                    continue
                if port and (tag, port) not in settled:
                    comment = ports.comment(tag, port, time_ns)
            write(time_ns, data, length, comment)
            stats.frames += 1
            stats.messages += count
            if limited:
                if port not in own:
                    self._counted += count
                self._ended = self._full()
        self._writer.flush()

    def _full(self) -> bool:
        plan = self._plan
        return (plan.messages is not None and self._counted >= plan.messages) or (
            plan.filesize is not None and self._writer.bytes >= plan.filesize
        )

    def _lose_device(self) -> None:
        """Somebody took the device down or away: keep what came before, then end."""
        code = self._wiring.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self.stats.error = f"the capture device went away: {os.strerror(code)}"
        if not self._stopping:
            self._stop(mark=False)

    def _stale(self) -> bool:
        return self._reported_frames != self.stats.frames

    def _report_sometimes(self) -> None:
        if self._stale() and time.monotonic() - self._reported >= _REPORT_SECONDS:
            self._report()

    def _count_frames(self) -> None:
        """Take over the kernel's counts, without our own end mark."""
        self._statistics.update()
        self.stats.received = self._statistics.received - bool(self._mark)
        self.stats.dropped = self._statistics.dropped
        if self._mark and not self._marked and self._deadline <= time.monotonic():
            self.stats.dropped -= 1

    def _report(self) -> None:
        self._count_frames()
        self._reported = time.monotonic()
        self._reported_frames = self.stats.frames
        # Where nobody reads at the moment, the next report holds these figures, too.
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self._wiring.status, self.stats.to_line())


def _count(data: bytes, unpack: Callable[[bytes, int], tuple[int, ...]]) -> int:
    """Count the messages of a datagram by their lengths; a length that cannot be true ends the count."""
    at, count, size = _COOKED, 0, len(data)
    while size - at >= HEADER_SIZE:
        length = unpack(data, at)[0]
        if length < HEADER_SIZE:
            break  # iproute2 sends its whole buffer for some dumps: zeros follow the message
        count += 1
        at += (length + 3) & ~3
    return count
