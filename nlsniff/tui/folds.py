"""Which messages have a row of their own where no filter chooses, and which are folded behind the one before.

Folded are the copies of a notification that stand together, the parts of a dump behind its first ones, and what the
recorder itself asked. Rows only come to this while a capture grows, but for the recorder's own at its start.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from nlsniff.wire.constants import NLMSG_MIN_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nlsniff.reader import IndexedCapture

FoldKind = Literal["own", "copies", "parts"]

PARTS = 5  # of a dump that are shown before the rest is folded behind the next one


class Fold(NamedTuple):
    """Messages that follow each other and have one row, by the numbers of the first and the last."""

    first: int
    last: int

    @property
    def hidden(self) -> int:
        """How many of them have no row of their own."""
        return self.last - self.first


class FoldedRows:
    """The messages that have rows, over a capture that may grow. `grow` takes in what has come.

    Attributes:
        numbers: of these messages, in order.
        folding: False shows every message.
        own: what the recorder itself asked at the start; few.
        version: another one whenever something was folded or opened.
    """

    def __init__(self, capture: IndexedCapture) -> None:
        self.numbers = array("I")
        self.folding = True
        self.own: tuple[Fold, ...] = ()
        self.version = 0
        self._capture = capture
        self._total = 0
        self._opened: list[Fold] = []
        self._owner = self._run = 0  # the last conversation, and how many of its messages stand together so far

    def grow(self) -> None:
        """Take in the messages that have come."""
        total = len(self._capture)
        if total > self._total:
            self.numbers.extend(self._heads(self._total, total) if self.folding else range(self._total + 1, total + 1))
            self._total = total
            self.version += 1

    def set_own(self, own: tuple[Fold, ...]) -> None:
        """Say what is the recorder's own, as far as it is known, and fold it."""
        self.own = own
        for fold in own if self.folding else ():
            if self._opening(fold.first) is None:
                self._hide(fold)

    def fold(self, number: int) -> Fold | None:
        """The fold whose row is that of a message, or None."""
        row = self.row(number)
        after = row + 1
        last = self.numbers[after] - 1 if after < len(self.numbers) else self._total
        found = Fold(number, last)
        return found if found.hidden > 0 and self.numbers[row] == number else None

    def kind(self, fold: Fold) -> FoldKind:
        """What is folded there."""
        if any(own.first == fold.first for own in self.own):
            return "own"
        return "copies" if self._capture.conversation(fold.first).kind == "event" else "parts"

    def row(self, number: int) -> int:
        """The row of a message, or of its fold; one beyond the last for what is beyond."""
        return bisect_right(self.numbers, number) - 1 if number <= self._total else len(self.numbers)

    def hides_own(self, number: int) -> bool:
        """Whether a message is the recorder's own, and folded."""
        return any(own.first < number <= own.last for own in self.own) and self.numbers[self.row(number)] != number

    def toggle(self, number: int) -> bool:
        """Open the fold whose row is that of a message, or fold again what was opened around it; False for neither."""
        opened = self._opening(number)
        if opened is not None:
            self._opened.remove(opened)
            self._hide(opened)
            return True
        return self.open(number)

    def open(self, number: int) -> bool:
        """Open the fold that a message is in; False where there is none."""
        row = self.row(number)
        fold = self.fold(self.numbers[row])
        if fold is None:
            return False
        self.numbers[row + 1 : row + 1] = array("I", range(fold.first + 1, fold.last + 1))
        self._opened.append(fold)
        self.version += 1
        return True

    def toggle_all(self) -> None:
        """Open all that is folded, or fold everything again."""
        self.folding = not self.folding
        self.numbers = array("I")
        self._total = self._owner = self._run = 0
        self._opened.clear()
        self.grow()
        self.set_own(self.own)

    def _opening(self, number: int) -> Fold | None:
        """What was opened around a message."""
        return next((fold for fold in self._opened if fold.first <= number <= fold.last), None)

    def _hide(self, fold: Fold) -> None:
        behind = slice(bisect_right(self.numbers, fold.first), bisect_right(self.numbers, fold.last))
        if behind.start < behind.stop:
            del self.numbers[behind]
            self.version += 1

    # -- what has a row ------------------------------------------------------------------------------------------

    def _heads(self, start: int, stop: int) -> array[int]:
        """The numbers of the messages in (start, stop] that have a row: those that follow on none of their kind."""
        heads, number = array("I"), start + 1
        for owner, group in groupby(self._capture.follower.store.owners[start + 1 : stop + 1]):
            numbers = range(number, number + len(list(group)))
            number = numbers.stop
            if owner != self._owner:
                self._owner, self._run = owner, 0
                if len(numbers) == 1 and number <= stop:  # most stand alone
                    heads.append(numbers.start)
                    continue
            heads.extend(self._of_one(owner, numbers))
        return heads

    def _of_one(self, owner: int, numbers: Sequence[int]) -> Iterable[int]:
        """Of messages of one conversation that stand together those that have a row."""
        conversation = self._capture.follower.conversation(owner)
        if conversation.kind == "event":
            shown = numbers[: 0 if self._run else 1]
            self._run += len(numbers)
            return shown
        return self._of_dump(numbers, conversation.request) if conversation.kind == "dump" else numbers

    def _of_dump(self, numbers: Sequence[int], request: int | None) -> Iterable[int]:
        types = self._capture.index.types
        for number in numbers:
            if number == request or types[number - 1] < NLMSG_MIN_TYPE:
                self._run = 0
                yield number
                continue
            self._run += 1
            if self._run <= PARTS + 1:
                yield number


def runs(numbers: Iterable[int]) -> tuple[Fold, ...]:
    """The messages of some ascending numbers, folded where several follow each other."""
    found: list[Fold] = []
    for number in numbers:
        if found and found[-1].last == number - 1:
            found[-1] = found[-1]._replace(last=number)
        else:
            found.append(Fold(number, number))
    return tuple(fold for fold in found if fold.hidden)
