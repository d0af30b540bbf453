"""Bytes of a capture file: from a path, standard input or a stream, decompressed, spooled where needed.

Compression is recognised by the first bytes, not by the name; so is a text that tells netlink, see `nlsniff.file.text`.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, BinaryIO, cast

from nlsniff.errors import NlsniffError
from nlsniff.file import CHUNK
from nlsniff.file.sniff import GZIP, ZSTD, is_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nlsniff.file.info import Severity
    from nlsniff.file.text import Guess
    from nlsniff.file.unpack import Damage, Unpacker

_MAGIC_SIZE = 4


class ByteSource:
    """Reads a file in chunks of at most 256 KiB.

    `read` returns b"" when there is nothing now; a file that grows has more later. Damage of compressed data never
    raises, see `damages`.

    Attributes:
        name: what to call it in messages.
        compressed: "", "gzip" or "zstd"; known after the first bytes came.
        text: "", "strace log" or "hex text": then what is read is a capture that was made of it.
        notes: what could not be read of a text, and what was guessed.
        taken: bytes read from the file so far, before decompression.

    Args:
        source: a path, "-" for standard input, or a binary stream, which is not closed. A folder, or what the names of
            files begin with, where these are the logs of `strace -ff`.
        spool: keep a copy of what cannot be read again (compressed input, pipes), so that `fetch` works.
        protocol, guess: as those of `nlsniff.file.text.read_text`.
        texts: make a capture of a text; else it is read as it is.

    Raises:
        NlsniffError: the file cannot be opened; from `read`, nothing of a text can be read.
    """

    def __init__(
        self, source: str | os.PathLike[str] | BinaryIO, *, spool: bool = False, protocol: int | None = None,
        guess: Guess | None = None, texts: bool = True,
    ) -> None:  # fmt: skip
        self.compressed = self.text = ""
        self.notes: list[tuple[Severity, str]] = []
        self._protocol, self._guess = protocol, guess
        self._logs: list[str] = []
        self._ended, self._looked = False, not texts
        self.taken = 0
        self._owned: BinaryIO | None = None
        self._spool: BinaryIO | None = None
        self._head = b""
        self._decode: Callable[[], bytes] | None = None
        self._unpacker: Unpacker | None = None
        self._wants_spool = spool
        self._plain_fd = -1
        if source == "-":
            self.name = "standard input"
            stream: BinaryIO = sys.stdin.buffer
        elif isinstance(source, str | os.PathLike):
            self.name = os.fspath(source)
            stream = self._owned = self._open()
        else:
            self.name = str(getattr(source, "name", "input"))
            stream = source
        self._stream = stream
        # read1 of a buffered pipe returns what is there; read would wait for the whole chunk.
        self._raw: Callable[[int], bytes | None] = getattr(stream, "read1", stream.read)
        if self._owned is not None and not self._logs and S_ISREG(os.fstat(stream.fileno()).st_mode):
            self._plain_fd = stream.fileno()

    @property
    def total(self) -> int:
        """Size of the file now, to be compared with `taken`; 0 where it cannot be known (a pipe)."""
        return os.fstat(self._plain_fd).st_size if self._plain_fd >= 0 else 0

    def fate(self) -> str:
        """What became of the file since it was opened: "cut", "replaced", or "" where it has only grown, or is gone."""
        if self._plain_fd < 0 or self._owned is None:
            return ""
        now = os.fstat(self._plain_fd)
        if now.st_size < self.taken:
            return "cut"
        try:
            other = Path(self.name).stat()
        except OSError:
            return ""
        return "" if os.path.samestat(now, other) else "replaced"

    def waits(self) -> bool:
        """Whether `read` would wait now for a pipe that has nothing."""
        if self._plain_fd >= 0 or self._ended:
            return False
        import select

        try:
            return not select.select([self._stream], [], [], 0)[0]
        except (OSError, ValueError):  # a stream that has no descriptor never waits
            return False

    def read(self) -> bytes:
        """The next bytes, decompressed, or b"" when there are none now."""
        if self._logs:
            logs, self._logs = self._logs, []
            self._looked = True
            return self._spooled(self._read_text([(log, _lines_of_file(log)) for log in logs]))
        if self._decode is None:
            while len(self._head) < _MAGIC_SIZE:
                more = self._take(CHUNK)
                if not more:
                    return b""
                self._head += more
            self._decode = self._choose()
        data = self._decode()
        if data and not self._looked:
            data = self._look(data)
        return data if self._spool is None else self._spooled(data)

    def remains(self) -> bytes:
        """What came but is too short to tell a compression by: the whole of a file below 4 bytes."""
        return self._head if self._decode is None else b""

    def damages(self) -> list[Damage]:
        """What was found to be wrong with compressed data since the last call."""
        found: list[Damage] = []
        if self._unpacker is not None:
            found, self._unpacker.damages = self._unpacker.damages, found
        return found

    def shortage(self) -> str:
        """What is missing at the end of compressed data that will not grow, or ""."""
        unpacker = self._unpacker
        if unpacker is not None and unpacker.unfinished:
            return f"{unpacker.name} data stops early, after {self.taken} bytes of the compressed file"
        if unpacker is not None and unpacker.unread:
            return f"nothing can be decompressed of the last {unpacker.unread} bytes of the compressed file"
        return ""

    def fetch(self, offset: int, size: int) -> bytes:
        """Read again at an offset of the decompressed file, less at its end. Needs `spool` unless the file is plain."""
        stream = self._spool
        return _pread(stream.fileno() if stream is not None else self._plain_fd, size, offset)

    def close(self) -> None:
        """Close what was opened here."""
        for stream in (self._owned, self._spool):
            if stream is not None:
                stream.close()

    def _spooled(self, data: bytes) -> bytes:
        """The same bytes, of which a copy is kept where that is wanted."""
        rest = memoryview(data)
        while rest and self._spool is not None:
            rest = rest[self._spool.write(rest) :]
        return data

    def _open(self) -> BinaryIO:
        """The file, or nothing but the names of the logs that are meant.

        Raises:
            NlsniffError: there is neither.
        """
        try:
            return _open(self.name)
        except NlsniffError:
            from nlsniff.file.text import logs_at

            self._logs = logs_at(self.name)
            if not self._logs:
                raise
            return io.BytesIO()

    def _take(self, size: int) -> bytes:
        try:
            data = self._raw(size)
        except OSError as error:
            raise NlsniffError(f"{self.name}: cannot be read: {error.strerror}") from None
        if data is None:  # a stream that does not wait
            return b""
        self._ended = not data
        self.taken += len(data)
        return data

    def _take_text(self) -> bytes:
        """The next bytes of a text, decompressed; b"" at its end, which is waited for."""
        assert self._decode is not None  # noqa: S101  they were
        while not (data := self._decode()) and not self._ended:
            import select

            select.select([self._stream], [], [])
        return data

    def _choose(self) -> Callable[[], bytes]:
        decode: Callable[[], bytes] = self._plain
        kind = _unpacker(self._head)
        if kind is not None:
            self._unpacker = kind(self._take, self._head)
            self.compressed = self._unpacker.name
            decode = self._unpacker.read
        if self._wants_spool and (self.compressed or self._plain_fd < 0):
            self._spool = _spool()
        return decode

    def _look(self, data: bytes) -> bytes:
        """The first bytes, of a capture as they are; of a text, which is read to its end, those of what it tells."""
        self._looked = True
        if not is_text(data):
            return data
        from nlsniff.file.text import lines_of

        first = iter((data,))
        found = self._read_text([(self.name, lines_of(lambda: next(first, b"") or self._take_text()))])
        return found or data

    def _read_text(self, logs: Sequence[tuple[str, Iterable[bytes]]]) -> bytes:
        """The first bytes of the capture that a text tells; b"" where it tells none. `_decode` gives the rest."""
        from nlsniff.file.text import read_text

        text = read_text(self.name, logs, self._protocol, self._guess)
        if text is None:
            return b""
        self.text, self.notes = text.kind, text.notes
        capture = io.BytesIO(text.capture())
        self._decode = lambda: capture.read(CHUNK)
        if self._wants_spool and self._spool is None:
            self._spool = _spool()
        return capture.read(CHUNK)

    def _plain(self) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        return self._take(CHUNK)


def _read_at(descriptor: int, size: int, offset: int) -> bytes:
    """As `os.pread`, which Windows lacks."""
    here = os.lseek(descriptor, 0, os.SEEK_CUR)
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, size)
    finally:
        os.lseek(descriptor, here, os.SEEK_SET)


_pread = getattr(os, "pread", _read_at)


def _lines_of_file(path: str) -> Iterator[bytes]:
    """Lines of a log, which is open only while they are read."""
    from nlsniff.file.text import lines_of

    with _open(path) as stream:
        yield from lines_of(lambda: stream.read(CHUNK))


def _spool() -> BinaryIO:
    import tempfile  # it takes 10 ms, which only those who need it should pay

    # Unlinked from the start: no other user can read it, and it is gone whatever happens.
    return cast("BinaryIO", tempfile.TemporaryFile(buffering=0))


def _open(path: str) -> BinaryIO:
    try:
        # Not Path.open: importing pathlib takes longer than reading a small capture.
        return cast("BinaryIO", io.FileIO(path))
    except FileNotFoundError:
        raise NlsniffError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise NlsniffError(f"{path}: is a folder; name a capture file in it") from None
    except PermissionError:
        raise NlsniffError(f"{path}: you may not read this file; ask its owner, or read it as root") from None
    except OSError as error:
        raise NlsniffError(f"{path}: cannot be opened: {error.strerror}") from None


def _unpacker(head: bytes) -> type[Unpacker] | None:
    """What decompresses a file that begins so; None where it is plain, as most are: then neither is loaded."""
    if head.startswith(GZIP):
        from nlsniff.file.gzip import Gzip

        return Gzip
    if head.startswith(ZSTD):
        from nlsniff.file.zstd import Zstd

        return Zstd
    return None
