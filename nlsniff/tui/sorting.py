"""Sorting the list by a column: an order over its rows, made in steps.

It takes 12 bytes a row beside the numbers of the rows, and 18 for each key that did not come before.
"""

from __future__ import annotations

from array import array
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, overload

from nlsniff.steps import some_steps
from nlsniff.tui.sort_keys import EMPTY, WIDTH, column_key, text_key

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from _typeshed import SupportsRichComparison

    from nlsniff.tui.columns import Reader
    from nlsniff.tui.rows import Rows

_MADE = 64  # messages in a step that makes them
_RUN = 4096  # rows that are sorted together, before all runs are merged
_MERGED = 512  # rows in a step that merges
_KNOWN = 1 << 14  # keys that are met again


class SortedBy(NamedTuple):
    """A column, and which end of it is above. What has no value stands below in any case."""

    name: str
    descending: bool = False

    @property
    def sign(self) -> str:
        """What the title of the column has behind it."""
        return "▼" if self.descending else "▲"


def toggled(by: SortedBy | None, name: str) -> SortedBy | None:
    """What to sort by when a column is chosen that the rows may be sorted by: up, then down, then not at all."""
    if by is None or by.name != name:
        return SortedBy(name)
    return None if by.descending else by._replace(descending=True)


def after(by: SortedBy | None, names: Sequence[str], step: int) -> SortedBy | None:
    """What to sort by next: the column that stands so many further, or none behind the last one."""
    circle = ["", *names]
    at = circle.index(by.name) if by is not None and by.name in circle else 0
    name = circle[(at + step) % len(circle)]
    return SortedBy(name) if name else None


class Order(NamedTuple):
    """Where rows stand when they are sorted; those that come later follow in the order in which they come.

    Attributes:
        by: what they are sorted by.
        at: of each sorted row, ascending, the row that it was.
        rows: of each row that it was the sorted one, ascending.
        filled: how many have a value.
    """

    by: SortedBy
    at: array[int]
    rows: array[int]
    filled: int

    @property
    def size(self) -> int:
        """How many rows are sorted."""
        return len(self.at)

    def was(self, row: int) -> int:
        """The row without the order."""
        return self.at[self._turned(row)] if row < self.size else row

    def row(self, was: int) -> int:
        """The row in the order."""
        return self._turned(self.rows[was]) if was < self.size else was

    def _turned(self, row: int) -> int:
        return self.filled - 1 - row if self.by.descending and row < self.filled else row


class Sorter:
    """Makes an order, a piece at a time.

    Args:
        rows: what is sorted, not in any order yet.
        by: a column.
        read: gives its text in a message.

    Attributes:
        by: as above.
        order: what came of it, when it is done.
    """

    def __init__(self, rows: Rows, by: SortedBy, read: Reader) -> None:
        self.by = by
        self.order: Order | None = None
        self._rows = rows
        self._read = read
        self._numbers = rows.numbers()
        self._filled = len(self._numbers)
        self._done = 0  # of two or three passes over all rows
        self._work = self._steps()

    @property
    def size(self) -> int:
        """How many rows are sorted."""
        return len(self._numbers)

    @property
    def share(self) -> int:
        """How much is done, in per cent."""
        return 100 * self._done // max(1, 2 * self.size)

    def step(self, seconds: float) -> bool:
        """Sort for about so long; returns whether there is more to do."""
        self.order = some_steps(self._work, seconds)
        return self.order is None

    def _steps(self) -> Generator[None, None, Order]:
        numbers = self._numbers
        key = column_key(self.by.name, self._rows.capture)
        if key is not None:
            of_number, of_row = key, lambda row: of_number(numbers[row])
            at = yield from self._sorted(of_row)
        else:
            keys, places = bytearray(), array("I")
            yield from self._keys_into(keys, places)
            at = yield from self._sorted(lambda row: keys[places[row] : places[row] + WIDTH])
            del keys, places
        rows = array("I", [0]) * len(at)
        for start in range(0, len(at), _RUN):
            for row in range(start, min(start + _RUN, len(at))):
                rows[at[row]] = row
            yield
        return Order(self.by, at, rows, self._filled)

    def _keys_into(self, keys: bytearray, places: array[int]) -> Generator[None, None, None]:
        """The keys of the rows, each once where it is met again soon, and of each row the place of its own."""
        read, conversation = self._read, self._rows.capture.conversation
        known: dict[bytes, int] = {}
        for start in range(0, len(self._numbers), _MADE):
            for message in self._rows.some(self._numbers[start : start + _MADE]):
                key = text_key(read(message, conversation(message.number)))
                place = known.get(key)
                if place is None:
                    place = known[key] = len(keys)
                    keys += key
                self._filled -= key is EMPTY
                places.append(place)
            if len(known) > _KNOWN:
                known.clear()
            self._done += _MADE
            yield

    def _sorted(self, key: Callable[[int], SupportsRichComparison]) -> Generator[None, None, array[int]]:
        """All rows by a key: runs by Python's sort, then merged, since that takes a million in one go."""
        count, runs = len(self._numbers), []
        for start in range(0, count, _RUN):
            runs.append(array("I", sorted(range(start, min(start + _RUN, count)), key=key)))
            yield
        merged, at = merge(*runs, key=key), array("I")
        self._done = max(self._done, count)
        while piece := array("I", islice(merged, _MERGED)):
            at += piece
            self._done += len(piece)
            yield
        return at


class InOrder:
    """The messages that are shown, as their rows stand."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        if isinstance(at, int):
            return self._rows.number(at)
        return [self._rows.number(row) for row in range(*at.indices(len(self)))]
