"""How many messages came when: counted in steps, in bins of time whose width grows with the capture."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.tui.rows import LOOK_BACK
from nlsniff.wire.constants import NLMSG_DONE, NLMSG_ERROR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nlsniff.filter.filter import Filter
    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.rows import Rows

_BINS = 4096  # at most; a cell of a screen has twenty or more of them
_TOGETHER = 128  # messages that are counted at once where they are of one bin
_MATCHES = 32768  # messages among which those that a filter chose are counted at once


class Slice(NamedTuple):
    """A piece of the time: how many messages came in it, and how many of them are refused, and shown."""

    messages: int
    refused: int
    shown: int


class Density:
    """Counts the messages of a capture that may grow, by time: all, the refusals, and those that the filter shows.

    Args:
        capture: whose messages; a refusal is an error, or the end of a dump that failed.
        rows: know which are shown.

    Attributes:
        wanted: somebody looks at it; else nothing is counted.
        first, last: the span of time, in ns since 1970.
    """

    def __init__(self, capture: IndexedCapture, rows: Rows) -> None:
        self.wanted = False
        self.first = self.last = 0
        self._capture = capture
        self._rows = rows
        self._shift = 0  # a bin is 2 ** shift ns; its key are the upper bits of its times
        self._all: Counter[int] = Counter()
        self._refused: Counter[int] = Counter()
        self._shown: Counter[int] = Counter()
        self._counted = 0  # messages
        self._matched = 0  # messages among which those that the filter shows are counted
        self._filter: Filter | None = None

    # -- counting ------------------------------------------------------------------------------------------------

    @property
    def behind(self) -> bool:
        """Whether there is more to count."""
        return self.wanted and (
            self._rows.filter is not self._filter or self._counted < len(self._capture) or self._matched < self._settled
        )

    @property
    def state(self) -> tuple[object, ...]:
        """Is another one when there are other counts."""
        return self._counted, self._matched, self._filter, self._rows.scanned

    @property
    def _settled(self) -> int:
        """Among how many messages the filter will not choose anew."""
        return 0 if self._filter is None else min(self._counted, max(0, self._rows.scanned - LOOK_BACK))

    def step(self, seconds: float) -> bool:
        """Count for about so long; returns whether there is more."""
        if self._rows.filter is not self._filter:
            self._filter, self._matched = self._rows.filter, 0
            self._shown.clear()
        stop = time.perf_counter() + seconds
        total = len(self._capture)
        while self.behind:
            if self._counted < total:
                upto = min(self._counted + _TOGETHER, total)
                self._count(self._counted, upto)
                self._counted = upto
            else:
                upto = min(self._matched + _MATCHES, self._settled)
                self._shown.update(self._keys(self._rows.between(self._matched, upto)))
                self._matched = upto
            if time.perf_counter() >= stop:
                break
        return self.behind

    def _count(self, start: int, stop: int) -> None:
        """Count the messages in rows [start, stop)."""
        index = self._capture.index
        frames, types = index.frame_numbers[start:stop], index.types[start:stop]
        times = index.times[frames[0] - 1 : frames[-1]]
        low, high = min(times), max(times)
        self._reach(low, high, anew=not start)
        if low >> self._shift == high >> self._shift:
            self._all[low >> self._shift] += stop - start
        else:
            self._all.update(self._keys(range(start + 1, stop + 1)))
        if NLMSG_ERROR in types or NLMSG_DONE in types:
            failed = self._capture.follower.failed(start, stop)
            ends = [type_ in {NLMSG_ERROR, NLMSG_DONE} for type_ in types]
            numbers = [start + 1 + at for at in range(stop - start) if ends[at] and failed[at]]
            self._refused.update(self._keys(numbers))

    def _reach(self, low: int, high: int, *, anew: bool) -> None:
        """Take in a span of time; where there would be too many bins, two become one."""
        self.first = low if anew else min(self.first, low)
        self.last = high if anew else max(self.last, high)
        shift = self._shift
        while (self.last >> shift) - (self.first >> shift) >= _BINS:
            shift += 1
        if shift != self._shift:
            by, self._shift = shift - self._shift, shift
            self._all, self._refused, self._shown = (
                _wider(counts, by) for counts in (self._all, self._refused, self._shown)
            )

    def _keys(self, numbers: Iterable[int]) -> list[int]:
        """The bins of some messages."""
        times, frames, shift = self._capture.index.times, self._capture.index.frame_numbers, self._shift
        return [times[frames[number - 1] - 1] >> shift for number in numbers]

    # -- what came of it -----------------------------------------------------------------------------------------

    def cells(self, width: int) -> list[Slice]:
        """The span of time in so many cells of equal width."""
        counts = [[0] * width for _ in range(3)]
        at = self._places(self._all, width)
        for column, found in zip(counts, (self._all, self._refused, self._in_view), strict=True):
            for key, count in found.items():
                column[at[key]] += count
        return [Slice(*cell) for cell in zip(*counts, strict=True)]

    def cell_of(self, number: int, width: int) -> int | None:
        """The cell of a message; None where it is not yet counted."""
        if number > self._counted:
            return None
        (key,) = self._keys([number])
        return self._places([key], width)[key]

    def message_in(self, cell: int, width: int) -> int | None:
        """The first message in a cell that is shown, as far as times grow with the numbers; None without one."""
        at = self._places(self._all, width)
        keys = [key for key in self._in_view if at[key] == cell]
        if not keys:
            return None
        index = self._capture.index
        frame = 1 + bisect_left(index.times, min(keys) << self._shift, 0, index.frames)
        return min(1 + bisect_left(index.frame_numbers, frame, 0, len(self._capture)), len(self._capture))

    @property
    def _in_view(self) -> Counter[int]:
        """The messages that are shown, those included of which the filter may yet change its mind."""
        if self._filter is None:
            return self._all
        rest: Sequence[int] = self._rows.between(self._matched, self._counted)[-LOOK_BACK:]
        return self._shown + Counter(self._keys(rest))

    def _places(self, keys: Iterable[int], width: int) -> dict[int, int]:
        """The cells of bins, which are those of their beginnings."""
        first, shift, span = self.first, self._shift, self.last - self.first + 1
        return {key: max(0, (key << shift) - first) * width // span for key in keys}


def _wider(counts: Counter[int], by: int) -> Counter[int]:
    found: Counter[int] = Counter()
    for key, count in counts.items():
        found[key >> by] += count
    return found
