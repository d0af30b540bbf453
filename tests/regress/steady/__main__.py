"""Records one script again and again, a third under load, a third beside a stranger, and compares them."""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from pathlib import Path

from tests import uml
from tests.regress.steady import KINDS, record
from tests.regress.steady.judge import differences

_AT_ONCE = 12  # recordings of one guest
_SHOWN = 24  # lines that tell what differs


def main() -> int:
    """Record, compare, and tell; exit status 1 where any differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.regress.steady", description=__doc__)
    parser.add_argument("--recordings", type=int, default=50, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--no-calm", dest="calm", action="store_false", help="let IPv6 do what it does by itself")
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help="keep the captures there")
    given = parser.parse_args()
    if problem := uml.missing():
        parser.error(problem)
    kinds = list(itertools.islice(itertools.cycle(KINDS), given.recordings))
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name)
        made: list[Path] = []
        for at in range(0, len(kinds), _AT_ONCE):
            share = folder / f"guest-{at // _AT_ONCE}"
            share.mkdir(parents=True)
            made += record(share, kinds[at : at + _AT_ONCE], calm=given.calm)
        differing = 0
        for path in made[1:]:
            found = list(differences(made[0], path))
            differing += bool(found)
            print(f"{path.parent.name}/{path.stem}: {'differs' if found else 'equal'}")
            more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
            print("".join(f"    {line}\n" for line in [*found[:_SHOWN], *more]), end="", flush=True)
    print(f"{len(made)} recordings of one script: {differing} differ from the first")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
