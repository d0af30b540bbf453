"""One pass over the messages of a capture: records, chains and a condition in one generated loop.

Most of what a capture holds is plain: whole records with the usual cooked header, datagrams of whole messages. A loop
is generated for those, which looks at the bytes where they are and makes nothing of them but what is asked for. Before
anything else it stops, and the parsers, `DatagramReader` and `walk_messages` take over. So there is one truth about
damage, and tests hold the loop to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlsniff.file.messages import DatagramReader
from nlsniff.file.sweep_code import SweepCode
from nlsniff.wire.constants import LINKTYPE_NETLINK
from nlsniff.wire.nlmsg import walk_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nlsniff.file.frame import Frame, RecordLayout
    from nlsniff.file.pcap import PcapParser
    from nlsniff.file.pcapng import PcapngParser
    from nlsniff.file.read import FrameReader
    from nlsniff.wire.nlmsg import Order


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
        condition: str = "True",
        emit: str = "number",
        values: Mapping[str, Any] | None = None,
        first: Callable[[int], None] | None = None,
    ) -> None:
        self.reader = reader
        self.datagrams = DatagramReader(reader, endian)
        self._code = SweepCode(condition, emit, values or {})
        self._walk = self._code.walk()
        self._loops: dict[RecordLayout, Callable[..., tuple[int, int, int]]] = {}
        self._first = first
        self._number = 0
        self._found: list[Any] = []
        self._interfaces = 0  # so many were looked at
        self._netlink = True  # all of those are of its link type

    def __iter__(self) -> Iterator[list[Any]]:
        self.reader.shorten(self._fast_path)
        while (frames := self.reader.step()) is not None:
            self._take(frames)
            if self._found:
                yield self._found
                self._found = []
        self._take(self.reader.finish())
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

    def _fast_path(
        self, parser: PcapParser | PcapngParser, buffer: bytes, pos: int, frame: int, frames: list[Frame]
    ) -> tuple[int, int]:
        """Take what is plain from `pos` on; returns where that ends, and the number of the last frame before."""
        if self._first is not None or self._order() != parser.layout.order:
            return pos, frame
        self._take(frames)  # they stand before
        frames.clear()
        loop = self._loops.get(parser.layout)
        if loop is None:
            loop = self._loops[parser.layout] = self._code.loop(parser.layout)
        before = frame
        pos, frame, self._number = loop(buffer, pos, frame, self._number, self._found, parser)
        self.datagrams.netlink += frame - before
        return pos, frame

    def _order(self) -> Order | None:
        """The byte order of all messages; None before all interfaces have voted, or where they are not of one kind."""
        orders, interfaces = self.datagrams.orders, self.reader.interfaces
        for interface in interfaces[self._interfaces :]:
            self._netlink &= interface.linktype == LINKTYPE_NETLINK
        self._interfaces = len(interfaces)
        if not self._netlink or orders.forced is not None:
            return orders.forced if self._netlink else None
        found = set(orders.settled.values()) if len(orders.settled) == self._interfaces else set()
        return found.pop() if len(found) == 1 else None
