"""Decompress gzip; see `nlsniff.file.unpack`."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

from nlsniff.file import CHUNK
from nlsniff.file.sniff import GZIP
from nlsniff.file.unpack import DamageError, Unpacker

if TYPE_CHECKING:
    from collections.abc import Callable

_HEADER_LIMIT = 1 << 17


class Gzip(Unpacker):
    """Members of gzip. Their check is made here, for zlib would keep back what it yielded before a wrong one."""

    name = "gzip"
    magic = GZIP

    def __init__(self, take: Callable[[int], bytes], head: bytes) -> None:
        super().__init__(take, head)
        self._inflate = zlib.decompressobj(-15)
        self._sum = self._size = 0
        self._broken = ""  # what is wrong behind what was given last

    def _begin(self) -> bytes | None:
        if self._lost < 0:
            # Zeros pad a tape block; they are no damage.
            zeros = len(self._input) - len(self._input.lstrip(b"\0"))
            self._drop(zeros)
        size = self._measure()
        if size is None:
            return None
        self._start()
        self._pass(size)
        self._inflate = zlib.decompressobj(-15)
        self._sum = self._size = 0
        self._step = self._body
        return b""

    def _measure(self) -> int | None:
        """Length of the header of a member; None when it is not all there."""
        data = self._input
        if not self.magic.startswith(data[:3]) or (len(data) > 3 and data[3] & 0xE0):
            raise DamageError("no member begins there")
        if len(data) > _HEADER_LIMIT:
            raise DamageError("its header has no end")
        if len(data) < 12:
            return None
        flags, size = data[3], 10
        if flags & 4:
            size += 2 + int.from_bytes(data[10:12], "little")
        for flag in (8, 16):
            if flags & flag:
                size = data.find(b"\0", size) + 1
                if not size:
                    return None
        size += flags & 2
        return size if size <= len(data) else None

    def _body(self) -> bytes | None:
        if not self._input:
            return None
        before, inflate = self._inflate.copy(), self._inflate
        try:
            data = inflate.decompress(self._input, CHUNK)
        except zlib.error as error:
            text = str(error).rpartition(": ")[2]
            self._broken, self._step = text, self._break
            data, used = _salvage(before, self._input)
        else:
            left = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
            used = len(self._input) - len(left)
            if inflate.eof:
                self._step = self._trailer
        self._pass(used)
        self._sum, self._size = zlib.crc32(data, self._sum), self._size + len(data)
        return data

    def _break(self) -> bytes:
        raise DamageError(self._broken)

    def _trailer(self) -> bytes | None:
        if len(self._input) < 8:
            return None
        checksum, size = struct.unpack("<II", self._pass(8))
        if checksum != self._sum:
            raise DamageError("incorrect data check")
        if size != self._size & 0xFFFFFFFF:
            raise DamageError("incorrect length check")
        self._end()
        return b""


def _salvage(state: Any, data: bytes) -> tuple[bytes, int]:
    """What can be decompressed before the damage, and how many bytes of `data` that took."""
    found: list[bytes] = []
    at = 0
    for step in (4096, 64, 1):
        while at < len(data):
            before = state.copy()
            try:
                found.append(state.decompress(data[at : at + step]))
            except zlib.error:
                state = before
                break
            at += step
    return b"".join(found), at
