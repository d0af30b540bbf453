"""How long answers took, in bounded memory: exact figures of some thousands of times, close ones of any number."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.stats.askers import Asker

# Times that are kept one by one; there are as many counters of those that are not.
_EXACT = 4096
# A counter takes times that differ by less than one part in so many, so that their middle is off by half of that.
_PARTS_SHORT = 6
_MOST = (1 << 63) - 1


class Latencies:
    """Times in nanoseconds, of which percentiles can be had.

    Up to 4096 times are exact. Of more, percentiles are at most 0.8 % off; the least, the greatest and the count are
    exact. It takes 32 KiB at most.

    Args:
        first: id of the first conversation that they are of.

    Attributes:
        slowest: number of the request that took the greatest time, the first of several.
        asker: who asked that.
    """

    __slots__ = ("_counters", "_slow", "_times", "asker", "count", "first", "greatest", "least", "slowest")

    def __init__(self, first: int) -> None:
        self.first = first
        self.count = 0
        self.least = _MOST
        self.greatest = 0
        self.slowest = 0
        self.asker: Asker = None
        self._slow = -1, 0  # the greatest time, and the id of its conversation, negative
        self._times = array("q")
        self._counters: array[int] | None = None

    def add(self, nanoseconds: int, conversation: int, request: int, asker: Asker) -> None:
        """One more time, not negative, the conversation that it is of, the number of its request, and who asked."""
        nanoseconds = min(nanoseconds, _MOST)
        self.count += 1
        self.first = min(self.first, conversation)
        self.least = min(self.least, nanoseconds)
        self.greatest = max(self.greatest, nanoseconds)
        if (nanoseconds, -conversation) > self._slow:
            self._slow, self.slowest, self.asker = (nanoseconds, -conversation), request, asker
        if self._counters is not None:
            self._counters[_place(nanoseconds)] += 1
            return
        self._times.append(nanoseconds)
        if len(self._times) > _EXACT:
            self._counters = array("Q", bytes(8 * (_place(_MOST) + 1)))
            for time in self._times:
                self._counters[_place(time)] += 1
            self._times = array("q")

    def percentiles(self, shares: tuple[int, ...]) -> list[int]:
        """For each of some ascending shares of 100 the least time that so many did not exceed."""
        ranks = [max(-(-share * self.count // 100), 1) for share in shares]
        if self._counters is None:
            times = sorted(self._times)
            return [times[rank - 1] for rank in ranks]
        found: list[int] = []
        passed = 0
        for place, count in enumerate(self._counters):
            passed += count
            while len(found) < len(ranks) and ranks[len(found)] <= passed:
                found.append(min(max(_middle(place), self.least), self.greatest))
        return found


def _place(nanoseconds: int) -> int:
    """The number of the counter of a time: those below 64 have one each, then 64 share each doubling."""
    short = max(nanoseconds.bit_length() - _PARTS_SHORT - 1, 0)
    return (short << _PARTS_SHORT) + (nanoseconds >> short)


def _middle(place: int) -> int:
    """The middle of the times of a counter."""
    short = max((place >> _PARTS_SHORT) - 1, 0)
    return ((place - (short << _PARTS_SHORT)) << short) + (1 << short >> 1)
