"""From frames to datagrams: the one path that streaming and the index share.

Frames, then cooked header, then byte order. Frames without netlink are counted, so that somebody can be
told of them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.file.frame import Frame
from nlsniff.file.info import LINKTYPE_NAMES
from nlsniff.file.order import UNAMBIGUOUS, ByteOrders, choose
from nlsniff.wire.constants import HEADERLESS, LINKTYPE_LINUX_SLL2, LINKTYPE_NETLINK
from nlsniff.wire.cooked import BARE, LINKTYPES, Cooked, is_netlink, parse_cooked
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE, Order
from nlsniff.wire.order import fits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.file.read import FrameReader

# A frame that holds netlink: its messages begin at `cooked.size` of `frame.data`.
Datagram = tuple[Frame, Cooked, Order]

# What some programs write; nothing tells which protocol it is.
_BARE = "bare netlink"

# Real captures have a dozen different cooked headers; a hostile one may have as many as frames.
_KNOWN_LIMIT = 4096


class _Voted(dict[int, Order]):
    """The voted order of each interface, asked for once a chunk."""

    def __init__(self, orders: ByteOrders, reader: FrameReader) -> None:
        super().__init__()
        self._orders = orders
        self._reader = reader

    def __missing__(self, interface: int) -> Order:
        self[interface] = order = self._orders.voted(interface, self._reader.interfaces[interface].order)
        return order


class DatagramReader:
    """Reads the netlink datagrams of a capture.

    Args:
        reader: where the frames come from.
        endian: the byte order of the messages, or None to find it out. Forced, it holds for every datagram.

    Attributes:
        orders: the votes on byte order.
        netlink: how many frames hold netlink.
        others: how many do not, by what they are: `Ethernet`, `ARPHRD 1`, `cut short`.
        first_other: number of the first of them, or 0.
    """

    def __init__(self, reader: FrameReader, endian: Order | None = None) -> None:
        self.reader = reader
        self.orders = ByteOrders(endian)
        self.netlink = 0
        self.others: Counter[str] = Counter()
        self.first_other = 0
        self._first_offset = 0
        self._headed: Frame | None = None
        self._known: dict[tuple[int, bytes], Cooked] = {}

    def __iter__(self) -> Iterator[Datagram]:
        """All datagrams to the end of the file, one of a truncated last record included."""
        while batch := self.reader.batch():
            yield from self.sort(batch)
        yield from self.sort(self.reader.finish())
        self.report_others()

    def report_others(self) -> None:
        """Tell the reader's problems of frames that were not what was expected; to be called once, at the end."""
        if self._headed is not None:
            text = f"frame {self._headed.number} has a cooked header of its own, read as part of a message; leave out"
            self.reader.report("warning", self._headed.offset, f"{text} --linktype")
        if self.others:
            kinds = ", ".join(f"{count} {kind}" for kind, count in self.others.most_common(5))
            text = f"{self.others.total()} frames hold no netlink ({kinds}); the first is frame {self.first_other}"
            self.reader.report("note", self._first_offset, text)

    def sort(self, frames: list[Frame]) -> list[Datagram]:
        """Pick the datagrams out of the next frames, which vote first; give each frame once and in order."""
        if self.orders.forced is None and len(self.orders.settled) < len(self.reader.interfaces):
            self._let_vote(frames)
        forced = self.orders.forced
        voted = _Voted(self.orders, self.reader)
        found: list[Datagram] = []
        append, known = found.append, self._known.get
        little, big = HEADER["<"].unpack_from, HEADER[">"].unpack_from
        for frame in frames:
            data = frame[6]
            cooked = known((frame[3], data[:16]))
            if cooked is None:
                cooked = self._meet(frame)
                if cooked is None:
                    continue
            start = cooked[0]
            left = len(data) - start
            order = voted[frame[4]]
            if left < HEADER_SIZE:
                # A known header of LINUX_SLL2 is recognised by 16 of its 20 bytes.
                if left < 0:
                    self._meet(frame)
                    continue
            # `choose` in line for the common case, see there.
            elif left >= UNAMBIGUOUS or not HEADER_SIZE <= (little if order == "<" else big)(data, start)[0] <= left:
                order = forced or choose(data, start, order)
            append((frame, cooked, order))
        self.netlink += len(found)
        return found

    def refuse_if_no_netlink(self) -> None:
        """Raise NlsniffError when the file, read to its end, has nothing for us; a sound one of no frames passes."""
        if self.netlink:
            return
        reader = self.reader
        kinds = [kind for kind, _ in self.others.most_common(3)]
        if not kinds:
            if reader.problems:
                raise NlsniffError(f"{reader.name}: nothing in it can be read: {reader.problems[0]}")
            kinds = sorted({face.linktype_name for face in reader.interfaces if not is_netlink(face.linktype)})
            if not kinds or any(is_netlink(face.linktype) for face in reader.interfaces):
                return
        if kinds[0] == _BARE:
            raise NlsniffError(
                f"{reader.name}: holds {_BARE}, messages without the cooked header of 16 bytes that says of which "
                "protocol they are; if they are of NETLINK_ROUTE, read them by `nlsniff show --linktype route`"
            )
        raise NlsniffError(
            f"{reader.name}: holds {' and '.join(kinds)} frames, no netlink; record with `nlsniff capture -w FILE`"
        )

    def _let_vote(self, frames: list[Frame]) -> None:
        orders = self.orders
        settled = orders.settled
        for frame in frames:
            if frame.interface not in settled:
                cooked = parse_cooked(frame.linktype, frame.data)
                # Text without an nlmsghdr fits an order by chance alone.
                if cooked is not None and cooked.protocol not in HEADERLESS:
                    written = self.reader.interfaces[frame.interface].order
                    orders.vote(frame.interface, frame.data, cooked.size, written)

    def _meet(self, frame: Frame) -> Cooked | None:
        """Read a cooked header that was not met before; count the frame where it is not netlink's."""
        linktype, data = frame.linktype, frame.data
        cooked = parse_cooked(linktype, data)
        if cooked is not None:
            if len(self._known) >= _KNOWN_LIMIT:
                self._known.clear()
            self._known[linktype, data[:16]] = cooked
            if linktype >= BARE and self._headed is None and _is_headed(data):
                self._headed = frame
            return cooked
        self.others[_kind(linktype, data)] += 1
        if not self.first_other:
            self.first_other, self._first_offset = frame.number, frame.offset
        return None


def _is_headed(data: bytes) -> bool:
    """Whether messages stand behind a cooked header."""
    cooked = parse_cooked(LINKTYPE_NETLINK, data)
    return cooked is not None and (fits(data, cooked.size, "<") or fits(data, cooked.size, ">"))


def _kind(linktype: int, data: bytes) -> str:
    """What a frame is that holds no netlink."""
    if fits(data, 0, "<") or fits(data, 0, ">"):
        return _BARE
    if linktype not in LINKTYPES:
        return LINKTYPE_NAMES.get(linktype, f"link type {linktype}" if linktype >= 0 else "unknown link type")
    least, at = (20, 8) if linktype == LINKTYPE_LINUX_SLL2 else (16, 2)
    if len(data) < least:
        return "cut short"
    arphrd = int.from_bytes(data[at : at + 2])
    return LINKTYPE_NAMES[arphrd] if arphrd == 1 else f"ARPHRD {arphrd}"
