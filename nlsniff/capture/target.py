"""The files that a capture writes: opened by the process that has the privilege, written by the one that has none."""

from __future__ import annotations

import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.capture import privilege
from nlsniff.capture.plan import STDOUT
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from nlsniff.capture.plan import RecordPlan


class Target:
    """What a plan names: one file, standard output, or file after file.

    Args:
        plan: names it.
        output: a descriptor of the file, where that is open already; whoever has it closes it.

    Attributes:
        count: how many files were opened.
        paths: those of them that were not removed since.
    """

    def __init__(self, plan: RecordPlan, output: int | None = None) -> None:
        self._plan = plan
        self._output = sys.stdout.fileno() if plan.target == STDOUT else output
        self.count = 0
        self.paths: list[str] = []

    def open(self) -> int:
        """Open the file, or the next one, and return its descriptor; the oldest goes if there are too many.

        Raises:
            NlsniffError: when it cannot be written.
        """
        plan = self._plan
        self.count += 1
        if self._output is not None:
            return os.dup(self._output)
        path = numbered(plan.target, self.count) if plan.rotates else plan.target
        number = open_target(path)
        self.paths.append(path)
        while plan.keep_files is not None and len(self.paths) > plan.keep_files:
            with suppress(OSError):
                Path(self.paths.pop(0)).unlink()
        return number

    def remove_unused(self, written: int) -> None:
        """Take away a file that was opened when there was nothing more to write."""
        if self._plan.rotates and written < self.count and self.paths:
            with suppress(OSError):
                Path(self.paths.pop()).unlink()


def numbered(target: str | os.PathLike[str], count: int) -> str:
    """Name a file of several: `x.pcapng` becomes `x_00001_20261121235900.pcapng`, in local time."""
    path = Path(target)
    suffix = "".join(path.suffixes[-1:])
    return str(path.with_name(f"{path.name.removesuffix(suffix)}_{count:05}_{time.strftime('%Y%m%d%H%M%S')}{suffix}"))


def open_target(target: str) -> int:
    """Open a file to write, readable by its owner alone: captures hold keys of IPsec, WireGuard and Wi-Fi.

    Under sudo a new file belongs to the user who called it. A file that exists keeps its owner and mode.

    Raises:
        NlsniffError: when it cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
    try:
        try:
            number = os.open(target, flags | os.O_EXCL, 0o600)
            user = privilege.invoking_user()
            if user:
                os.fchown(number, *user)
        except FileExistsError:
            number = os.open(target, flags)
            if stat.S_ISREG(os.fstat(number).st_mode):
                os.ftruncate(number, 0)
    except FileNotFoundError as error:
        raise NlsniffError(f"cannot write {target}: there is no folder {Path(target).parent}") from error
    except OSError as error:
        raise NlsniffError(f"cannot write {target}: {error.strerror}") from error
    return number
