"""The fixture `netlink`: records programs, functions, or the present network namespace."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, ParamSpec, TypeVar

from nlsniff.capture.apart import Surroundings, record_apart
from nlsniff.capture.plan import RecordPlan
from nlsniff.errors import BadArgumentError, NlsniffError
from nlsniff.testing.child import call
from nlsniff.testing.plain import BeginAndEnd, plainly
from nlsniff.testing.recording import Printed, Recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from nlsniff.api.capture import Capture
    from nlsniff.api.conversation import Conversation
    from nlsniff.regress.api import TranscriptText
    from nlsniff.testing.case import NetlinkTest

    Word = str | os.PathLike[str]
    Commands = Iterable[str | Sequence[Word]]

_P = ParamSpec("_P")
_R = TypeVar("_R")

__tracebackhide__ = True  # pytest leaves out the functions of this module


class CommandError(NlsniffError):
    """The recorded program failed, and nobody said that it may."""


class Netlink:
    """Records what is said to the kernel, in network namespaces of their own. docs/pytest.md explains it.

    Attributes and methods that are a recording's are those of the last one.

    Args:
        case: the test.
        folder: for captures; it is the test's own, and removed after it.
    """

    def __init__(self, case: NetlinkTest, folder: Path) -> None:
        self._case = case
        self._folder = folder
        self._setup: list[tuple[str, ...]] = []
        self.recordings: list[Recording] = []

    # -- to record -----------------------------------------------------------------------------------------------

    @plainly
    def setup(self, commands: Commands) -> None:
        """Have commands run, unrecorded, in the namespace of each later `run` and `call` before it begins.

        Args:
            commands: lines for a shell (`"ip link set lo up"`), or lists of arguments.
        """
        self._setup += _commands(commands)

    @plainly
    def run(
        self, argv: Sequence[Word], *, setup: Commands = (), check: bool = True, input: str | bytes | None = None,
        env: Mapping[str, str] | None = None, cwd: Word | None = None, timeout: float | None = None,
    ) -> Recording:  # fmt: skip
        """Run a program in a new network namespace, in which it is root, and record its netlink.

        Args:
            argv: the program and its arguments.
            setup: as that of `setup`, for this run alone.
            check: fail where its exit status is not 0.
            input: what it reads from standard input; nothing by default.
            env: all its environment variables.
            cwd: the folder that it runs in.
            timeout: seconds after which it is ended, which is a failure.

        Raises:
            NlsniffError: it cannot be run, failed, or took too long.
        """
        words = _words(argv)
        _refuse_absent(words[0], env, cwd)
        plan = self._plan(setup)
        with ExitStack() as undo:
            files = [undo.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            files[0].write(input.encode() if isinstance(input, str) else input or b"")
            files[0].seek(0)
            folder = None if cwd is None else os.fspath(cwd)
            stdin, stdout, stderr = (file.fileno() for file in files)
            around = Surroundings(stdin, stdout, stderr, folder, env, timeout)
            status, stats = self._case.recorded(
                lambda: record_apart(words, plan, here=False, netns=None, inherited=(), around=around)
            )
            told = Printed(status, _text(files[1]), _text(files[2]), tuple(stats.notes))
        done = self._add(plan, told)
        if status and check:
            said = f": {told.stderr.strip()}" if told.stderr.strip() else ""
            raise CommandError(f"{Path(words[0]).name}: exit status {status}{said} (check=False goes on)")
        return done

    @plainly
    def call(self, function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call a function in a forked process, in a new network namespace, in which it is root, and record it.

        What the function changes in memory is lost; what it returns, or raises, is pickled and handed on.

        Raises:
            NlsniffError: what it returns cannot be pickled, or its process ended before it.
        """
        plan = self._plan(())
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            done = self._case.recorded(lambda: call(lambda: function(*args, **kwargs), plan, out, err))
            told = Printed(None, _text(out), _text(err), done.notes)
        self._add(plan, told)
        return done.result()

    def here(self) -> BeginAndEnd:
        """Record the present network namespace, all of it, as long as the block lasts; it needs root and nlmon."""
        from nlsniff.capture.session import start

        def begin() -> Callable[[], None]:
            plan = RecordPlan(self._next())
            session = self._case.recorded(lambda: start(plan.target), here=True)

            def end() -> None:
                stats = session.stop()
                if stats.error:
                    raise NlsniffError(stats.error)
                self._add(plan, Printed(None, "", ""))

            return end

        return BeginAndEnd(begin)

    @plainly
    def read(self, path: Word) -> Recording:
        """Take a capture that was recorded elsewhere, such as in a virtual machine that the test boots.

        Raises:
            NlsniffError: nothing in it can be read.
        """
        found = Recording(Path(os.path.abspath(path)), Printed(None, "", ""), self._case.answers, self._case.rules)  # noqa: PTH100
        found.capture  # noqa: B018  it is refused here, and not where it is used
        self.recordings.append(found)
        return found

    # -- what was recorded last ----------------------------------------------------------------------------------

    @property
    @plainly
    def recording(self) -> Recording:
        """The last recording.

        Raises:
            NlsniffError: there is none yet.
        """
        if not self.recordings:
            raise NlsniffError('netlink: nothing was recorded yet: netlink.run(["ip", "link"]) records a program')
        return self.recordings[-1]

    def __eq__(self, other: object) -> bool:
        """Compare the last recording with a golden."""
        return self.recording == other if hasattr(other, "judge") else self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return repr(self.recordings[-1]) if self.recordings else "<Netlink: nothing recorded yet>"

    @property
    def capture(self) -> Capture:
        """The capture: messages, filters, conversations; see docs/python.md."""
        return self.recording.capture

    @property
    def transcript(self) -> TranscriptText:
        """What a golden of it would say."""
        return self.recording.transcript

    @property
    def returncode(self) -> int | None:
        """The exit status of the program, 128 + N where signal N ended it; None of a function."""
        return self.recording.returncode

    @property
    def stdout(self) -> str:
        """What was printed to standard output."""
        return self.recording.stdout

    @property
    def stderr(self) -> str:
        """What was printed to standard error."""
        return self.recording.stderr

    def conversations(self, filter: str | None = None) -> list[Conversation]:
        """The conversations of which a message matches a filter, all without one; none that the recorder had.

        Raises:
            FilterError: the filter cannot be used; says where and why.
        """
        return self.recording.conversations(filter)

    @plainly
    def expect(self, rules: Word) -> None:
        """Judge the last recording by what a file of rules expects (`no-errors = true`, `[[must]]`, `[[never]]`, ...).

        Raises:
            AssertionError: something is not met; says what.
            NlsniffError: the file expects nothing, or the recording cannot be judged.
        """
        failures = self._case.expected(self.recording, Path(rules))
        if failures:
            raise AssertionError("\n".join(failures))

    # -- inside --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close all captures."""
        for recording in self.recordings:
            recording.close()

    def _plan(self, setup: Commands) -> RecordPlan:
        return RecordPlan(self._next(), calm=self._case.calm, setup=(*self._setup, *_commands(setup)))

    def _next(self) -> str:
        count = len(self.recordings)
        return str(self._folder / f"recorded{f'-{count + 1}' if count else ''}.pcapng")

    def _add(self, plan: RecordPlan, told: Printed) -> Recording:
        sys.stdout.write(told.stdout)  # as if it had been inherited: pytest shows it where a test fails
        sys.stderr.write(told.stderr)
        found = Recording(Path(plan.target), told, self._case.answers, self._case.rules)
        self.recordings.append(found)
        return found


def _commands(commands: Commands) -> list[tuple[str, ...]]:
    if isinstance(commands, str):
        raise BadArgumentError(f"setup is a list of commands: setup=[{commands!r}]")
    return [("sh", "-ec", command) if isinstance(command, str) else _words(command) for command in commands]


def _words(argv: Sequence[Word]) -> tuple[str, ...]:
    if isinstance(argv, str | bytes) or not argv:
        raise BadArgumentError('a program is a list of words: ["ip", "link", "show"], or ["sh", "-c", "ip link; ..."]')
    return tuple(os.fspath(word) for word in argv)


def _refuse_absent(program: str, env: Mapping[str, str] | None, cwd: Word | None) -> None:
    """Refuse a program that is not there: with check=False nobody else would."""
    search = (os.environ if env is None else env).get("PATH", os.defpath)
    place = os.path.join(cwd or "", program) if os.sep in program else program  # noqa: PTH118  it may be a bare name
    if shutil.which(place, path=search) is None:
        raise NlsniffError(f"cannot run {program}: there is no such program")


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="backslashreplace")
