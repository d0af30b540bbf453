"""What a filter says, as objects; and back to text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written. Its meaning depends on the field beside it; `quoted` text is never a number."""

    text: str
    quoted: bool = False
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Range:
    """`low..high`, both included."""

    low: Literal
    high: Literal


@dataclass(frozen=True, slots=True)
class Present:
    """A field alone: the message has it."""

    name: str
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """A field and a value; `operator` is one of == != < <= > >= contains matches."""

    name: str
    operator: str
    value: Literal
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class In:
    """A field and a set of values and ranges; `negated` for `not in`."""

    name: str
    items: tuple[Literal | Range, ...]
    negated: bool = False
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of what it holds."""

    item: Expression


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more."""

    items: tuple[Expression, ...]


Expression: TypeAlias = "Present | Compare | In | Not | And | Or"

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"', "'": "'"}
_ESCAPED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", '"': '\\"'}


def quote(text: str) -> str:
    """Text as a quoted value that parses back to it."""
    return '"' + "".join(_ESCAPED.get(char, char) for char in text) + '"'


def unparse(expression: Expression) -> str:
    """The text of a filter in one spelling: and, or, not as words, no parentheses too many. It parses to the same."""
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
        # Beside a dot of a value's own, the two dots would begin too early.
        return f"{low} .. {high}" if low.endswith(".") or high.startswith(".") else f"{low}..{high}"
    return quote(value.text) if value.quoted else value.text
