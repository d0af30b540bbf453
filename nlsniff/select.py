"""The messages of a capture that a filter wants: the one place that decides how a filter is asked.

A capture is read once as a stream, unless the filter asks how conversations ended: that is known at their end, so then
the whole file is indexed first. Where an index is there anyhow (the screen, `follow`, a live capture), it is asked by
`IndexSelection`. Where headers are all that matters, `HeaderSelection` makes no message.
"""

from __future__ import annotations

from collections import deque
from itertools import compress, islice, repeat
from typing import TYPE_CHECKING

from nlsniff.file.read import FrameReader
from nlsniff.file.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.file.text import Guess
    from nlsniff.filter.filter import Filter
    from nlsniff.follow.store import Store
    from nlsniff.reader import IndexedCapture, Source, Stream
    from nlsniff.wire.nlmsg import Order

# Messages of a part that one process takes, see `Selection.parts`. After the first, which makes the shapes known, each
# has twice as many until a process costs little beside them.
_FIRST, _MOST = 1 << 12, 1 << 14
_MOST_HELD = 1 << 15  # of those that are judged alone, for which less is done
_BYTES = 1 << 8  # of each message; of larger ones a part has fewer
_WORTH = 1 << 17  # bytes; fewer are printed sooner than a process is forked


def select(
    source: Source, decoder: Decoder, filter_: Filter | None = None, endian: Order | None = None,
    linktype: int | None = None, *, store: Store | None = None, indexed: bool = False,
) -> Selection:  # fmt: skip
    """Open a capture for the messages that a filter wants; None wants all.

    Args:
        source: a path, "-" for standard input, or a binary stream.
        decoder: makes the messages.
        filter_: chooses the messages.
        endian: the byte order of the messages, or None to find it out.
        linktype: as that of `FrameReader`.
        store: what is kept of conversations, see `Stream`; where the file is indexed, all are.
        indexed: index the whole file first, so that `capture` is an IndexedCapture, which knows how they end.

    Raises:
        NlsniffError: the file cannot be opened, or nothing in it can be read.
    """
    from nlsniff.reader import IndexedCapture, Stream

    if indexed or (filter_ is not None and filter_.needs_conversation):
        return IndexSelection(IndexedCapture(source, decoder, endian, linktype).load(), filter_)
    return StreamSelection(Stream(source, decoder, endian, linktype, store=store), filter_)


class Selection:
    """Messages of a capture, chosen by a filter. Iterating gives lists of those that are wanted; a list may be empty.

    Args:
        capture: where the messages come from; it knows the time of its first message, and what is wrong with the file.
        filter_: chooses them; None wants all.

    Raises:
        NlsniffError: from the iteration, where nothing in the file can be read.
    """

    def __init__(self, capture: Stream | IndexedCapture, filter_: Filter | None = None) -> None:
        self.capture = capture
        self._filter = filter_

    def __iter__(self) -> Iterator[list[NetlinkMessage]]:
        for batch, verdicts in self.judged():
            yield list(compress(batch, verdicts))

    def judged(self) -> Iterator[tuple[list[NetlinkMessage], Iterable[bool]]]:
        """All messages, some hundreds at a time, and whether each is wanted. The verdicts can be read once."""
        raise NotImplementedError

    def parts(self) -> Iterator[tuple[bool, Any]]:
        """All messages in parts from which `chosen` may choose apart, each behind whether it is worth a process.

        The first is not: the shapes of messages that are met there are known then by all.
        """
        raise NotImplementedError

    def chosen(self, part: Any) -> Iterator[list[NetlinkMessage]]:
        """Lists of what is wanted of a part, which is used up; a list may be empty."""
        raise NotImplementedError


class StreamSelection(Selection):
    """A selection that is made while the file is read, each message once, in little memory."""

    capture: Stream

    def judged(self) -> Iterator[tuple[list[NetlinkMessage], Iterable[bool]]]:
        """See `Selection`."""
        for batch in self.capture.batches():
            yield batch, self._verdicts(batch)

    def parts(self, *, held: bool = False) -> Iterator[tuple[bool, deque[list[NetlinkMessage]]]]:
        """See `Selection`; of a pipe a part ends where nothing more has come.

        Args:
            held: parts are looked at again when others were asked for, and of them `verdicts` alone is asked. They are
                larger then, and the names of their time are not forgotten.
        """
        part, size, spread = deque[list["NetlinkMessage"]](), 0, 0
        most, worth = _FIRST, 1 << 62
        for batch in self.capture.batches():
            part.append(batch)
            size += len(batch)
            spread += sum([message.end - message.start for message in batch])
            if size >= most or spread >= most * _BYTES or self.capture.waits():
                last = batch[-1].number
                yield spread >= worth, part
                if not held:
                    self.capture.decoder.names.forget(last)  # whoever prints it has its names
                part, size, spread = deque(), 0, 0
                most, worth = min(2 * most, _MOST_HELD if held else _MOST), _WORTH
        if part:
            yield spread >= worth, part

    def chosen(self, part: deque[list[NetlinkMessage]]) -> Iterator[list[NetlinkMessage]]:
        """See `Selection`."""
        while part:
            batch = part.popleft()
            yield list(compress(batch, self._verdicts(batch)))

    def verdicts(self, part: deque[list[NetlinkMessage]]) -> bytes:
        """Whether each message of a part is wanted, which is used up: 1 or 0."""
        found = bytearray()
        while part:
            batch = part.popleft()
            found += bytes(islice(map(bool, self._verdicts(batch)), len(batch)))
        return bytes(found)

    def _verdicts(self, batch: list[NetlinkMessage]) -> Iterable[bool]:
        if self._filter is None:
            return repeat(True)
        self._filter.begin(self.capture.start_ns)
        return map(self._filter.matches, batch)


