"""The parts of a filter as objects."""

from __future__ import annotations

from typing import TypeAlias

from nlsniff.spec.plain import Plain


class _Part(Plain):
    """A part of a filter. Parts are equal whatever their columns are."""

    def _content(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self._names if name != "column")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Part) and type(other) is type(self) and other._content() == self._content()

    def __hash__(self) -> int:
        return hash((type(self), self._content()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._content()!r}"


class Literal(_Part):
    """A value as written. The field beside it decides its meaning; `quoted` text is never a number."""

    text: str
    quoted: bool = False
    column: int = 1


class Range(_Part):
    """`low..high`, both included."""

    low: Literal
    high: Literal


class Present(_Part):
    """A field alone: the message has it."""

    name: str
    column: int = 1


class Compare(_Part):
    """A field and a value; `operator` is one of == != < <= > >= contains matches."""

    name: str
    operator: str
    value: Literal
    column: int = 1


class In(_Part):
    """A field and a set of values and ranges; `negated` for `not in`."""

    name: str
    items: tuple[Literal | Range, ...]
    negated: bool = False
    column: int = 1


class Not(_Part):
    """The opposite of what it holds."""

    item: Expression


class And(_Part):
    """All of two or more."""

    items: tuple[Expression, ...]


class Or(_Part):
    """Any of two or more."""

    items: tuple[Expression, ...]


Expression: TypeAlias = "Present | Compare | In | Not | And | Or"

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"', "'": "'"}
