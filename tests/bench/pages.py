"""What page-down costs on the screen of `nlsniff open`: `python -m tests.bench.pages [--messages N] [--rate N]`.

Presses page-down in a terminal of 120 by 40 while a large file is loaded, idle, filtered, searched and sorted, and as
a file grows by so many messages a second. Prints for each the wall time from the key to the first byte that is painted,
the CPU time of all threads, and the most memory so far.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

from tests.bench.run import Runner
from tests.bench.tasks import FILE
from tests.bench.traffic import make

IDLE_CPU, WALL, PEAK = 20, 100, 150  # targets: ms of CPU a page, ms to the first byte, MiB
_ROWS, _COLUMNS = 40, 120
_PAGE_DOWN, _ESCAPE, _FIND = b"\x1b[6~", b"\x1b", b"\x06"
_PAGES, _EVERY = 20, 0.25  # pages, and seconds between two of them
_QUIET = 0.05  # seconds of CPU that an idle screen uses in a second, at most
_PATIENCE = 600.0  # seconds that a piece of work may take
_BLOCK = 0.02  # seconds between two writes into a file that grows
_HEADER = 24  # bytes at the start of a pcap


class Screen:
    """nlsniff on a terminal.

    Args:
        runner: runs it.
        file: what to open.
    """

    def __init__(self, runner: Runner, file: Path) -> None:
        command = runner.command(["open", str(file)])
        self._pid, self._terminal = pty.fork()
        if not self._pid:
            os.execvpe(command[0], command, runner.environment | {"TERM": "xterm-256color"})  # noqa: S606
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))

    def cpu(self) -> float:
        """Seconds of CPU so far, of its threads that live."""
        tasks = Path(f"/proc/{self._pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def peak(self) -> int:
        """The most memory that it had, in MiB."""
        status = Path(f"/proc/{self._pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) >> 10

    def watch(self, seconds: float) -> float | None:
        """Read what it paints for so long; returns when the first byte came, None without one."""
        stop, first = time.perf_counter() + seconds, None
        while (left := stop - time.perf_counter()) > 0:
            if select.select([self._terminal], [], [], left)[0]:
                os.read(self._terminal, 1 << 16)
                first = first or time.perf_counter()
        return first

    def press(self, *keys: bytes) -> None:
        """Type something, a key at a time."""
        for key in keys:
            os.write(self._terminal, key)
            self.watch(0.7)

    def rest(self) -> None:
        """Wait until it has nothing to do."""
        stop, quiet = time.perf_counter() + _PATIENCE, 0
        while quiet < 3 and time.perf_counter() < stop:
            before = self.cpu()
            self.watch(1.0)
            quiet = quiet + 1 if self.cpu() - before < _QUIET else 0

    def pages(self, name: str) -> None:
        """Press page-down some times and print what it cost."""
        began, before, walls = time.perf_counter(), self.cpu(), []
        for _ in range(_PAGES):
            pressed = time.perf_counter()
            os.write(self._terminal, _PAGE_DOWN)
            painted = self.watch(_EVERY)
            walls.append(((painted or time.perf_counter()) - pressed) * 1e3)
        cpu, took = self.cpu() - before, time.perf_counter() - began
        walls.sort()
        print(
            f"{name:10} {statistics.median(walls):6.0f} {walls[int(0.9 * _PAGES)]:6.0f} {walls[-1]:6.0f} "
            f"{cpu / _PAGES * 1e3:12.1f} {cpu / took * 100:8.0f} {self.peak():9}",
            flush=True,
        )

    def close(self) -> None:
        """End it."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)


def grow(source: Path, copy: Path, rate: float, stop: threading.Event) -> None:
    """Append what is in a file to another, so many bytes a second."""
    began, written = time.perf_counter(), 0
    with source.open("rb") as given, copy.open("ab", buffering=0) as out:
        given.seek(copy.stat().st_size)
        while not stop.wait(_BLOCK):
            size = int((time.perf_counter() - began) * rate) - written
            written += out.write(given.read(size)) if size else 0


def large(screen: Screen) -> None:
    """All that is done with a large file."""
    screen.watch(2)
    screen.pages("loading")
    screen.rest()
    screen.pages("idle")
    screen.press(b"/", b"route.oif == veth0", b"\r")
    screen.pages("filtering")
    screen.press(_ESCAPE, _ESCAPE, _FIND, b"nosuchtext", b"\r")
    screen.pages("finding")
    screen.press(_ESCAPE, *b"v v v v v v".split())  # by the summary
    screen.pages("sorting")
    screen.rest()
    screen.pages("sorted")


def growing(runner: Runner, file: Path, copy: Path, rate: float) -> None:
    """A copy of a file that grows by so many bytes a second."""
    with file.open("rb") as given:
        copy.write_bytes(given.read(_HEADER))
    stop = threading.Event()
    writer = threading.Thread(target=grow, args=(file, copy, rate, stop))
    writer.start()
    screen = Screen(runner, copy)
    screen.watch(5)
    screen.pages("growing")
    stop.set()
    writer.join()
    screen.close()


def main() -> None:
    """Print a line for each kind of work."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pages", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, metavar="N")
    parser.add_argument(
        "--rate", type=int, default=20_000, metavar="N", help="messages a second (default: %(default)s)"
    )
    parser.add_argument("--python", default=sys.executable, help="runs nlsniff (default: %(default)s)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file, copy = Path(folder) / "traffic.pcap", Path(folder) / "grows.pcap"
        runner = Runner(Path(folder), given.python)
        count, _ = make(file, given.messages)
        runner.warm(["show", FILE])
        print(f"{count:,} messages; targets: {IDLE_CPU} ms of CPU a page idle, {WALL} ms to a byte, {PEAK} MiB")
        print(f"{'':10} {'median':>6} {'p90':>6} {'max ms':>6} {'ms CPU/page':>12} {'% of CPU':>8} {'peak MiB':>9}")
        screen = Screen(runner, file)
        large(screen)
        screen.close()
        growing(runner, file, copy, given.rate * file.stat().st_size / count)


if __name__ == "__main__":
    main()
