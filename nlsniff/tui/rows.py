"""Which messages the list shows: all, or those that a filter matches, found in slices while the screen stays alive."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from nlsniff.select import IndexSelection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nlsniff.filter.filter import Filter
    from nlsniff.reader import IndexedCapture

# Messages of a search between two looks at the clock.
_BETWEEN = 64

# Messages of a filter between two looks at the clock: where only columns are asked, and where messages are decoded.
_COLUMNS, _BODIES = 65536, 128

# How far behind a new message its request may stand, in messages, to be looked at again.
_LOOK_BACK = 512


class Rows:
    """The rows of the list over a capture that may still be read, or grow.

    Attributes:
        filter: chooses the messages that are shown; None shows all.
        scanned: how many messages of the capture were asked.
    """

    def __init__(self, capture: IndexedCapture) -> None:
        self.capture = capture
        self.filter: Filter | None = None
        self.scanned = 0
        self._numbers = array("I")

    def __len__(self) -> int:
        return len(self.capture) if self.filter is None else len(self._numbers)

    @property
    def complete(self) -> bool:
        """Whether all messages that there are were asked."""
        return self.filter is None or self.scanned >= len(self.capture)

    def choose(self, filter_: Filter | None, known: Iterable[int] | None = None) -> None:
        """Show other messages, which `step` then finds.

        Args:
            filter_: what to show; None for all.
            known: the numbers, in order, that the filter chooses among the messages so far, where that is known.
        """
        self.filter = filter_
        self.scanned = 0 if known is None else len(self.capture)
        self._numbers = array("I", () if known is None else known)

    def ask_again(self) -> bool:
        """Forget the last answers where they depend on messages that have come since; tell whether there were any.

        A request is wanted for its error when that has come, not before.
        """
        if self.filter is None or not self.filter.needs_conversation or not self.scanned:
            return False
        self.scanned = max(0, self.scanned - _LOOK_BACK)
        del self._numbers[bisect_right(self._numbers, self.scanned) :]
        return True

    def number(self, row: int) -> int:
        """The message of a row; rows count from 0, messages from 1."""
        return row + 1 if self.filter is None else self._numbers[row]

    def row(self, number: int) -> int:
        """The row of a message, or of the next one that is shown, or one beyond the last."""
        return min(number - 1, len(self)) if self.filter is None else bisect_left(self._numbers, number)

    def has(self, number: int) -> bool:
        """Whether a message is shown."""
        row = self.row(number)
        return row < len(self) and self.number(row) == number

    def step(self, seconds: float) -> bool:
        """Ask further messages, for about so long; tell whether there are more to ask."""
        total = len(self.capture)
        if self.filter is None:
            self.scanned = total
            return False
        wanted = IndexSelection(self.capture, self.filter)
        stop = time.perf_counter() + seconds
        size = _COLUMNS if self.filter.header_only else _BODIES
        while self.scanned < total and time.perf_counter() < stop:
            upto = min(self.scanned + size, total)
            self._numbers.extend(wanted.numbers(self.scanned, upto))
            self.scanned = upto
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
            elif not self._left % _BETWEEN and time.perf_counter() >= stop:
                return
