"""A capture from its start to its end, in the process that has the privilege for it."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from nlsniff.capture import device, groups, namer, packet, privilege, reader, tap
from nlsniff.capture.naming import PROCESS, Fact, PortKey, pack
from nlsniff.capture.plan import STDOUT, RecordPlan, Stats
from nlsniff.capture.selfdescribe import SelfDescription
from nlsniff.capture.source import RingSource
from nlsniff.capture.target import Target
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from nlsniff.capture.source import DatagramSource


class Recorder:
    """A running capture: enter to start it, `wait` for its end, leave to stop it and take the device away.

    Args:
        plan: what to capture, and into what.
        private: this network namespace was made for it, so that the device can have a fixed name.
        output: a descriptor to write into, instead of the file that the plan names.

    Attributes:
        stats: how it stands, as of the last `wait`.

    Raises:
        NlsniffError: on entering, when privilege, nlmon or the file is lacking. Nothing is left behind then.
    """

    def __init__(self, plan: RecordPlan, *, private: bool = False, output: int | None = None) -> None:
        self.plan = plan
        self.stats = Stats()
        self._private = private
        self._device = device.Device("")
        self._undo = ExitStack()
        self._reader = 0
        self._reader_fd = -1
        self._control: socket.socket | None = None
        self._status = -1
        self._target = Target(plan, output)
        self._describe: SelfDescription | None = None
        self._names: socket.socket | None = None
        self._rest = b""
        self._failure = ""

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._start(undo)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_exception: object) -> None:
        try:
            self.stop()
            self.wait()
            self._target.remove_unused(self.stats.files)
        finally:
            self._undo.close()

    def stop(self) -> None:
        """Tell the reader to take what was sent until now and end. Returns at once; safe in a signal handler."""
        control, self._control = self._control, None
        if control:
            control.close()

    def wait(self, *watched: int, on_status: Callable[[Stats], None] | None = None) -> bool:
        """Wait until the capture has ended, or one of the watched descriptors is readable.

        Args:
            watched: descriptors, for instance a pidfd.
            on_status: called with the figures whenever they change.

        Returns:
            True when the capture has ended; its figures are then final and its file is whole.
        """
        poller = select.poll()
        for number in (self._status, self._reader_fd, *watched):
            if number >= 0:
                poller.register(number, select.POLLIN)
        while self.stats.alive:
            ready = {number for number, _ in poller.poll()}
            if self._status in ready and self._take_status():
                self._open_next()
                if on_status:
                    on_status(self.stats)
            if self._reader_fd in ready and self.stats.alive:
                while self._take_status():
                    pass
                if self.stats.alive:  # killed before it could say anything
                    self.stats.alive = False
                    self.stats.error = "the process that writes the capture was killed"
            if ready.intersection(watched):
                break
        return not self.stats.alive

    def name_process(self, pid: int, name: str) -> None:
        """Say how a process of ours is called. Never waits: what cannot be taken now is left out."""
        if self._names:
            with suppress(OSError):
                self._names.send(pack([Fact(PortKey(PROCESS, pid), 0, name)]))

    def _start(self, undo: ExitStack) -> None:
        plan = self.plan
        if plan.target == STDOUT and sys.stdout.isatty():
            raise NlsniffError("a capture is not for a terminal: send it into a pipe or a file, or name one with -w")
        describe = self._describe = undo.enter_context(SelfDescription()) if plan.describe else None
        source: DatagramSource = self._join(undo) if plan.groups else self._open_device(undo)
        self._fork(undo, source, describe.ports if describe else {})
        if describe and not plan.groups:
            describe.trigger()
        # The reader's first word: the file is begun, and the privileges are gone. Or it could do neither.
        self.wait(self._status)
        if self.stats.error:
            raise NlsniffError(self.stats.error)

    def _open_device(self, undo: ExitStack) -> RingSource:
        """Find or make the nlmon device, and return a ring on it."""
        plan = self.plan
        capabilities = (privilege.CAP_NET_RAW,) if plan.device else (privilege.CAP_NET_ADMIN, privilege.CAP_NET_RAW)
        privilege.require(*capabilities)
        if plan.device:
            device.check(plan.device)
            self._device = device.Device(plan.device)
            self.stats.device = plan.device
        else:
            if not self._private:
                device.clear_left_over()
            self._device = device.create(private=self._private)
            undo.callback(device.remove, self._device)
            self.stats.device = self._device.name
        try:
            return RingSource(*packet.open_socket(self.stats.device, undo))
        except PermissionError as error:
            raise privilege.refusal("CAP_NET_RAW in this network namespace") from error

    def _join(self, undo: ExitStack) -> groups.GroupSource:
        """Join the groups; what may be missing is said by that."""
        joined = [groups.MulticastGroup(*group) for group in self.plan.groups]
        sockets = groups.join(joined, undo)
        self._device = device.Device("groups")
        self.stats.device = self._device.name
        return groups.GroupSource(sockets, self._describe)

    def _open_next(self) -> None:
        """Open the file that the reader asks for, if it does, and hand it over."""
        control = self._control
        if control is None or self.stats.files <= self._target.count:
            return
        try:
            number = self._target.open()
        except NlsniffError as error:
            self._failure = str(error)
            self.stop()
            return
        try:
            with suppress(OSError):
                socket.send_fds(control, [b"f"], [number])
        finally:
            os.close(number)
        if self._describe and not self.plan.groups:
            self._describe.trigger()

    def _fork(self, undo: ExitStack, source: DatagramSource, own_ports: dict[PortKey, str]) -> None:
        """Open the file and the pipes, and start the reader."""
        output = self._target.open()
        self._control, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._status, status = os.pipe()
        undo.callback(os.close, self._status)
        for number in (self._status, status):
            os.set_blocking(number, False)
        names = self._open_names(undo)
        wiring = reader.Wiring(source, output, control, status, self._names.fileno() if self._names else -1)
        sys.stdout.flush()
        sys.stderr.flush()
        self._reader = reader.spawn(self.plan, self._device, wiring, own_ports)
        self._reader_fd = os.pidfd_open(self._reader)
        undo.callback(self._reap)
        control.close()
        for number in (output, status):
            os.close(number)
        if names:
            with ExitStack() as ours:
                ours.enter_context(names)
                ears = None if self.plan.groups else ours.enter_context(tap.open_tap(self.stats.device))
                pid = namer.spawn(ears, names)
            undo.callback(_end, pid)

    def _open_names(self, undo: ExitStack) -> socket.socket | None:
        """Open the channel between reader and namer, and return the namer's end; None where no name is to be kept."""
        if self.plan.format == "pcap" or not self.plan.names:
            return None
        self._names, names = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        undo.enter_context(self._names)
        self._names.setblocking(False)
        names.setblocking(False)
        return names

    def _reap(self) -> None:
        self.stop()
        os.waitpid(self._reader, 0)
        os.close(self._reader_fd)

    def _take_status(self) -> bool:
        """Read what the reader reported; tell whether there was anything."""
        try:
            data = os.read(self._status, 1 << 16)
        except BlockingIOError:
            return False
        self._rest = self.stats.merge(self._rest + data)
        if self._failure and not self.stats.alive:
            self.stats.error = self.stats.error or self._failure
        return bool(data)

    @property
    def paths(self) -> list[str]:
        """The files that it wrote and that are still there; none where it writes to standard output."""
        return self._target.paths


def _end(pid: int) -> None:
    """End the namer, which holds nothing that could be lost."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
