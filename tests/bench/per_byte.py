"""CPU time per byte of some recordings against another: `python -m tests.bench.per_byte [--bytes N] [RECORDING...]`.

Each recording is repeated up to so many bytes, and each command is run on it. What a run on ten messages takes is taken
off, which is start-up. Without names, all recordings of netfilter are compared with zebra's, which is the route traffic
that takes most time per byte. A ratio above 1.2 is marked.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench.run import Runner
from tests.bench.tasks import FILE
from tests.bench.traffic import SCENES, make

COMMANDS = {
    "show": ["show", FILE],
    "show -V": ["show", "-V", FILE],
    "show --json": ["show", "--json", FILE],
    "follow --all": ["follow", "--all", FILE],
}
_TARGET = 1.2
_PART = 2_000  # messages of a file that tells how many bytes a message of a recording has


def costs(runner: Runner, name: str, size: int, rounds: int) -> list[float]:
    """Nanoseconds of CPU time per byte of each command."""
    file, tiny = runner.folder / "large.pcap", runner.folder / "tiny.pcap"
    make(tiny, 10, name)
    count, _ = make(file, _PART, name)
    make(file, count * size // file.stat().st_size, name)
    found = []
    for arguments in COMMANDS.values():
        runs = [
            runner.nlsniff(arguments, file, output="/dev/null").cpu
            - runner.nlsniff(arguments, tiny, output="/dev/null").cpu
            for _ in range(rounds)
        ]
        found.append(statistics.median(runs) / file.stat().st_size * 1e9)
    return found


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.per_byte", description=__doc__.partition("\n")[0])
    parser.add_argument("recordings", nargs="*", default=SCENES["netfilter"], metavar="RECORDING", help="in captures/")
    parser.add_argument("--against", default="zebra", metavar="RECORDING")
    parser.add_argument("--bytes", type=int, default=40_000_000, metavar="N", help="of each file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", default=sys.executable, help="runs nlsniff (default: %(default)s)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(Path(folder), given.python)
        base = costs(runner, given.against, given.bytes, given.rounds)
        print(f"{'ns of CPU per byte':22}" + "".join(f"{name:>20}" for name in COMMANDS))
        print(f"{given.against:22}" + "".join(f"{cost:20.0f}" for cost in base))
        for name in given.recordings:
            found = costs(runner, name, given.bytes, given.rounds)
            ratios = [cost / other for cost, other in zip(found, base, strict=True)]
            shown = [
                f"{cost:.0f} = {ratio:.2f} x{'!' if ratio > _TARGET else ' '}"
                for cost, ratio in zip(found, ratios, strict=True)
            ]
            print(f"{name:22}" + "".join(f"{text:>20}" for text in shown), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
