"""The memos of summaries and of the printer: the texts of values that were met before, and the names that hold now.

All of them are functions of a value that are built in, so that `map(operator.call, texts, values)` turns all values of
a message into texts without a call of Python's.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from nlsniff.decode.names import name_at

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from nlsniff.decode.names import Change, Names
    from nlsniff.decode.slots import ValueReader

    Texts = Callable[[Any], Any]  # gives the text of a value

_WHEN = itemgetter(2)  # of a change of names: the message that taught it
SAME: Texts = repr  # a number is its own text

# What all memos of a capture keep together, counted in short texts: some MiB.
_KEPT = 40_000
_SHORT = 32  # bytes of a value whose text counts as one; a longer one counts as several
_FAR = 200  # changes of names between two messages that are asked for one after the other
_MANY = 500  # so many values of one kind: mostly they do not come again, as addresses and counters do not


class Memo(dict[Any, Any]):
    """Results of a function by its argument, looked up at the speed of a dict.

    Args:
        memos: bounds what all memos keep together.
        make: the function. Its arguments are numbers, or bytes that are always as many.
        weight: of a result, in short texts.
    """

    __slots__ = ("_least", "_make", "_memos", "_weight")

    def __init__(self, memos: Memos, make: Callable[[Any], Any], weight: int = 1) -> None:
        super().__init__()
        self._memos = memos
        self._make = make
        self._least = weight
        self._weight = 0  # until the first argument tells

    def __missing__(self, key: Any) -> Any:
        found = self[key] = self._make(key)
        self._memos.keep(self._weight or self._weigh(key))
        return found

    def _weigh(self, key: Any) -> int:
        self._weight = self._least + (len(key) // _SHORT if key.__class__ is bytes else 0)
        return self._weight

    @property
    def kept(self) -> int:
        """What it keeps, in short texts."""
        return len(self) * self._weight


class Named(dict[int | str, Any]):
    """Texts of numbers that may have a name, which depends on the time. What is kept holds for the names of now.

    Args:
        memos: knows the names and the time.
        kind: of name, as `Names` has it.
        plain: the texts of numbers without a name.
        named: the text of a number with its name.
    """

    __slots__ = ("_facts", "_memos", "_named", "_plain", "kind")

    def __init__(self, memos: Memos, kind: str, plain: Texts, named: Callable[[int, str], str]) -> None:
        super().__init__()
        self.kind = kind
        self._memos = memos
        self._facts = memos.names.of(kind)
        self._plain = plain
        self._named = named

    def __missing__(self, raw: int) -> Any:
        fact = self._facts.get(raw)
        name = name_at(fact, self._memos.number) if fact is not None else ""
        text = self._named(raw, name) if name else self._plain(raw)
        self[raw] = text
        self._memos.keep(1)
        return text

    @property
    def kept(self) -> int:
        """What it keeps, in short texts."""
        return len(self)


class Memos:
    """All memos of a capture's messages, which templates share.

    Attributes:
        names: what the capture has taught.
        number: a message; names are those of its time.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.number = 0
        self._read = 0  # of the changes of names
        self._kept = 0
        self._by_use: dict[Hashable, Memo] = {}
        self._named: dict[Hashable, Named] = {}

    def at(self, number: int) -> int:
        """Turn to the names of a message's time. Returns up to which message they hold."""
        names = self.names
        changes, read = names.changes, self._read - names.forgotten
        self.number = number
        if read < 0 or _is_far(changes, read, number):
            for memo in self._named.values():
                memo.clear()
            read = bisect_right(changes, number, key=_WHEN)
        while read < len(changes) and changes[read][2] <= number:
            self._forget(*changes[read])
            read += 1
        while read and changes[read - 1][2] > number:
            read -= 1
            self._forget(*changes[read])
        self._read = read + names.forgotten
        return changes[read][2] - 1 if read < len(changes) else sys.maxsize

    def _forget(self, kind: str, changed: int | str, _message: int) -> None:
        for memo in self._named.values():
            if memo.kind == kind:
                memo.pop(changed, None)

    def keep(self, weight: int) -> None:
        """Count what is kept; when it is too much together, memos with many values forget them, or else all."""
        self._kept += weight
        if self._kept > _KEPT:
            every: list[Memo | Named] = [*self._by_use.values(), *self._named.values()]
            self._kept = sum([memo.kept for memo in every if memo.kept < _MANY])
            everything = self._kept > _KEPT // 2
            for memo in every:
                if everything or memo.kept >= _MANY:
                    memo.clear()
            if everything:
                self._kept = 0

    def memo(self, use: str, key: Hashable, make: Callable[[Any], Any], weight: int = 1) -> Texts:
        """As `make`, but remembers what it gave; the same for the same use and key."""
        found = self._by_use.get((use, key))
        if found is None:
            found = self._by_use[use, key] = Memo(self, make, weight)
        return found.__getitem__

    def text(self, leaf: ValueReader) -> Texts:
        """The texts of a leaf's values, without what is said beside them."""
        return self.memo("text", leaf, leaf.text)

    def named(self, use: str, leaf: ValueReader, plain: Texts, named: Callable[[int, str], str]) -> Texts:
        """Texts of numbers that may have a name, see `Named`; the same for the same use and leaf."""
        found = self._named.get((use, leaf))
        if found is None:
            found = self._named[use, leaf] = Named(self, leaf.refers, plain, named)
        return found.__getitem__


def _is_far(changes: Sequence[Change], read: int, number: int) -> bool:
    """Whether so many names changed in between that beginning anew is cheaper than following them."""
    before, after = read - _FAR, read + _FAR
    return (before >= 0 and changes[before][2] > number) or (after < len(changes) and changes[after][2] <= number)
