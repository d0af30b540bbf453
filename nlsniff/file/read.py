"""Read a capture file frame by frame: pcap or pcapng, compressed or not, whole, growing or damaged; or a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from nlsniff.errors import NlsniffError
from nlsniff.file import blocks, pcap, pcapng
from nlsniff.file.closing import Closing
from nlsniff.file.info import FileInfo, Severity
from nlsniff.file.sniff import describe
from nlsniff.file.source import ByteSource
from nlsniff.wire.cooked import BARE

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from nlsniff.file.frame import FastPath, Frame
    from nlsniff.file.text import Guess

_SECTION_MAGIC = b"\x0a\x0d\x0d\x0a"


def is_capture(head: bytes) -> bool:
    """Whether bytes, at least 4, begin as a capture does."""
    return head[:4] in pcap.MAGICS or head[:4] == _SECTION_MAGIC


class FrameReader(Closing):
    """Reads frames of a capture from its start to its end, in chunks of 256 KiB and in little memory.

    `for frame in reader` reads the whole file. For a file that still grows, call `batch` again and again, which gives
    what is there by now, and `finish` when no more will come: only then is a record that is not whole a problem.

    Damage never raises. It is kept in `problems`, and reading goes on behind it.

    Args:
        source: a path, "-" for standard input, or a binary stream, which is not closed.
        spool: keep a copy of input that cannot be read twice, so that `fetch` works.
        linktype: what the frames are, whatever the file says, such as `bare_linktype` gives; None to believe the file.
        guess: finds out of which protocol datagrams are that a text tells; see `nlsniff.file.text.read_text`.

    Attributes:
        name: what to call the file in messages.
        interfaces: those met so far; `Frame.interface` is an index of this list.
        problems: what is wrong with the file, in the order of its bytes; the first thousand.
        ends: where packet blocks of pcapng end whose first length is wrong, by the offset of their data.

    Raises:
        NlsniffError: the file cannot be opened; and from the first read on, the file is no capture at all. `finish`
            says so of an empty file, for until then it may grow.
    """

    def __init__(
        self, source: str | os.PathLike[str] | BinaryIO, *, spool: bool = False, linktype: int | None = None,
        guess: Guess | None = None,
    ) -> None:  # fmt: skip
        protocol = linktype - BARE if linktype is not None and linktype >= BARE else None
        self._source = ByteSource(source, spool=spool, protocol=protocol, guess=guess)
        self._info = info = FileInfo(linktype)
        self.name = self._source.name
        self.interfaces, self.problems, self.ends = info.interfaces, info.problems, info.ends
        self._parser: pcap.PcapParser | pcapng.PcapngParser | None = None
        self._buffer = b""
        self._base = 0
        self._pending: list[Frame] = []
        self._done = False
        self._fast_path: FastPath | None = None

    def __iter__(self) -> Iterator[Frame]:
        """All frames to the end of the file, a truncated last one included."""
        while batch := self.batch():
            yield from batch
        yield from self.finish()

    @property
    def format(self) -> str:
        """`pcap` or `pcapng`; "" before the first bytes were read."""
        return self._info.format

    @property
    def progress(self) -> tuple[int, int]:
        """Bytes of the file read so far and its size, as it is on disk; a size of 0 is unknown (a pipe)."""
        return self._source.taken, self._source.total

    @property
    def pending(self) -> int:
        """How many bytes were read of a record that is not whole yet."""
        return len(self._buffer)

    def fate(self) -> str:
        """What became of the file since it was opened: "cut", "replaced", or "" where it has only grown, or is gone."""
        return self._source.fate()

    def waits(self) -> bool:
        """Whether reading on would wait now for a pipe that has nothing."""
        return self._source.waits()

    def batch(self, limit: int | None = None) -> list[Frame]:
        """The frames of the next chunk, at most `limit`; empty when no whole one is there now.

        The fast way to read: a list costs a third of what a generator does.
        """
        pending = self._pending
        while not pending and (new := self.step()) is not None:
            pending = new
        if limit is None or len(pending) <= limit:
            self._pending = []
            return pending
        self._pending = pending[limit:]
        return pending[:limit]

    def step(self) -> list[Frame] | None:
        """The frames of the next chunk, which may be none; None when nothing is there now. For `batch` and `Sweep`."""
        if self._done:
            return None
        chunk = self._read()
        frames = self._take(chunk, final=False)
        return frames if frames or chunk else None

    def shorten(self, fast_path: FastPath) -> None:
        """Let the parser offer what it is about to read to `fast_path`, which may take plain records; see `Sweep`."""
        self._fast_path = fast_path

    def finish(self) -> list[Frame]:
        """Say that the file will not grow; returns what is left, with what there is of a truncated last frame."""
        rest = self._pending
        self._pending = []
        if self._done:
            return rest
        while chunk := self._read():
            rest += self._take(chunk, final=False)
        self._done = True
        source = self._source
        if self._parser is None:
            self._refuse_short(self._buffer or source.remains())
        rest += self._take(b"", final=True)
        if shortage := source.shortage():
            self._info.report("error", self._base + len(self._buffer), shortage)
        return rest

    def report(self, severity: Severity, offset: int, text: str) -> None:
        """Add a problem that was found by who uses the frames."""
        self._info.report(severity, offset, text)

    def fetch(self, offset: int, size: int) -> bytes:
        """Read bytes again at an offset of the decompressed file; needs `spool` where the file cannot be read twice."""
        return self._source.fetch(offset, size)

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def _read(self) -> bytes:
        chunk = self._source.read()
        for damage in self._source.damages():
            self._info.report("error", damage.given, damage.text)
        if self._source.notes:
            notes, self._source.notes = self._source.notes, []
            for severity, text in notes:
                self._info.report(severity, -1, text)
        return chunk

    def _take(self, chunk: bytes, *, final: bool) -> list[Frame]:
        self._buffer = self._buffer + chunk if self._buffer else chunk
        parser = self._parser or self._recognise()
        if parser is None:
            return []
        parser.fast_path = self._fast_path
        frames, used = parser.parse(self._buffer, self._base, final=final)
        self._buffer = self._buffer[used:]
        self._base += used
        return frames

    def _recognise(self) -> pcap.PcapParser | pcapng.PcapngParser | None:
        """Choose the parser; None while too few bytes are there for it."""
        head = self._buffer
        if len(head) < 4:
            return None
        if head[:4] in pcap.MAGICS:
            if len(head) < pcap.HEADER_SIZE:
                return None
            self._info.format = "pcap"
            self._parser = pcap.PcapParser(head[: pcap.HEADER_SIZE], self._info)
            self._buffer = head[pcap.HEADER_SIZE :]
            self._base = pcap.HEADER_SIZE
            return self._parser
        if head[:4] == _SECTION_MAGIC:
            if len(head) < pcapng.HEADER_SIZE:
                return None
            if head[8:12] in blocks.MAGIC:
                self._info.format = "pcapng"
                self._parser = pcapng.PcapngParser(self._info)
                return self._parser
        inner = f" inside {self._source.compressed} data" if self._source.compressed else ""
        raise NlsniffError(f"{self.name}: is no pcap or pcapng capture, but {describe(head[:512])}{inner}{_hint(head)}")

    def _refuse_short(self, head: bytes) -> None:
        if self._info.problems:
            raise NlsniffError(f"{self.name}: {self._info.problems[0].text}")
        if not head:
            raise NlsniffError(f"{self.name}: {self._source.shortage() or 'is empty'}")
        if head[:4] in pcap.MAGICS or (len(head) > 1 and _SECTION_MAGIC.startswith(head[:4])):
            raise NlsniffError(f"{self.name}: ends inside its file header, after {len(head)} bytes")
        raise NlsniffError(f"{self.name}: is no pcap or pcapng capture, but {describe(head)}{_hint(head)}")


def _hint(head: bytes) -> str:
    """What could be read of a file that begins so."""
    return "; of texts, strace logs and hex can be read" if describe(head[:512]) == "text" else ""
