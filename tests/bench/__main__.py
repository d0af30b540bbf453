"""Measure nlsniff against tshark: `python -m tests.bench [--messages N...] [--rounds N] [--fresh] [TASK...]`.

Makes files of N messages from the recordings in captures/, runs both programs in turn on each, and prints the ratio of
their CPU times (user and system, children included) with what each prints per message and its peak memory. A ratio is
the median of paired runs, so that a slow moment of the machine hits both. Nothing here is a test that can fail by time:
the targets stand in the design, and a person reads this. What fails is a filter that prints other frames than tshark.

nlsniff runs as it is installed: its modules are compiled and its dissectors are cached, by a run that is not measured.
Which Python runs it counts, too: one that was built with profiles, as Debian's is, is faster than one that was not.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.bench.traffic import make
from tests.conftest import ROOT

# What pip makes of the entry point.
SCRIPT = "import sys\nfrom nlsniff.cli import main\nsys.exit(main())\n"
FILE = "{file}"
SMALL = 14_000

# Name, nlsniff's arguments, tshark's arguments, target ratio. That of `small` is for a file of so many messages.
TASKS = {
    "text": (["show", "-V", FILE], ["-V", "-r", FILE], 0.45),
    "json": (["show", "--json", FILE], ["-T", "ek", "-r", FILE], 0.15),
    "filter": (
        ["show", "-Y", "type == RTM_NEWROUTE", "-e", "frame", FILE],
        ["-Y", "netlink-route.nltype==24", "-T", "fields", "-e", "frame.number", "-r", FILE],
        0.05,
    ),
    "lines": (["show", FILE], ["-r", FILE], 0.70),
    "small": (["show", "-V", FILE], ["-V", "-r", FILE], 0.33),
}


class Run(NamedTuple):
    """What one run of a program cost."""

    cpu: float
    peak_mib: float
    printed: int
    output: Path


def measure(command: list[str], output: Path, environment: dict[str, str]) -> Run:
    """Run a command and measure it by what the kernel accounted for it."""
    cost = [sys.executable, "-I", "-S", str(Path(__file__).with_name("cost.py")), str(output), *command]
    told = subprocess.run(cost, stdout=subprocess.PIPE, env=environment, check=True, text=True).stdout.split()
    if told[2] != "0":
        sys.exit(f"{' '.join(command)} ended with status {told[2]}")
    return Run(float(told[0]), int(told[1]) / 1024, output.stat().st_size, output)


def frames_of(run: Run) -> list[str]:
    """The frame numbers that a filter printed, each once, as sorted text lines."""
    return sorted(set(run.output.read_text().split()))


def compare(task: str, file: Path, count: int, rounds: int) -> None:
    """Run both programs in turn, and print a line."""
    ours_arguments, theirs_arguments, target = TASKS[task]
    script = file.parent / "nlsniff"
    script.write_text(SCRIPT)
    ours = [sys.executable, str(script), *(str(file) if item == FILE else item for item in ours_arguments)]
    theirs = ["tshark", *(str(file) if item == FILE else item for item in theirs_arguments)]
    # Some environments keep Python from writing what it compiled, which an installed program has.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PYTHONPYCACHEPREFIX": str(file.parent / "compiled"), "PYTHONPATH": str(ROOT)}
    folder = file.parent
    measure([*ours, "-c", "1"], folder / "ours", environment)
    pairs = [
        (measure(ours, folder / "ours", environment), measure(theirs, folder / "theirs", environment))
        for _ in range(rounds)
    ]
    own, other = pairs[-1]
    ratio = statistics.median(mine.cpu / his.cpu for mine, his in pairs)
    cpu = [statistics.median(run[side].cpu for run in pairs) for side in (0, 1)]
    print(
        f"{task:8} {cpu[0]:8.2f}s {cpu[1]:8.2f}s {ratio:6.3f} {target:7.2f}  "
        f"{own.printed / count:8.1f} {other.printed / count:8.1f}  {own.peak_mib:8.0f} {other.peak_mib:4.0f}",
        flush=True,
    )
    if task == "filter" and frames_of(own) != frames_of(other):
        sys.exit("the filters print different frames")


def main() -> None:
    """Make the files, run both, print a table for each file."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", nargs="*", choices=[[], *TASKS], help="tasks to measure; all by default")
    parser.add_argument("--messages", type=int, nargs="+", default=[100_000, 1_000_000], metavar="N")
    parser.add_argument("--rounds", type=int, default=3, help="of 100,000 messages; larger files get fewer")
    parser.add_argument("--fresh", action="store_true", help="no route and no counter of a link comes twice")
    arguments = parser.parse_args()
    tasks = arguments.tasks or list(TASKS)
    sizes = {count: [task for task in tasks if task != "small"] for count in arguments.messages}
    if "small" in tasks:
        sizes[SMALL] = ["small", *sizes.get(SMALL, [])]
    for size, chosen in sizes.items():
        if not chosen:
            continue
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "traffic.pcap"
            count, frames = make(file, size, fresh=arguments.fresh)
            print(f"{count:,} messages in {frames:,} frames, {file.stat().st_size / 2**20:.1f} MiB, from captures/")
            print(f"{'task':8} {'nlsniff':>9} {'tshark':>9} {'ratio':>6} {'target':>7}  bytes per message     peak MiB")
            for task in chosen:
                compare(task, file, count, max(1, arguments.rounds * 100_000 // max(size, 100_000)))
    print(f"this machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
          f"Python {platform.python_version()} of {sys.base_prefix}; "
          f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_nivcsw} involuntary switches")  # fmt: skip


if __name__ == "__main__":
    main()
