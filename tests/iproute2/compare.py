"""Holds an object that a tool printed against what nlsniff read, field by field, by a map of names.

A map's key is where the tool has a value: names with dots between, `[]` for each element of a list. What stands against
it says where ours is, and how the tool writes it:

    "mtu": "mtu"                            the same value at the same or another place
    "operstate": ("operstate", upper)       the value, changed
    "scope": Of(lambda whole: ...)          made from more than one of our values
    "hold_timer": Explained("why")          not compared, for a reason
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Ours = dict[str, Any]


@dataclass(frozen=True)
class Of:
    """An expected value that is made from our whole object."""

    make: Callable[[Any], Any]


@dataclass(frozen=True)
class Explained:
    """A field that is not compared, and why not."""

    reason: str


Rule = str | tuple[str, Callable[[Any], Any]] | Of | Explained
Map = dict[str, Rule]
ABSENT = object()


@dataclass
class Comparison:
    """What was compared: differences in words, how many values were equal, and which entries of maps served."""

    differences: list[str] = field(default_factory=list)
    equal: int = 0
    used: set[str] = field(default_factory=set)

    def compare(self, what: str, printed: Any, ours: Ours, rules: Map) -> None:
        """Compare one object; a field of the tool's that the map does not have is a difference."""
        for pattern, at, value in flatten(printed):
            rule = rules.get(pattern)
            if rule is None:
                self.differences.append(f"{what}: {pattern} = {value!r} is not in the map")
                continue
            self.used.add(pattern)
            if isinstance(rule, Explained):
                continue
            expected = _expected(rule, ours, at)
            if _same(value, expected):
                self.equal += 1
            else:
                shown = "nothing" if expected is ABSENT else repr(expected)
                self.differences.append(f"{what}: {pattern}: the tool says {value!r}, we say {shown}")


def flatten(value: Any, pattern: str = "", at: tuple[int, ...] = ()) -> Iterator[tuple[str, tuple[int, ...], Any]]:
    """Yield each value that is no object, with where it is; a list of plain values is one value."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flatten(inner, f"{pattern}.{key}" if pattern else key, at)
    elif isinstance(value, list) and value and all(isinstance(inner, dict) for inner in value):
        for number, inner in enumerate(value):
            yield from flatten(inner, f"{pattern}[]", (*at, number))
    elif pattern:
        yield pattern, at, value


def find(ours: Any, path: str, at: tuple[int, ...] = ()) -> Any:
    """The value at a path of ours, ABSENT where there is none; each `[]` takes the next position of `at`."""
    positions = list(at)
    for name in path.split("."):
        plain = name.rstrip("[]")
        if not isinstance(ours, dict) or plain not in ours:
            return ABSENT
        ours = ours[plain]
        if name.endswith("[]"):
            number = positions.pop(0)
            if not isinstance(ours, list) or number >= len(ours):
                return ABSENT
            ours = ours[number]
    return ours


def _expected(rule: str | tuple[str, Callable[[Any], Any]] | Of, ours: Ours, at: tuple[int, ...]) -> Any:
    if isinstance(rule, Of):
        return rule.make(ours)
    path, change = rule if isinstance(rule, tuple) else (rule, None)
    found = find(ours, path, at)
    return found if found is ABSENT or change is None else change(found)


def _same(printed: Any, expected: Any) -> bool:
    """Equal: the order of flags means nothing, yes is not 1, and tools print six digits of a fraction."""
    if isinstance(printed, float) or isinstance(expected, float):
        return isinstance(expected, (int, float)) and math.isclose(printed, expected, rel_tol=1e-5)
    if all(isinstance(value, list) and all(isinstance(item, str) for item in value) for value in (printed, expected)):
        return sorted(printed) == sorted(expected)
    return bool(printed == expected) and isinstance(printed, bool) == isinstance(expected, bool)
