"""A recording by strace: what a command says and hears, by its own system calls. It needs no nlmon and no privilege.

The frames that describe the capture are asked for here, before the command begins, and written at once. What strace
tells is written when the command has ended.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nlsniff.capture import tracer
from nlsniff.capture.device import Device
from nlsniff.capture.held import FUNCTION, Held
from nlsniff.capture.plan import STDOUT, Stats
from nlsniff.capture.reader import count_messages
from nlsniff.capture.selfdescribe import SelfDescription
from nlsniff.capture.sink import Sink
from nlsniff.capture.target import Target
from nlsniff.errors import NlsniffError
from nlsniff.file.told import Told
from nlsniff.wire.comments import OWN, process_comment, process_in
from nlsniff.wire.constants import UNKNOWN_PROTOCOL
from nlsniff.wire.cooked import cooked_header
from nlsniff.wire.delivery import Delivery, delivery_comment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

    from nlsniff.capture.plan import RecordPlan

NAME: Final = "strace"
_PREFIX: Final = "nlsniff-strace-"
_YOUNG_SECONDS: Final = 60.0


class TracedRecorder:
    """A recording by strace: enter to get the command ready, let it `held.go`, leave to have the file written.

    Args:
        plan: into what, and whether it is described and names processes.
        command: with its arguments; or what waits already.
        output: the descriptor that takes the command's standard output, where that is another one.
        private: the command runs in namespaces that were made for it.

    Attributes:
        held: the command, to which strace is attached.
        stats: how it stands; final when it is left.

    Raises:
        NlsniffError: on entering, when strace or the file is lacking, or strace cannot attach. The command was not run
            then, and nothing is left behind.
    """

    held: Held

    def __init__(self, plan: RecordPlan, command: Sequence[str] | Held, output: int | None, *, private: bool) -> None:
        self._plan = plan
        self._command = command
        self._output = output
        self._private = private
        self._sink = Sink(plan, Device(NAME))
        self._undo = ExitStack()
        self.stats = Stats(device=NAME)

    def __enter__(self) -> Self:
        strace = tracer.require([] if isinstance(self._command, Held) else self._command, private=self._private)
        if self._plan.target == STDOUT and sys.stdout.isatty():
            raise NlsniffError("a capture is not for a terminal: send it into a pipe or a file, or name one with -w")
        with ExitStack() as undo:
            folder = undo.enter_context(_folder())
            self.held = self._command if isinstance(self._command, Held) else Held(self._command, self._output)
            undo.callback(self.held.give_up)
            self._tracer = tracer.Tracer(strace, folder, self.held.pid)
            undo.callback(self._tracer.stop)
            self._sink.begin(Target(self._plan).open())
            if self._plan.describe:
                self._describe()
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_exception: object) -> None:
        with self._undo:
            try:
                self.stats.error = self._tracer.stop()
                self._write_told()
                self._sink.end(self.stats.received, 0)
            except NlsniffError as error:
                self.stats.error = str(error)
            except BrokenPipeError:
                # `nlsniff record -w - | head` has what it wanted.
                if self._plan.target != STDOUT:
                    raise
        self.stats.alive = False

    def _describe(self) -> None:
        """Ask the kernel what ids mean, and write question and answer as ours."""
        asked = set[int]()
        with SelfDescription() as description:
            for time_ns, protocol, data in description.exchange():
                port, number, name = description.owner(protocol)
                way = Delivery("to-user", 0, port) if protocol in asked else Delivery("to-kernel", port, 0)
                words = [OWN] if protocol in asked or not self._plan.names else [process_comment(name), OWN]
                asked.add(protocol)
                inode = os.fstat(number).st_ino
                delivery = way._replace(socket=inode, descriptor=number, process=name)
                self._write(Told(time_ns, protocol, data, len(data), delivery, "\n".join(words)))
        self._sink.writer.flush()

    def _write_told(self) -> None:
        """Write what strace told."""
        from nlsniff.file.strace import read_strace  # a recording by nlmon does not need it

        names = {self.held.pid: FUNCTION} if self.held is self._command else {}
        log = read_strace(self._tracer.logs(), names)
        unknown = 0
        for told in log.datagrams:
            if told.protocol == UNKNOWN_PROTOCOL:
                unknown += 1
            else:
                self._write(told)
        if unknown:
            log.notes.append(f"{unknown} datagrams are left out, for nothing shows the protocol of their sockets")
        if self._plan.format == "pcap":
            log.notes.append("pcap cannot hold who sent a datagram to whom: give a name that ends in .pcapng")
        self.stats.notes = log.notes

    def _write(self, told: Told) -> None:
        delivery, words = told.delivery, told.comment.split("\n") if told.comment else []
        if not self._plan.names:
            delivery = delivery and delivery._replace(process="")
            words = [line for line in words if process_in(line) is None]
        if delivery:
            words.append(delivery_comment(delivery))
        frame = cooked_header(told.protocol) + told.data
        self._sink.writer.write(told.time_ns, frame, told.length + len(frame) - len(told.data), "\n".join(words))
        self.stats.received += 1
        count = count_messages(frame)
        self.stats.messages += count
        self.stats.own += count if OWN in words else 0
        self.stats.frames, self.stats.cut = self._sink.frames, self._sink.cut


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that only we may enter, which is gone afterwards: the logs hold all that was said, keys, too.

    It is locked meanwhile, so that the next recording tells it from one that a killed recording left, and removes that.
    """
    _clear_left_over()
    try:
        path = tempfile.mkdtemp(prefix=_PREFIX)
    except OSError as error:
        why = error.strerror or error
        raise NlsniffError(f"no folder for strace's logs: {why}: set TMPDIR to where there is room") from None
    try:
        with _locked(Path(path)):
            yield Path(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _clear_left_over() -> None:
    """Remove the folders of our own that nobody locks any more; what holds other files is somebody else's."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError), _locked(path) as found:
            # One that was just made may not be locked yet.
            is_old = found.st_uid == os.geteuid() and time.time() - found.st_ctime > _YOUNG_SECONDS
            if is_old and stat.S_IMODE(found.st_mode) == stat.S_IRWXU and all(map(tracer.is_own, os.listdir(path))):  # noqa: PTH208
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[os.stat_result]:
    """Lock a folder, and give what it is like.

    Raises:
        OSError: it is locked, or no folder.
    """
    number = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield os.fstat(number)
    finally:
        os.close(number)
