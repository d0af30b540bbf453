"""`python -m tests.leaks`: damages messages with keys for as long as one likes; prints each leak, exits 1 if any."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.leaks.damage import damaged
from tests.leaks.look import leaks
from tests.leaks.seeds import seeds


def main() -> int:
    """Run it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.leaks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="of the first try; each counts on")
    arguments = parser.parse_args()
    number = arguments.seed if arguments.seed is not None else time.time_ns() % 10**9
    first, stop, bad = number, time.monotonic() + arguments.seconds, 0
    everything = seeds()
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < stop:
            random = Random(number)  # noqa: S311  a test is no secret
            seed = random.choice(everything)
            capture = damaged(seed, random)
            for leak in leaks(seed, capture, Path(folder)):
                bad += 1
                print(f"seed {number}: {capture.what}: {leak}", flush=True)
            number += 1
    print(f"{number - first} tries from seed {first}, {len(everything)} shapes, {bad} leaks")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
