"""A capture file as messages: file, decoder and follower put together.

Two ways in, over the same parts. `stream` reads once from start to end in little memory. `IndexedCapture` keeps an
index, so that any message can be had again, and grows with the file.
"""

from __future__ import annotations

from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.guessing import guess_with
from nlsniff.decode.learn import learn
from nlsniff.decode.message import NetlinkMessage
from nlsniff.errors import NlsniffError
from nlsniff.file import CHUNK
from nlsniff.file.closing import Closing
from nlsniff.file.index import Index
from nlsniff.file.read import FrameReader
from nlsniff.file.sweep import Sweep
from nlsniff.follow.follower import Follower
from nlsniff.follow.passing import NoStore
from nlsniff.spec.registry import open_registry

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO, Self

    from nlsniff.file.frame import Frame
    from nlsniff.file.index import Row
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.store import Store
    from nlsniff.wire.nlmsg import Order

    Source = str | os.PathLike[str] | BinaryIO

BATCH = 512  # messages that are taken in, and may be printed, together

# Frames that are kept for the next message of the same frame, and for scrolling back a little; and their bytes.
_FRAMES_KEPT = 64
_BYTES_KEPT = 1 << 22
_LARGE = CHUNK  # of a frame: the file is read by so much, so that others are never many bytes together
_FEW = CHUNK >> 11  # messages of a chunk, where each has 2 KiB or more
_TOGETHER = 1 << 15  # bytes of large messages whose trees are alive at once


def make_decoder(specs: Iterable[str | os.PathLike[str]] = (), *, show_secrets: bool = False) -> Decoder:
    """A decoder with the shipped dissectors, the user's, and those of `specs` (folders or files), which win.

    Raises:
        NlsniffError: one of `specs` does not exist.
    """
    return Decoder(open_registry(specs), show_secrets=show_secrets)


class Stream:
    """The messages of a capture from start to end, each once, in little memory.

    Each has been learned from and followed when it comes, so it has its conversation's id and the names of its time.

    Args:
        source: as that of `FrameReader`.
        decoder: makes the messages.
        endian: the byte order of the messages, or None to find it out.
        linktype: as that of `FrameReader`.
        store: what the follower keeps of the conversations; by default only their ids are told.

    Attributes:
        follower: the conversations so far.
        start_ns: time of the first message in ns since 1970; 0 before it was read.
        problems: what is wrong with the file itself, in the order of its bytes; complete when the iteration has ended.
        interfaces: what the file says about where it was recorded; drop counts stand at its end.

    Raises:
        NlsniffError: the file cannot be opened; or, from the iteration, nothing in it can be read.
    """

    def __init__(
        self, source: Source, decoder: Decoder, endian: Order | None = None, linktype: int | None = None, *,
        store: Store | None = None,
    ) -> None:  # fmt: skip
        self.decoder = decoder
        self.follower = Follower(decoder, store=NoStore() if store is None else store)
        self.start_ns = 0
        self._reader = reader = FrameReader(source, linktype=linktype, guess=guess_with(decoder.registry))
        self.problems, self.interfaces = reader.problems, reader.interfaces
        self._sweep = Sweep(reader, endian, emit=_MESSAGE, values={"make": NetlinkMessage, "decoder": decoder})

    def __iter__(self) -> Iterator[NetlinkMessage]:
        for batch in self.batches():
            yield from batch

    def waits(self) -> bool:
        """Whether reading on would wait now for a pipe that has nothing."""
        return self._reader.waits()

    def batches(self) -> Iterator[list[NetlinkMessage]]:
        """The messages some hundreds at a time, for what is done faster with many than with each."""
        started = False
        for messages in self._sweep:
            if not started and messages:
                self.start_ns, started = messages[0].time_ns, True
            if messages and (len(messages) < _FEW or len(messages[0].data) > _LARGE):
                yield from self._few_at_a_time(messages)
                continue
            for at in range(0, len(messages), BATCH):
                batch = messages[at : at + BATCH]
                _take_in(batch, self.decoder, self.follower)
                yield batch
        self._sweep.datagrams.refuse_if_no_netlink()
        self._reader.close()

    def _few_at_a_time(self, messages: list[NetlinkMessage]) -> Iterator[list[NetlinkMessage]]:
        """As `batches`, of a chunk of the file that has large messages, or begins with the end of a large frame.

        Each message that is printed has a tree of many times its bytes, so that few may be alive at once.
        """
        while messages:
            size = count = 0
            while count < min(len(messages), BATCH) and size < _TOGETHER:
                size += messages[count].end - messages[count].start
                count += 1
            batch = messages[:count]
            del messages[:count]
            _take_in(batch, self.decoder, self.follower)
            yield batch


