"""Bytes of a capture file: from a path, standard input or a stream, decompressed, spooled where needed.

Compression is recognised by the first bytes, not by the name.
"""

from __future__ import annotations

import io
import os
import sys
import zlib
from stat import S_ISDIR, S_ISREG
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 1 << 18

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_MAGIC_SIZE = 4


class Source:
    """Reads a file in chunks of at most 256 KiB.

    `read` returns b"" when there is nothing now; a plain or gzip file that grows has more later. A damaged compressed
    stream ends there and sets `damage`.

    Attributes:
        name: what to call it in messages.
        compressed: "", "gzip" or "zstd"; known after the first bytes came.
        damage: what is wrong with the compression, or "".
        taken: bytes read from the file so far, before decompression.

    Args:
        source: a path, "-" for standard input, or a binary stream, which is not closed.
        spool: keep a copy of what cannot be read again (compressed input, pipes), so that `fetch` works.

    Raises:
        NlsniffError: the file cannot be opened.
    """

    def __init__(self, source: str | os.PathLike[str] | BinaryIO, *, spool: bool = False) -> None:
        self.compressed = ""
        self.damage = ""
        self.taken = 0
        self._owned: BinaryIO | None = None
        self._spool: BinaryIO | None = None
        self._head = b""
        self._decode: Callable[[], bytes] | None = None
        self._gzip: _Gzip | None = None
        self._wants_spool = spool
        self._plain_fd = -1
        if source == "-":
            self.name = "standard input"
            stream: BinaryIO = sys.stdin.buffer
        elif isinstance(source, str | os.PathLike):
            self.name = os.fspath(source)
            stream = self._owned = _open(self.name)
        else:
            self.name = str(getattr(source, "name", "input"))
            stream = source
        self._stream = stream
        # read1 of a buffered pipe returns what is there; read would wait for the whole chunk.
        self._raw: Callable[[int], bytes | None] = getattr(stream, "read1", stream.read)
        if self._owned is not None and S_ISREG(os.fstat(stream.fileno()).st_mode):
            self._plain_fd = stream.fileno()

    @property
    def total(self) -> int:
        """Size of the file now, to be compared with `taken`; 0 where it cannot be known (a pipe)."""
        return os.fstat(self._plain_fd).st_size if self._plain_fd >= 0 else 0

    def read(self) -> bytes:
        """The next bytes, decompressed, or b"" when there are none now."""
        if self._decode is None:
            while len(self._head) < _MAGIC_SIZE:
                more = self._take(CHUNK)
                if not more:
                    return b""
                self._head += more
            self._decode = self._choose()
        data = self._decode()
        if self._spool is not None and data:
            rest = memoryview(data)
            while rest:
                rest = rest[self._spool.write(rest) :]
        return data

    def remains(self) -> bytes:
        """What came but is too short to tell a compression by: the whole of a file below 4 bytes."""
        return self._head if self._decode is None else b""

    @property
    def unfinished(self) -> bool:
        """Whether a gzip stream stopped before its end mark. zstd does not tell; there only the capture inside does."""
        return self._gzip is not None and not self._gzip.complete and not self.damage

    def fetch(self, offset: int, size: int) -> bytes:
        """Read again at an offset of the decompressed file, less at its end. Needs `spool` unless the file is plain."""
        stream = self._spool
        return os.pread(stream.fileno() if stream is not None else self._plain_fd, size, offset)

    def close(self) -> None:
        """Close what was opened here."""
        for stream in (self._owned, self._spool):
            if stream is not None:
                stream.close()

    def _take(self, size: int) -> bytes:
        try:
            data = self._raw(size) or b""
        except OSError as error:
            raise NlsniffError(f"{self.name}: cannot be read: {error.strerror}") from None
        self.taken += len(data)
        return data

    def _choose(self) -> Callable[[], bytes]:
        decode: Callable[[], bytes] = self._plain
        if self._head.startswith(_GZIP):
            self.compressed = "gzip"
            self._gzip = _Gzip(self)
            decode = self._gzip.read
        elif self._head.startswith(_ZSTD):
            self.compressed = "zstd"
            decode = _zstd(self)
        if self._wants_spool and (self.compressed or self._plain_fd < 0):
            import tempfile  # noqa: PLC0415  it takes 10 ms, which only those who need it should pay

            # Unlinked from the start: no other user can read it, and it is gone whatever happens.
            self._spool = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  lives as long as this object
        return decode

    def _plain(self) -> bytes:
        return self.take_raw(CHUNK)

    def take_raw(self, size: int) -> bytes:
        """At most `size` bytes before decompression."""
        if self._head:
            head, self._head = self._head[:size], self._head[size:]
            return head
        return self._take(size)


class _Gzip:
    """Decompresses gzip of any number of members, at most a chunk at a time however well it was compressed."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._member = zlib.decompressobj(wbits=31)
        self._input = b""

    @property
    def complete(self) -> bool:
        """Whether the last member was whole."""
        return self._member.eof

    def read(self) -> bytes:
        source = self._source
        while not source.damage:
            if not self._input:
                self._input = source.take_raw(CHUNK)
                if not self._input:
                    return b""
            if self._member.eof:
                # Zeros pad a tape block; they are no damage.
                self._input = self._input.lstrip(b"\0")
                if not self._input:
                    continue
                self._member = zlib.decompressobj(wbits=31)
            try:
                data = self._member.decompress(self._input, CHUNK)
            except zlib.error as error:
                at = source.taken - len(self._input)
                source.damage = f"the gzip data is damaged near byte {at} of the compressed file ({error})"
                return b""
            self._input = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if data:
                return data
        return b""


def _zstd(source: Source) -> Callable[[], bytes]:
    import zstandard  # noqa: PLC0415  only for files that need it

    class Input:
        def read(self, size: int) -> bytes:
            return source.take_raw(size)

    # All that it needs of a file is read(), which the type hints do not know.
    raw = cast("IO[bytes]", Input())
    reader = zstandard.ZstdDecompressor().stream_reader(raw, read_size=CHUNK >> 3, read_across_frames=True)

    def read() -> bytes:
        if source.damage:
            return b""
        try:
            # Only read1 returns before the chunk is full; read would wait for a pipe.
            return reader.read1(CHUNK)
        except zstandard.ZstdError as error:
            source.damage = f"the zstd data is damaged near byte {source.taken} of the compressed file ({error})"
            return b""

    return read


def _open(path: str) -> BinaryIO:
    try:
        # Not Path.open: importing pathlib takes longer than reading a small capture.
        stream = cast("BinaryIO", io.FileIO(path))
    except FileNotFoundError:
        raise NlsniffError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise NlsniffError(f"{path}: is a folder; name a capture file in it") from None
    except PermissionError:
        raise NlsniffError(f"{path}: you may not read this file; ask its owner, or read it as root") from None
    except OSError as error:
        raise NlsniffError(f"{path}: cannot be opened: {error.strerror}") from None
    if S_ISDIR(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise NlsniffError(f"{path}: is a folder; name a capture file in it")
    return stream
