"""Decompress zstd, see `nlsniff.file.unpack`, and compress what is small."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from nlsniff.file.sniff import ZSTD
from nlsniff.file.unpack import DamageError, Unpacker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WINDOW_LIMIT = 27  # as a power of two: 128 MiB
_BLOCK_LIMIT = 1 << 17
_SKIPPABLE = b"\x2a\x4d\x18"


class Zstd(Unpacker):
    """Frames of zstd, a block at a time: a damaged one costs none of those before it."""

    name = "zstd"
    magic = ZSTD

    def __init__(self, take: Callable[[int], bytes], head: bytes) -> None:
        super().__init__(take, head)
        zstd = library()
        self._new, self._error = zstd.ZstdDecompressor, zstd.ZstdError

    def _part(self) -> Iterator[bytes | None]:
        """A part is a frame, or bytes to be skipped.

        A frame is given to libzstd with a header of our own. It leaves out the size, without which libzstd keeps back
        nothing where that is wrong, and asks for a window of at most 128 MiB.
        """
        yield from self._need(8)
        data = self._input
        if data[1:4] == _SKIPPABLE and data[0] >> 4 == 5:
            self._start()
            skip = int.from_bytes(self._pass(8)[4:], "little")
            while skip:
                yield from self._need(1)
                skip -= len(self._pass(min(skip, len(self._input))))
            return
        if data[:4] != self.magic:
            raise DamageError("no frame begins there")
        kind = data[4]
        single, names = kind & 0x20, (0, 1, 2, 4)[kind & 3]
        sizes = (1 if single else 0, 2, 4, 8)[kind >> 6]
        at = 5 if single else 6
        end = at + names + sizes
        yield from self._need(end)
        data = self._input
        if kind & 8:
            raise DamageError("its header is of no known kind")
        claimed = int.from_bytes(data[at + names : end], "little") + (256 if sizes == 2 else 0)
        # A window is a power of two and so many eighths more; what is below 1 KiB cannot be said.
        power = max((claimed - 1).bit_length(), 10) if single else 10 + (data[5] >> 3)
        window = min(power, _WINDOW_LIMIT) - 10 << 3
        if not single and power < _WINDOW_LIMIT:
            window |= data[5] & 7
        self._start()
        frame = self._new()
        self._feed(frame, self.magic + bytes([kind & 7, window]) + data[at : at + names])
        self._pass(end)
        size = last = 0
        while not last:
            yield from self._need(3)
            word = int.from_bytes(self._input[:3], "little")
            last, form, length = word & 1, word >> 1 & 3, word >> 3
            if form == 3 or length > _BLOCK_LIMIT:
                raise DamageError("no block begins there")
            whole = 3 + (1 if form == 1 else length)
            yield from self._need(whole)
            found = self._feed(frame, self._input[:whole])
            self._pass(whole)
            size += len(found)
            yield found
        if kind & 4:
            yield from self._need(4)
            self._feed(frame, self._pass(4))
        if sizes and size != claimed:
            raise DamageError(f"{size} bytes where its header says {claimed}")

    def _feed(self, frame: Any, data: bytes) -> bytes:
        try:
            found: bytes = frame.decompress(data)
        except self._error as error:
            raise DamageError(str(error).rpartition(": ")[2]) from None
        return found


def compress(data: bytes) -> bytes:
    """A frame of zstd, made small rather than fast; the same for the same bytes."""
    found: bytes = library().compress(data, level=19)
    return found


def library() -> Any:
    """The standard library's zstd, or where Python is older what brings the same to it."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd
