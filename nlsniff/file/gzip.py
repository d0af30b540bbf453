"""Decompress gzip; see `nlsniff.file.unpack`."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

from nlsniff.file import CHUNK
from nlsniff.file.sniff import GZIP
from nlsniff.file.unpack import DamageError, Unpacker

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER_LIMIT = 1 << 17


class Gzip(Unpacker):
    """Members of gzip. Their check is made here, for zlib would keep back what it yielded before a wrong one."""

    name = "gzip"
    magic = GZIP

    def _part(self) -> Iterator[bytes | None]:
        while (size := self._measure()) is None:
            yield None
        self._start()
        self._pass(size)
        inflate = zlib.decompressobj(-15)
        checksum = given = 0
        while not inflate.eof:
            yield from self._need(1)
            before, broken = inflate.copy(), ""
            try:
                data = inflate.decompress(self._input, CHUNK)
            except zlib.error as error:
                broken = str(error).rpartition(": ")[2]
                data, used = _salvage(before, self._input)
            else:
                left = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
                used = len(self._input) - len(left)
            self._pass(used)
            checksum, given = zlib.crc32(data, checksum), given + len(data)
            yield data
            if broken:
                raise DamageError(broken)
        yield from self._need(8)
        told, size = struct.unpack("<II", self._pass(8))
        if told != checksum:
            raise DamageError("incorrect data check")
        if size != given & 0xFFFFFFFF:
            raise DamageError("incorrect length check")

    def _measure(self) -> int | None:
        """Length of the header of the next member; None when it is not all there."""
        if self._lost < 0:
            # Zeros pad a tape block; they are no damage.
            self._drop(len(self._input) - len(self._input.lstrip(b"\0")))
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
