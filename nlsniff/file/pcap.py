"""Read the records of a pcap file.

Own code with struct instead of dpkt's reader, because that one knows no offsets, stops for ever at the end of a file
that still grows, and raises at damage instead of going on behind it.

A length is doubted when what follows the record is not plausible; `scan` says what is.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from nlsniff.file.frame import Frame, RecordLayout
from nlsniff.file.info import Interface
from nlsniff.file.scan import SIGNATURE, RecordScan
from nlsniff.wire.constants import HEADERLESS, LINKTYPE_NETLINK
from nlsniff.wire.cooked import BARE

if TYPE_CHECKING:
    from nlsniff.file.frame import FastPath
    from nlsniff.file.info import FileInfo
    from nlsniff.wire.nlmsg import Order

# First four bytes -> byte order, nanoseconds per time unit, bytes of a record header (24 in the old modified format).
MAGICS: dict[bytes, tuple[Order, int, int]] = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000, 16),
    b"\xa1\xb2\xc3\xd4": (">", 1000, 16),
    b"\x4d\x3c\xb2\xa1": ("<", 1, 16),
    b"\xa1\xb2\x3c\x4d": (">", 1, 16),
    b"\x34\xcd\xb2\xa1": ("<", 1000, 24),
    b"\xa1\xb2\xcd\x34": (">", 1000, 24),
}
HEADER_SIZE = 24

_SECOND = 1_000_000_000


class PcapParser:
    """Turns a buffer that grows at its end and is consumed at its start into frames."""

    def __init__(self, header: bytes, info: FileInfo) -> None:
        """Read the file header: 24 bytes, of which the first four are one of MAGICS."""
        order, self._unit, self._head = MAGICS[header[:4]]
        snaplen, linktype = struct.unpack_from(order + "II", header, 16)
        # The upper half may say how long frame check sequences are.
        self._fractions = _SECOND // self._unit
        face = info.add(Interface(0, linktype & 0xFFFF, snaplen, resolution=self._fractions, order=order))
        self._linktype = face.linktype
        self._scan = scan = RecordScan(order, self._head, self._linktype, snaplen, self._fractions)
        self._limit = scan.limit
        self._unpack = scan.unpack
        self._order: Order = order
        self.known = 1
        self.fast_path: FastPath | None = None
        self._look = struct.Struct(order + "IIII0s").unpack_from
        self._look_size = self._head
        # What the hot loop compares with what it looked at; nothing for link types whose frames carry no mark. Small
        # numbers, of which netlink is full, look like record headers; so each record of bare messages is judged.
        judged = self._linktype >= BARE and self._linktype - BARE not in HEADERLESS
        self._signed: int | bytes | None = None if judged else b""
        if self._linktype == LINKTYPE_NETLINK:
            self._look = struct.Struct(f"{order}IIII{self._head - 16 + 2}xH").unpack_from
            self._look_size = self._head + 4
            self._signed = struct.unpack(order + "H", SIGNATURE)[0]
        # Of records whose frames have the mark of netlink.
        fields = (("seconds", "I"), ("fraction", "I"), ("captured", "I"), ("wire", "I"), ("", f"{self._head - 16}s"))
        good = f"fraction < {self._fractions} and captured <= wire <= {self._limit}"
        time = f"seconds * {_SECOND} + fraction * {self._unit}"
        self.layout = RecordLayout(order, fields, self._head, "", good, time, '""')
        self._number = 0
        self._lost = -1
        self._odd = False
        self._wary = False
        self._info = info

    def parse(self, buffer: bytes, base: int, *, final: bool) -> tuple[list[Frame], int]:
        """Take all whole records.

        What a record is taken for depends on the bytes of the file alone, and not on how many of them are there yet:
        where more of them could change it, it is taken when they have come.

        Args:
            buffer: bytes of the file from the first one on that the last call did not use.
            base: offset of the buffer in the file.
            final: nothing more will ever come, so a record that is not whole is truncated.

        Returns:
            The frames, and how many bytes of the buffer are done with.
        """
        frames: list[Frame] = []
        pos = 0
        while True:
            if self._lost >= 0:
                pos, found = self._search(buffer, base, pos, final=final)
                if not found:
                    return frames, pos
            if self._wary:
                # Where one length was wrong, more will be: look before a long frame is made in vain.
                following = self._overrun(buffer, pos, final=final)
                self._wary = following > 0
                if following:
                    self._shorten(buffer, base, pos, following, frames)
                    pos = following
                    continue
            if self.fast_path is not None:
                pos, self._number = self.fast_path(self, buffer, pos, self._number, frames)
            pos, last, bad = self._run(buffer, base, pos, frames)
            left = len(buffer) - pos
            if bad:
                verdict = self._tolerable(buffer, pos, final=final)
                if verdict is None:
                    return frames, self._hold(buffer, frames, last, pos)
                if verdict and self._end(buffer, pos) <= len(buffer):
                    pos = self._tolerate(buffer, base, pos, frames)
                    continue
                bad = not verdict
            elif not final or not left:
                unseen = left < self._look_size and not final
                return frames, self._hold(buffer, frames, last, pos) if unseen else pos
            torn = not bad and left >= self._head
            owner, stop = (pos, len(buffer)) if torn else (last, pos)
            if not torn and last >= 0 and self._scan.confirmed(buffer, last + self._head, pos):
                owner = -1
            inside = self._scan.inside(buffer, owner, stop, final=final)
            if inside is None:
                return frames, self._undo(frames, last, pos)
            if inside:
                if not torn:
                    self._undo(frames, last, pos)
                self._shorten(buffer, base, owner, inside, frames)
                pos, self._wary = inside, True
            elif bad:
                self._lost = base + pos
            else:
                pos = self._cut(buffer, base, pos, frames)

    def _run(self, buffer: bytes, base: int, pos: int, frames: list[Frame]) -> tuple[int, int, bool]:
        """Read plain good records: the loop that speed depends on.

        Returns where it stopped, where the last record began (-1 for none), and whether no good record stands there.
        """
        unpack, head, limit, fractions, unit = self._look, self._head, self._limit, self._fractions, self._unit
        linktype, number, size, signed = self._linktype, self._number, len(buffer), self._signed
        new, append = tuple.__new__, frames.append
        last, bad = -1, False
        room = size - self._look_size
        while pos <= room:
            seconds, fraction, captured, length, mark = unpack(buffer, pos)
            if fraction >= fractions or captured > length or captured > limit or not captured or mark != signed:
                bad = True
                break
            start = pos + head
            end = start + captured
            if end > size:
                break
            number += 1
            time = seconds * 1_000_000_000 + fraction * unit
            append(new(Frame, (number, base + start, time, linktype, 0, length, buffer[start:end], "")))
            last = pos
            pos = end
        else:
            # A whole record too short for its mark to be looked at.
            bad = pos + head <= size and pos + head + self._unpack(buffer, pos)[2] <= size
        self._number = number
        if last >= 0:
            self._scan.near = self._unpack(buffer, last)[0]  # a record decades away from it is damage
        return pos, last, bad

    def _hold(self, buffer: bytes, frames: list[Frame], last: int, pos: int) -> int:
        """Take the last record back until what follows it is there, unless it is beyond doubt."""
        sure = last < 0 or self._scan.confirmed(buffer, last + self._head, pos)
        return pos if sure else self._undo(frames, last, pos)

    def _undo(self, frames: list[Frame], last: int, pos: int) -> int:
        """Take the last record back, to be read again when more of the file is there; returns where to go on."""
        if last < 0:
            return pos
        frames.pop()
        self._number -= 1
        return last

    def _frame(self, buffer: bytes, base: int, pos: int, stop: int) -> Frame:
        seconds, fraction, captured, length = self._unpack(buffer, pos)
        start = pos + self._head
        data = buffer[start : min(start + captured, stop)]
        self._number += 1
        self._scan.near = seconds
        time = seconds * _SECOND + fraction * self._unit
        return Frame(self._number, base + start, time, self._linktype, 0, max(length, captured), data, "")

    def _tolerable(self, buffer: bytes, pos: int, *, final: bool) -> bool | None:
        """Whether a record that is not as it should be may stand; None when more of the file must be there to tell.

        Some writers give a fraction of a second and more, or captured and wire length the wrong way round, or write
        frames of no bytes: that may be when a good header follows. A frame without the mark of netlink may be when
        several do. And any may be that ends where its messages do.
        """
        end = self._end(buffer, pos)
        if end <= len(buffer) and self._scan.confirmed(buffer, pos + self._head, end):
            return True
        if self._scan.clean(buffer, pos):
            chained = self._scan.chained(buffer, pos, final=final)
            return True if chained is None and final else chained
        # Zeros are what a crash leaves behind.
        if end - pos - self._head > self._limit or not any(buffer[pos : pos + 16]):
            return False
        return True if final and end == len(buffer) else self._scan.believe(buffer, end, final=final)

    def _end(self, buffer: bytes, pos: int) -> int:
        """Where the record at `pos` ends, as it says."""
        captured: int = self._unpack(buffer, pos)[2]
        return pos + self._head + captured

    def _tolerate(self, buffer: bytes, base: int, pos: int, frames: list[Frame]) -> int:
        """Take a record that is not as it should be; returns where it ends."""
        if not self._odd and not self._scan.clean(buffer, pos):
            self._odd = True
            text = "record header with no length, too long a length or an impossible time; such are read as they are"
            self._info.report("warning", base + pos, text)
        frames.append(self._frame(buffer, base, pos, len(buffer)))
        return frames[-1].offset - base + len(frames[-1].data)

    def _overrun(self, buffer: bytes, pos: int, *, final: bool) -> int:
        """Find a record inside the whole one at `pos`, if no record follows it; 0 where there is none, or not yet."""
        if len(buffer) - pos < self._look_size:
            return 0
        captured = self._unpack(buffer, pos)[2]
        end = pos + self._head + captured
        if captured > self._limit or len(buffer) - end < self._look_size or not self._good(buffer, pos):
            return 0
        if self._good(buffer, end) or self._tolerable(buffer, end, final=final) is not False:
            return 0
        if self._scan.confirmed(buffer, pos + self._head, end):
            return 0
        return self._scan.inside(buffer, pos, end, final=final) or 0

    def _good(self, buffer: bytes, pos: int) -> bool:
        """Whether the header of a record is as it should be, as `_run` has it."""
        _, fraction, captured, length, mark = self._look(buffer, pos)
        return bool(fraction < self._fractions and 0 < captured <= min(length, self._limit) and mark == self._signed)

    def _shorten(self, buffer: bytes, base: int, owner: int, following: int, frames: list[Frame]) -> None:
        """Make the frame of a record whose length was wrong, since another record begins at `following`."""
        frames.append(self._frame(buffer, base, owner, following))
        claimed = self._unpack(buffer, owner)[2]
        text = f"record says {claimed} bytes, but the next one begins after {following - owner - self._head}"
        self._info.report("error", base + owner, text)

    def _cut(self, buffer: bytes, base: int, pos: int, frames: list[Frame]) -> int:
        """Deal with what is left at the end of the file: a record that is not whole."""
        size = len(buffer)
        if size - pos < self._head:
            self._info.report(
                "error", base + pos, f"file ends inside a record header, {size - pos} bytes of it are there"
            )
        else:
            frames.append(self._frame(buffer, base, pos, size))
            there, claimed = len(frames[-1].data), self._unpack(buffer, pos)[2]
            self._info.report("error", base + pos, f"last record is truncated: {there} of {claimed} bytes are there")
        return size

    def _search(self, buffer: bytes, base: int, start: int, *, final: bool) -> tuple[int, bool]:
        """Find the next record after damage that began at `self._lost`.

        Returns its position and True; where there is none, the position up to which was searched and False.
        """
        size, scan = len(buffer), self._scan
        for match in scan.candidate.finditer(buffer, start + scan.shift):
            at = match.start() - scan.shift
            verdict = scan.believe(buffer, at, final=final)
            if verdict:
                text = f"{base + at - self._lost} bytes are no record; reading goes on at byte {base + at}"
                self._info.report("error", self._lost, text)
                self._lost = -1
                return at, True
            if verdict is None:
                return at, False
        if final:
            text = f"the last {base + size - self._lost} bytes hold no record that can be recognised"
            self._info.report("error", self._lost, text)
            self._lost = -1
            return size, False
        # A candidate may lie across the end.
        return max(start, size - self._head - scan.signed_at - 2), False
