"""Record a command in a process of its own, for a program that goes on: `record` moves its process for good.

Run as a program, with a descriptor to report to and what `record` is to be told, as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nlsniff
from nlsniff.capture.plan import Stats
from nlsniff.capture.run import record
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Sequence

# The very code that runs here, and nothing from the working folder; the command's environment stays as it is.
_PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from nlsniff.capture.apart import main; main(sys.argv[1:])"


def record_apart(
    argv: Sequence[str],
    target: str,
    *,
    here: bool = False,
    netns: str | None = None,
    describe: bool = True,
    names: bool = True,
    inherited: Sequence[int] = (),
) -> tuple[int, Stats]:
    """Run a command and capture from before its start until it ends, as `record`, and stay where we are.

    Args:
        argv: the command and its arguments.
        target: the file to write.
        here: stay in the present network namespace.
        netns: use this existing network namespace.
        describe: begin the file with what its ids mean.
        names: find out which process is behind each port id.
        inherited: descriptors that the capture is to have, too, where `target` names one (`/proc/self/fd/7`).

    Returns:
        The command's exit status as a shell gives it, and the figures of the capture.

    Raises:
        NlsniffError: when the capture cannot begin, or fails.
    """
    told, telling = os.pipe()
    options = {"target": target, "here": here, "netns": netns, "describe": describe, "names": names}
    code = str(Path(nlsniff.__file__).resolve().parent.parent)
    with os.fdopen(told) as report:
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, code, str(telling), json.dumps(options), *argv],
                pass_fds=(telling, *inherited),
            )
        finally:
            os.close(telling)
        with process:
            line = report.readline()
    if not line:
        raise NlsniffError("the recording ended before it could say how")
    status, figures = json.loads(line)
    stats = Stats(**figures)
    if stats.error:
        raise NlsniffError(stats.error)
    return status, stats


def main(arguments: list[str]) -> None:
    """Record, and report the exit status and the figures in one line."""
    telling, options, *argv = arguments
    os.set_inheritable(int(telling), False)
    try:
        status, stats = record(argv, **json.loads(options))
    except NlsniffError as error:
        status, stats = error.exit_code, Stats(error=str(error))
    with os.fdopen(int(telling), "w") as report:
        report.write(json.dumps([status, json.loads(stats.to_line())]) + "\n")
