"""Read the blocks of a pcapng file.

Own code with struct instead of dpkt's reader, because that one knows no offsets, takes one interface for all, stops for
ever at the end of a file that still grows, and raises at damage instead of going on behind it.

A block carries its length at both ends, so damage shows at the block where it is, and the next good block is found by
it.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

from nlsniff.file import blocks
from nlsniff.file.blocks import ENHANCED, FIXED, INTERFACE, LEAST, PACKET, SECTION, SIMPLE, STATISTICS
from nlsniff.file.frame import Frame, RecordLayout
from nlsniff.file.info import KEPT_PROBLEMS, Interface
from nlsniff.wire.constants import ARPHRD_NETLINK, LINKTYPE_NETLINK

if TYPE_CHECKING:
    from nlsniff.file.frame import FastPath
    from nlsniff.file.info import FileInfo
    from nlsniff.wire.nlmsg import Order

HEADER_SIZE = 12

_SECOND = 1_000_000_000
_TIME_LIMIT = (1 << 63) - 1
_SIGNATURE = struct.pack(">H", ARPHRD_NETLINK)

# Bytes behind damage that are looked at together, so that a block with one wrong length can be told from garbage.
_PATIENCE = 1 << 18

# How many comments are remembered, and from which size on none is.
_TEXTS_KEPT = 1000
_TEXT_KEPT = 256

# Link type, nanoseconds per tick as a fraction, nanoseconds to add, number in the whole file.
Clock = tuple[int, int, int, int, int]

# Enhanced packet blocks.
_LAYOUT: dict[str, Any] = {
    "fields": tuple((name, "I") for name in ("kind", "total", "interface", "high", "low", "captured", "wire")),
    "data_at": FIXED[ENHANCED],
    "following": "pos + total",
    "good": f"kind == {ENHANCED} and interface < known and total & 3 == 0 and "
    f"captured + {LEAST[ENHANCED]} <= total <= {blocks.BLOCK_LIMIT} and word(buffer, following - 4)[0] == total",
    "time": "parser.time(interface, high << 32 | low)",
    "comment": "parser.comment(buffer[stop + (-captured & 3):following - 4]) if captured + 36 <= total else ''",
}


class PcapngParser:
    """Turns a buffer that grows at its end and is consumed at its start into frames."""

    def __init__(self, info: FileInfo) -> None:
        self._info = info
        self._number = 0
        self._clocks: list[Clock] = []
        self._interfaces: list[Interface] = []
        self._lost = -1
        self._untimed = False
        self.fast_path: FastPath | None = None
        self._set_order("<")

    def parse(self, buffer: bytes, base: int, *, final: bool) -> tuple[list[Frame], int]:
        """Take all whole blocks; arguments and result are those of `PcapParser.parse`, and so is what decides."""
        frames: list[Frame] = []
        pos, size = 0, len(buffer)
        if self._lost >= 0:
            pos, keep = self._find(buffer, 0, final=final)
            if pos < 0:
                return frames, self._give_up(base, size, keep, final=final)
            self._report_skip(base + pos)
        while True:
            if self.fast_path is not None:
                pos, self._number = self.fast_path(self, buffer, pos, self._number, frames)
            pos = self._run(buffer, base, pos, frames)
            total = self._measure(buffer, pos)
            if total:
                self._block(buffer, base, pos, pos + total, frames)
                pos += total
                continue
            if pos == size or (total is None and not final):
                return frames, pos
            following, keep = self._find(buffer, pos + 1, final=final)
            if following < 0 and not final and keep - pos <= _PATIENCE:
                return frames, pos
            if following < 0 and final and self._ends_with(buffer, pos):
                following = size
            if 0 <= following <= pos + _PATIENCE:
                self._mend(buffer, base, pos, following, frames)
                pos = following
            elif following < 0 and total is None:
                self._cut(buffer, base, pos, frames)
                return frames, size
            else:
                self._lost = base + self._salvage(buffer, base, pos, pos + _PATIENCE, frames)
                if following < 0:
                    return frames, self._give_up(base, size, keep, final=final)
                self._report_skip(base + following)
                pos = following

    def _set_order(self, order: Order) -> None:
        self._order: Order = order
        self.layout = RecordLayout(order, **_LAYOUT)
        self._texts: dict[bytes, str] = {}
        self._word = struct.Struct(order + "I").unpack_from
        self._pair = struct.Struct(order + "II").unpack_from
        self._packet = struct.Struct(order + "IIIIIII").unpack_from

    def _run(self, buffer: bytes, base: int, pos: int, frames: list[Frame]) -> int:
        """Read good enhanced packet blocks: the loop that speed depends on. Returns where something else begins."""
        packet, word, clocks = self._packet, self._word, self._clocks
        new, append, number = tuple.__new__, frames.append, self._number
        size, limit, known = len(buffer), blocks.BLOCK_LIMIT, len(clocks)
        room = size - 32
        while pos <= room:
            kind, total, interface, high, low, captured, length = packet(buffer, pos)
            stop = pos + total
            if kind != 6 or interface >= known or stop > size or total > limit or captured > total - 32:
                break
            if total & 3 or word(buffer, stop - 4)[0] != total:
                break
            linktype, _, _, _, counted = clocks[interface]
            time = self.time(interface, high << 32 | low)
            start = pos + 28
            end = start + captured
            rest = pos + 28 + ((captured + 3) & ~3)
            text = ""
            if rest + 4 < stop:
                text = self.comment(buffer[rest : stop - 4])
            number += 1
            append(new(Frame, (number, base + start, time, linktype, counted, length, buffer[start:end], text)))
            pos = stop
        self._number = number
        return pos

    def _begins(self, buffer: bytes, pos: int) -> int | None:
        """Length of a block by its beginning: 0 when it cannot be a block, None when that is not there yet."""
        left = len(buffer) - pos
        if left < 8:
            return None
        kind, total = self._pair(buffer, pos)
        if kind == SECTION:
            # A section may have another byte order than the one before.
            if left < 12:
                return None
            order = blocks.MAGIC.get(buffer[pos + 8 : pos + 12])
            if order is None:
                return 0
            total = int.from_bytes(buffer[pos + 4 : pos + 8], "little" if order == "<" else "big")
        return total if LEAST.get(kind, HEADER_SIZE) <= total <= blocks.BLOCK_LIMIT else 0

    def _measure(self, buffer: bytes, pos: int) -> int | None:
        """Length of the block at `pos`: 0 when it cannot be a block, None when it is not all there yet."""
        total = self._begins(buffer, pos)
        if not total:
            return total
        end = pos + total
        if end > len(buffer):
            return None
        return total if buffer[end - 4 : end] == buffer[pos + 4 : pos + 8] else 0

    def _block(self, buffer: bytes, base: int, pos: int, end: int, frames: list[Frame]) -> None:
        """Take one good block in [pos, end); an unknown one says nothing to us."""
        kind = self._word(buffer, pos)[0]
        info = self._info
        if kind == SECTION:
            self._set_order(blocks.MAGIC[buffer[pos + 8 : pos + 12]])
            self._clocks, self._interfaces = [], []
            info.recorder = blocks.read_section(buffer, pos, end, self._order)
        elif kind == INTERFACE:
            self._add(blocks.read_interface(buffer, pos, end, self._order, len(info.interfaces)))
        elif kind == STATISTICS:
            number = self._word(buffer, pos + 8)[0]
            if number < len(self._interfaces):
                blocks.read_statistics(buffer, pos, end, self._order, self._interfaces[number])
        elif kind in (ENHANCED, PACKET, SIMPLE):
            frames.append(self._frame(buffer, base, pos, end - 4, kind))

    @property
    def known(self) -> int:
        """How many interfaces the section describes."""
        return len(self._clocks)

    def time(self, interface: int, stamp: int) -> int:
        """What a time stamp means, in ns since 1970."""
        _, multiply, divide, add, _ = self._clocks[interface]
        return min(stamp * multiply // divide + add, _TIME_LIMIT)

    def comment(self, options: bytes) -> str:
        """The comment of a packet; few processes write many packets, so most have been read before."""
        seen = self._texts.get(options)
        if seen is not None:
            return seen
        if len(self._texts) >= _TEXTS_KEPT:
            self._texts.clear()
        text = blocks.comment(options, 0, len(options), self._order)
        if len(options) < _TEXT_KEPT:
            self._texts[options] = text
        return text

    def _add(self, interface: Interface) -> None:
        self._interfaces.append(self._info.add(interface))
        multiply, divide = _SECOND, interface.resolution
        if multiply % divide == 0:
            multiply, divide = multiply // divide, 1
        self._clocks.append((interface.linktype, multiply, divide, interface.offset_s * _SECOND, interface.number))

    def _frame(self, buffer: bytes, base: int, pos: int, stop: int, kind: int) -> Frame:
        """Make the frame of a packet block that ends at `stop`; where its data should be longer, there is less data."""
        start = pos + FIXED[kind]
        number, stamp = 0, 0
        if kind == SIMPLE:
            length = self._word(buffer, pos + 8)[0]
            snaplen = self._interfaces[0].snaplen if self._interfaces else 0
            captured = min(length, snaplen or length)
            if not self._untimed:
                self._untimed = True
                self._info.report("note", base + pos, "simple packet blocks have no time; it is given as 0")
        else:
            _, _, number, high, low, captured, length = self._packet(buffer, pos)
            stamp = high << 32 | low
            if kind == PACKET:
                number = struct.unpack_from(self._order + "H", buffer, pos + 8)[0]
        data = buffer[start : min(start + captured, stop)]
        if len(data) < captured and stop < len(buffer):
            text = f"packet block says that {captured} bytes were captured, but holds {len(data)}"
            self._info.report("error", base + pos, text)
        if number >= self.known:
            self._imagine(base + pos, number, data, stamp)
        number = min(number, self.known - 1)
        linktype, *_, counted = self._clocks[number]
        time = 0 if kind == SIMPLE else self.time(number, stamp)
        rest = start + ((captured + 3) & ~3)
        text = "" if kind == SIMPLE or rest >= stop else self.comment(buffer[rest:stop])
        self._number += 1
        return Frame(self._number, base + start, time, linktype, counted, length, data, text)

    def _imagine(self, offset: int, number: int, data: bytes, stamp: int) -> None:
        """Stand in for an interface description that the file lost, so that its frames can still be read."""
        linktype = LINKTYPE_NETLINK if data[2:4] == _SIGNATURE else -1
        guess = "read as netlink" if linktype >= 0 else "their link type is unknown"
        text = f"frames of interface {number}, which the file does not describe; {guess}"
        self._info.report("error", offset, text)
        # Microseconds since 1970 stay below this for two thousand years, nanoseconds have been above it since 1972.
        resolution = _SECOND if stamp >= 1 << 56 else 1_000_000
        self._add(Interface(len(self._info.interfaces), linktype, resolution=resolution, order=self._order))

    def _ends_with(self, buffer: bytes, pos: int) -> bool:
        """Whether one of the lengths of a block at `pos` says that it ends with the file."""
        total = len(buffer) - pos
        if total < HEADER_SIZE:
            return False
        kind, claimed = self._pair(buffer, pos)
        if kind == ENHANCED and (total < 32 or self._word(buffer, pos + 20)[0] > total - 32):
            # Cut inside its data, where a word looks like its length by chance.
            return False
        return total in (claimed, self._word(buffer, len(buffer) - 4)[0])

    def _mend(self, buffer: bytes, base: int, pos: int, end: int, frames: list[Frame]) -> None:
        """Deal with damage in [pos, end), behind which a good block begins.

        When one of the two lengths says what is there, it is one block whose other length is wrong.
        """
        total = end - pos
        kind, first = self._pair(buffer, pos) if total >= 8 else (0, 0)
        last = self._word(buffer, end - 4)[0] if total >= 12 else 0
        known = kind in FIXED and (kind != SECTION or buffer[pos + 8 : pos + 12] in blocks.MAGIC)
        if known and total in (first, last) and total >= LEAST[kind]:
            text = f"block says {first} bytes at its start and {last} at its end; read as {total}"
            self._info.report("error", base + pos, text)
            if first != total and len(self._info.ends) < KEPT_PROBLEMS:
                self._info.ends[base + pos + FIXED[kind]] = base + end
            self._block(buffer, base, pos, end, frames)
        else:
            self._lost = base + self._salvage(buffer, base, pos, end, frames)
            self._report_skip(base + end)

    def _salvage(self, buffer: bytes, base: int, pos: int, end: int, frames: list[Frame]) -> int:
        """Take what begins as a packet of netlink and ends nowhere; returns the position behind it."""
        if not self._is_packet(buffer, pos):
            return pos
        total, captured = self._packet(buffer, pos)[1], self._packet(buffer, pos)[5]
        end = min(end, pos + FIXED[ENHANCED] + captured)
        self._info.report("error", base + pos, f"packet block says {total} bytes, but does not end after so many")
        frames.append(self._frame(buffer, base, pos, end, ENHANCED))
        return end

    def _cut(self, buffer: bytes, base: int, pos: int, frames: list[Frame]) -> None:
        """Deal with what is left at the end of the file: a block that is not whole."""
        size = len(buffer)
        left = size - pos
        kind, total = self._pair(buffer, pos) if left >= 8 else (0, 0)
        there = f"{left} of {total} bytes are there" if total else f"{left} bytes of it are there"
        self._info.report("error", base + pos, f"last block is truncated: {there}")
        if kind in (ENHANCED, PACKET, SIMPLE) and left >= FIXED[kind]:
            frames.append(self._frame(buffer, base, pos, size, kind))

    def _find(self, buffer: bytes, start: int, *, final: bool) -> tuple[int, int]:
        """Find the next good block: its position, or -1 and the position from which on bytes are still needed."""
        for match in re.compile(blocks.CANDIDATE[self._order]).finditer(buffer, start):
            at = match.start()
            verdict = self._believe(buffer, at, final=final)
            if verdict is not False:
                return (at if verdict else -1), at
        # A candidate may lie across the end.
        return -1, max(start, len(buffer) - 8)

    def _believe(self, buffer: bytes, pos: int, *, final: bool) -> bool | None:
        """Whether a block begins here; None when that cannot be told before more of the file is there.

        It does when both its lengths say the same, and it is a packet of netlink or something like a block follows it.
        """
        total = self._measure(buffer, pos)
        if total is None:
            return self._is_packet(buffer, pos) if final else None
        if not total or self._is_packet(buffer, pos):
            return total > 0
        follows = self._begins(buffer, pos + total)
        return (True if final else None) if follows is None else follows > 0

    def _is_packet(self, buffer: bytes, pos: int) -> bool:
        """Whether an enhanced packet block of netlink begins here, as sure as its first bytes can make it."""
        if len(buffer) - pos < 32:
            return False
        kind, total, interface, _, _, captured, length = self._packet(buffer, pos)
        fits = kind == ENHANCED and captured + 32 <= total and captured <= length and interface < len(self._clocks)
        data = buffer[pos + 28 : pos + 28 + min(captured, 10)]
        return fits and _SIGNATURE in (data[2:4], data[8:10])

    def _report_skip(self, found: int) -> None:
        if found > self._lost:
            text = f"{found - self._lost} bytes are no block; reading goes on at byte {found}"
            self._info.report("error", self._lost, text)
        self._lost = -1

    def _give_up(self, base: int, size: int, keep: int, *, final: bool) -> int:
        """Let go of bytes in which nothing was found; returns how many of the buffer."""
        if not final:
            return keep
        if self._lost < base + size:
            text = f"the last {base + size - self._lost} bytes hold no block that can be recognised"
            self._info.report("error", self._lost, text)
        self._lost = -1
        return size
