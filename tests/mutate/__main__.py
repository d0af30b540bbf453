"""Tries small changes to the code, and lists those that no test notices."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.mutate.attempt import Outcome, attempt
from tests.mutate.draw import ROOMS, draw
from tests.mutate.explained import explained, stale
from tests.mutate.record import recorded

_MOST = 0.1  # survivors of all


def main() -> int:
    """Draw, try and count; exit status 1 where more than a tenth survives."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutate", description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of these alone: {', '.join(ROOMS)}")
    parser.add_argument("--seed", type=int, default=1, help="of the drawing (default: %(default)s)")
    parser.add_argument("--count", type=int, default=400, help="of mutants (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=30, help="CPU time of tests for a mutant (%(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="at the same time (default: %(default)s)")
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT", help="those that have this in their line"
    )
    parser.add_argument("--record", action="store_true", help="record anew which test touches what")
    given = parser.parse_args()
    unknown = set(given.rooms) - set(ROOMS)
    if unknown:
        parser.error(f"no room {min(unknown)!r}; there are {', '.join(ROOMS)}")
    mutants = [
        mutant
        for mutant in draw(given.rooms or list(ROOMS), given.seed, given.count)
        if not given.only or any(text in f"{mutant.place} | {mutant.text}" for text in given.only)
    ]
    record = recorded(given.jobs, anew=given.record)
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(given.jobs) as pool:
        for outcome in pool.map(partial(attempt, record=record, seconds=given.seconds), mutants):
            outcomes.append(outcome)
            print(outcome, flush=True)
    return _count(outcomes)


def _count(outcomes: list[Outcome]) -> int:
    print()
    for room in dict.fromkeys(outcome.mutant.room for outcome in outcomes):
        _tell(room, [outcome for outcome in outcomes if outcome.mutant.room == room])
    _tell("all", outcomes)
    for path, function, change in sorted(stale(explained())):
        print(f"explained, but not in the code any more: {path} {function} | {change}")
    return int(sum(not outcome.noticed for outcome in outcomes) > len(outcomes) * _MOST)


def _tell(room: str, outcomes: list[Outcome]) -> None:
    survived = [outcome for outcome in outcomes if not outcome.noticed]
    explained = sum(outcome.explained for outcome in survived)
    share = len(survived) / len(outcomes)
    print(
        f"{room:6} {len(outcomes):4} mutants, {len(survived):3} survived ({share:.1%}), {explained} of them explained"
    )


if __name__ == "__main__":
    sys.exit(main())
