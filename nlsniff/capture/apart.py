"""Record a command in a process of its own, for a program that goes on: `record` moves its process for good.

Run as a program, with a descriptor to report to and what `record` is to be told, as JSON.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

import nlsniff
from nlsniff.capture.plan import RecordPlan, Stats
from nlsniff.capture.run import record
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nlsniff.capture.plan import Via

# The very code that runs here, and nothing from the working folder; the command's environment stays as it is.
_PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from nlsniff.capture.apart import main; main(sys.argv[1:])"
_GRACE = 5  # seconds for who is asked to end


class Surroundings(NamedTuple):
    """What a command is given beside its arguments; None is what this process has.

    Attributes:
        stdin, stdout, stderr: descriptors.
        folder: that it runs in.
        environment: all its variables.
        seconds: after which it is ended, with all that it started in its process group.
    """

    stdin: int | None = None
    stdout: int | None = None
    stderr: int | None = None
    folder: str | None = None
    environment: Mapping[str, str] | None = None
    seconds: float | None = None


def record_apart(
    argv: Sequence[str], plan: RecordPlan, *, here: bool, netns: str | None, inherited: Sequence[int],
    via: Via = "auto", around: Surroundings | None = None,
) -> tuple[int, Stats]:  # fmt: skip
    """As `record`, but this process stays where it is; the capture inherits descriptors, where the plan names one.

    Raises:
        NlsniffError: when the capture cannot begin, or fails, or takes too long.
    """
    around = around or Surroundings()
    told, telling = os.pipe()
    options = {"plan": asdict(plan), "here": here, "netns": netns, "via": via}
    code = str(Path(nlsniff.__file__).resolve().parent.parent)
    with os.fdopen(told) as report:
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, code, str(telling), json.dumps(options), *argv],
                pass_fds=(telling, *inherited),
                stdin=around.stdin,
                stdout=around.stdout,
                stderr=around.stderr,
                cwd=around.folder,
                env=around.environment,
                process_group=None if around.seconds is None else 0,
            )
        finally:
            os.close(telling)
        with process:
            try:
                if around.seconds is not None:
                    _wait(report, argv[0], around.seconds)
                line = report.readline()
            except BaseException:
                if around.seconds is not None:  # Ctrl-C does not reach its process group
                    _end(process)
                raise
    if not line:
        raise NlsniffError("the recording ended before it could say how")
    status, figures = json.loads(line)
    stats = Stats(**figures)
    if stats.error:
        raise NlsniffError(stats.error)
    return status, stats


def _wait(report: TextIO, program: str, seconds: float) -> None:
    """Wait for a report.

    Raises:
        NlsniffError: it did not come in time.
    """
    if not select.select([report], [], [], seconds)[0]:
        raise NlsniffError(f"{program} was ended: it took more than {seconds:g} seconds")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process group to end, and then end it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
            return


def main(arguments: list[str]) -> None:
    """Record, and report the exit status and the figures in one line."""
    telling, options, *argv = arguments
    os.set_inheritable(int(telling), False)
    try:
        given = json.loads(options)
        status, stats = record(argv, RecordPlan(**given.pop("plan")), **given)
    except NlsniffError as error:
        status, stats = error.exit_code, Stats(error=str(error))
    with os.fdopen(int(telling), "w") as report:
        report.write(json.dumps([status, json.loads(stats.to_line())]) + "\n")
