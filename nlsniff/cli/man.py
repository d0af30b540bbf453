"""`nlsniff man`: the manual pages."""

from __future__ import annotations

import shutil
import subprocess
import sys

from nlsniff.cli import commands
from nlsniff.cli.commands import argument
from nlsniff.errors import NlsniffError


@commands.command(
    "man",
    examples=(
        "nlsniff man  # the page of nlsniff",
        "nlsniff man spec check  # the page of a command",
        "nlsniff man show > nlsniff-show.1  # as roff",
    ),
)
@argument("words", nargs="*", metavar="COMMAND")
def command(words: list[str]) -> int:
    """Show the manual page of nlsniff, or of a COMMAND.

    On a terminal man(1) shows it, where there is that; elsewhere it is printed as roff.

    Exit status: 0, or 2 when there is no such COMMAND; that of man(1) on a terminal.
    """
    from nlsniff.cli import PROGRAM
    from nlsniff.cli.manual import pages

    name = "-".join(("nlsniff", *(words[1:] if words[:1] == ["nlsniff"] else words)))
    page = dict(pages(PROGRAM)).get(name)
    if page is None:
        raise NlsniffError(f"there is no page {name}: `nlsniff --help` lists the commands")
    if sys.stdout.isatty() and shutil.which("man"):
        return subprocess.run(["man", "-l", "-"], input=page, text=True, check=False).returncode
    sys.stdout.write(page)
    return 0
