"""The process that takes frames from their source and writes them, and does nothing else.

It is forked once the source gathers frames, has no privilege, holds five descriptors or few more, and stops when the
other end of its control socket is closed, which the death of its parent does, too.
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
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.capture import child, privilege
from nlsniff.capture.plan import Stats
from nlsniff.capture.ports import Ports
from nlsniff.capture.selfdescribe import description_of
from nlsniff.capture.sink import Sink
from nlsniff.errors import NlsniffError
from nlsniff.wire.constants import NETLINK_KOBJECT_UEVENT, NLMSG_NOOP
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE, is_astray
from nlsniff.wire.order import NATIVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.capture.device import Device
    from nlsniff.capture.naming import PortKey
    from nlsniff.capture.plan import RecordPlan
    from nlsniff.capture.source import DatagramSource

_COOKED = 16
# Of a frame: the protocol of the cooked header, as the network orders it, and the first message's header.
_FRAME = struct.Struct("=14xHIHHII")
_REPORT_SECONDS = 0.1
_DESCRIBE_SECONDS = 1.0
_LAST_SECONDS = 10.0
_UEVENT = socket.htons(NETLINK_KOBJECT_UEVENT)


class Wiring(NamedTuple):
    """What a reader is given: where frames come from, the file, control, status and names.

    By `control` the next file comes, and its end means stop. `names` leads to the namer; -1 where the file cannot hold
    names.
    """

    source: DatagramSource
    output: int
    control: socket.socket
    status: int
    names: int


def spawn(plan: RecordPlan, device: Device, wiring: Wiring, own_ports: dict[PortKey, str]) -> int:
    """Fork the reader and return its pid. `own_ports` names the sockets whose traffic describes the capture."""
    keep = {*wiring.source.descriptors(), wiring.output, wiring.control.fileno(), wiring.status, wiring.names}
    return child.fork(lambda: _main(plan, device, wiring, own_ports), keep)


def _main(plan: RecordPlan, device: Device, wiring: Wiring, own_ports: dict[PortKey, str]) -> int:
    reader = Reader(plan, device, wiring, own_ports)
    try:
        # Nothing here makes cycles, and a collection would only delay the ring.
        gc.disable()
        child.go_ahead()
        # Not sooner: who gave up root may find that Python's own modules cannot be read (a venv below /root).
        reader.run(privilege.drop)
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
    """Moves frames from a source into a file until told to stop, a limit is reached, or the file takes no more."""

    def __init__(self, plan: RecordPlan, device: Device, wiring: Wiring, own_ports: dict[PortKey, str]) -> None:
        self.stats = Stats(device=device.name)
        self._plan = plan
        self._wiring = wiring
        self._own_ports = own_ports
        self._own = {(socket.htons(key.protocol), key.port) for key in own_ports}
        self._source = wiring.source
        self._counted = 0
        self._datagrams = 0
        self._reported = 0.0
        self._reported_frames = 0
        self._deadline = math.inf
        self._stopping = False
        self._left = 0
        self._waiting = False
        self._ended = False
        self._marked = False
        self._sink = Sink(plan, device)
        self._begun = 1  # files
        # The next file: whether it was asked for, and its descriptor until there is a frame to begin it with.
        self._asked = False
        self._next = -1
        self._next_until = math.inf

    def run(self, begun: Callable[[], None] = lambda: None) -> None:
        """Read and write until the end; the file is whole afterwards.

        Args:
            begun: called when the file is begun, and all modules that are needed until the end are loaded.

        Raises:
            NlsniffError: when the file cannot be written.
        """
        self._source.open()
        self._ports = Ports(self._wiring.names, self._own_ports, hurried=self._source.behind)
        try:
            self._sink.begin(self._wiring.output)
            begun()
            self._report()
            if self._plan.duration is not None:
                self._deadline = time.monotonic() + self._plan.duration
            self._loop()
            self.stats.files -= self._asked  # it is not begun any more
            self._count_frames()
            self._sink.end(self.stats.received, self.stats.dropped)
        except BrokenPipeError:
            # `nlsniff capture -w - | head` has what it wanted.
            if self._plan.target != "-":
                raise
        finally:
            self._report()

    def _loop(self) -> None:
        """Read until told to stop, and then to the end of what was there."""
        source, control = self._source, self._wiring.control.fileno()
        poller = select.poll()
        source.watch(poller)
        poller.register(control, select.POLLIN)
        while not self._ended:
            # What was there when we were told to stop is read to its end, however long that takes; but who talks
            # without end must not keep us from ending.
            if self._stopping and self._left <= 0 and time.monotonic() >= self._deadline:
                return
            if source.ready():
                self._drain()
                self._left -= 1
                events = dict(poller.poll(0))
            elif self._stopping and (not self._waiting or time.monotonic() >= self._deadline):
                return
            else:
                events = dict(poller.poll(self._patience()))
            error = source.woken(events)
            self.stats.error = self.stats.error or error
            told = control in events and not self._take_file()
            if not self._stopping and (told or error or time.monotonic() >= self._deadline):
                poller.unregister(control)
                self._stop()
            if self._plan.rotates:
                self._rotate()
            if self._stale() and time.monotonic() - self._reported >= _REPORT_SECONDS:
                self._report()

    def _patience(self) -> int | None:
        """Return how many milliseconds to wait for frames: until something else is due, None for ever."""
        until = self._deadline - time.monotonic()
        if self._stale() or self._stopping:
            until = min(until, _REPORT_SECONDS)
        if self._next >= 0:
            until = min(until, self._next_until - time.monotonic())
        elif self._plan.rotates and not self._asked:
            until = min(until, self._sink.due_in())
        return None if until == math.inf else max(0, math.ceil(until * 1000))

    def _stop(self) -> None:
        """Begin to end: take what is there up to here."""
        self._stopping = True
        self._left = self._source.held()
        seconds = self._source.finish()
        self._waiting = seconds > 0
        self._deadline = time.monotonic() + (seconds or _LAST_SECONDS)

    def _rotate(self) -> None:
        """Ask for the next file when it is due; the present one grows until it comes."""
        if self._next >= 0 and time.monotonic() >= self._next_until:
            self._turn()  # nothing describes it
        if self._asked or self._stopping or self._sink.due_in() > 0:
            return
        if self._plan.files is not None and self.stats.files >= self._plan.files:
            self._stop()
            return
        self._asked = True
        self.stats.files += 1
        self._report()

    def _take_file(self) -> bool:
        """Take the next file from the engine; tell whether it sent one, or wants an end."""
        _, numbers, _, _ = socket.recv_fds(self._wiring.control, 1, 1)
        if not numbers:
            return False
        self._next = numbers[0]
        if self._source.describe() or not self._own:
            self._turn()
        else:
            # What describes a file begins it.
            self._next_until = time.monotonic() + _DESCRIBE_SECONDS
        return True

    def _turn(self) -> None:
        """End the present file and begin the next."""
        number, self._next, self._asked = self._next, -1, False
        self._begun += 1
        self._count_frames()
        # The kernel's count is ahead by what waits to be read, and that belongs to the next file.
        self._sink.end(self._datagrams + self.stats.dropped, self.stats.dropped)
        self._sink.begin(number)
        self._ports.forget_told()

    def _drain(self) -> None:
        """Write the frames that are there, and flush, so that others can read on."""
        ports, mark = self._ports, self._source.mark
        ports.begin()
        write, settled, own = self._sink.writer.write, ports.settled, self._own
        unpack_first = _FRAME.unpack_from
        limited = self._plan.messages is not None or self._plan.filesize is not None
        stats, datagrams = self.stats, self._datagrams
        for time_ns, data, length in self._source.frames():
            if self._ended:
                continue  # the frames must be taken to the last
            size = len(data) - _COOKED
            count, comment, port = 1, "", 0
            if size >= HEADER_SIZE:
                tag, first, type_, _flags, seq, port = unpack_first(data)
                if tag == _UEVENT:
                    port = 0  # a text, and no message header
                elif (first + 3) & ~3 < size:
                    count = count_messages(data)
                elif type_ == NLMSG_NOOP and mark and data[_COOKED:] == mark:
                    self._ended = self._marked = True
                    continue
                if port and (tag, port) not in settled:
                    if self._next >= 0 and (tag, port) in own and description_of(seq) > self._begun:
                        self._datagrams = datagrams
                        self._turn()
                        write = self._sink.writer.write
                    comment = ports.comment(tag, port, time_ns)
                    if (tag, port) in own:  # such a port is never settled
                        stats.own += count
            write(time_ns, data, length, comment)
            datagrams += 1
            stats.messages += count
            if limited:
                if not port or (tag, port) not in own:
                    self._counted += count
                self._ended = self._full()
        self._datagrams = datagrams
        self._sink.writer.flush()
        stats.frames, stats.cut = self._sink.frames, self._sink.cut

    def _full(self) -> bool:
        plan = self._plan
        return (plan.messages is not None and self._counted >= plan.messages) or (
            plan.filesize is not None and self._sink.writer.bytes >= plan.filesize
        )

    def _stale(self) -> bool:
        return self._reported_frames != self.stats.frames

    def _count_frames(self) -> None:
        """Take over the kernel's counts, without our own end mark."""
        lost = bool(self._source.mark) and not self._marked and self._deadline <= time.monotonic()
        self.stats.received, self.stats.dropped = self._source.counts(mark_lost=lost)

    def _report(self) -> None:
        self._count_frames()
        self._reported = time.monotonic()
        self._reported_frames = self.stats.frames
        # Where nobody reads at the moment, the next report holds these figures, too.
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self._wiring.status, self.stats.to_line())


def count_messages(data: bytes) -> int:
    """Count the messages of a frame by their lengths; a length that cannot be true ends the count."""
    unpack = HEADER[NATIVE].unpack_from
    at = before = _COOKED
    count, size = 0, len(data)
    while size - at >= HEADER_SIZE:
        length = unpack(data, at)[0]
        if length < HEADER_SIZE:
            break  # iproute2 sends its whole buffer for some dumps: zeros follow the message
        if at + length > size and is_astray(data, before, at, NATIVE):
            break
        count += 1
        before, at = at, at + (length + 3 & ~3)
    return count
