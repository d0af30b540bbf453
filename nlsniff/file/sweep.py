"""One pass over the messages of a capture: records, chains and a condition in one generated loop.

Most of what a capture holds is regular: whole records with the usual cooked header, datagrams whose first length is
true. A loop is generated for those, which looks at the bytes where they are and makes nothing of them but what is asked
for. Before anything out of the ordinary it stops, and the parsers and `DatagramReader` take over for that record. So
there is one truth about damage, and tests hold the loop to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlsniff.file.messages import DatagramReader
from nlsniff.file.sweep_code import Code
from nlsniff.wire.cooked import is_netlink
from nlsniff.wire.nlmsg import walk_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nlsniff.file.frame import Frame
    from nlsniff.file.pcap import PcapParser
    from nlsniff.file.pcapng import PcapngParser
    from nlsniff.file.read import FrameReader
    from nlsniff.file.sweep_code import SweepLoop
    from nlsniff.wire.nlmsg import Order

_NOTHING = bytes(64)  # no record begins in zeros


class Sweep:
    """Chooses messages of a capture and says of each what is asked for.

    Iterating gives lists, one for each chunk of the file in which something was chosen.

    The two sources are Python over these names: `number` and `frame` count from 1; `protocol`, `type_`, `flags`, `seq`,
    `port`, `length` are those of the headers; `time` is in nanoseconds since 1970; `data` is the frame; `start`, `end`
    and `broken` are as in `Span`, `order` as in `Order`, `comment` as in `Frame`.

    Args:
        reader: where the frames come from; it is read to its end.
        endian: the byte order of the messages, or None to find it out.
        condition: which messages are wanted.
        emit: what to give for each.
        values: what other names in the sources stand for.
        first: is told the time of the first message, before any is looked at.

    Attributes:
        datagrams: knows what the other frames are; see `DatagramReader.refuse_if_no_netlink`.

    Raises:
        NlsniffError: from the iteration, as `FrameReader`.
    """

    def __init__(
        self,
        reader: FrameReader,
        endian: Order | None = None,
        *,
        condition: str = "True",
        emit: str = "number",
        values: Mapping[str, Any] | None = None,
        first: Callable[[int], None] | None = None,
    ) -> None:
        self.reader = reader
        self.datagrams = DatagramReader(reader, endian)
        self._code = Code(condition, emit, values or {})
        self._walk = self._code.walk()
        self._first = first
        self._number = 0
        self._found: list[Any] = []
        self._looked = 0
        self._voters = 0  # interfaces among those looked at

    def __iter__(self) -> Iterator[list[Any]]:
        reader = self.reader
        reader.hurry(self._hurry)
        while (frames := reader.step()) is not None:
            self._take(frames)
            if self._found:
                yield self._found
                self._found = []
        self._take(reader.finish())
        self.datagrams.report_others()
        if self._found:
            yield self._found

    def _take(self, frames: list[Frame]) -> None:
        """Look at frames that were made: before the byte order is known, and what is out of the ordinary."""
        datagrams = self.datagrams.sort(frames)
        if self._first is not None:
            for frame, cooked, order in datagrams:
                if any(walk_messages(frame.data, cooked.size, order, cooked.protocol)):  # zeros alone are no message
                    self._first(frame.time_ns)
                    self._first = None
                    break
        self._number = self._walk(datagrams, self._number, self._found)

    def _hurry(
        self, parser: PcapParser | PcapngParser, buffer: bytes, pos: int, frame: int, frames: list[Frame]
    ) -> tuple[int, int]:
        """Take what is regular from `pos` on; returns where that ends, and the number of the last frame before."""
        regular = parser.regular(self._code, self.datagrams.orders) if self._first is None and self._voted() else None
        if regular is None:
            return pos, frame
        if frames:  # they stand before
            self._take(frames)
            frames.clear()
        loop, known = regular
        before = frame
        pos, frame, self._number, last, doubtful = loop(buffer, pos, frame, self._number, self._found, known)
        if last >= 0:
            parser.passed(buffer, last)
        if doubtful >= 0:
            frame -= 1
            self._take_back(loop, buffer[last:pos] + _NOTHING, frame)
            pos = last
        self.datagrams.netlink += frame - before
        return pos, frame

    def _voted(self) -> bool:
        """Whether the byte orders are found, so that no frame has to wait for the votes of those behind it."""
        orders, faces = self.datagrams.orders, self.reader.interfaces
        if orders.forced is None:
            for face in faces[self._looked :]:
                self._voters += is_netlink(face.linktype)
            self._looked = len(faces)
        return len(orders.settled) >= self._voters

    def _take_back(self, loop: SweepLoop, record: bytes, frame: int) -> None:
        """Forget what was found in the last record, because the parser has to look at it together with the next."""
        self._number -= loop(record, 0, frame, 0, [], None)[2]
        found: list[Any] = []
        loop(record, 0, frame, self._number, found, None)
        if found:
            del self._found[-len(found) :]
