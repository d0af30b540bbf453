"""What the views of a printer share: the texts of values that were met before, and the names that hold now.

All of them are looked up with `[raw]`, so that `map(operator.getitem, texts, values)` turns all values of a message
into texts without a call of Python's.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from nlsniff.decode.names import name_at
from nlsniff.decode.patterns import Memo

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from nlsniff.decode.names import Names

    class Texts(Protocol):
        """Gives the text of a value."""

        def __getitem__(self, raw: Any, /) -> Any: ...


SAME: Texts = range(1 << 64)  # an unsigned number is its own text: of all that map it to itself, this is the fastest


class Shared:
    """What the views of a printer share.

    Attributes:
        names: what the capture has taught.
        number: of the message that is being printed; names are those of its time.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.number = 0
        self._memos: dict[Hashable, Memo] = {}

    def memo(self, use: str, key: Hashable, make: Callable[[Any], Any]) -> Memo:
        """Remembers what `make` gave; the same one for the same use and key."""
        found = self._memos.get((use, key))
        if found is None:
            found = self._memos[use, key] = Memo(make)
        return found


class Named:
    """Texts of numbers that may have a name, which depends on the time.

    Args:
        shared: knows the names and the time.
        kind: of name.
        plain: the texts of numbers without a name.
        named: the text of a number with its name.
    """

    __slots__ = ("_facts", "_named", "_plain", "_shared")

    def __init__(self, shared: Shared, kind: str, plain: Texts, named: Callable[[int, str], str]) -> None:
        self._shared = shared
        self._facts = shared.names.of(kind)
        self._plain = plain
        self._named = named

    def __getitem__(self, raw: int) -> Any:
        fact = self._facts.get(raw)
        name = name_at(fact, self._shared.number) if fact is not None else ""
        return self._named(raw, name) if name else self._plain[raw]


def picker(order: list[int], count: int) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """A function that picks places out of `count` values; where that is all of them in order, it does nothing."""
    if order == list(range(count)):
        return tuple
    if len(order) == 1:
        (only,) = order
        return lambda values: (values[only],)
    return itemgetter(*order) if order else lambda _values: ()
