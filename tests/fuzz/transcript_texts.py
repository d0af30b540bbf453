"""Transcripts that are tried: those of recordings and of built messages, with lines and bytes changed."""

from __future__ import annotations

import io
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.decode.decoder import Decoder
from nlsniff.errors import NlsniffError
from nlsniff.reader import IndexedCapture
from nlsniff.regress.build import Builder
from nlsniff.regress.comparison import compare
from nlsniff.regress.parse import TranscriptError, parse
from nlsniff.regress.write import text_of
from tests.fuzz import mutate, promises, seeds
from tests.fuzz.promises import promise

if TYPE_CHECKING:
    from random import Random

_LINES = (
    b"== ip", b"== news", b">", b">? A", b">+ A ack", b"| B", b"* C  a b : c d", b"< ok", b"< EINVAL  at a.b  of 2",
    b"<* any order, filtered:", b"    a: <if:b>", b"      - 1", b"    # the kernel says: \x1b", b"    + e f",
    b"<<<<<<< x", b'    "\\u0000": 1', b"\t\ta [nested]:  ! x", b"answers full", b"\xff", b"    a: " + b"x" * 500,
)  # fmt: skip


def transcript_text(random: Random) -> bytes:
    """A transcript, most of the time a changed one."""
    seed = seeds.any_seed(random)
    try:
        with IndexedCapture(io.BytesIO(seed.data), Decoder(seeds.REGISTRY), seed.order).load() as capture:
            made = Builder(capture, random.choice(("outcome", "objects", "full")), news=random.random() < 0.5).build()
    except NlsniffError:
        return b"nlsniff transcript 1\nanswers objects\n"
    text = text_of(made).encode("utf-8", "surrogatepass")
    if random.random() < 0.5:
        lines = text.split(b"\n")
        for _ in range(random.choice((1, 3, 20))):
            at = random.randrange(len(lines))
            lines[at : at + random.choice((0, 1, 1, 3))] = random.choices(
                [*lines, *_LINES], k=random.choice((0, 1, 1, 2))
            )  # fmt: skip
            lines = lines or [b""]
        text = b"\n".join(lines)
    return mutate.octets(random, text) if random.random() < 0.4 else text


def transcript_holds(data: bytes, random: Random) -> None:
    """It is read or refused where it goes wrong; what is read is written and read again; any two can be compared."""
    text = data.decode("utf-8", "replace")
    try:
        found = parse(text, "x.nlt")
    except TranscriptError as error:
        promises.printable(str(error), "an error of a transcript")
        place = re.match(r"x\.nlt:(\d+): ", str(error))
        promise(place and 1 <= int(place[1]) <= text.count("\n") + 1, "a line outside the transcript", str(error))
        return
    written = text_of(found)
    promises.printable(written, "a transcript")
    promise(parse(written) == found, "a transcript is read otherwise when it is written")
    promise(not compare(found, parse(written)).differences, "a transcript differs from itself")
    lanes = list(found.lanes)
    random.shuffle(lanes)
    promise(not compare(found, replace(found, lanes=tuple(lanes))), "another order of lanes is a difference")
    lines = written.split("\n")
    at = random.randrange(2, len(lines))
    try:
        other = parse("\n".join([*lines[:at], *lines[at + 1 :]]))
    except TranscriptError:
        return
    _compared(written, text_of(other), same=found == other)


def _compared(old: str, new: str, *, same: bool) -> None:
    """The command says that two transcripts differ, exactly where they do."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder) / "old.nlt", Path(folder) / "new.nlt"
        for path, text in zip(paths, (old, new), strict=True):
            path.write_text(text, encoding="utf-8")
        ran = promises.command_holds("diff", str(paths[0]), "-U1", str(paths[1]))
        promise(not same or ran.status != 1, "what is the same differs")
