"""Compares what the fast printer and the walker say of many messages: `python -m tests.model --messages 100000`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from random import Random

from nlsniff.spec.registry import Registry
from tests.model.compare import compare, told
from tests.model.operations import operations
from tests.model.traffic import Traffic

_CHUNK = 5_000  # messages of one capture: patterns and names begin anew in each
# Operations that speak in a capture: the fewer there are, the more often each shape comes again.
_FEW = (0, 60, 12)


def main() -> int:
    """Run the comparison; exit status 1 where something differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the first capture; the next ones count on")
    parser.add_argument("--show", type=int, default=20, help="differences to print (default: %(default)s)")
    given = parser.parse_args()
    registry = Registry()
    every = operations(registry)
    messages = hits = wrong = 0
    left = given.show
    types: Counter[str] = Counter()
    for number, at in enumerate(range(0, given.messages, _CHUNK), given.seed):
        order, size = "<>"[number % 2], min(_CHUNK, given.messages - at)
        few = _FEW[number % 3]
        chosen = Random(number).sample(every, few) if few else every  # noqa: S311  tests are no secret
        frames = Traffic(registry, number, order, chosen=chosen).frames(size)  # type: ignore[arg-type]
        found = compare(registry, frames, order, seed=number, show_secrets=number % 4 < 2)  # type: ignore[arg-type]
        differing = {item.number for item in found.differences}
        messages, hits, wrong = messages + found.messages, hits + found.hits, wrong + len(differing)
        types.update(f"{item.type} {item.style}" for item in found.differences)
        if found.differences and left > 0:
            print(f"seed {number}:\n{told(found.differences, left)}")
            left -= len(found.differences)
    print(f"{messages} messages, {hits} found a pattern, {wrong} differ")
    if wrong:
        print(", ".join(f"{name} {count}" for name, count in types.most_common(40)))
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
