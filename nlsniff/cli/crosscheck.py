"""`nlsniff crosscheck`: compare with tshark."""

from __future__ import annotations

import os

from nlsniff.cli import commands
from nlsniff.cli.commands import argument
from nlsniff.errors import EXIT_DIFFERS, NlsniffError


@commands.command(
    "crosscheck",
    examples=(
        "nlsniff crosscheck trace.pcapng  # compare one capture",
        'nlsniff crosscheck trace.pcapng && echo "the same"  # in a script',
        "nlsniff crosscheck trace.pcapng.gz  # a compressed one",
    ),
)
@argument("file")
def command(file: str) -> int:
    """Read FILE with tshark as well, and compare frames and message headers.

    tshark knows no netlink without a cooked header, so there is no --linktype here.

    Exit status: 0 both see the same, 1 they differ, 2 the file or tshark cannot be used.
    """
    from nlsniff.crosscheck import crosscheck

    if not os.path.exists(file):  # noqa: PTH110  a path is all that tshark takes
        raise NlsniffError(f"{file}: no such file")
    report = crosscheck(file)
    for line in report.differences:
        commands.put(line)
    commands.echo(f"{report.frames} frames, {report.messages} messages, {len(report.differences)} differences")
    return EXIT_DIFFERS if report.differences else 0
