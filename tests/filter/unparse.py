"""The text of a filter that was parsed: what the parser reads must be the same when it is written and read again."""

from __future__ import annotations

from typing import Any

from nlsniff.filter.syntax import And, Compare, Expression, In, Literal, Not, Or, Present, Range
from nlsniff.spec.plain import Plain

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


def content(part: Any) -> Any:
    """What a part of a filter says, to be compared: all but where in the text it stood."""
    if isinstance(part, tuple):
        return tuple(map(content, part))
    if isinstance(part, Plain):
        return type(part), {name: content(value) for name, value in vars(part).items() if name != "column"}
    return part
