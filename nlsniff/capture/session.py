"""A capture as a screen holds it: start it, ask how it stands, stop it. The frames are read from the file."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import nlsniff
from nlsniff.capture.plan import RecordPlan, Stats
from nlsniff.capture.target import numbered, open_target
from nlsniff.capture.unnamed import unnamed_file
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from typing import BinaryIO

    from nlsniff.capture.groups import MulticastGroup

_START_SECONDS = 15.0
_STOP_SECONDS = 10.0
_GONE = "the capture process is gone; leave, and run `nlsniff live` again"


class Session:
    """Recordings by processes of their own, one after the other; made by `start`, which begins the first.

    `stats` may be called while another thread is in `finish` or `begin`.

    Attributes:
        path: The file that grows; whole records are added at most 100 ms after the kernel saw them.
        device: The device that is captured on.
        earlier: The recordings that were kept before this one: their files and figures.
    """

    def __init__(
        self, path: Path, keeper: subprocess.Popen[bytes], control: socket.socket, unnamed: BinaryIO | None
    ) -> None:
        self.path = self._first = path
        self.device = ""
        self.earlier: list[tuple[Path, Stats]] = []
        self._unnamed = unnamed  # the file behind the path, where that is no name
        self._keeper = keeper
        self._control = control
        self._stats = Stats()
        self._rest = b""
        self._lock = threading.RLock()

    @property
    def kept(self) -> bool:
        """Whether the recording stays when the capture has ended."""
        return self._unnamed is None

    @property
    def name(self) -> str:
        """How to call the file of the recording."""
        return str(self.path) if self.kept else "not kept"

    def stats(self) -> Stats:
        """Return how the recording stands. Never waits; call it as often as the screen is drawn."""
        if self._lock.acquire(blocking=False):
            try:
                self._take(0)
            finally:
                self._lock.release()
        return self._stats

    def finish(self) -> Stats:
        """End the recording, wait until its file is whole and the device is removed, and return the final figures.

        `begin` begins another.
        """
        with self._lock:
            if self._stats.alive:
                with suppress(OSError):
                    self._control.send(b"stop")
                end = time.monotonic() + _STOP_SECONDS
                while self._stats.alive and self._take(end - time.monotonic()):
                    pass
                if self._stats.alive:
                    self._stats.alive = False
                    self._stats.error = "the capture did not end in time"
                    self._control.close()  # it ends as soon as it can, and no other begins
            return self._stats

    def begin(self) -> None:
        """End the recording, and begin another of the same kind, in a file of its own; returns once frames gather.

        The file is opened with the rights of this process: one without a name again, or beside `x.pcapng` a
        `x_00002_20261121235900.pcapng`.

        Raises:
            NlsniffError: it cannot begin; says why. All is then as after `finish`.
        """
        with self._lock, ExitStack() as undo:
            before = self.finish()
            try:
                unnamed, path = self._open_next(undo)
                self._stats = Stats()
                self.wait_ready()
            except (OSError, NlsniffError) as error:
                if self._stats.alive:
                    self._control.close()  # it may begin yet, which nobody waits for
                self._stats = before
                raise error if isinstance(error, NlsniffError) else NlsniffError(_GONE) from error
            undo.pop_all()
            if self._unnamed:
                self._unnamed.close()
            else:
                self.earlier.append((self.path, before))
            self._unnamed, self.path = unnamed, path

    def _open_next(self, undo: ExitStack) -> tuple[BinaryIO | None, Path]:
        """Open a file and hand it over; `undo` takes it away again."""
        if self._unnamed:
            unnamed, name = unnamed_file()
            undo.callback(unnamed.close)
            socket.send_fds(self._control, [b"start"], [unnamed.fileno()])
            return unnamed, Path(name)
        path = numbered(self._first, 2 + len(self.earlier))
        output = open_target(path)
        undo.callback(Path(path).unlink)
        try:
            socket.send_fds(self._control, [b"start"], [output])
        finally:
            os.close(output)
        return None, Path(path)

    def stop(self) -> Stats:
        """End the recording as `finish`, and the processes that record; return the final figures.

        Calling it again returns them again.
        """
        with self._lock:
            self._control.close()
            end = time.monotonic() + _STOP_SECONDS
            while self._take(end - time.monotonic()):
                pass
            try:
                self._keeper.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._stats.error = self._stats.error or "the capture did not end in time"
                # A screen without privileges may not; the capture ends as soon as it can, for nobody holds its input.
                with suppress(PermissionError):
                    self._keeper.kill()
                    self._keeper.wait()
            self._stats.alive = False
            if self._unnamed:
                self._unnamed.close()
            return self._stats

    def wait_ready(self) -> None:
        """Wait until frames gather.

        Raises:
            NlsniffError: when the capture cannot begin; says why.
        """
        end = time.monotonic() + _START_SECONDS
        while not self._stats.device and self._stats.alive and time.monotonic() < end:
            self._take(end - time.monotonic())
        if not self._stats.device or self._stats.error:
            raise NlsniffError(self._stats.error or "the capture did not start")
        self.device = self._stats.device

    def _take(self, seconds: float) -> bool:
        """Take over reported figures, waiting at most so long; tell whether more may come."""
        pipe = self._keeper.stdout
        if pipe is None or pipe.closed:
            return False
        if not select.select([pipe], [], [], max(0.0, seconds))[0]:
            return False
        data = os.read(pipe.fileno(), 1 << 16)
        if not data:
            pipe.close()
            if self._stats.alive:
                self._stats.alive = False
                self._stats.error = self._stats.error or "the capture process died"
            return False
        self._rest = self._stats.merge(self._rest + data)
        return True


def start(
    path: str | os.PathLike[str] | None,
    device: str | None = None,
    *,
    describe: bool = True,
    names: bool = True,
    groups: tuple[MulticastGroup, ...] = (),
) -> Session:
    """Start a capture into a file and return once frames gather.

    Args:
        path: The file to write; its name decides the format. An existing one is overwritten. None writes one without a
            name, of which nothing is left when the session ends: open it by `Session.path` before that.
        device: An existing nlmon device; by default one is made, and removed at the end.
        describe: Begin the file with what its ids mean.
        names: Find out which process is behind each port id.
        groups: Join these multicast groups instead of using a device.

    Raises:
        NlsniffError: when privilege, nlmon, a group or the file is lacking; says what to do.
    """
    unnamed, path = unnamed_file() if path is None else (None, path)
    path = Path(path).absolute()
    plan = RecordPlan(target=str(path), device=device, describe=describe, names=names, groups=groups)
    # The keeper runs the very code that runs here, wherever it came from, and nothing from the working folder.
    code = str(Path(nlsniff.__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (code, os.environ.get("PYTHONPATH"))))}
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    keeper = subprocess.Popen(
        [sys.executable, "-P", "-m", "nlsniff.capture.keeper", json.dumps(asdict(plan))],
        stdin=theirs.fileno(),
        stdout=subprocess.PIPE,
        env=environment,
        process_group=0,
        pass_fds=(unnamed.fileno(),) if unnamed else (),
    )
    theirs.close()
    session = Session(path, keeper, control, unnamed)
    try:
        session.wait_ready()
    except NlsniffError:
        session.stop()
        raise
    return session
