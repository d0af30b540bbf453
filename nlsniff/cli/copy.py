"""`nlsniff show -w`: a capture of chosen messages."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.cli.commands import complain
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
        target: the name of the new file, whose end says what is written; an old one is replaced.
        decoder: makes the messages; keys are overwritten unless it shows secrets.
        wanted: chooses the messages; None wants all.
        order: the byte order of the messages, or None to find it out.
        frames: what the frames are, as `FrameReader` takes it.
        count: at most so many messages.

    Raises:
        NlsniffError: nothing can be read, the target is the file itself or no file, or it cannot be written.
    """
    refuse_target(source if isinstance(source, str) else "-", Path(target))
    with IndexedCapture(source, decoder, order, frames).load() as capture:
        numbers = list(islice(IndexSelection(capture, wanted).numbers(0, len(capture)), count))
        saving = Saving(capture, numbers, Own(capture.follower, capture.interfaces).description(), target)
        for _ in saving.run():
            pass
        complain(saving.finish())
        for problem in capture.problems:
            complain(f"{capture.path}: {problem}")
