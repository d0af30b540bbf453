"""A command or a function in a process of its own that begins when it is told to, so that somebody can attach."""

from __future__ import annotations

import ctypes
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from nlsniff.capture.child import close_all_but

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import NoReturn

FUNCTION: Final = "python"  # the process of a function, to those who read the capture
# prctl(2). Yama lets only ancestors of a process attach to it, unless the process says otherwise.
_PR_SET_DUMPABLE: Final = 4
_PR_SET_PTRACER: Final = 0x59616D61
_PR_SET_PTRACER_ANY: Final = -1
# What Python handles or ignores for itself; a command begins with all of them as they are by default.
_SIGNALS: Final = ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGPIPE", "SIGXFSZ")


class Held:
    """The command; it waits for `go`, or ends when this object is gone.

    Args:
        work: the command and its arguments, or a function, whose process exits with what it returns.
        output: the descriptor that takes its standard output, where that is another one.

    Attributes:
        pid: its process id, from the start to the end.
    """

    def __init__(self, work: Sequence[str] | Callable[[], int], output: int | None) -> None:
        waits, self._go = os.pipe()
        self._failed, fails = os.pipe()
        # A signal that comes in between is for the command, and not for a handler of ours.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self.pid = os.fork()
            if not self.pid:
                _wait_and_run(work, output, (waits, fails), (self._go, self._failed), before)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(waits)
        os.close(fails)
        self._begun = self._ended = False

    def go(self) -> None:
        """Let it begin.

        Raises:
            OSError: it cannot be run; its process has ended.
        """
        self._begun = True
        with suppress(BrokenPipeError):  # a signal ended it before
            os.write(self._go, b"g")
        os.close(self._go)
        with os.fdopen(self._failed) as failed:
            code = failed.read()
        if code:
            self.wait()
            raise OSError(int(code), os.strerror(int(code)))

    def give_up(self) -> None:
        """End it, unless it has begun."""
        if self._begun:
            return
        self._begun = True
        os.close(self._go)
        os.close(self._failed)
        self.wait()

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if not self._ended:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self) -> int:
        """Wait for its end; returns its exit status, or -N where signal N ended it."""
        # It stays a zombie until `_ended` says so, so that no signal reaches a stranger with its number.
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self._ended = True
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _wait_and_run(
    work: Sequence[str] | Callable[[], int], output: int | None, pipes: tuple[int, int], others: tuple[int, int],
    mask: Iterable[int],
) -> NoReturn:  # fmt: skip
    waits, fails = pipes
    status = 1
    try:
        for name in _SIGNALS:
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        prctl = ctypes.CDLL(None).prctl
        # Who made a user namespace for itself is not dumpable, and then nobody may attach.
        prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
        prctl(_PR_SET_PTRACER, ctypes.c_long(_PR_SET_PTRACER_ANY), 0, 0, 0)
        if output is not None:
            os.dup2(output, 1)
        if callable(work):  # it may use whatever is open
            for number in others:
                os.close(number)
        else:
            close_all_but({0, 1, 2, waits, fails})
        if os.read(waits, 1):
            prctl(_PR_SET_PTRACER, 0, 0, 0, 0)
            if callable(work):
                os.close(waits)
                os.close(fails)
                status = work()
            else:
                os.execvp(work[0], list(work))  # noqa: S606  it is the user's own command
    except OSError as error:
        os.write(fails, str(error.errno).encode())
    finally:
        os._exit(status)