class IndexSelection(Selection):
    """A selection of what has been read of an indexed capture, which may grow.

    A message is judged by its conversation as it stands at that moment. Iterating again gives what was read since.
    """

    capture: IndexedCapture
    _asked = 0

    def __iter__(self) -> Iterator[list[NetlinkMessage]]:
        for numbers in self.capture.ranges(self._asked, len(self.capture)):
            self._asked += len(numbers)
            yield list(self._matching(numbers.start - 1, numbers.stop - 1))

    def judged(self) -> Iterator[tuple[list[NetlinkMessage], Iterable[bool]]]:
        """See `Selection`."""
        for batch in self.capture.batches(self._asked, len(self.capture)):
            start = self._asked
            self._asked += len(batch)
            if self._filter is None:
                yield batch, repeat(True)
                continue
            self._filter.begin(self.capture.start_ns)
            likely = frozenset(self._likely(start, self._asked))
            test = self.test(self._filter)
            yield batch, [message.number in likely and test(message) for message in batch]

    def parts(self) -> Iterator[tuple[bool, range]]:
        """See `Selection`."""
        start, most = 0, _FIRST
        while start < len(self.capture):
            stop = min(start + most, len(self.capture))
            yield start > 0, range(start, stop)
            start, most = stop, min(2 * most, _MOST)

    def chosen(self, part: range) -> Iterator[list[NetlinkMessage]]:
        """See `Selection`."""
        for numbers in self.capture.ranges(part.start, part.stop):
            yield list(self._matching(numbers.start - 1, numbers.stop - 1))

    def numbers(self, start: int, stop: int) -> Iterator[int]:
        """The numbers of the wanted messages in rows [start, stop), whatever was asked before; row 0 is message 1.

        Where the columns of the index decide, no message is made.
        """
        if self._filter is None or self._filter.header_only:
            return iter(self._likely(start, stop))
        return (message.number for message in self._matching(start, stop))

    def _matching(self, start: int, stop: int) -> Iterator[NetlinkMessage]:
        """As `numbers`, the messages themselves."""
        likely = map(self.capture.message, self._likely(start, stop))
        if self._filter is None or self._filter.header_only:
            return likely
        return filter(self.test(self._filter), likely)

    def _likely(self, start: int, stop: int) -> Sequence[int]:
        """Among these are the numbers of the wanted messages."""
        if self._filter is None:
            return range(start + 1, stop + 1)
        return self._filter.candidates(self.capture.index, start, stop, self.capture.follower)

    def test(self, filter_: Filter) -> Callable[[NetlinkMessage], bool]:
        """How a message is asked for: with its conversation where the filter needs it."""
        if not filter_.needs_conversation:
            return filter_.matches
        conversation = self.capture.conversation
        return lambda message: filter_.matches(message, conversation(message.number))


class HeaderSelection:
    """What is made of the headers of the messages that a filter wants. Iterating gives lists of it, none empty.

    Args:
        source, endian, linktype: as those of `Stream`.
        emit: Python source of what to give for each message, over the names that `Sweep` has.
        values: what other names in it stand for.
        filter_: chooses the messages, by headers only; None wants all.
        guess: as that of `FrameReader`.

    Attributes:
        problems: what is wrong with the file itself; complete when the iteration has ended.

    Raises:
        NlsniffError: the file cannot be opened; or, from the iteration, nothing in it can be read.
    """

    def __init__(
        self, source: Source, emit: str, values: Mapping[str, object], filter_: Filter | None = None,
        endian: Order | None = None, linktype: int | None = None, guess: Guess | None = None,
    ) -> None:  # fmt: skip
        reader = FrameReader(source, linktype=linktype, guess=guess)
        self.problems = reader.problems
        if filter_ is None:
            self._sweep = Sweep(reader, endian, emit=emit, values=values)
        else:
            both = {**values, **filter_.values}
            condition, begin = filter_.condition, filter_.begin
            self._sweep = Sweep(reader, endian, condition=condition, emit=emit, values=both, first=begin)

    def __iter__(self) -> Iterator[list[str]]:
        yield from self._sweep
        self._sweep.datagrams.refuse_if_no_netlink()
