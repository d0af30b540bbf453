"""`nlsniff show -w`: a capture of chosen messages."""

from __future__ import annotations

import shutil
import sys
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from nlsniff.cli.commands import complain
from nlsniff.errors import NlsniffError
from nlsniff.follow.own import Own
from nlsniff.reader import IndexedCapture
from nlsniff.redact.files import refuse_target
from nlsniff.save import Saving
from nlsniff.select import IndexSelection

if TYPE_CHECKING:
    from nlsniff.decode.decoder import Decoder
    from nlsniff.filter.filter import Filter
    from nlsniff.reader import Source
    from nlsniff.wire.nlmsg import Order


def save_copy(
    source: Source, target: str, decoder: Decoder, wanted: Filter | None, order: Order | None, frames: int | None,
    count: int | None,
) -> None:  # fmt: skip
    """Save the frames of the messages that a filter wants, and of those that say what links and families are called.

    Args:
        source: the capture to read.
        target: the name of the new file, whose end says what is written; an old one is replaced. `-` is standard
            output, which gets pcapng when all is read.
        decoder: makes the messages; keys are overwritten unless it shows secrets.
        wanted: chooses the messages; None wants all.
        order: the byte order of the messages, or None to find it out.
        frames: what the frames are, as `FrameReader` takes it.
        count: at most so many messages.

    Raises:
        NlsniffError: nothing can be read, the target is the file itself, a terminal or no file, or cannot be written.
    """
    if target != "-":
        refuse_target(source if isinstance(source, str) else "-", Path(target))
        _save(source, target, target, decoder, wanted, order, frames, count)
        return
    if sys.stdout.isatty():
        raise NlsniffError("a capture is not for a terminal: send it into a pipe or a file, or name one with -w")
    # Secrets are found when all is there, so it is all written first, where nobody else can read it.
    with TemporaryDirectory() as folder:
        path = Path(folder, "out.pcapng")
        _save(source, str(path), "standard output", decoder, wanted, order, frames, count)
        with path.open("rb") as copy:
            shutil.copyfileobj(copy, sys.stdout.buffer)


def _save(
    source: Source, target: str, called: str, decoder: Decoder, wanted: Filter | None, order: Order | None,
    frames: int | None, count: int | None,
) -> None:  # fmt: skip
    with IndexedCapture(source, decoder, order, frames).load() as capture:
        numbers = list(islice(IndexSelection(capture, wanted).numbers(0, len(capture)), count))
        saving = Saving(capture, numbers, Own(capture.follower, capture.interfaces).description(), target, called)
        for _ in saving.run():
            pass
        complain(saving.finish())
        for problem in capture.problems:
            complain(f"{capture.path}: {problem}")
