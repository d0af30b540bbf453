"""The privileged half of a live session, as a program: `python -m nlsniff.capture.keeper PLAN`.

Reads a plan as JSON from its argument, records, and reports on its standard output, one JSON object of figures per
line. Its standard input is a socket: what is said there ends the recording, and a word with a descriptor begins another
by the same plan, which is written into that descriptor; nothing else can be told. When the socket is closed, all ends.
So the screen can run as an ordinary user, and the device is removed also when the screen is killed.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from nlsniff.capture.engine import Recorder
from nlsniff.capture.plan import RecordPlan, Stats
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 16  # bytes of what may be said


def main(arguments: Sequence[str]) -> int:
    """Record as often as it is told to; returns the exit code."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the screen decides, by closing our input
    plan = RecordPlan(**json.loads(arguments[0]))
    with socket.socket(fileno=sys.stdin.fileno()) as control:
        signal.signal(signal.SIGTERM, lambda *_: _close(control))
        code = _record(plan, control)
        while (output := _next_output(control)) is not None:
            code = _record(plan, control, output)
    return code


def _close(control: socket.socket) -> None:
    """End as if the other side had closed the socket."""
    with suppress(OSError):
        control.shutdown(socket.SHUT_RD)


def _record(plan: RecordPlan, control: socket.socket, output: int | None = None) -> int:
    """Record until something is said, and report; the last figures, and they alone, are not alive."""
    try:
        with Recorder(plan, output=output) as capture:
            _report_running(capture.stats)
            if not capture.wait(control.fileno(), on_status=_report_running):
                capture.stop()
                capture.wait(on_status=_report_running)
        _report(capture.stats)
    except NlsniffError as error:
        _report(Stats(alive=False, error=str(error)))
        return error.exit_code
    finally:
        if output is not None:
            os.close(output)
    return 1 if capture.stats.error else 0


def _next_output(control: socket.socket) -> int | None:
    """Wait for the file of another recording; None where there will be none."""
    while True:
        said, files, _, _ = socket.recv_fds(control, _LONGEST, 1)
        if not said:
            return None
        if files:
            return files[0]


def _report_running(stats: Stats) -> None:
    if stats.alive:
        _report(stats)


def _report(stats: Stats) -> None:
    """Write a line, or leave it out when nobody takes it: a screen that is busy or gone must not hold the capture."""
    os.set_blocking(1, not stats.alive)
    try:
        os.write(1, stats.to_line())
    except (BlockingIOError, BrokenPipeError):
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
