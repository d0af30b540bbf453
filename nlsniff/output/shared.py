"""What the views of a printer share: the texts of values that were met before, and the names that hold now.

All of them are looked up with `[raw]`, so that `map(operator.getitem, texts, values)` turns all values of a message
into texts without a call of Python's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from nlsniff.decode.names import name_at

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from nlsniff.decode.names import Names

    class Texts(Protocol):
        """Gives the text of a value."""

        def __getitem__(self, raw: Any, /) -> Any: ...


SAME: Texts = range(1 << 64)  # an unsigned number is its own text: of all that map it to itself, this is the fastest

# What all memos of a printer keep together, counted in short texts: some MiB.
_KEPT = 40_000


class Memo(dict[Any, Any]):
    """Results of a function by its argument, looked up at the speed of a dict.

    Args:
        shared: bounds what all memos keep together.
        make: the function.
        weight: of a result, in short texts.
        passing: results depend on names, and hold as long as those do.
    """

    __slots__ = ("_make", "_passing", "_shared", "_weight")

    def __init__(self, shared: Shared, make: Callable[[Any], Any], weight: int = 1, *, passing: bool = False) -> None:
        super().__init__()
        self._shared = shared
        self._make = make
        self._weight = weight
        self._passing = passing

    def __missing__(self, key: Any) -> Any:
        found = self._make(key)
        if not self._passing or self._shared.stable:
            self._shared.room(self._weight)
            self[key] = found
        return found


class Shared:
    """What the views of a printer share.

    Attributes:
        names: what the capture has taught.
        number: of the message that is being printed; names are those of its time.
        stable: the names are the same for all later messages, until something new is learned.
        lines: for (function, argument): what the function made of the argument.
        passing_lines: the same for what depends on names.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.number = 0
        self.stable = False
        self._learned = -1
        self._kept = 0
        self._memos: dict[Hashable, Memo] = {}
        self._passing: list[Memo] = []
        self.lines = self._memos["lines"] = Memo(self, lambda key: key[0](key[1]), 4)
        self.passing_lines = self.passing(lambda key: key[0](key[1]), 4)

    def at(self, number: int) -> None:
        """Turn to a message: texts with names are made anew if the names may be others for it."""
        if self._learned != self.names.learned or number < self.number:
            self._learned = self.names.learned
            self.stable = False
            for memo in self._passing:
                memo.clear()
        if not self.stable:
            self.stable = number >= self.names.latest
        self.number = number

    def room(self, weight: int) -> None:
        """Make room for one more result; all memos forget when they keep too much together."""
        self._kept += weight
        if self._kept > _KEPT:
            self._kept = weight
            for memo in (*self._memos.values(), *self._passing):
                memo.clear()

    def memo(self, use: str, key: Hashable, make: Callable[[Any], Any], weight: int = 1) -> Memo:
        """Remembers what `make` gave; the same one for the same use and key."""
        found = self._memos.get((use, key))
        if found is None:
            found = self._memos[use, key] = Memo(self, make, weight)
        return found

    def passing(self, make: Callable[[Any], Any], weight: int = 1) -> Memo:
        """Remembers what `make` gave as long as the names hold."""
        self._passing.append(found := Memo(self, make, weight, passing=True))
        return found

    def named(self, kind: str, plain: Texts, named: Callable[[int, str], str]) -> Memo:
        """Texts of numbers that may have a name of some kind.

        Args:
            kind: of name.
            plain: the texts of numbers without a name.
            named: the text of a number with its name.
        """
        facts = self.names.of(kind)

        def make(raw: int) -> Any:
            fact = facts.get(raw)
            name = name_at(fact, self.number) if fact is not None else ""
            return named(raw, name) if name else plain[raw]

        return self.passing(make)
