"""What may be given to be compared: a capture, a transcript, or one conversation of either."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.errors import NlsniffError
from nlsniff.reader import IndexedCapture
from nlsniff.regress.files import read_text, transcript_in
from nlsniff.regress.model import SaidStep
from nlsniff.regress.rules import Rules
from nlsniff.regress.ruling import Ruling
from nlsniff.regress.stored import losses, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from nlsniff.decode.decoder import Decoder
    from nlsniff.regress.model import Block, Level, Transcript
    from nlsniff.wire.nlmsg import Order

_HEAD = 64  # bytes that tell a transcript from a capture
_DIGITS = 9


class Compared(NamedTuple):
    """One of two things that are compared.

    Attributes:
        name: what it is called.
        file: the file that it is in.
        transcript: what is compared.
        lost: what the capture lacks of what was said, in words; "" where nothing is known to lack.
    """

    name: str
    file: str
    transcript: Transcript
    lost: str = ""


class Given:
    """A file that was named on a command line, `FILE`, `FILE:N` or `-`.

    Args:
        name: as it was given. N is the number of a message of a capture, or a line of a transcript. A file that has all
            of that as its name is meant first.

    Attributes:
        is_text: whether it is a transcript.

    Raises:
        NlsniffError: it cannot be read.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        path, at = _split(name)
        self._path = path
        self._at = at
        try:
            self._data = sys.stdin.buffer.read() if path == "-" else None
            head = self._data[:_HEAD] if self._data is not None else _head(path)
        except OSError as error:
            raise NlsniffError(f"{path}: cannot be read: {error.strerror}") from None
        self.is_text = head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"nlsniff ", b"#"))
        self._text: Transcript | None = None

    @property
    def level(self) -> Level | None:
        """That of a transcript; a capture has any."""
        return self._parsed().level if self.is_text else None

    def read(
        self, decoder: Decoder, order: Order | None, linktype: int | None, level: Level, ruling: Ruling | None = None
    ) -> Compared:
        """What is compared, under rules where there are some.

        Raises:
            NlsniffError: it cannot be read, or there is no such conversation.
        """
        if self.is_text:
            found = self._parsed()
            if self._at:
                found = _only(found, _at_line(found, self._at), f"{self._path}: line {self._at}")
            return Compared(self.name, self._path, ruling.apply(found) if ruling is not None else found)
        source: str | BinaryIO = self._path
        if self._data is not None:
            source = io.BytesIO(self._data)
            source.name = "standard input"
        with IndexedCapture(source, decoder, order, linktype) as capture:
            capture.load()
            ruling = ruling or Ruling(Rules(), decoder.registry)
            transcript = told(capture, level, ruling)
            if self._at:
                where = f"{self._path}: message {self._at}"
                if self._at > len(capture):
                    raise NlsniffError(f"{where}: the last is {len(capture)}")
                first = _opening(capture, self._at)
                transcript = _only(transcript, lambda block: block.number == first, where)
            return Compared(self.name, self._path, transcript, losses(capture))

    def _parsed(self) -> Transcript:
        if self._text is None:
            if self._data is not None:
                self._text = transcript_in(self._data, "standard input")
            else:
                self._text = read_text(Path(self._path))
        return self._text


def _split(name: str) -> tuple[str, int]:
    """A file, and the number behind it or 0."""
    path, colon, number = name.rpartition(":")
    if not colon or not path or not (number.isascii() and number.isdigit()) or len(number) > _DIGITS:
        return name, 0
    if int(number) == 0 or Path(name).exists():
        return name, 0
    return path, int(number)


def _head(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(_HEAD)


def _opening(capture: IndexedCapture, number: int) -> int:
    """The first message of the conversation that a message belongs to; of an event, of the one that caused it."""
    view = capture.conversation(number)
    cause = view.cause if view.kind == "event" else None
    if cause:
        view = capture.follower.conversation(cause)
    return view.first_message


def _only(transcript: Transcript, wanted: Callable[[Block], bool], where: str) -> Transcript:
    """A transcript with one conversation."""
    for lane in transcript.lanes:
        for block in lane.blocks:
            if wanted(block):
                return replace(transcript, lanes=(replace(lane, blocks=(block,)),), news=())
    raise NlsniffError(f"{where}: belongs to no conversation that is compared")


def _at_line(transcript: Transcript, line: int) -> Callable[[Block], bool]:
    """Whether a conversation is the last that begins at a line or before it."""
    begun = [
        (begin, block) for lane in transcript.lanes for block in lane.blocks if 0 < (begin := _line(block)) <= line
    ]
    last = max(begun, key=lambda item: item[0], default=(0, None))[1]
    return lambda block: block is last


def _line(block: Block) -> int:
    """Where a conversation begins in its file; 0 where it says nothing."""
    first = next(iter(block.parts), None)
    return 0 if first is None else first.message.line if isinstance(first, SaidStep) else first.line
