"""What `nlsniff open` costs until the first screen: `python -m tests.bench.screen [--messages N...] [--rounds N]`.

Opens files in a terminal of 120 by 40 and ends nlsniff as soon as the first messages stand there, while it still reads.
Prints the CPU time that this took. tshark has no screen to compare it with.
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
import time
from pathlib import Path

from tests.bench.run import Runner
from tests.bench.tasks import FILE
from tests.bench.traffic import make

TARGET = 0.5  # seconds of CPU
_ROWS, _COLUMNS = 40, 120
_PATIENCE = 60.0  # seconds
_FIRST = b"CTRL_CMD_GETFAMILY"  # the first message of all files of the bench


def first_screen(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command until the first message is shown; returns the seconds of CPU and of the clock that it took."""
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if not pid:
        os.execvpe(command[0], command, environment | {"TERM": "xterm-256color"})  # noqa: S606
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    shown = b""
    while _FIRST not in shown:
        if not select.select([terminal], [], [], max(0.0, began + _PATIENCE - time.perf_counter()))[0]:
            break
        try:
            shown += os.read(terminal, 1 << 16)
        except OSError:  # it has ended
            break
    took = time.perf_counter() - began
    os.kill(pid, signal.SIGKILL)
    _, _, usage = os.wait4(pid, 0)
    os.close(terminal)
    if _FIRST not in shown:
        sys.exit(f"no message was shown: {shown[-500:]!r}")
    return usage.ru_utime + usage.ru_stime, took


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.screen", description=__doc__)
    parser.add_argument("--messages", type=int, nargs="+", default=[10, 100_000, 1_000_000], metavar="N")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", default=sys.executable, help="runs nlsniff (default: %(default)s)")
    given = parser.parse_args()
    for size in given.messages:
        with tempfile.TemporaryDirectory() as folder:
            file, runner = Path(folder) / "traffic.pcap", Runner(Path(folder), given.python)
            count, _ = make(file, size)
            runner.warm(["show", FILE])
            command, environment = runner.command(["open", str(file)]), runner.environment
            first_screen(command, environment)  # compiles
            cpu, took = zip(*[first_screen(command, environment) for _ in range(given.rounds)], strict=True)
            print(
                f"{count:,} messages: {statistics.median(cpu):.2f} s of CPU to the first screen (target {TARGET}), "
                f"{statistics.median(took):.2f} s by the clock",
                flush=True,
            )


if __name__ == "__main__":
    main()
