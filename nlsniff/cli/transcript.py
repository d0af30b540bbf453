"""`nlsniff transcript`: what was said in a capture, without what changes from one recording to the next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import LINKTYPE, decoder_for, decoding
from nlsniff.errors import NlsniffError
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from nlsniff.regress.model import Level

ANSWERS = option(
    "--answers", choices=("outcome", "objects", "full"), help="How much of what the kernel says is compared."
)
RULES = option("--rules", metavar="FILE", help="Rules that say what is compared.")


@commands.command(
    "transcript",
    examples=(
        "nlsniff transcript trace.pcapng  # what was said",
        "nlsniff transcript --answers outcome -o trace.nlt trace.pcapng  # requests and verdicts alone",
        "nlsniff transcript --check trace.nlt  # is this text written as it should be?",
    ),
)
@argument("file")
@option("-o", "target", metavar="OUT", help="Write into this file.")
@option("--check", "as_text", action="store_true", help="FILE is a transcript: read it, and print it as it should be.")
@ANSWERS
@RULES
@decoding
@LINKTYPE
def command(
    file: str,
    target: str | None,
    answers: Level | None,
    rules: str | None,
    endian: str,
    linktype: str | None,
    specs: tuple[str, ...],
    *,
    as_text: bool,
) -> int:
    """Print the transcript of the capture FILE, or of standard input for `-`.

    A transcript has what programs asked, in full, and how the kernel judged it. What the kernel or chance chose
    (interface indexes, MAC addresses, SPIs, keys) is a placeholder such as <if:veth0>; counters and times are left
    out. So two recordings of one program on one kernel have the same transcript. docs/transcript.md explains the text.

    --answers says how much there is of what the kernel says: nothing but its verdicts (outcome), what names objects and
    what summaries show (objects, the default), or all but its counters (full).

    With --check FILE is a transcript. It is printed as nlsniff writes it; the exit status is 1 where that is another
    text.

    Exit status: 0, 1 with --check where FILE is written otherwise, 2 when FILE cannot be read.
    """
    from nlsniff.regress.files import write_all

    if as_text:
        if answers or rules or specs or linktype:
            raise NlsniffError("--check reads a transcript, which needs no --answers, --rules, --spec and --linktype")
        text, same = _formatted(file)
    else:
        text, same = _of_capture(file, answers, rules, endian, linktype, specs), True
    if target is not None:
        write_all({Path(target): text.encode()})
    else:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.flush()
    return not same


def _formatted(file: str) -> tuple[str, bool]:
    """A transcript as it should be, and whether it is so."""
    from nlsniff.regress.files import read_text
    from nlsniff.regress.write import text_of

    path = Path("/dev/stdin" if file == "-" else file)
    transcript = read_text(path)
    text = text_of(transcript)
    same = file == "-" or path.read_bytes() == text.encode()
    if not same:
        complain(f"{file}: is a transcript, and written otherwise")
    return text, same


def _of_capture(
    file: str, answers: Level | None, rules: str | None, endian: str, linktype: str | None, specs: tuple[str, ...]
) -> str:
    from nlsniff.reader import IndexedCapture
    from nlsniff.regress.rules import Rules, load
    from nlsniff.regress.ruling import Ruling
    from nlsniff.regress.stored import told
    from nlsniff.regress.write import text_of

    frames = bare_linktype(linktype)
    decoder = decoder_for(specs, show_secrets=False)
    ruling = Ruling(load(rules) if rules else Rules(), decoder.registry)
    with IndexedCapture(file, decoder, byte_order(endian), frames) as capture:
        transcript = told(capture.load(), answers or ruling.rules.answers or "objects", ruling)
        for problem in capture.problems:
            complain(f"{file}: {problem}")
    for rule in ruling.unused():
        complain(f"{rule} matched nothing")
    return text_of(transcript)
