"""Captures as they are compared with a golden, and stored with it: without secrets, and fit to be judged."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.decode.decoder import Decoder
from nlsniff.errors import NlsniffError
from nlsniff.file.annotate import annotated, headed
from nlsniff.file.read import FrameReader
from nlsniff.follow.own import Own
from nlsniff.reader import IndexedCapture, Stream
from nlsniff.redact.files import UnreadableError
from nlsniff.redact.redact import redact
from nlsniff.regress.blanks import comments_of
from nlsniff.regress.build import Builder
from nlsniff.regress.model import Dump, Outcome, SaidStep

if TYPE_CHECKING:
    from typing import BinaryIO

    from nlsniff.regress.model import Level, Transcript
    from nlsniff.regress.ruling import Ruling
    from nlsniff.spec.registry import Registry
    from nlsniff.wire.nlmsg import Order

SILENT = "nothing was said by netlink (what the recorder asked is not counted)"


class Reading:
    """How captures are read.

    Args:
        registry: the dissectors.
        endian: byte order of the messages in what is new, or None to find it out.
        linktype: what the frames of what is new are, where they are bare datagrams, as `bare_linktype` gives it.
    """

    def __init__(self, registry: Registry, endian: Order | None = None, linktype: int | None = None) -> None:
        self.registry = registry
        self._endian = endian
        self._linktype = linktype
        self._kept: dict[str, bytes] = {}  # captures that cannot be read again as they are

    def raw(self, source: str) -> IndexedCapture:
        """A capture as it is, a path or "-", read to its end; its decoder masks keys.

        Raises:
            NlsniffError: nothing in it can be read.
        """
        capture = IndexedCapture(self._stream(source) or source, Decoder(self.registry), self._endian)
        try:
            return capture.load()
        except BaseException:
            capture.close()
            raise

    def redacted(self, source: str) -> bytes:
        """A capture, a path or "-", as pcapng without its secrets, in which comments say what was blanked and why.

        Raises:
            NlsniffError: it cannot be read, or a secret would be left.
        """
        decoder = Decoder(self.registry)

        def read(stream: BinaryIO) -> Stream:
            return Stream(stream, decoder, self._endian)

        with tempfile.TemporaryDirectory(prefix="nlsniff-") as folder:
            target = Path(folder) / "redacted"
            try:
                done = redact(source, target, decoder, read, note=True, stream=self._stream(source))
            except UnreadableError as error:
                raise NlsniffError(f"{source}: {error.damage}: it cannot be judged") from None
            data = target.read_bytes()
        before = {frame.offset: frame.comment for frame in FrameReader(io.BytesIO(data))}
        return annotated(data, comments_of(done.blanked or (), before))

    def _stream(self, source: str) -> BinaryIO | None:
        """Standard input, or what has no headers, from its begin each time; None for any other path."""
        if source != "-" and self._linktype is None:
            return None
        if source not in self._kept:
            bare = self._linktype
            self._kept = {source: sys.stdin.buffer.read() if bare is None else headed(source, bare)}
        stream = io.BytesIO(self._kept[source])
        stream.name = source if source != "-" else "standard input"
        return stream

    def open(self, data: bytes, name: str, *, new: bool = False) -> IndexedCapture:
        """Read a capture to its end.

        Args:
            data: all bytes of it.
            name: what errors call it.
            new: it is what is checked, so that `endian` is meant for it.

        Raises:
            NlsniffError: nothing in it can be read.
        """
        stream = io.BytesIO(data)
        stream.name = name
        return IndexedCapture(stream, Decoder(self.registry), self._endian if new else None).load()


def told(capture: IndexedCapture, level: Level, ruling: Ruling) -> Transcript:
    """The transcript of a capture, under some rules."""
    return ruling.apply(Builder(capture, level, news=ruling.rules.news).build(), capture)


def losses(capture: IndexedCapture) -> str:
    """What a capture lacks of what was said while it was recorded, in words; "" where nothing is known to lack."""
    dropped = sum((item.dropped or 0) + (item.os_dropped or 0) for item in capture.interfaces)
    if dropped:
        return f"{dropped} frames were dropped while it was recorded"
    damage = next((problem.text for problem in capture.problems if problem.severity == "error"), "")
    if damage:
        return damage
    index = capture.index
    cut = sum(wire > captured for wire, captured in zip(index.wire, index.captured, strict=False))
    return f"{cut} of its frames are cut" if cut else ""


def refuse_losses(capture: IndexedCapture, source: str, *, allow_drops: bool) -> None:
    """Refuse to judge a capture that lacks something, unless that is allowed.

    Raises:
        NlsniffError: it does, and says what.
    """
    lost = losses(capture)
    if lost and not allow_drops:
        raise NlsniffError(f"{source}: {lost}: what is missing may be a difference (--allow-drops goes on)")


def silent(capture: IndexedCapture) -> bool:
    """Whether nothing was said in a capture but by the recorder."""
    own = Own(capture.follower, capture.interfaces)
    return all(map(own.conversation, capture.follower.conversations))


def doubts(transcript: Transcript) -> str:
    """Why no golden should be made of a transcript, in words; "" where it is good.

    An uncertain cause of an event is no reason: only which answer belongs to which request must be sure.
    """
    for block in (block for lane in transcript.lanes for block in lane.blocks):
        where = f"message {block.number}"
        if any(isinstance(part, Dump) and part.interrupted for part in block.parts):
            return f"the dump of {where} was interrupted"
        if any(isinstance(part, Outcome) and part.status == "partial" for part in block.parts):
            return f"begin or end of the conversation of {where} is not in it"
        if not block.certain and any(isinstance(part, SaidStep) and part.role == "request" for part in block.parts):
            return f"it is not certain which answer belongs to {where}"
    return ""


def count(transcript: Transcript) -> int:
    """How many conversations and news are compared."""
    return sum(len(lane.blocks) for lane in transcript.lanes) + len(transcript.news)