# What `Sweep` makes for each; the fields in parentheses are a `Span`.
_MESSAGE = (
    "make(decoder, number, frame, time, protocol, data, order, "
    "(start, end, length, type_, flags, seq, port, broken), comment)"
)


class IndexedCapture(Closing):
    """A capture file, indexed as it is read; any message can be had again by its number.

    Messages count from 1. `advance` reads on and may be called from a worker thread; everything else sees what was read
    so far. A file that grows is read on by further calls.

    Args:
        source, decoder, endian, linktype: as those of `Stream`.

    Attributes:
        problems, interfaces: as those of `Stream`.

    Raises:
        NlsniffError: the file cannot be opened; or, from `advance`, it is no capture.
    """

    def __init__(
        self, source: Source, decoder: Decoder, endian: Order | None = None, linktype: int | None = None
    ) -> None:
        self.path = str(source)
        self.decoder = decoder
        self._opened = source, endian, linktype
        self.follower = Follower(decoder, self.message)
        self.index = Index(source, endian, linktype, guess_with(decoder.registry))
        self.problems, self.interfaces = self.index.reader.problems, self.index.reader.interfaces
        self.follower.frames = self.index.frame_numbers
        self._followed = 0
        self._frames: OrderedDict[int, Frame] = OrderedDict()
        self._bytes = 0  # of these

    def __len__(self) -> int:
        """Messages read so far."""
        return self._followed

    def __iter__(self) -> Iterator[NetlinkMessage]:
        """All messages in order, reading on as needed; ends where the file ends now."""
        number = 0
        while number < len(self) or self.advance():
            number += 1
            yield self.message(number)

    @property
    def start_ns(self) -> int:
        """Time of the first message in ns since 1970; 0 before it was read."""
        return self.index.time_ns(0) if len(self) else 0

    @property
    def lost_frames(self) -> int:
        """How many frames the kernel dropped while it was recorded, as far as the file says it."""
        return sum(item.dropped or 0 for item in self.interfaces)

    def progress(self) -> tuple[int, int]:
        """Bytes of the file read so far, and its size (0 where it is a pipe)."""
        return self.index.reader.progress

    def again(self, other: str = "") -> IndexedCapture:
        """The file as it is now, to be read from its start; or another, with the same dissectors.

        Raises:
            NlsniffError: it cannot be opened, or is none.
        """
        source, endian, linktype = (other, None, None) if other else self._opened
        if source == "-" or not isinstance(source, str | Path):
            raise NlsniffError(f"{self.path}: only a file can be read from its start again")
        decoder = Decoder(self.decoder.registry, show_secrets=self.decoder.show_secrets)
        return IndexedCapture(source, decoder, endian, linktype)

    def advance(self, frames: int = 4096) -> int:
        """Read on: about so many frames. Returns how many messages are new; 0 when there is nothing new now."""
        new, done = 0, -1
        while not new and self.index.frames > done:  # frames that hold no netlink add no message
            done = self.index.frames
            self.index.advance(frames)
            new = self._follow()
        return new

    def load(self) -> Self:
        """Read to the end, and take it that the file will not grow.

        Raises:
            NlsniffError: nothing in it can be read.
        """
        while self.advance():
            pass
        self.index.finish()
        self._follow()
        self.index.datagrams.refuse_if_no_netlink()
        return self

    def batches(self, start: int, stop: int) -> Iterator[list[NetlinkMessage]]:
        """The messages of rows [start, stop), which were read before, some hundreds at a time; row 0 is message 1."""
        for numbers in self.ranges(start, stop):
            batch = self._together(numbers)
            for message in batch:
                self._know(message)
            yield batch

    def message(self, number: int) -> NetlinkMessage:
        """A message by its number; it decodes when it is asked for its parts.

        Raises:
            IndexError: there is no such message (yet).
        """
        if not 1 <= number <= self._followed:
            raise IndexError(f"no message {number}")
        row = self.index.row(number - 1)
        message = self._make(number, row, self.frame(row[0]))
        self._know(message)
        return message

    def _know(self, message: NetlinkMessage) -> None:
        """Tell a message what its conversation says of it."""
        message.conversation = self.follower.conversation_of(message.number)
        self.follower.fix_direction(message)

    def frame(self, number: int) -> Frame:
        """A frame by its number.

        Raises:
            IndexError: there is no such frame (yet).
        """
        found = self._frames.get(number)
        if found is None:
            found = self._frames[number] = self.index.frame(number)
            self._bytes += len(found.data)
            while len(self._frames) > 1 and (len(self._frames) > _FRAMES_KEPT or self._bytes > _BYTES_KEPT):
                self._bytes -= len(self._frames.popitem(last=False)[1].data)
        return found

    def conversation(self, number: int) -> ConversationView:
        """The conversation that a message belongs to."""
        return self.follower.conversation(self.follower.conversation_of(number))

    def close(self) -> None:
        """Close the file."""
        self.index.close()

    def clear(self) -> None:
        """Close the file, and forget what was read of it but its problems: who began with it may hold it for long."""
        self.close()
        self._frames.clear()
        self._followed = self._bytes = 0
        self.decoder = Decoder(self.decoder.registry)
        self.follower, self.index = Follower(self.decoder, self.message), Index(BytesIO())

    def _make(self, number: int, row: Row, frame: Frame) -> NetlinkMessage:
        frame_number, protocol, order, span = row
        data = frame.data
        if span[1] > len(data):  # the file has shrunk since it was indexed
            span = (span[0], max(len(data), span[0]), *span[2:7], True)
        return NetlinkMessage(
            self.decoder, number, frame_number, frame.time_ns, protocol, data, order, span, frame.comment
        )

    def _together(self, numbers: range) -> list[NetlinkMessage]:
        """Messages that follow each other, of frames that are read together."""
        index, make = self.index, self._make
        first, last = index.frame_numbers[numbers.start - 1], index.frame_numbers[numbers.stop - 2]
        frames, rows = index.neighbours(first, last), index.rows(numbers.start - 1, numbers.stop - 1)
        return [make(number, row, frames[row[0] - first]) for number, row in zip(numbers, rows, strict=True)]

    def _follow(self) -> int:
        """Learn from and follow what the index has found since."""
        before = self._followed
        for numbers in self.ranges(before, len(self.index)):
            _take_in(self._together(numbers), self.decoder, self.follower)
            self._followed += len(numbers)
        return self._followed - before

    def ranges(self, start: int, stop: int) -> Iterator[range]:
        """The numbers of the messages in rows [start, stop), as many at a time as may be alive together."""
        captured, frames = self.index.captured, self.index.frame_numbers
        for row in range(start, stop, BATCH):
            end = min(row + BATCH, stop)
            # A message holds its frame, so that large frames go one by one.
            large = sum(captured[frames[row] - 1 : frames[end - 1]]) > _BYTES_KEPT
            step = 1 if large else BATCH
            for at in range(row, end, step):
                yield range(at + 1, min(at + step, end) + 1)


def _take_in(batch: list[NetlinkMessage], decoder: Decoder, follower: Follower) -> None:
    """Learn from the next messages and follow them."""
    learn(decoder.names, batch)
    follower.feed_all(batch)
