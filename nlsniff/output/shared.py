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

_MEMO_SIZE = 4096


class Memo(dict[Any, Any]):
    """Results of a function by its argument, looked up at the speed of a dict; forgets all when it is full."""

    __slots__ = ("_make", "_size")

    def __init__(self, make: Callable[[Any], Any], size: int = _MEMO_SIZE) -> None:
        super().__init__()
        self._make = make
        self._size = size

    def __missing__(self, key: Any) -> Any:
        found = self._make(key)
        if len(self) >= self._size:
            self.clear()
        self[key] = found
        return found


class Named(dict[int, Any]):
    """Texts of numbers that may have a name, which depends on the time.

    Args:
        shared: knows the time.
        kind: of name.
        plain: the texts of numbers without a name.
        named: the text of a number with its name.
    """

    __slots__ = ("_facts", "_named", "_plain", "_shared")

    def __init__(self, shared: Shared, kind: str, plain: Texts, named: Callable[[int, str], str]) -> None:
        super().__init__()
        self._shared = shared
        self._facts = shared.names.of(kind)
        self._plain = plain
        self._named = named

    def __missing__(self, raw: int) -> Any:
        fact = self._facts.get(raw)
        name = name_at(fact, self._shared.number) if fact is not None else ""
        text = self._named(raw, name) if name else self._plain[raw]
        # What had one name only keeps it from then on: until something new is learned, see `Shared.at`.
        if (fact is None or (name and len(fact[0]) == 1)) and len(self) < _MEMO_SIZE:
            self[raw] = text
        return text


class Shared:
    """What the views of a printer share.

    Attributes:
        names: what the capture has taught.
        number: of the message that is being printed; names are those of its time.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.number = 0
        self._learned = names.learned
        self._memos: dict[Hashable, Memo] = {}
        self._named: list[Named] = []

    def at(self, number: int) -> None:
        """Turn to a message: texts with names are made anew if the names may be others for it."""
        if self._learned != self.names.learned or number < self.number:
            self._learned = self.names.learned
            for texts in self._named:
                texts.clear()
        self.number = number

    def memo(self, use: str, key: Hashable, make: Callable[[Any], Any], size: int = _MEMO_SIZE) -> Memo:
        """Remembers what `make` gave; the same one for the same use and key."""
        found = self._memos.get((use, key))
        if found is None:
            found = self._memos[use, key] = Memo(make, size)
        return found

    def named(self, kind: str, plain: Texts, named: Callable[[int, str], str]) -> Named:
        """Texts of numbers that may have a name; see `Named`."""
        self._named.append(found := Named(self, kind, plain, named))
        return found
