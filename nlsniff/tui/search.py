"""Searching: a walk over the rows in slices."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.tui.rows import Rows

    Matches = Callable[[Sequence[NetlinkMessage]], list[bool]]  # of messages in order, each whether it matches

_TOGETHER = 64  # messages that are looked at between two looks at the clock: many are cheaper than one at a time


class Search:
    """A walk through the messages to the first that matches, in slices.

    Args:
        rows: the messages to visit, the folded ones included; not the recorder's own while they are.
        start: the row after which to begin, and with which to end.
        step: 1 or -1.
        matches: tells which messages match.
        what: a text for what it looks for.

    Attributes:
        what: as above.
        found: the number of the message, once there is one.
        done: nothing is left to visit.
    """

    def __init__(self, rows: Rows, start: int, step: int, matches: Matches, what: str = "") -> None:
        self.rows = rows
        self.what = what
        self.found: int | None = None
        self._matches = matches
        self._step = step
        self._numbers = rows.in_order()
        self._count = len(self._numbers)
        self._at = rows.place(start)
        self._left = self._count

    @property
    def done(self) -> bool:
        """Whether the walk is over."""
        return self.found is not None or self._left <= 0

    @property
    def share(self) -> int:
        """How much has been visited, in per cent."""
        return 100 if not self._count else 100 * (self._count - self._left) // self._count

    def advance(self, seconds: float) -> None:
        """Visit further messages for about so long."""
        stop = time.perf_counter() + seconds
        while not self.done:
            self._visit(min(_TOGETHER, self._left))
            if time.perf_counter() >= stop:
                return

    def _visit(self, count: int) -> None:
        """Look at so many rows, or as many as there are up to an end of the list."""
        first = (self._at + self._step) % self._count
        count = min(count, self._count - first if self._step > 0 else first + 1)
        last = first + self._step * (count - 1)
        numbers = self._numbers[min(first, last) : max(first, last) + 1]
        ascending = self._matches(self.rows.some(numbers))
        for number, matches in zip(numbers[:: self._step], ascending[:: self._step], strict=True):
            self._left -= 1
            if matches and not (self.rows.folds and self.rows.folded.hides_own(number)):
                self.found = number
                break
        self._at = last
