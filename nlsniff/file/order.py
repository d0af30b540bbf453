"""Choose the byte order of each datagram: by the vote of its interface, or by what alone fits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE
from nlsniff.wire.order import NATIVE, OrderVote, fits

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order

# The vote of an interface closes after so many of its datagrams or bytes.
VOTERS = 250
VOTED_BYTES = 1 << 20

# A first length that is true in one byte order cannot be true in the other when less than this is there: it is not 0
# and below 65536, so the other order puts a 1 at bit 16 or above.
UNAMBIGUOUS = 0x10000


def choose(data: bytes, start: int, voted: Order) -> Order:
    """The order in which to read one datagram: the voted one, unless only the other fits its chain of messages."""
    left = len(data) - start
    if left < HEADER_SIZE:
        return voted
    if left < UNAMBIGUOUS and HEADER_SIZE <= HEADER[voted].unpack_from(data, start)[0] <= left:
        # The common case, without walking the chain: the other order cannot fit.
        return voted
    other: Order = ">" if voted == "<" else "<"
    return other if fits(data, start, other) and not fits(data, start, voted) else voted


class ByteOrders:
    """The byte orders of a capture.

    Interfaces vote apart: a file may hold those of several machines. A chunk of frames votes before any of them is
    read, so nothing has to be read again.

    Attributes:
        forced: what the user said, or None; then nothing is voted.
        settled: the interfaces whose vote is closed, and its result.
    """

    def __init__(self, forced: Order | None = None) -> None:
        self.forced = forced
        self.settled: dict[int, Order] = {}
        self._votes: dict[int, OrderVote] = {}
        self._cast: dict[int, tuple[int, int]] = {}

    def vote(self, interface: int, data: bytes, start: int, written: Order = NATIVE) -> None:
        """Let a datagram of messages with headers vote; without effect once the vote is closed.

        `written` is the order of the file's own headers there: that of the machine that wrote it, often the same.
        """
        if self.forced is not None or interface in self.settled:
            return
        vote = self._votes.setdefault(interface, OrderVote(written))
        vote.add(data, start)
        count, size = self._cast.get(interface, (0, 0))
        count, size = count + 1, size + len(data)
        self._cast[interface] = count, size
        if count >= VOTERS or size >= VOTED_BYTES:
            self.settled[interface] = vote.order

    def voted(self, interface: int, written: Order = NATIVE) -> Order:
        """The order of an interface by the votes so far; that in which the file is written where there are none."""
        if self.forced is not None:
            return self.forced
        vote = self._votes.get(interface)
        return self.settled.get(interface) or (vote.order if vote else written)
