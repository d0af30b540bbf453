"""Decompress zstd; see `nlsniff.file.unpack`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlsniff.file.sniff import ZSTD
from nlsniff.file.unpack import DamageError, Unpacker

if TYPE_CHECKING:
    from collections.abc import Callable

_WINDOW_LIMIT = 27  # as a power of two: 128 MiB
_BLOCK_LIMIT = 1 << 17
_SKIPPABLE = b"\x2a\x4d\x18"


class Zstd(Unpacker):
    """Frames of zstd, a block at a time: a damaged one costs none of those before it."""

    name = "zstd"
    magic = ZSTD

    def __init__(self, take: Callable[[int], bytes], head: bytes) -> None:
        super().__init__(take, head)
        import zstandard

        self._new = zstandard.ZstdDecompressor().decompressobj
        self._error = zstandard.ZstdError
        self._frame: Any = None
        self._checked = False
        self._claimed: int | None = None
        self._size = self._skip = 0

    def _begin(self) -> bytes | None:
        data = self._input
        if len(data) < 8:
            return None
        if data[1:4] == _SKIPPABLE and data[0] >> 4 == 5:
            self._start()
            self._skip = int.from_bytes(data[4:8], "little")
            self._pass(8)
            self._step = self._pass_over
            return b""
        if data[:4] != self.magic:
            raise DamageError("no frame begins there")
        return self._header(data)

    def _header(self, data: bytes) -> bytes | None:
        """Begin a frame, with a header of our own.

        It leaves out the size, without which libzstd keeps back nothing where that is wrong, and asks for a window of
        at most 128 MiB.
        """
        kind = data[4]
        single, names = kind & 0x20, (0, 1, 2, 4)[kind & 3]
        sizes = (1 if single else 0, 2, 4, 8)[kind >> 6]
        at = 5 if single else 6
        end = at + names + sizes
        if len(data) < end:
            return None
        if kind & 8:
            raise DamageError("its header is of no known kind")
        size = int.from_bytes(data[at + names : end], "little") + (256 if sizes == 2 else 0)
        self._claimed = size if sizes else None
        # A window is a power of two and so many eighths more; what is below 1 KiB cannot be said.
        power = max((size - 1).bit_length(), 10) if single else 10 + (data[5] >> 3)
        window = min(power, _WINDOW_LIMIT) - 10 << 3
        if not single and power < _WINDOW_LIMIT:
            window |= data[5] & 7
        self._checked = bool(kind & 4)
        self._size = 0
        self._start()
        self._frame = self._new()
        self._feed(self.magic + bytes([kind & 7, window]) + data[at : at + names])
        self._pass(end)
        self._step = self._block
        return b""

    def _block(self) -> bytes | None:
        if len(self._input) < 3:
            return None
        word = int.from_bytes(self._input[:3], "little")
        last, kind, size = word & 1, word >> 1 & 3, word >> 3
        if kind == 3 or size > _BLOCK_LIMIT:
            raise DamageError("no block begins there")
        whole = 3 + (1 if kind == 1 else size)
        if len(self._input) < whole:
            return None
        data = self._feed(self._input[:whole])
        self._pass(whole)
        self._size += len(data)
        if last:
            self._step = self._trailer
        return data

    def _trailer(self) -> bytes | None:
        if self._checked:
            if len(self._input) < 4:
                return None
            self._feed(self._pass(4))
        if self._claimed not in (None, self._size):
            raise DamageError(f"{self._size} bytes where its header says {self._claimed}")
        self._end()
        return b""

    def _pass_over(self) -> bytes | None:
        size = min(self._skip, len(self._input))
        self._pass(size)
        self._skip -= size
        if self._skip:
            return None
        self._end()
        return b""

    def _feed(self, data: bytes) -> bytes:
        try:
            found: bytes = self._frame.decompress(data)
        except self._error as error:
            raise DamageError(str(error).rpartition(": ")[2]) from None
        return found
