"""What the capture's processes have in common: forked, alone with a few descriptors, ended with their parent."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_AHEAD: Final = -20


def fork(work: Callable[[], int], keep: set[int]) -> int:
    """Fork a process that does `work` with no other descriptors than these, and exits with what that returns.

    Returns:
        Its pid, in the parent.
    """
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setpgid(0, 0)  # so that Ctrl-C reaches the parent alone, which ends us in order
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        close_all_but(keep)
        status = work()
    finally:
        # Not sys.exit: the parent's buffers and exit handlers are not ours to run.
        os._exit(status)


def hurry() -> None:
    """Come before others as soon as there is something to do, which must never be much, if we may."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        go_ahead()


def go_ahead() -> None:
    """Come before ordinary processes, if we may: a program that never rests would leave too little of a single CPU."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _AHEAD)


def close_all_but(keep: set[int]) -> None:
    """Close every descriptor but these; standard input, output and error lead nowhere where they are closed."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        if number not in keep:
            os.dup2(null, number)
    # From 3 on everything goes that is not kept, `null` with it.
    lowest = 3
    for number in sorted(keep | {max(os.sysconf("SC_OPEN_MAX"), 4096)}):
        if number >= lowest:
            os.closerange(lowest, number)
            lowest = number + 1
