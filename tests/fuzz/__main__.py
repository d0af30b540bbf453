"""Searches for inputs that break a promise of nlsniff; what it finds becomes small and is written down.

Exit status: 0 where nothing was found, 1 where something was.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.run import Finding, Search, attempt, load
from tests.fuzz.targets import TARGETS


def main() -> int:
    """Search, or try a finding again."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.split("\n", 1)[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="of these alone; `dissector` means all dissectors")
    parser.add_argument("--minutes", type=float, default=1.0, help="of CPU time (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="of everything; by default the time")
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"), help="a folder for findings (%(default)s)")
    parser.add_argument("--most", type=int, default=1000, help="end after so many findings")
    parser.add_argument("--list", action="store_true", help="list the targets")
    parser.add_argument("--again", type=Path, metavar="FILE", help="try a finding again")
    given = parser.parse_args()
    if given.list:
        print("\n".join(TARGETS))
        return 0
    if given.again is not None:
        found = load(given.again)
        wrong = attempt(found.target, found.data, found.seed)
        print(f"{found.target}: {wrong[0]}\n{wrong[1]}" if wrong else f"{found.target}: nothing is wrong any more")
        return int(wrong is not None)
    unknown = [name for name in given.targets if not _chosen(name)]
    if unknown:
        parser.error(f"no target {unknown[0]!r}; --list names them")
    names = [name for wanted in given.targets for name in _chosen(wanted)] or list(TARGETS)
    seed = int(time.time()) if given.seed is None else given.seed
    print(f"seed {seed}, {len(names)} targets", flush=True)
    search = Search()
    search.run(names, seed, seconds=given.minutes * 60, most=given.most, tell=lambda item: _tell(item, given.found))
    for name, count in search.inputs.items():
        print(f"{count:>8} {name}")
    again = f", {search.again} more inputs of these kinds" if search.again else ""
    print(f"{sum(search.inputs.values())} inputs, {time.process_time():.0f} s of CPU, "
          f"{len(search.findings)} findings{again}")  # fmt: skip
    return int(bool(search.findings))


def _chosen(name: str) -> list[str]:
    return [known for known in TARGETS if known == name or known.startswith(f"{name}:")]


def _tell(found: Finding, folder: Path) -> None:
    path = found.save(folder)
    print(
        f"{path}: {found.kind} ({len(found.data)} bytes)\n    {found.seen.strip().splitlines()[-1][:300]}", flush=True
    )


if __name__ == "__main__":
    sys.exit(main())
