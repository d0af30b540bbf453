"""What `--jobs` gains: `python -m tests.bench.jobs [--jobs N] [--messages N...] [TASK...]`.

Runs each command in one process and in several, in turn, to a file, and prints by what the clock's time and the CPU
time of all change, and the memory of the largest process. Says nothing on a machine that is busy with other work.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench.run import Runner
from tests.bench.tasks import TASKS
from tests.bench.traffic import make

CHOSEN = ("text", "json", "lines", "body", "follow", "stats")
WALL, CPU = 0.65, 1.3  # targets: of the clock, for text and JSON with two jobs; of CPU time


def main() -> None:
    """Print a line for each command and size."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.jobs", description=__doc__)
    parser.add_argument("tasks", nargs="*", choices=[[], *CHOSEN], help="all by default")
    parser.add_argument("--messages", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="N")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", default=sys.executable, help="runs nlsniff (default: %(default)s)")
    given = parser.parse_args()
    print(f"{'task':8} {'messages':>11} {'one':>8} {given.jobs:>6}    clock {WALL}  CPU {CPU}  peak MiB")
    for size in given.messages:
        with tempfile.TemporaryDirectory() as folder:
            file, runner = Path(folder) / "traffic.pcap", Runner(Path(folder), given.python)
            count, _ = make(file, size)
            for name in given.tasks or CHOSEN:
                arguments = TASKS[name].ours
                runner.warm(arguments)
                pairs = [
                    (runner.nlsniff(arguments, file), runner.nlsniff(arguments, file, jobs=given.jobs))
                    for _ in range(given.rounds)
                ]
                one, many = (statistics.median(run[at].wall for run in pairs) for at in (0, 1))
                wall = statistics.median(many.wall / one.wall for one, many in pairs)
                cpu = statistics.median(many.cpu / one.cpu for one, many in pairs)
                print(
                    f"{name:8} {count:11,} {one:7.2f}s {many:7.2f}s  {wall:8.2f}  {cpu:7.2f}  "
                    f"{pairs[-1][0].peak_mib:4.0f} {pairs[-1][1].peak_mib:4.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
