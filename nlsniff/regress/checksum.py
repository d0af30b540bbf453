"""The checksum in a golden's text: whether an editor changed what nlsniff wrote there.

It is a comment, and over all lines but comments. So it tells a text that was edited from one that another nlsniff
wrote, whichever that was; a text without it tells nothing.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.regress.write import SAYS, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.regress.model import Transcript

_NAMED = "checksum "


class Edited(NamedTuple):
    """The first line that an editor changed: its number from 1, what stands there, and what was recorded."""

    line: int
    said: str
    recorded: str


def golden_text(transcript: Transcript) -> str:
    """The text of a transcript, with its checksum."""
    comments = tuple(line for line in transcript.comments if not line.startswith(_NAMED))
    return text_of(replace(transcript, comments=(*comments, _NAMED + _checksum(text_of(transcript)))))


def edited(text: str, transcript: Transcript, again: Transcript) -> Edited | None:
    """Where an editor changed a text; None where nobody did, or that is not known.

    Args:
        text: of the golden.
        transcript: what it says.
        again: what its capture says.
    """
    written = next((line.removeprefix(_NAMED) for line in transcript.comments if line.startswith(_NAMED)), None)
    if written is None or written.strip() == _checksum(text):
        return None
    both = zip_longest(_lines(text), _lines(text_of(again)), fillvalue=(0, ""))
    for (number, said), (_, recorded) in both:
        if said != recorded:
            return Edited(number, said.strip(), recorded.strip())
    return None


def _checksum(text: str) -> str:
    whole = "\n".join(line for _, line in _lines(text))
    return f"{zlib.crc32(whole.encode()):08x}"


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """All lines that say something, each with its number."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        words = line.strip(" \t\r")
        if words and (words.startswith(SAYS) or not words.startswith("#")):
            yield number, line.rstrip(" \t\r")
