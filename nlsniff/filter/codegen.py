"""Turns the header part of a filter into Python source over the columns of the index.

No text of the user's gets into the source: it is made of the names of columns, of whole numbers, and of names that
stand for values which are kept beside it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

COLUMNS = ("protocol", "type_", "flags", "seq", "port", "length", "number", "frame", "time")
_TABLE_LIMIT = 65536  # a file made to hurt has every type there is


class Bounds(NamedTuple):
    """Source of two conditions between which the truth is: `upper` holds for every match, `lower` for matches only.

    Where the two are the same, the columns alone decide.
    """

    upper: str
    lower: str

    @property
    def exact(self) -> bool:
        """Whether the columns alone decide."""
        return self.upper == self.lower


ALWAYS = Bounds("True", "True")
UNDECIDED = Bounds("True", "False")


def exactly(source: str) -> Bounds:
    """A condition that columns decide."""
    return Bounds(source, source)


def both(items: Iterable[Bounds]) -> Bounds:
    """All of some conditions."""
    pairs = list(items)
    return Bounds(_join("and", [item.upper for item in pairs]), _join("and", [item.lower for item in pairs]))


def either(items: Iterable[Bounds]) -> Bounds:
    """Any of some conditions."""
    pairs = list(items)
    return Bounds(_join("or", [item.upper for item in pairs]), _join("or", [item.lower for item in pairs]))


def opposite(item: Bounds) -> Bounds:
    """What holds where a condition does not: what surely holds surely does not, and so on."""
    return Bounds(_negate(item.lower), _negate(item.upper))


def _join(word: str, sources: list[str]) -> str:
    neutral, absorbing = ("True", "False") if word == "and" else ("False", "True")
    left = list(dict.fromkeys(source for source in sources if source != neutral))
    if absorbing in left:
        return absorbing
    if not left:
        return neutral
    return left[0] if len(left) == 1 else f"({f' {word} '.join(left)})"


def _negate(source: str) -> str:
    return {"True": "False", "False": "True"}.get(source) or f"(not {source})"


class TruthTable(dict[int, bool]):
    """Answers of a slow question by its key, asked once each."""

    def __init__(self, question: Callable[[int], bool]) -> None:
        super().__init__()
        self._question = question

    def __missing__(self, key: int) -> bool:
        if len(self) >= _TABLE_LIMIT:
            self.clear()
        answer = self[key] = self._question(key)
        return answer


class HeaderCode:
    """The functions made from generated source.

    Attributes:
        values: what names in the source stand for.
    """

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def bind(self, value: object) -> str:
        """A name for a value."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return name

    def table(self, key: str, question: Callable[[int], bool]) -> str:
        """Source that looks up the answer to a question by a number; the question is asked once for each number."""
        return f"{self.bind(TruthTable(question))}[{key}]"

    def predicate(self, source: str) -> Callable[..., bool]:
        """A function of the columns' values, all in the order of COLUMNS."""
        made: Callable[..., bool] = self._make(f"lambda {', '.join(COLUMNS)}: {source}")
        return made

    def selector(self, source: str) -> tuple[tuple[str, ...], Callable[..., list[int]]]:
        """The columns that a condition needs, and a function: (numbers, column, ...) -> the numbers where it holds."""
        words = set(re.findall(r"[a-z_]\w*", source))
        used = tuple(name for name in COLUMNS if name != "number" and name in words)
        names = ", ".join(("number", *used))
        condition = "" if source == "True" else f" if {source}"
        loop = f"zip({names})" if used else "number"
        return used, self._make(f"lambda {names}: [number for {names} in {loop}{condition}]")

    def _make(self, source: str) -> Any:
        values = {**self.values, "__builtins__": {"zip": zip}}
        return eval(compile(source, "<filter>", "eval"), values)  # noqa: S307  source of our own making
