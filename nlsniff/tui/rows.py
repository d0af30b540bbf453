"""Which messages the list shows: all, or those that a filter matches, found in slices while the screen stays alive.

Without a filter, messages that are folded share a row with the first of them, see `FoldedRows`. What is sorted by a
column has a row for each message, for what is folded may be the largest.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from nlsniff.select import IndexSelection
from nlsniff.tui.column_choice import reader_of
from nlsniff.tui.folds import FoldedRows
from nlsniff.tui.sorting import InOrder, Order, SortedBy, Sorter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.filter.filter import Filter
    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.folds import Fold

# Messages of a filter between two looks at the clock: where columns decide, and where messages are decoded.
_COLUMNS, _BODIES = 65536, 128

# How many messages before a new one its request may stand, to be filtered again.
LOOK_BACK = 512


class Rows:
    """The rows of the list over a capture that may still be read, or grow.

    Attributes:
        folded: the rows where no filter chooses.
        filter: chooses the messages that are shown; None shows all.
        scanned: how many messages of the capture were filtered.
        stopped: the user has enough of what the filter has found; `step` does nothing.
        by: what they are sorted by, or will be; None for nothing.
        order: how the rows are sorted, or None.
        sorter: makes another order; None where there is nothing to sort, or the filter has not ended yet.
    """

    def __init__(self, capture: IndexedCapture) -> None:
        self.capture = capture
        self.folded = FoldedRows(capture)
        self.folded.grow()
        self.filter: Filter | None = None
        self.scanned = 0
        self.stopped = False
        self.by: SortedBy | None = None
        self.order: Order | None = None
        self.sorter: Sorter | None = None
        self._numbers = array("I")
        self._arranged = 0  # how often the rows were put into another order

    def __len__(self) -> int:
        return len(self._shown)

    @property
    def _shown(self) -> Sequence[int]:
        """The messages that have rows, in no order."""
        if self.filter is not None:
            return self._numbers
        return self.folded.numbers if self.order is None else range(1, len(self.capture) + 1)

    @property
    def version(self) -> tuple[int, int]:
        """Another one whenever rows stand elsewhere."""
        return self.folded.version, self._arranged

    @property
    def folds(self) -> bool:
        """Whether messages may share a row."""
        return self.filter is None and self.order is None

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
        self._arrange(None)

    # -- the order -----------------------------------------------------------------------------------------------

    @property
    def sorting(self) -> bool:
        """Whether they are to be sorted, and are not yet."""
        return self.by is not None and (self.order is None or self.order.by != self.by)

    @property
    def busy(self) -> bool:
        """Whether they are still filtered or sorted."""
        return self.sorting or not self.complete

    @property
    def unsorted(self) -> int:
        """How many have come since they were sorted, which stand below."""
        return len(self) - self.order.size if self.order is not None else 0

    def sort(self, by: SortedBy | None) -> None:
        """Sort by a column, which `step` then does, once the filter has ended; by None as the messages came."""
        self.by, order = by, self.order
        if by is None:
            self._arrange(None)
            return
        self.sorter = None
        if order is not None and order.by.name == by.name and not self.unsorted:
            self._arrange(order._replace(by=by))

    def stop_sorting(self) -> None:
        """Leave the rows as they stand."""
        self.sorter = None
        self.by = self.order.by if self.order is not None else None

    def _arrange(self, order: Order | None) -> None:
        self.sorter = None
        if order is not self.order:
            self.order = order
            self._arranged += 1

    def _step_sort(self, seconds: float) -> bool:
        """Sort for about so long; returns whether there is more to do."""
        if self.by is None or not self.sorting:
            return False
        if self.sorter is None:
            self.sorter = Sorter(self, self.by, reader_of(self.by.name, self.capture.decoder.registry))
        if not self.sorter.step(seconds):
            self._arrange(self.sorter.order)
        return self.sorting

    # -- rows and messages ---------------------------------------------------------------------------------------

    def recheck(self) -> bool:
        """Filter the last messages again: the filter `errno` wants a request only once its error has come.

        Returns False where messages that come later do not matter to the filter.
        """
        if self.filter is None or self.stopped or not self.filter.needs_conversation or not self.scanned:
            return False
        self.scanned = max(0, self.scanned - LOOK_BACK)
        return True

    def number(self, row: int) -> int:
        """The message of a row; rows count from 0, messages from 1."""
        return self._shown[row if self.order is None else self.order.was(row)]

    def some(self, numbers: Sequence[int]) -> list[NetlinkMessage]:
        """The messages of some numbers; frames that stand together are read at once."""
        first, last = numbers[0], numbers[-1]
        if list(numbers) != list(range(first, last + 1)):
            return [self.capture.message(number) for number in numbers]
        return [message for batch in self.capture.batches(first - 1, last) for message in batch]

    def numbers(self) -> Sequence[int]:
        """The messages that are shown, the folded ones included, as they came."""
        return range(1, len(self.capture) + 1) if self.filter is None else self._numbers[:]

    def in_order(self) -> Sequence[int] | InOrder:
        """As `numbers`, in the order of the rows."""
        return self.numbers() if self.order is None else InOrder(self)

    def place(self, row: int) -> int:
        """Where among these the message of a row is."""
        if self.order is not None or not len(self):
            return row
        return self.number(row) - 1 if self.filter is None else row

    def between(self, after: int, upto: int) -> array[int]:
        """The messages beyond one, up to another, that the filter has found so far."""
        return self._numbers[bisect_right(self._numbers, after) : bisect_right(self._numbers, upto)]

    def fold(self, number: int) -> Fold | None:
        """The fold whose row is that of a message, or None."""
        return self.folded.fold(number) if self.folds else None

    def row(self, number: int) -> int:
        """The row of a message, or of its fold, or of the next one that is shown, or one beyond the last."""
        if self.folds:
            return self.folded.row(number)
        was = bisect_left(self._shown, number)
        return was if self.order is None else self.order.row(was)

    def has(self, number: int) -> bool:
        """Whether a message has a row of its own."""
        row = self.row(number)
        return 0 <= row < len(self) and self.number(row) == number

    def reach(self, number: int) -> bool:
        """Whether a message has a row of its own, now that the fold that it may be in is open."""
        if self.folds and not self.has(number) and 0 < number <= len(self.capture):
            self.folded.open(number)
        return self.has(number)

    def step(self, seconds: float, *, sort: bool = False) -> bool:
        """Filter, and then sort, for about so long; returns whether there is more to do."""
        return self._step_filter(seconds) or (sort and self._step_sort(seconds))

    def _step_filter(self, seconds: float) -> bool:
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
            found = array("I", selection.numbers(self.scanned, upto))
            ordered = max(order.size if order is not None else 0 for order in (self.order, self.sorter))
            if known.start < ordered and found != self._numbers[known]:
                self._arrange(None)  # what is sorted has changed
            self._numbers[known] = found
            self.scanned = upto
        return self.scanned < total
