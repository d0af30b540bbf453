"""Which messages the list shows: all, or those that a filter matches, found in slices while the screen stays alive.

Without a filter, messages that are folded share a row with the first of them, see `FoldedRows`.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from nlsniff.select import IndexSelection
from nlsniff.tui.folds import FoldedRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.filter.filter import Filter
    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.folds import Fold

# Messages of a filter between two looks at the clock: where columns decide, and where messages are decoded.
_COLUMNS, _BODIES = 65536, 128

# How many messages before a new one its request may stand, to be filtered again.
_LOOK_BACK = 512


class Rows:
    """The rows of the list over a capture that may still be read, or grow.

    Attributes:
        folded: the rows where no filter chooses.
        filter: chooses the messages that are shown; None shows all.
        scanned: how many messages of the capture were filtered.
        stopped: the user has enough of what the filter has found; `step` does nothing.
    """

    def __init__(self, capture: IndexedCapture) -> None:
        self.capture = capture
        self.folded = FoldedRows(capture)
        self.folded.grow()
        self.filter: Filter | None = None
        self.scanned = 0
        self.stopped = False
        self._numbers = array("I")

    def __len__(self) -> int:
        return len(self._shown)

    @property
    def _shown(self) -> array[int]:
        return self.folded.numbers if self.filter is None else self._numbers

    @property
    def messages(self) -> int:
        """How many messages are in the rows, the folded ones included."""
        return len(self.capture) if self.filter is None else len(self._numbers)

    @property
    def complete(self) -> bool:
        """Whether all messages that there are were filtered, or as many as the user wanted."""
        return self.filter is None or self.stopped or self.scanned >= len(self.capture)

    def set_filter(self, filter_: Filter | None, known: Iterable[int] | None = None) -> None:
        """Show other messages, which `step` then finds.

        Args:
            filter_: what to show; None for all.
            known: the numbers, in order, that the filter chooses among the messages so far, where that is known.
        """
        self.filter = filter_
        self.stopped = False
        self.scanned = 0 if known is None else len(self.capture)
        self._numbers = array("I", () if known is None else known)

    def recheck(self) -> bool:
        """Filter the last messages again: the filter `errno` wants a request only once its error has come.

        Returns False where messages that come later do not matter to the filter.
        """
        if self.filter is None or self.stopped or not self.filter.needs_conversation or not self.scanned:
            return False
        self.scanned = max(0, self.scanned - _LOOK_BACK)
        return True

    def number(self, row: int) -> int:
        """The message of a row; rows count from 0, messages from 1."""
        return self._shown[row]

    def some(self, numbers: Sequence[int]) -> list[NetlinkMessage]:
        """The messages of some ascending numbers; frames that stand together are read at once."""
        first, last = numbers[0], numbers[-1]
        if last - first >= len(numbers):
            return [self.capture.message(number) for number in numbers]
        return [message for batch in self.capture.batches(first - 1, last) for message in batch]

    def numbers(self) -> Sequence[int]:
        """The messages that are shown, the folded ones included."""
        return range(1, len(self.capture) + 1) if self.filter is None else self._numbers[:]

    def fold(self, number: int) -> Fold | None:
        """The fold whose row is that of a message, or None."""
        return self.folded.fold(number) if self.filter is None else None

    def row(self, number: int) -> int:
        """The row of a message, or of its fold, or of the next one that is shown, or one beyond the last."""
        return self.folded.row(number) if self.filter is None else bisect_left(self._numbers, number)

    def has(self, number: int) -> bool:
        """Whether a message has a row of its own."""
        row = self.row(number)
        return 0 <= row < len(self) and self.number(row) == number

    def reach(self, number: int) -> bool:
        """Whether a message has a row of its own, now that the fold that it may be in is open."""
        if self.filter is None and not self.has(number) and 0 < number <= len(self.capture):
            self.folded.open(number)
        return self.has(number)

    def step(self, seconds: float) -> bool:
        """Filter further messages for about so long; returns whether there are more."""
        total = len(self.capture)
        if self.filter is None:
            self.scanned = total
            return False
        if self.stopped:
            return False
        selection = IndexSelection(self.capture, self.filter)
        stop = time.perf_counter() + seconds
        size = _COLUMNS if self.filter.header_only else _BODIES
        while self.scanned < total and time.perf_counter() < stop:
            upto = min(self.scanned + size, total)
            known = slice(bisect_right(self._numbers, self.scanned), bisect_right(self._numbers, upto))
            self._numbers[known] = array("I", selection.numbers(self.scanned, upto))
            self.scanned = upto
        return self.scanned < total
