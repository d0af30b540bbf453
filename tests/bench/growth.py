"""How CPU time and memory grow with the file: `python -m tests.bench.growth [--messages N...] [TASK...]`.

Prints for each command and size the CPU time of a message, the peak memory, and how many bytes of memory each message
more has taken than at the size before: none where a file is read as a stream, at most 100 where the whole is indexed.
Where a message takes more time in a large file than in a small one, the table shows that, too. By
`--messages 100000 1000000 10000000 stats` it goes to ten million, which takes 2 GB in the folder of temporary files.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench.run import Runner
from tests.bench.tasks import FILE
from tests.bench.traffic import make

# Arguments, and the bytes that each message may take.
COMMANDS = {
    "text": (["show", "-V", FILE], 0),
    "json": (["show", "--json", FILE], 0),
    "lines": (["show", FILE], 0),
    "stats": (["stats", FILE], 0),
    "index": (["follow", FILE, "1"], 100),
    "follow": (["follow", "--all", FILE], 100),
    "stories": (["follow", "--stories", FILE], 100),
}
_NOISE_MIB = 2.0  # that two runs of one command differ by


def main() -> int:
    """Print the table; exit status 1 where memory grows by more than it may."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.growth", description=__doc__)
    parser.add_argument("tasks", nargs="*", choices=[[], *COMMANDS], help="all by default")
    parser.add_argument("--messages", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="N")
    parser.add_argument("--fresh", action="store_true", help="no route and no counter of a link comes twice")
    parser.add_argument("--python", default=sys.executable, help="runs nlsniff (default: %(default)s)")
    given = parser.parse_args()
    before: dict[str, tuple[int, float]] = {}
    failed = False
    print(f"{'':8} {'messages':>11} {'us per message':>15} {'peak MiB':>9} {'bytes per message more':>23}")
    for size in sorted(given.messages):
        with tempfile.TemporaryDirectory() as folder:
            file, runner = Path(folder) / "traffic.pcap", Runner(Path(folder), given.python)
            count, _ = make(file, size, fresh=given.fresh)
            for name in given.tasks or COMMANDS:
                arguments, allowed = COMMANDS[name]
                runner.warm(arguments)
                run = runner.nlsniff(arguments, file, output="/dev/null")
                more, mark = "", ""
                if name in before:
                    smaller, mib = before[name]
                    each = (run.peak_mib - mib) * 2**20 / (count - smaller)
                    more = f"{each:.1f}"
                    # What is made for the shapes of a file is made at its beginning.
                    wrong = smaller >= 100_000 and (run.peak_mib - mib - _NOISE_MIB) * 2**20 > allowed * (
                        count - smaller
                    )
                    mark, failed = "!" if wrong else "", failed or wrong
                before[name] = count, run.peak_mib
                print(
                    f"{name:8} {count:11,} {run.cpu / count * 1e6:15.2f} {run.peak_mib:9.1f} {more:>23} {mark}",
                    flush=True,
                )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
