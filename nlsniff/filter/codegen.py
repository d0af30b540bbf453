"""Turns the header part of a filter into Python source over the columns of the index.

The source contains no text of the user, only operators, names of columns, whole numbers, and names of values that
`HeaderCode` keeps.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.generated import define

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nlsniff.decode.message import NetlinkMessage

COLUMNS = ("protocol", "type_", "flags", "seq", "port", "length", "number", "frame", "time", "comment", "failed")
_TABLE_LIMIT = 65536  # a hostile file has every type


def columns_of(message: NetlinkMessage) -> tuple[int | str, ...]:
    """The values of a message's columns, in the order of COLUMNS. `comment` is true where its frame has one.

    `failed` is true where its conversation may have failed, which the message does not know.
    """
    return (
        message.protocol, message.type, message.flags, message.seq, message.port, message.length, message.number,
        message.frame, message.time_ns, message.comment, True,
    )  # fmt: skip


class Bounds(NamedTuple):
    """Source of two conditions: `upper` holds for every match, and maybe more; `lower` holds for matches only.

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
    """A condition that the columns alone decide."""
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
    """The negation of a condition: `upper` and `lower` swap."""
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
    """The answers to a slow question by key. Each is asked once."""

    def __init__(self, question: Callable[[int], bool]) -> None:
        super().__init__()
        self._question = question

    def __missing__(self, key: int) -> bool:
        if len(self) >= _TABLE_LIMIT:
            self.clear()
        answer = self[key] = self._question(key)
        return answer


class HeaderCode:
    """Functions made from generated source.

    Attributes:
        values: the values of names in the source.
    """

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def bind(self, value: object) -> str:
        """Keep a value and return its name."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return name

    def table(self, key: str, question: Callable[[int], bool]) -> str:
        """Source of the answer to a question about a number. The question is asked once for each number."""
        return f"{self.bind(TruthTable(question))}[{key}]"

    def predicate(self, source: str) -> Callable[..., bool]:
        """A function of the values of all columns, in the order of COLUMNS."""
        made: Callable[..., bool] = self._make(f"lambda {', '.join(COLUMNS)}: {source}")
        return made

    def selector(self, source: str) -> tuple[tuple[str, ...], Callable[..., list[int]]]:
        """The columns that a condition needs, and a function (numbers, column, ...) -> the numbers that fit."""
        words = set(re.findall(r"[a-z_]\w*", source))
        used = tuple(name for name in COLUMNS if name != "number" and name in words)
        names = ", ".join(("number", *used))
        condition = "" if source == "True" else f" if {source}"
        loop = f"zip({names})" if used else "number"
        return used, self._make(f"lambda {names}: [number for {names} in {loop}{condition}]")

    def _make(self, source: str) -> Any:
        return define("made", f"made = {source}\n", {**self.values, "__builtins__": {"zip": zip}})
