"""The parts of a filter as objects, and their text."""

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
_ESCAPED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", '"': '\\"'}


def quote(text: str) -> str:
    """Text as a quoted value that parses back to it."""
    return '"' + "".join(_ESCAPED.get(char, char) for char in text) + '"'


def unparse(expression: Expression) -> str:
    """The text of a filter, with `and`, `or`, `not` as words and few parentheses. It parses to the same expression."""
    match expression:
        case Present(name):
            return name
        case Compare(name, operator, value):
            return f"{name} {operator} {_value(value)}"
        case In(name, items, negated):
            return f"{name} {'not in' if negated else 'in'} {{{', '.join(_value(item) for item in items)}}}"
        case Not(item):
            return f"not {_inner(item, (And, Or))}"
        case And(parts):
            return " and ".join(_inner(part, (And, Or)) for part in parts)
        case Or(parts):
            return " or ".join(_inner(part, (Or,)) for part in parts)


def _inner(expression: Expression, weaker: tuple[type, ...]) -> str:
    text = unparse(expression)
    return f"({text})" if isinstance(expression, weaker) else text


def _value(value: Literal | Range) -> str:
    if isinstance(value, Range):
        low, high = _value(value.low), _value(value.high)
        # A value that begins or ends with a dot needs a blank beside the two dots.
        return f"{low} .. {high}" if low.endswith(".") or high.startswith(".") else f"{low}..{high}"
    return quote(value.text) if value.quoted else value.text
