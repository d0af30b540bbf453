"""Where everything is in a capture file: columns over frames and messages, built while the file is read or grows."""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, BinaryIO

from nlsniff.file import blocks
from nlsniff.file.blocks import BLOCK_LIMIT
from nlsniff.file.closing import Closing
from nlsniff.file.frame import Frame
from nlsniff.file.messages import DatagramReader
from nlsniff.file.read import FrameReader
from nlsniff.wire.constants import HEADERLESS, NETLINK_AUDIT
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE, Order, Span, is_astray, lacks_header
from nlsniff.wire.order import NATIVE

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from nlsniff.file.messages import Datagram
    from nlsniff.file.text import Guess
    from nlsniff.wire.nlmsg import SpanFields

    Row = tuple[int, int, Order, SpanFields]  # number of the frame, protocol, byte order, and what makes a `Span`

# Bits of the column `marks`.
BROKEN = 1
BIG_ENDIAN = 2
LONGER = 4  # than nlmsg_len says, see `lacks_header`

# A packet block says its length so many bytes before its data.
_TOTAL_BEFORE_DATA = 24
_USUAL_OPTIONS = 512
_BETWEEN = 256  # bytes between the data of two frames that stand together

_LENGTH: dict[Order, struct.Struct] = {"<": struct.Struct("<I"), ">": struct.Struct(">I")}
_NO_HEADER = bytes(HEADER_SIZE)
_NATIVE_HEADER = struct.Struct("=IHHII")


