"""Measure nlsniff against tshark: `python -m tests.bench [--messages N] [--rounds N] [TASK...]`.

Makes a file of N messages from the recordings in captures/, runs both programs in turn on it, and prints the ratio of
their CPU times (user and system, children included) with what each prints per message and its peak memory. A ratio is
the median of paired runs, so that a slow moment of the machine hits both. Nothing here is a test that can fail by time:
the targets stand in the design, and a person reads this.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.bench.traffic import make

NLSNIFF = [sys.executable, "-m", "nlsniff"]
FILE = "{file}"

# Name, nlsniff's arguments, tshark's arguments, target ratio.
TASKS = {
    "text": (["show", "-V", FILE], ["-V", "-r", FILE], 0.45),
    "json": (["show", "--json", FILE], ["-T", "ek", "-r", FILE], 0.15),
    "filter": (
        ["show", "-Y", "type == RTM_NEWROUTE", "-e", "frame", FILE],
        ["-Y", "netlink-route.nltype==24", "-T", "fields", "-e", "frame.number", "-r", FILE],
        0.05,
    ),
    "lines": (["show", FILE], ["-r", FILE], 0.70),
}


class Run(NamedTuple):
    """What one run of a program cost."""

    cpu: float
    peak_mib: float
    printed: int
    output: Path


def measure(command: list[str], output: Path) -> Run:
    """Run a command and measure it by what the kernel accounted for it."""
    with output.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with status {process.returncode}")
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output.stat().st_size, output)


def frames_of(run: Run) -> list[str]:
    """The frame numbers that a filter printed, each once, as sorted text lines."""
    return sorted(set(run.output.read_text().split()))


def main() -> None:
    """Make the file, run both, print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", nargs="*", choices=[[], *TASKS], help="tasks to measure; all by default")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "traffic.pcap"
        count, frames = make(file, arguments.messages)
        print(f"{count:,} messages in {frames:,} frames, {file.stat().st_size / 2**20:.1f} MiB, from captures/")
        print(f"{'task':8} {'nlsniff':>9} {'tshark':>9} {'ratio':>6} {'target':>7}  bytes per message     peak MiB")
        for task in arguments.tasks or TASKS:
            ours_arguments, theirs_arguments, target = TASKS[task]
            ours = [*NLSNIFF, *(str(file) if item == FILE else item for item in ours_arguments)]
            theirs = ["tshark", *(str(file) if item == FILE else item for item in theirs_arguments)]
            pairs = [
                (measure(ours, folder / "ours"), measure(theirs, folder / "theirs")) for _ in range(arguments.rounds)
            ]
            own, other = pairs[-1]
            ratio = statistics.median(mine.cpu / his.cpu for mine, his in pairs)
            cpu = [statistics.median(run[side].cpu for run in pairs) for side in (0, 1)]
            print(
                f"{task:8} {cpu[0]:8.2f}s {cpu[1]:8.2f}s {ratio:6.3f} {target:7.2f}  "
                f"{own.printed / count:8.0f} {other.printed / count:8.0f}  {own.peak_mib:8.0f} {other.peak_mib:4.0f}"
            )
            if task == "filter" and frames_of(own) != frames_of(other):
                sys.exit("the filters print different frames")
    print(f"this machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
          f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_nivcsw} involuntary switches")  # fmt: skip


if __name__ == "__main__":
    main()
