"""A capture as a screen holds it: start it, ask how it stands, stop it. The frames are read from the file."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import nlsniff
from nlsniff.capture.plan import RecordPlan, Stats
from nlsniff.capture.unnamed import unnamed_file
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from typing import BinaryIO

    from nlsniff.capture.groups import MulticastGroup

_START_SECONDS = 15.0
_STOP_SECONDS = 10.0


class Session:
    """A running capture in processes of its own; made by `start`.

    Attributes:
        path: The file that grows; whole records are added at most 100 ms after the kernel saw them.
        device: The device that is captured on.
    """

    def __init__(self, path: Path, keeper: subprocess.Popen[bytes], unnamed: BinaryIO | None) -> None:
        self.path = path
        self._unnamed = unnamed  # the file behind the path, where that is no name
        self.device = ""
        self._keeper = keeper
        self._stats = Stats()
        self._rest = b""

    @property
    def kept(self) -> bool:
        """Whether the recording stays when the capture has ended."""
        return self._unnamed is None

    def stats(self) -> Stats:
        """Return how the capture stands. Never waits; call it as often as the screen is drawn."""
        self._take(0)
        return self._stats

    def stop(self) -> Stats:
        """Stop, wait until the file is whole and the device is removed, and return the final figures.

        Calling it again returns them again.
        """
        if self._keeper.stdin and not self._keeper.stdin.closed:
            self._keeper.stdin.close()
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
            error = self.stop().error
            raise NlsniffError(error or "the capture did not start")
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
    keeper = subprocess.Popen(
        [sys.executable, "-P", "-m", "nlsniff.capture.keeper", json.dumps(asdict(plan))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        process_group=0,
        pass_fds=(unnamed.fileno(),) if unnamed else (),
    )
    session = Session(path, keeper, unnamed)
    session.wait_ready()
    return session
