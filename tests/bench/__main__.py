"""Measure nlsniff against tshark: `python -m tests.bench [--messages N...] [--rounds N] [--check] [TASK...]`.

Makes files of N messages from the recordings in captures/, runs both programs in turn on each, and prints the ratio of
their CPU times (user and system, children included) with what each prints per message and its peak memory. A ratio is
the median of paired runs, so that a slow moment of the machine hits both. Nothing here is a test that can fail by time:
a target that is missed is marked, and a person reads this. What fails is a filter that prints other frames than tshark,
and with `--check` any output that is not what the walker says, byte for byte (`tests.bench.walker`), so that no target
is met by printing less.

Which Python runs nlsniff counts: one that was built with profiles, as Debian's is, is faster than one that was not.
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
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.compare import differs, frames_differ
from tests.bench.run import Runner
from tests.bench.tasks import TASKS
from tests.bench.traffic import WORDS, make

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = f"{'task':14} {'nlsniff':>8} {'tshark':>8}  {'ratio':>6} {'target':>6}   bytes per message   peak MiB"


class Measured(NamedTuple):
    """What both programs took: seconds of CPU, and their ratio."""

    ours: float
    theirs: float
    ratio: float


def measure(runner: Runner, name: str, file: Path, count: int, rounds: int) -> Measured:
    """Run both programs in turn, and print a line."""
    task = TASKS[name]
    runner.warm(task.ours)
    pairs = [(runner.nlsniff(task.ours, file), runner.tshark(task.theirs, file)) for _ in range(rounds)]
    own, other = pairs[-1]
    ratio = statistics.median(mine.cpu / his.cpu for mine, his in pairs)
    missed = "!" if task.target and ratio > task.target else ""
    target = f"{task.target:.2f}" if task.target else "-"
    cpu = [statistics.median(run[side].cpu for run in pairs) for side in (0, 1)]
    print(
        f"{name:14} {cpu[0]:7.2f}s {cpu[1]:7.2f}s  {ratio:6.3f} {target:>6} {missed:1} "
        f"{own.printed / count:8.1f} {other.printed / count:8.1f}  {own.peak_mib:4.0f} {other.peak_mib:4.0f}",
        flush=True,
    )
    wrong = task.frames and frames_differ(task, own, other)
    if wrong:
        sys.exit(f"{name}: {wrong}")
    return Measured(cpu[0], cpu[1], ratio)


def table(rows: list[tuple[str, str, Measured]]) -> Iterator[str]:
    """The lines of the README's table, of what a file holds, the task and what it took."""
    yield "| messages | nlsniff | CPU | tshark | CPU | ratio |"
    yield "|---|---|---|---|---|---|"
    for what, name, (ours, theirs, ratio) in rows:
        own, other = TASKS[name].command
        yield f"| {what} | `{own}` | {ours:.2f} s | `{other}` | {theirs:.2f} s | {ratio:.2f} |"


def main() -> int:
    """Make the files, run both, print a table for each file; exit status 1 where an output is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", nargs="*", choices=[[], *TASKS], help="tasks to measure; all by default")
    parser.add_argument("--messages", type=int, nargs="+", default=[100_000, 1_000_000], metavar="N")
    parser.add_argument("--rounds", type=int, default=3, help="of 100,000 messages; larger files get fewer")
    parser.add_argument("--fresh", action="store_true", help="no route and no counter of a link comes twice")
    parser.add_argument("--check", action="store_true", help="compare with the walker in the place of measuring")
    parser.add_argument("--table", action="store_true", help="print the table of the README, too")
    parser.add_argument("--python", default=sys.executable, help="runs nlsniff (default: %(default)s)")
    given = parser.parse_args()
    files: dict[tuple[int, str], list[str]] = {}
    for name in given.tasks or TASKS:
        task = TASKS[name]
        for size in [task.messages] if task.messages else given.messages:
            files.setdefault((size, task.traffic), []).append(name)
    failed = 0
    rows: list[tuple[str, str, Measured]] = []
    for (size, traffic), names in sorted(files.items()):
        with tempfile.TemporaryDirectory() as folder:
            file, runner = Path(folder) / "traffic.pcap", Runner(Path(folder), given.python)
            count, frames = make(file, size, traffic, fresh=given.fresh)
            print(f"{count:,} messages in {frames:,} frames, {file.stat().st_size / 2**20:.1f} MiB, {traffic}")
            if not given.check:
                print(_HEAD)
            for name in names:
                if given.check:
                    wrong = differs(runner, TASKS[name].ours, file)
                    print(f"{name:14} {wrong or 'prints what the walker says'}", flush=True)
                    failed += bool(wrong)
                else:
                    rounds = max(1, given.rounds * 100_000 // max(size, 100_000))
                    rows.append((f"{count:,}{WORDS[traffic]}", name, measure(runner, name, file, count, rounds)))
    if given.table:
        print(*table(rows), sep="\n")
    version = subprocess.run([given.python, "-V"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"this machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {version} of {given.python}; "
          f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_nivcsw} involuntary switches")  # fmt: skip
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
