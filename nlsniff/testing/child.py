"""Call a function in a forked process and in a network namespace of its own, and record what it says.

A process that has threads cannot move into a user namespace. A forked one has one thread, whatever its parent has, so
it is forked first.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Generic, TypeVar

from nlsniff.capture.run import record
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.capture.plan import RecordPlan

_R = TypeVar("_R")
_LENGTH = struct.Struct("=Q")


class CallError(NlsniffError):
    """What became of a called function cannot be told as it is."""


@dataclass(slots=True)
class Done(Generic[_R]):
    """What a function returned or raised, recorded; one of both."""

    value: _R
    error: BaseException | None = None
    trace: str = ""
    notes: tuple[str, ...] = ()

    def result(self) -> _R:
        """What it returned; what it raised is raised, with the text of its traceback as a note."""
        __tracebackhide__ = True
        if self.error is not None:
            self.error.add_note(f"in the recorded process:\n{self.trace}")
            raise self.error
        return self.value


def call(function: Callable[[], _R], plan: RecordPlan, out: IO[bytes], err: IO[bytes]) -> Done[_R]:
    """Call a function in a process of its own, recorded.

    Args:
        function: what it returns and raises must be such that pickle can take it.
        plan: where the capture goes, and what comes before it.
        out: a file for what it prints to standard output.
        err: one for standard error.

    Raises:
        NlsniffError: nothing could be recorded, or the recording failed.
        CallError: the function's process ended before it could say what came of it.
    """
    told, telling = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads: the child starts none of theirs
        pid = os.fork()
    if not pid:
        _record(function, plan, telling, (out.fileno(), err.fileno()))
    os.close(telling)
    with os.fdopen(told, "rb") as report:
        try:
            found = _told(report)
        except BaseException:
            os.kill(pid, signal.SIGTERM)  # which is handed on to the function
            raise
        finally:
            os.waitpid(pid, 0)
    error = found.get("refused", "the recording ended before it could say how" if "status" not in found else "")
    if error:
        raise NlsniffError(error)
    if "value" not in found and "trace" not in found:
        status = found["status"]
        how = f"signal {status - 128} ended its process" if status > 128 else f"its process exited with {status}"
        raise CallError(f"the function did not return: {how}")
    done = _taken(found)
    done.notes = tuple(found["notes"])
    return done


def _told(report: IO[bytes]) -> dict[str, Any]:
    """All that the two processes say: the last word is the recorder's, who may be silent in the end."""
    found: dict[str, Any] = {}
    while not found.keys() & {"refused", "status"}:
        head = report.read(_LENGTH.size)
        data = report.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
        if not data:
            break
        found |= pickle.loads(data)  # noqa: S301  written by processes that we forked
    return found


def _taken(found: dict[str, Any]) -> Done[Any]:
    if "value" in found:
        try:
            return Done(pickle.loads(found["value"]))  # noqa: S301
        except Exception as error:  # noqa: BLE001  an object's own code runs
            words = f"what the function returned cannot be unpickled: {type(error).__name__}: {error}"
            raise CallError(words) from None
    try:
        raised = pickle.loads(found["error"]) if found["error"] is not None else None  # noqa: S301
    except Exception:  # noqa: BLE001  an object's own code runs
        raised = None
    if not isinstance(raised, BaseException):
        raised = CallError(f"the function raised {found['name']}, which pickle cannot take")
    return Done(None, raised, found["trace"])


# -- in the child, which records, and in its child, which calls the function -------------------------------------------


def _record(function: Callable[[], object], plan: RecordPlan, telling: int, output: tuple[int, int]) -> None:
    """Record, and end this process, whose copies of the parent's buffers and exit handlers are not its own."""
    status = 1
    try:
        for target, number in enumerate(output, 1):
            os.dup2(number, target)
        sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
        _tell(telling, _recorded(lambda: _call(function, telling), plan))
        status = 0
    except BaseException:  # noqa: BLE001  it ends here, whatever it is
        traceback.print_exc()
    finally:
        os._exit(status)


def _recorded(work: Callable[[], int], plan: RecordPlan) -> dict[str, Any]:
    try:
        _refuse_threads()
        status, stats = record(work, plan)
    except NlsniffError as error:
        return {"refused": str(error)}
    return {"refused": stats.error} if stats.error else {"status": status, "notes": stats.notes}


def _call(function: Callable[[], object], telling: int) -> int:
    _tell(telling, _outcome(function))
    sys.stdout.flush()
    sys.stderr.flush()
    return 0


def _tell(telling: int, told: dict[str, Any]) -> None:
    data = pickle.dumps(told)
    with os.fdopen(telling, "wb") as report:
        report.write(_LENGTH.pack(len(data)) + data)


def _outcome(function: Callable[[], object]) -> dict[str, Any]:
    """What the function returned or raised, its own NlsniffErrors included."""
    try:
        value = function()
    except BaseException as error:  # noqa: BLE001  whatever it is, it is handed on
        trace = "".join(traceback.format_exception(error.with_traceback(_below(error))))
        try:
            data = pickle.dumps(error)
        except Exception:  # noqa: BLE001  an object's own code runs
            data = None
        return {"error": data, "name": type(error).__name__, "trace": trace}
    try:
        return {"value": pickle.dumps(value)}
    except Exception as error:  # noqa: BLE001
        words = f"what the function returned cannot be pickled: {type(error).__name__}: {error}"
        return {"error": pickle.dumps(CallError(words)), "name": "CallError", "trace": ""}


def _below(error: BaseException) -> Any:
    """The traceback without this file's own frames."""
    found = error.__traceback__
    while found is not None and found.tb_next is not None and found.tb_frame.f_code.co_filename in _OWN:
        found = found.tb_next
    return found


def _refuse_threads() -> None:
    """Refuse where a library starts threads in each forked process."""
    count = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    if count > 1:
        raise NlsniffError(
            f"the forked process has {count} threads, and such a one cannot enter a namespace: a library starts them "
            "when a process forks; record the program with netlink.run instead"
        )


_OWN = {__file__, str(Path(__file__).with_name("netlink.py"))}
