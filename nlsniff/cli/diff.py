"""`nlsniff diff`: what differs between two captures or transcripts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import LINKTYPE, decoder_for, decoding
from nlsniff.cli.printing import printing
from nlsniff.cli.transcript import ANSWERS
from nlsniff.errors import EXIT_DIFFERS, EXIT_UNUSABLE, NlsniffError
from nlsniff.terminal import coloured, plain
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from nlsniff.regress.comparison import Comparison
    from nlsniff.regress.model import Level
    from nlsniff.regress.sides import Compared

_MOST = 100_000  # lines of context


@commands.command(
    "diff",
    examples=(
        "nlsniff diff old.pcapng new.pcapng  # all that differs",
        "nlsniff diff old.pcapng:45 new.pcapng:34  # two requests: why is mine refused?",
        "nlsniff diff --requests trace.nlt new.pcapng  # with a transcript; answers do not matter",
    ),
)
@argument("old", metavar="OLD")
@argument("new", metavar="NEW")
@option("--requests", action="store_true", help="Compare what is asked and how the kernel judges, nothing else.")
@option("--json", "as_json", action="store_true", help="Print one JSON object a difference.")
@option(
    "-U", "--unified", "context", metavar="N", type=commands.whole(0, _MOST), default=3,
    help="Lines around what differs.",
)  # fmt: skip
@ANSWERS
@decoding
@LINKTYPE
@printing
def command(
    old: str,
    new: str,
    context: int,
    answers: Level | None,
    endian: str,
    linktype: str | None,
    specs: tuple[str, ...],
    *,
    requests: bool,
    as_json: bool,
    colour: bool,
) -> int:
    """Say what differs between OLD and NEW, each of them a capture or a transcript; one may be `-`.

    What is asked is paired by its contents, whatever programs asked it, on whichever sockets and in whichever order of
    sockets: so an `ip` that works can be compared with a library that is refused. FILE:N is the one conversation that
    message N of a capture belongs to, or that stands at line N of a transcript.

    First come sentences, the most severe first: another verdict of the kernel, and what in the request explains it;
    requests that are not there any more, or new; parts of requests; events and answers. Before them stands the line of
    OLD where that is a transcript, behind them the numbers of the messages in both captures. Then comes a unified diff
    of the transcripts. What only another order of attributes, other words of the kernel or another program's name
    makes, is a note, and no difference.

    Exit status: 0 they are equal, 1 they differ, 2 they cannot be compared, as when nothing is in them.
    """
    from nlsniff.regress.comparison import compare, only_requests
    from nlsniff.regress.sides import Given

    if old == new == "-":
        raise NlsniffError("standard input can be read once: name a file for OLD or NEW")
    frames = bare_linktype(linktype)
    given = Given(old), Given(new)
    level: Level = answers or given[0].level or given[1].level or "objects"
    sides = [side.read(decoder_for(specs, show_secrets=False), byte_order(endian), frames, level) for side in given]
    if not any(side.transcript.lanes or side.transcript.news for side in sides):
        raise NlsniffError(f"{old}, {new}: there is nothing in them to compare")
    transcripts = [only_requests(side.transcript) if requests else side.transcript for side in sides]
    found = compare(transcripts[0], transcripts[1], one_program=False)
    if as_json:
        _print_json(found)
    else:
        _print(found, sides[0], sides[1], context, colour=colour)
    for side in sides:
        if side.lost:
            complain(f"{side.name}: {side.lost}: what is equal may not be")
    if found:
        return EXIT_DIFFERS
    return EXIT_UNUSABLE if any(side.lost for side in sides) else 0


def _print(found: Comparison, old: Compared, new: Compared, context: int, *, colour: bool) -> None:
    from nlsniff.output.painted import differences
    from nlsniff.regress.words import sentences

    write = sys.stdout.buffer.write
    text = found.words(old.file)
    text += "".join(f"note: {line}\n" for line in sentences(found.notes, old.file))
    diff = found.unified(old.name, new.name, context)
    if diff:
        text += f"\n{diff}"
    write(differences(text, coloured if colour else plain).encode("utf-8", "backslashreplace"))
    sys.stdout.flush()


def _print_json(found: Comparison) -> None:
    from nlsniff.output.json import json_line

    write = sys.stdout.buffer.write
    for items, note in ((found.differences, False), (found.notes, True)):
        for item in items:
            write(json_line({**item.to_json(), "note": note}))
    sys.stdout.flush()
