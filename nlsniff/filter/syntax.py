"""The parts of a filter as objects."""

from __future__ import annotations

from typing import TypeAlias

from nlsniff.spec.plain import Plain


class Literal(Plain):
    """A value as written. The field beside it decides its meaning; `quoted` text is never a number."""

    text: str
    column: int
    quoted: bool = False


class Range(Plain):
    """`low..high`, both included."""

    low: Literal
    high: Literal


class Present(Plain):
    """A field alone: the message has it."""

    name: str
    column: int


class Compare(Plain):
    """A field and a value; `operator` is one of == != < <= > >= & contains matches."""

    name: str
    operator: str
    value: Literal
    column: int


class In(Plain):
    """A field and a set of values and ranges; `negated` for `not in`."""

    name: str
    items: tuple[Literal | Range, ...]
    negated: bool
    column: int


class Not(Plain):
    """The opposite of what it holds."""

    item: Expression


class And(Plain):
    """All of two or more."""

    items: tuple[Expression, ...]


class Or(Plain):
    """Any of two or more."""

    items: tuple[Expression, ...]


Expression: TypeAlias = "Present | Compare | In | Not | And | Or"
