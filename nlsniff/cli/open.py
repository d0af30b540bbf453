"""`nlsniff open`: browse a capture."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import DUMB, LINKTYPE, decoder_for, filter_for, reading
from nlsniff.errors import NlsniffError
from nlsniff.tui.first_read import is_still, refuse_early
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from typing import BinaryIO


@commands.command(
    "open",
    examples=(
        "nlsniff open trace.pcapng  # `?` lists the keys",
        "nlsniff open -Y errno trace.pcapng  # begin with what was refused",
        "nlsniff record -w - -- ip link | nlsniff open -  # what comes from a pipe",
    ),
)
@argument("file")
@option("-Y", "--filter", "filter_text", metavar="FILTER", default="", help="Begin with this filter.")
@reading
@LINKTYPE
def command(
    file: str, filter_text: str, endian: str, linktype: str | None, specs: tuple[str, ...], *, show_secrets: bool
) -> None:
    """Browse the capture FILE in the terminal, or standard input for `-`.

    A file that still grows is followed. Inside, `?` lists all keys.

    Exit status: 0, or 2 when there is no terminal or nothing in FILE could be read.
    """
    from nlsniff.reader import IndexedCapture

    if not sys.stdout.isatty():
        raise NlsniffError(f"the screen needs a terminal; `nlsniff show {file}` prints instead")
    if os.environ.get("TERM") == DUMB:
        raise NlsniffError(f"TERM={DUMB} names a terminal that has no screen; `nlsniff show {file}` prints instead")
    frames = bare_linktype(linktype)
    decoder = decoder_for(specs, show_secrets=show_secrets)
    filter_for(filter_text, decoder.registry)  # refuses what is wrong before the screen opens
    source = _take_input() if file == "-" else file
    with IndexedCapture(source, decoder, byte_order(endian), frames) as capture:
        refuse_early(capture)
        from nlsniff.tui.app import run  # textual takes a quarter of a second

        run(capture, filter_text=filter_text, still=file != "-" and is_still(Path(file)))
        for problem in capture.problems:
            complain(f"{file}: {problem}")


def _take_input() -> BinaryIO:
    """Standard input, once something came, as a stream that never waits; the keyboard takes its place.

    Raises:
        NlsniffError: standard input is the keyboard, or there is none.
    """
    if sys.stdin.isatty():
        raise NlsniffError("standard input is the terminal; pipe a capture into `nlsniff open -`, or name a file")
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        raise NlsniffError("there is no terminal to take keys from; `nlsniff show -` prints instead") from None
    pipe = os.dup(0)
    select.select([pipe], [], [])  # what is there before its first byte cannot be told from an empty file
    os.set_blocking(pipe, False)
    os.dup2(terminal, 0)
    os.close(terminal)
    stream = os.fdopen(pipe, "rb", buffering=0)
    stream.name = "standard input"  # for who reads what is wrong with it
    return stream
