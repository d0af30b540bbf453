"""The privileged half of a live session, as a program: `python -m nlsniff.capture.keeper PLAN`.

Reads a plan as JSON from its argument, captures until its standard input ends, and reports on its standard output,
one JSON object of figures per line. So the screen can run as an ordinary user, and the device is removed also when the
screen is killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING

from nlsniff.capture.engine import Recorder
from nlsniff.capture.plan import RecordPlan, Stats
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run one capture; returns the exit code."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the screen decides, by closing our input
    plan = RecordPlan(**json.loads(arguments[0]))
    try:
        with Recorder(plan) as capture:
            signal.signal(signal.SIGTERM, lambda *_: capture.stop())
            _report(capture.stats)
            if not capture.wait(sys.stdin.fileno(), on_status=_report):
                capture.stop()
                capture.wait(on_status=_report)
        _report(capture.stats)
    except NlsniffError as error:
        _report(Stats(alive=False, error=str(error)))
        return error.exit_code
    return 1 if capture.stats.error else 0


def _report(stats: Stats) -> None:
    """Write a line, or leave it out when nobody takes it: a screen that is busy or gone must not hold the capture."""
    os.set_blocking(1, not stats.alive)
    try:
        os.write(1, stats.to_line())
    except (BlockingIOError, BrokenPipeError):
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