class Index(Closing):
    """All messages of a capture by position, in at most 64 bytes each; data is read again from the file when asked for.

    `advance` and `finish` belong to one thread, a worker beside a screen. Everything else may be used by others at the
    same time: rows below `len(index)` and frames up to `index.frames` never change.

    A row is a message's number less one. The columns are arrays; they may be longer than `len(index)` while a thread
    works on them, and no memoryview of one may be held then.

    Args:
        path: a path, "-" for standard input, or a binary stream. What cannot be read twice (pipes, compressed files) is
            copied to an unlinked temporary file.
        endian: the byte order of the messages, or None to find it out.
        linktype, guess: as those of `FrameReader`.

    Attributes:
        frame_numbers, starts, lengths, types, flags, seqs, ports, protocols, marks: columns by row: the frame, where in
            its data the message begins, nlmsg_len, nlmsg_type, nlmsg_flags, nlmsg_seq, nlmsg_pid, netlink protocol, and
            the bits BROKEN, BIG_ENDIAN and LONGER.
        offsets, times, captured, wire, interfaces, commented: columns by frame number less one: where its data begins
            in the decompressed file, nanoseconds since 1970, bytes captured and on the wire, interface, whether it has
            a comment.
        frames: number of frames.

    Raises:
        NlsniffError: as `FrameReader`.
    """

    def __init__(
        self, path: str | os.PathLike[str] | BinaryIO, endian: Order | None = None, linktype: int | None = None,
        guess: Guess | None = None,
    ) -> None:  # fmt: skip
        self.reader = FrameReader(path, spool=True, linktype=linktype, guess=guess)
        self.datagrams = DatagramReader(self.reader, endian)
        self.frame_numbers = array("I")
        self.starts = array("I")
        self.lengths = array("I")
        self.types = array("H")
        self.flags = array("H")
        self.seqs = array("I")
        self.ports = array("I")
        self.protocols = array("H")
        self.marks = array("B")
        self.offsets = array("Q")
        self.times = array("q")
        self.captured = array("I")
        self.wire = array("I")
        self.interfaces = array("I")
        self.commented = array("B")
        self.frames = 0
        self._messages = 0

    def __len__(self) -> int:
        """Number of messages indexed so far."""
        return self._messages

    def advance(self, limit_frames: int | None = None) -> int:
        """Index what is there: all of it, or about so many frames.

        Returns:
            How many messages were added; look at `reader.progress` for whether there is more, since frames without
            netlink add none. At the end of the file, wait for it to grow or call `finish`.
        """
        before, stop = self._messages, None if limit_frames is None else self.frames + limit_frames
        while stop is None or self.frames < stop:
            batch = self.reader.batch(None if stop is None else stop - self.frames)
            if not batch:
                break
            self._add(batch, self.datagrams.sort(batch))
        return self._messages - before

    def finish(self) -> int:
        """Index the rest and say that the file will not grow: what remains of a truncated last record counts now."""
        before = self._messages
        self.advance()
        rest = self.reader.finish()
        self._add(rest, self.datagrams.sort(rest))
        self.datagrams.report_others()
        return self._messages - before

    def frame(self, number: int) -> Frame:
        """Read a frame again; its data is shorter than it was where the file has shrunk meanwhile.

        Raises:
            IndexError: there is no such frame.
        """
        if not 0 < number <= self.frames:
            raise IndexError(f"no frame {number}")
        return self._frame(number, 0, b"")

    def neighbours(self, first: int, last: int) -> list[Frame]:
        """As `frame` of each from `first` to `last`, read together where they stand together."""
        begin = self.offsets[first - 1]
        size = self.offsets[last - 1] + self.captured[last - 1] - begin
        together = 0 < size <= 2 * sum(self.captured[first - 1 : last]) + _BETWEEN * (last - first)
        block = self.reader.fetch(begin, size) if together else b""
        return [self._frame(number, begin, block) for number in range(first, last + 1)]

    def _frame(self, number: int, begin: int, block: bytes) -> Frame:
        """A frame; `block` is what stands from `begin` on, as far as that was read."""
        at = number - 1
        offset, captured = self.offsets[at], self.captured[at]
        interface = self.reader.interfaces[self.interfaces[at]]
        if self.commented[at]:
            data, comment = self._read_commented(offset, captured, interface.order)
        else:
            data, comment = block[offset - begin : offset - begin + captured], ""
            if len(data) < captured:
                data = self.reader.fetch(offset, captured)
        return Frame(number, offset, self.times[at], interface.linktype, interface.number, self.wire[at], data, comment)

    def span(self, row: int) -> Span:
        """The position and header fields of a message, as `walk_messages` gives them."""
        return Span(*self.row(row)[3])

    def row(self, row: int) -> Row:
        """What is known of a message."""
        frame, at, length, mark = self.frame_numbers[row], self.starts[row], self.lengths[row], self.marks[row]
        end = whole = self.captured[frame - 1]
        if length >= HEADER_SIZE and not mark & LONGER and at + length < whole:
            end = at + length
        fields = at, end, length, self.types[row], self.flags[row], self.seqs[row], self.ports[row], bool(mark & BROKEN)
        return frame, self.protocols[row], ">" if mark & BIG_ENDIAN else "<", fields

    def rows(self, start: int, stop: int) -> Iterator[Row]:
        """As `row` for each in [start, stop), in half the time."""
        captured, rows = self.captured, slice(start, stop)
        columns = (
            self.frame_numbers, self.starts, self.lengths, self.types, self.flags, self.seqs, self.ports,
            self.protocols, self.marks,
        )  # fmt: skip
        every = zip(*[column[rows] for column in columns], strict=True)
        for frame, at, length, type_, flags, seq, port, protocol, mark in every:
            end = whole = captured[frame - 1]
            if length >= HEADER_SIZE and not mark & LONGER and at + length < whole:
                end = at + length
            fields = at, end, length, type_, flags, seq, port, bool(mark & BROKEN)
            yield frame, protocol, ">" if mark & BIG_ENDIAN else "<", fields

    def order(self, row: int) -> Order:
        """The byte order in which a message is read."""
        return ">" if self.marks[row] & BIG_ENDIAN else "<"

    def time_ns(self, row: int) -> int:
        """When the frame of a message was captured, in nanoseconds since 1970."""
        return self.times[self.frame_numbers[row] - 1]

    def rows_of(self, frame: int) -> range:
        """The rows of the messages in a frame; empty for one without netlink."""
        numbers, stop = self.frame_numbers, self._messages
        return range(bisect_left(numbers, frame, 0, stop), bisect_right(numbers, frame, 0, stop))

    def close(self) -> None:
        """Close the file and drop the copy of it."""
        self.reader.close()

    def _read_commented(self, offset: int, captured: int, order: Order) -> tuple[bytes, str]:
        """Read a packet block of pcapng with its comment."""
        padded = (captured + 3) & ~3
        start = offset - _TOTAL_BEFORE_DATA
        # One read takes most comments along; a longer one is worth a second.
        block = self.reader.fetch(start, _TOTAL_BEFORE_DATA + padded + _USUAL_OPTIONS)
        end = self.reader.ends.get(offset)
        stop = int.from_bytes(block[:4], "little" if order == "<" else "big") - 8 if end is None else end - start - 4
        if stop > len(block) and stop <= BLOCK_LIMIT:
            block = self.reader.fetch(start, stop)
        data = block[_TOTAL_BEFORE_DATA : _TOTAL_BEFORE_DATA + captured]
        text = blocks.comment(block, _TOTAL_BEFORE_DATA + padded, min(stop, len(block)), order)
        return data, text

    def _add(self, frames: list[Frame], datagrams: list[Datagram]) -> None:
        """Append a chunk to the columns; `frames` and the number of messages are moved last, when all is there."""
        self.offsets.extend([frame[1] for frame in frames])
        self.times.extend([frame[2] for frame in frames])
        self.interfaces.extend([frame[4] for frame in frames])
        self.wire.extend([frame[5] for frame in frames])
        self.captured.extend([len(frame[6]) for frame in frames])
        self.commented.extend([1 if frame[7] else 0 for frame in frames])
        # `walk_messages` in line, which costs a third of calling it; a test holds them equal. Headers are collected as
        # bytes and split into columns together: nine appends a message would cost more, and tuples burden the garbage
        # collector.
        headers: list[bytes] = []
        head, add_frame, add_start = headers.append, self.frame_numbers.append, self.starts.append
        add_protocol, add_mark = self.protocols.append, self.marks.append
        little, big = _LENGTH["<"].unpack_from, _LENGTH[">"].unpack_from
        for frame, cooked, order in datagrams:
            number, data = frame[0], frame[6]
            start, protocol = cooked[0], cooked[3]
            size = len(data)
            unpack, mark = (little, 0) if order == "<" else (big, BIG_ENDIAN)
            if protocol in HEADERLESS:
                if any(data[start:]):
                    head(_NATIVE_HEADER.pack(size - start, 0, 0, 0, 0))
                    add_frame(number)
                    add_start(start)
                    add_protocol(protocol)
                    add_mark(mark)
                continue
            if protocol == NETLINK_AUDIT and lacks_header(data, start, order):
                mark |= LONGER
            before = start
            while start < size:
                header = data[start : start + 16]
                following = size
                if len(header) < 16:
                    header = _NO_HEADER
                    mark |= BROKEN
                else:
                    (length,) = unpack(header)
                    if length >= 16:
                        following = start + length
                    if length < 16 or following > size:
                        mark |= BROKEN
                        if is_astray(data, before, start, order):
                            header = _NO_HEADER
                if mark & BROKEN and not any(data[start:]):
                    break
                head(header if order == NATIVE else _NATIVE_HEADER.pack(*HEADER[order].unpack(header)))
                add_frame(number)
                add_start(start)
                add_protocol(protocol)
                add_mark(mark)
                # Only the last message of a datagram can be broken; what is longer than it says is alone in it.
                before, start = start, size if mark & LONGER else (following + 3) & ~3
        joined = b"".join(headers)
        words, halves = array("I", joined), array("H", joined)
        self.lengths.extend(words[0::4])
        self.seqs.extend(words[2::4])
        self.ports.extend(words[3::4])
        self.types.extend(halves[2::8])
        self.flags.extend(halves[3::8])
        self.frames = len(self.offsets)
        self._messages = len(self.marks)
