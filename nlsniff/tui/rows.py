"""Which messages the list shows: all, or those that a filter matches, found in slices while the screen stays alive."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.reader import Capture

# Messages between two looks at the clock.
_ASKED = 64


class Rows:
    """The rows of the list over a capture that may still be read, or grow.

    Attributes:
        wanted: tells of a message number whether it is shown; None shows all.
        scanned: how many messages of the capture were asked.
    """

    def __init__(self, capture: Capture) -> None:
        self.capture = capture
        self.wanted: Callable[[int], bool] | None = None
        self.scanned = 0
        self._numbers = array("I")

    def __len__(self) -> int:
        return len(self.capture) if self.wanted is None else len(self._numbers)

    def choose(self, wanted: Callable[[int], bool] | None) -> None:
        """Show other messages; `step` then finds them."""
        self.wanted = wanted
        self.scanned = 0
        self._numbers = array("I")

    def number(self, row: int) -> int:
        """The message of a row; rows count from 0, messages from 1."""
        return row + 1 if self.wanted is None else self._numbers[row]

    def row(self, number: int) -> int:
        """The row of a message, or of the next one that is shown, or one beyond the last."""
        return min(number - 1, len(self)) if self.wanted is None else bisect_left(self._numbers, number)

    def has(self, number: int) -> bool:
        """Whether a message is shown."""
        row = self.row(number)
        return row < len(self) and self.number(row) == number

    def step(self, seconds: float) -> bool:
        """Ask further messages, for about so long; tell whether there are more to ask."""
        total = len(self.capture)
        if self.wanted is None:
            self.scanned = total
            return False
        stop = time.perf_counter() + seconds
        wanted, numbers = self.wanted, self._numbers
        while self.scanned < total:
            upto = min(self.scanned + _ASKED, total)
            numbers.extend(filter(wanted, range(self.scanned + 1, upto + 1)))
            self.scanned = upto
            if time.perf_counter() >= stop:
                break
        return self.scanned < total


class Search:
    """A walk through the messages for the first that is wanted, in slices.

    Args:
        rows: the walk visits the messages that these show.
        start: the row to begin at, `step` further on, and to end at after going round.
        step: 1 or -1.
        wanted: tells of a message number whether it is the one.

    Attributes:
        found: the number of the message, once there is one.
        done: nothing is left to visit.
    """

    def __init__(self, rows: Rows, start: int, step: int, wanted: Callable[[int], bool]) -> None:
        self.rows = rows
        self.found: int | None = None
        self._wanted = wanted
        self._step = step
        self._count = len(rows)
        self._at = start
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
        """Visit further messages, for about so long."""
        stop = time.perf_counter() + seconds
        while not self.done:
            self._left -= 1
            self._at = (self._at + self._step) % self._count
            number = self.rows.number(self._at)
            if self._wanted(number):
                self.found = number
            elif not self._left % _ASKED and time.perf_counter() >= stop:
                return
