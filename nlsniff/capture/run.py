"""Run a command, or a function, under a capture that begins before it and ends after it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nlsniff.capture import namespace
from nlsniff.capture.calm import calm
from nlsniff.capture.engine import Recorder
from nlsniff.capture.held import FUNCTION, Held
from nlsniff.capture.plan import STDOUT
from nlsniff.capture.privilege import NoNlmonError
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType
    from typing import Self

    from nlsniff.capture.plan import RecordPlan, Stats, Via
    from nlsniff.capture.traced import TracedRecorder

_NOT_EXECUTABLE = 126
_NOT_FOUND = 127


def record(
    work: Sequence[str] | Callable[[], int],
    plan: RecordPlan,
    *,
    here: bool = False,
    netns: str | None = None,
    via: Via = "auto",
    say: Callable[[str], None] = lambda _: None,
) -> tuple[int, Stats]:
    """Run a command and capture from before its start until it ends.

    Moves this process into the command's network namespace for good, so it is for a program that then ends.

    Args:
        work: The command and its arguments. It inherits standard input, output and error; where the capture itself goes
            to standard output, the command's output goes to standard error. Or a function: it is called in a forked
            process, whose exit status it returns.
        plan: What to write, and how; when to stop is for the command to say.
        here: Stay in the present network namespace.
        netns: Use this existing network namespace.
        via: How to record.
        say: Takes what there is to say before the command begins, a line each.

    Returns:
        The command's exit status as a shell gives it, and the figures of the capture. Where the command cannot be run,
        no file is left, and the figures have no files and an error that says why.

    Raises:
        NlsniffError: when the capture cannot begin. The command was not run then.
    """
    private = not here and netns is None
    if plan.calm and not private:
        raise NlsniffError(
            "--calm changes the settings of a network namespace, so it is for a new one: leave out "
            + ("--here" if here else "--netns")
        )
    if netns:
        namespace.enter(netns)
    elif private:
        namespace.enter_new()
        namespace.require_rights()
        if plan.calm and not calm():
            say("this kernel has no IPv6, so --calm has nothing to do")
    set_up(plan.setup)
    with ExitStack() as undo:
        signals = undo.enter_context(_Signals())
        command: Sequence[str] | Held
        if callable(work):
            command = held = Held(work, _output(plan))  # before there is anything of the capture that it would inherit
            undo.callback(held.give_up)
        else:
            command = work
        capture = _begin(command, plan, via, undo, private=private, say=say)
        try:
            status, refused = _run(command, capture, signals, _output(plan)), ""
        except OSError as error:
            status = _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
            refused = f"cannot run {FUNCTION if isinstance(command, Held) else command[0]}: {error.strerror}"
    if refused:
        capture.stats.files, capture.stats.error = 0, refused
        _remove(plan.target)
    return status, capture.stats


def _remove(target: str) -> None:
    """Remove a file of which nothing is wanted, unless it is none of our making: standard output, a device, a link."""
    with suppress(OSError):
        if target != STDOUT and stat.S_ISREG(os.lstat(target).st_mode):
            os.unlink(target)  # noqa: PTH108


def set_up(commands: Sequence[Sequence[str]]) -> None:
    """Run commands one after the other, each to its end. What they print is told only of one that fails.

    Raises:
        NlsniffError: one cannot be run, or fails; those after it are not run then. Its arguments, which may hold keys,
            are not in the text.
    """
    for number, command in enumerate(commands, 1):
        said = f"command {number}, {command[0]}"
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
            )
        except OSError as error:
            raise NlsniffError(f"setup: {said}: cannot be run: {error.strerror}") from None
        if done.returncode:
            words = done.stdout.decode(errors="backslashreplace").strip()
            raise NlsniffError(f"setup: {said}: exit status {done.returncode}{f': {words}' if words else ''}")


def _begin(
    command: Sequence[str] | Held, plan: RecordPlan, via: Via, undo: ExitStack, *, private: bool,
    say: Callable[[str], None],
) -> Recorder | TracedRecorder:  # fmt: skip
    """Begin the capture, by the first way that there is; it ends with `undo`."""
    refused: NoNlmonError | None = None
    if via != "strace":
        try:
            return undo.enter_context(Recorder(plan, private=private))
        except NoNlmonError as error:
            if via == "nlmon":
                raise
            refused = error
    # A recording by nlmon needs nothing of it.
    from nlsniff.capture.traced import TracedRecorder
    from nlsniff.capture.tracer import NoStraceError

    try:
        capture = undo.enter_context(TracedRecorder(plan, command, _output(plan), private=private))
    except NoStraceError as error:
        raise NlsniffError(f"{refused.brief}; {error}" if refused else f"{error}, or record --via nlmon") from error
    if refused:
        say(f"recording by strace: {refused.brief}")
    return capture


def _output(plan: RecordPlan) -> int | None:
    """The descriptor for the command's standard output; None leaves it as it is."""
    return sys.stderr.fileno() if plan.target == STDOUT else None


class _Running(Protocol):
    """A command that runs."""

    pid: int

    def send_signal(self, number: int) -> None: ...

    def wait(self) -> int: ...


class _Signals:
    """What others send us while a command runs, and a little before and after.

    What the keyboard sends is for the command, which gets it, too; a request to end us is handed on to it. With
    handlers rather than SIG_IGN, because an ignored signal stays ignored in the command.
    """

    def __init__(self) -> None:
        self._child: _Running | None = None
        self._asked_to_end: int | None = None

    def __enter__(self) -> Self:
        pass_over = dict.fromkeys((signal.SIGINT, signal.SIGQUIT), lambda *_: None)
        hand_on = dict.fromkeys((signal.SIGTERM, signal.SIGHUP), self._end)
        self._before = {number: signal.signal(number, handler) for number, handler in (pass_over | hand_on).items()}
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def are_for(self, child: _Running) -> None:
        """Hand requests to end on to this command from now on, and one that came before."""
        self._child = child
        if self._asked_to_end is not None:
            child.send_signal(self._asked_to_end)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self._asked_to_end = number
        if self._child:
            self._child.send_signal(number)


def _run(
    command: Sequence[str] | Held, capture: Recorder | TracedRecorder, signals: _Signals, output: int | None
) -> int:
    """Run the command to its end.

    Raises:
        OSError: it cannot be run.
    """
    child: _Running
    if isinstance(capture, Recorder):
        child = command if isinstance(command, Held) else subprocess.Popen(command, stdout=output)
        name = FUNCTION if isinstance(command, Held) else command[0]
        # It may have ended before its name can be looked up.
        capture.name_process(child.pid, Path(name).name)
    else:
        child = capture.held
    signals.are_for(child)
    if isinstance(child, Held):
        child.go()
    # Also when the capture fails midway, the command runs to its end.
    status = child.wait()
    return 128 - status if status < 0 else status
