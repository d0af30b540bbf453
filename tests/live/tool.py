"""What the live tests share: nlsniff as a program, `ip`, and files read by others than nlsniff."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlsniff.capture import namespace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

NLSNIFF = [sys.executable, "-m", "nlsniff"]
NOBODY = 65534


def enter_private_network() -> None:
    """Move this test process into a network namespace of its own, with lo up."""
    namespace.enter_new()
    ip("link", "set", "lo", "up")


def ip(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run iproute2's ip."""
    return subprocess.run(["ip", *arguments], capture_output=True, text=True, check=check)


def links() -> list[str]:
    """Return the names of all links."""
    return [line.split(":")[1].strip().partition("@")[0] for line in ip("-o", "link").stdout.splitlines()]


def nlmons() -> list[str]:
    """Return the names of all nlmon devices."""
    return [line.split(":")[1].strip() for line in ip("-o", "link", "show", "type", "nlmon").stdout.splitlines()]


def nlsniff(*arguments: str, **keywords: Any) -> subprocess.CompletedProcess[str]:
    """Run nlsniff to its end."""
    return subprocess.run([*NLSNIFF, *arguments], capture_output=True, text=True, check=False, timeout=60, **keywords)


class Capture:
    """`nlsniff capture` in the background: entered when frames gather, stopped with SIGINT when left.

    `said` is what it printed to stderr, `status` its exit status, both known when it has ended.
    """

    def __init__(self, *arguments: str, env: dict[str, str] | None = None, stdout: int | None = None) -> None:
        self.process = subprocess.Popen(
            [*NLSNIFF, "capture", *arguments],
            stderr=subprocess.PIPE,
            stdout=stdout,
            env={**os.environ, **(env or {})},
        )
        self.said = ""
        self.status: int | None = None

    def __enter__(self) -> Self:
        assert self.process.stderr
        first = self.process.stderr.readline().decode()
        self.said += first
        if not first.startswith("capturing on"):
            self.end(None)
            raise AssertionError(self.said)
        self.device = first.split()[2]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.status is None:
            self.end(signal.SIGINT)

    def end(self, number: int | None, seconds: float = 30) -> None:
        """Send a signal, or none, and wait for the end."""
        if number is not None:
            self.process.send_signal(number)
        try:
            _, rest = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        self.said += (rest or b"").decode()
        self.status = self.process.returncode

    @property
    def reader(self) -> int:
        """The pid of the process that writes the file."""
        return children(self.process.pid)[0]


def children(parent: int) -> list[int]:
    """Return the pids of the children of a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
    return found


def eventually(what: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait until something is so; tell whether it became so in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return what()


def as_user(command: Sequence[str], **keywords: Any) -> subprocess.CompletedProcess[str]:
    """Run a command as an ordinary user without any capability."""
    return subprocess.run(
        command,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **keywords,
    )


def open_to_all(path: Path) -> None:
    """Let every user write into a folder."""
    path.chmod(0o777)
    for folder in path.parents:
        folder.chmod(folder.stat().st_mode | 0o5)


def readable(number: int, seconds: float) -> bool:
    """Tell whether a descriptor becomes readable in time."""
    return bool(select.select([number], [], [], seconds)[0])
