"""Run a command under a capture that begins before it and ends after it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.capture import namespace
from nlsniff.capture.calm import calm
from nlsniff.capture.engine import Recorder
from nlsniff.capture.plan import STDOUT
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from nlsniff.capture.plan import RecordPlan, Stats

_NOT_EXECUTABLE = 126
_NOT_FOUND = 127


def record(argv: Sequence[str], plan: RecordPlan, *, here: bool = False, netns: str | None = None) -> tuple[int, Stats]:
    """Run a command and capture from before its start until it ends.

    Moves this process into the command's network namespace for good, so it is for a program that then ends.

    Args:
        argv: The command and its arguments. It inherits standard input, output and error; where the capture itself goes
            to standard output, the command's output goes to standard error.
        plan: What to write, and how; when to stop is for the command to say.
        here: Stay in the present network namespace.
        netns: Use this existing network namespace.

    Returns:
        The command's exit status as a shell gives it, and the figures of the capture.

    Raises:
        NlsniffError: when the capture cannot begin. The command was not run then.
    """
    if plan.calm and (here or netns):
        raise NlsniffError(
            "--calm changes the settings of a network namespace, so it is for a new one: leave out "
            + ("--here" if here else "--netns")
        )
    if netns:
        namespace.enter(netns)
    elif not here:
        namespace.enter_new()
        if plan.calm and not calm():
            print("nlsniff: this kernel has no IPv6, so --calm has nothing to do", file=sys.stderr)
    set_up(plan.setup)
    capture = Recorder(plan, private=not here and netns is None)
    # What the keyboard sends is for the command; a request to end us is handed on to it. With handlers rather than
    # SIG_IGN, because an ignored signal stays ignored in the command.
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        with capture:
            status = _run(argv, capture, output=sys.stderr if plan.target == STDOUT else None)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status, capture.stats


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


def _run(argv: Sequence[str], capture: Recorder, *, output: TextIO | None) -> int:
    child: subprocess.Popen[bytes] | None = None
    asked_to_end: int | None = None

    def end(number: int, _frame: object) -> None:
        nonlocal asked_to_end
        asked_to_end = number
        if child:
            child.send_signal(number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        child = subprocess.Popen(argv, stdout=output)
        if asked_to_end is not None:
            child.send_signal(asked_to_end)
        # It may have ended before its name can be looked up.
        capture.name_process(child.pid, Path(argv[0]).name)
        # Also when the capture fails midway, the command runs to its end.
        status = child.wait()
    except OSError as error:
        print(f"nlsniff: cannot run {argv[0]}: {error.strerror}", file=sys.stderr)
        return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - status if status < 0 else status
