"""What can be recorded here, found out by trying it: in a process that ends with the trial, so that nothing is left."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.capture import device, namespace, tracer
from nlsniff.capture.held import Held
from nlsniff.capture.privilege import LackingError
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Callable


class Lack(NamedTuple):
    """Why something cannot be done: see `LackingError`."""

    why: str
    way_out: str = ""
    mend: str = ""


def attempt(work: Callable[[], object]) -> Lack | None:
    """Do something in a forked process; returns why it could not be done, None where it could."""
    told, telling = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            found = _refused(work)
            os.write(telling, json.dumps(found).encode())
        finally:
            os._exit(0)  # not sys.exit: the parent's buffers and exit handlers are not ours to run
    os.close(telling)
    with os.fdopen(told, "rb") as report:
        line = report.read()
    os.waitpid(pid, 0)
    if not line:
        return Lack("the process that tried it ended before it could say how")
    words = json.loads(line)
    return Lack(*words) if words else None


def _refused(work: Callable[[], object]) -> Lack | None:
    try:
        work()
    except LackingError as error:
        return Lack(error.why, error.way_out, error.mend)
    except (NlsniffError, OSError) as error:
        return Lack(str(error))
    return None


def private_namespace() -> None:
    """Move this process, for good, into a network namespace of its own, as `record` does.

    Raises:
        NlsniffError: it may not.
    """
    namespace.enter_new()
    namespace.require_rights()


def nlmon() -> None:
    """Make an nlmon device in such a namespace, with which it goes.

    Raises:
        NlsniffError: the kernel has none, or there is no such namespace.
    """
    private_namespace()
    device.create(private=True)


def strace() -> None:
    """Attach strace to a process that does nothing.

    Raises:
        NlsniffError: there is no strace, or it may not.
    """
    path = tracer.require((), private=False)
    held = Held(lambda: 0, None)
    try:
        with tempfile.TemporaryDirectory(prefix="nlsniff-doctor-") as folder:
            tracer.Tracer(path, Path(folder), held.pid).stop()
    finally:
        held.give_up()


def private_strace() -> None:
    """As `strace`, in a network namespace of its own.

    Raises:
        NlsniffError: there is no strace, it may not, or there is no such namespace.
    """
    private_namespace()
    strace()
