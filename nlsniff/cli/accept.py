"""`nlsniff accept`: take what a check found into the goldens."""

from __future__ import annotations

import sys
from pathlib import Path

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, option
from nlsniff.errors import NlsniffError


@commands.command(
    "accept",
    examples=(
        "nlsniff accept artifacts/  # what `nlsniff check --new artifacts/` left",
        "nlsniff accept --ask artifacts/  # show each change first",
        "nlsniff check new.pcapng --golden netlink/ --new artifacts/; nlsniff accept artifacts/  # both",
    ),
)
@argument("folder", metavar="DIR")
@option("--ask", action="store_true", help="Show what changes, and ask before each.")
def command(folder: str, *, ask: bool) -> int:
    """Take what `nlsniff check --new DIR` left in DIR into the goldens, and remove it from DIR.

    DIR may be an artifact of a CI run, unpacked. Each NAME.nlt.new says which golden it is for, by its path from where
    the check ran; run this there. A golden outside of that folder is refused,
    and so is a change of one that is not there, or without the capture that the golden has.

    Exit status: 0, 1 when one was not accepted, 2 when something cannot be read or written; nothing is accepted then.
    """
    from nlsniff.regress.accept import forget, proposals, take

    if ask and not sys.stdin.isatty():
        raise NlsniffError("--ask asks at the terminal, and standard input is none; without it all are accepted")
    left = 0
    found = proposals(Path(folder), Path())
    for proposal in found:
        if ask and not _wanted(proposal.pair.text, proposal.text):
            left += 1
            continue
        for path in take(proposal):
            commands.put(f"{path}: written")
    if not left:
        forget(found)
    return bool(left)


def _wanted(old: Path, new: Path) -> bool:
    """Show a diff, and ask."""
    import difflib

    from nlsniff.regress.accept import accepted_lines

    before = old.read_text(encoding="utf-8").splitlines() if old.exists() else []
    for line in difflib.unified_diff(before, accepted_lines(new), str(old), str(new), lineterm=""):
        commands.put(line)
    sys.stdout.write(f"{old}: accept? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
