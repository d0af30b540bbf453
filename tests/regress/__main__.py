"""Changes shipped captures in every way, one change at a time, and counts what a comparison does not see."""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, get_args

from nlsniff.regress.model import Level
from tests.conftest import ROOT
from tests.regress.campaign import count, judge
from tests.regress.changes import Recording
from tests.regress.mutants import KINDS

if TYPE_CHECKING:
    from pathlib import Path

# Small ones, for each change reads the whole capture again; of ten protocols.
CAPTURES = (
    "rejected", "basics", "first-route", "events", "wireguard", "macsec", "l2tp", "mptcp", "ethtool",
    "rules-neighbours", "tc-qdiscs",
)  # fmt: skip


class Told(NamedTuple):
    """What is told of a capture: the counts by kind and outcome, and a line for each change that was missed."""

    name: str
    counts: Counter[tuple[str, str]]
    missed: list[str]


def try_out(path: Path, level: Level, kinds: tuple[str, ...], share: float, seed: int) -> Told:
    """All changes of one capture."""
    chosen = random.Random(f"{seed} {path.name}")  # noqa: S311  no secret
    verdicts = list(judge(Recording(path), level, kinds, chosen, share))
    missed = [
        f"message {verdict.mutant.message} {'/'.join(sorted(verdict.mutant.types))}: {verdict.mutant} {verdict.word}"
        for verdict in verdicts
        if verdict.missed or (verdict.found and not verdict.named)
    ]
    return Told(path.name, count(verdicts), missed)


def main() -> int:
    """Try, count and tell; exit status 1 where anything was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.regress", description=__doc__)
    parser.add_argument("captures", nargs="*", metavar="NAME", help=f"of captures/ (default: {', '.join(CAPTURES)})")
    parser.add_argument("--level", choices=get_args(Level), default="full", help="of the transcripts")
    parser.add_argument("--kind", action="append", choices=KINDS, default=[], help="of changes; all by default")
    parser.add_argument("--share", type=float, default=1, metavar="N", help="of all changes: 0.1 is every tenth")
    parser.add_argument("--seed", type=int, default=1, help="of the drawing (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="at the same time (default: %(default)s)")
    given = parser.parse_args()
    paths = [next((ROOT / "captures").glob(f"{name}.pcapng*"), None) for name in given.captures or CAPTURES]
    if None in paths:
        parser.error(f"no capture {(given.captures or CAPTURES)[paths.index(None)]!r}")
    work = partial(try_out, level=given.level, kinds=tuple(given.kind), share=given.share, seed=given.seed)
    total: Counter[tuple[str, str]] = Counter()
    with ProcessPoolExecutor(given.jobs) as pool:
        for told in pool.map(work, paths):
            total += told.counts
            print(f"{told.name}: {told.counts.total()} changes")
            print("".join(f"    {line}\n" for line in told.missed), end="", flush=True)
    print()
    for (kind, word), number in sorted(total.items()):
        print(f"{kind:8} {number:6}  {word}")
    return int(any(word == "MISSED" for _, word in total))


if __name__ == "__main__":
    sys.exit(main())
