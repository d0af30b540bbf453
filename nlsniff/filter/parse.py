"""Reads the filter language, by recursive descent: a function for each of its rules.

    any:   all ("or" all)*
    all:   unary ("and" unary)*
    unary: "not" unary | "(" any ")" | test
    test:  FIELD | FIELD COMPARE value | FIELD ["not"] "in" "{" item ("," item)* [","] "}"
    item:  value [".." value]
    value: BARE | QUOTED

`compile.py` then decides the meaning of names and values.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.filter.errors import FilterError
from nlsniff.filter.literals import LONGEST_NUMBER, UNITS
from nlsniff.filter.syntax import And, Compare, In, Literal, Not, Or, Present, Range
from nlsniff.terminal import one_line

if TYPE_CHECKING:
    from nlsniff.filter.syntax import Expression

LONGEST = 65536  # characters of a filter
DEEPEST = 64  # levels of and, or, not and parentheses; the compiled source nests as deep
_ENDS_IN_NUMBER = r"([0-9.]+)\s+$"  # searched for in few characters

# An operator ends with its word: `android` is a field, `and` is not. The field beside a bare value decides whether it
# is a number, an address or a name.
_TERMINALS = {
    name: re.compile(pattern, re.DOTALL)
    for name, pattern in {
        "NOT": r"!(?!=)|(?i:not)(?![\w.-])",
        "AND": r"&&|(?i:and)(?![\w.-])",
        "OR": r"\|\||(?i:or)(?![\w.-])",
        "IN": r"(?i:in)(?![\w.-])",
        "COMPARE": r"[=!<>]=|[<>~]|&(?!&)|(?i:eq|ne|le|ge|lt|gt|contains|matches)(?![\w.-])",
        "RANGE": r"\.\.",
        "QUOTED": r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'",
        "FIELD": r"(?!(?:and|or|not|in)(?![\w.-]))[A-Za-z_][A-Za-z0-9_.-]*",
        "BARE": r"(?:(?!\.\.)[^\s\"'(){},=<>!&|~])+",
        "LPAR": r"\(",
        "RPAR": r"\)",
        "LBRACE": r"\{",
        "RBRACE": r"\}",
        "COMMA": ",",
    }.items()
}
END = "END"
_BLANK = re.compile(r"\s*")

_SPELLINGS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "~": "matches"}
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_UNESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"', "'": "'"}
EXPECTED = {
    "FIELD": "a field",
    "NOT": "not",
    "LPAR": "(",
    "RPAR": ")",
    "AND": "and",
    "OR": "or",
    "COMPARE": "an operator",
    "IN": "in",
    "BARE": "a value",
    "QUOTED": "a value",
    "LBRACE": "{",
    "RBRACE": "}",
    "COMMA": ",",
    "RANGE": "..",
    END: "the end",
}


class Token(NamedTuple):
    """A piece of the text: which terminal, its text and its offset."""

    type: str
    text: str
    start: int


class Unexpected(Exception):  # noqa: N818  "unexpected" is what it means
    """The text does not follow the grammar.

    Attributes:
        position: the offset of the fault; at the end of the text its length.
        token: the text there, if it is a terminal; else None.
        expected: the terminals that may stand there.
    """

    def __init__(self, position: int, token: str | None, expected: set[str]) -> None:
        super().__init__(position)
        self.position = position
        self.token = token
        self.expected = expected


def parse(text: str) -> Expression:
    """Read a filter.

    Raises:
        FilterError: it does not follow the grammar, or is too long or too deep.
    """
    if len(text) > LONGEST:
        raise FilterError(text, LONGEST + 1, f"a filter has at most {LONGEST} characters")
    try:
        found = Parser(text).read()
    except Unexpected as error:
        raise _unexpected(text, error) from None
    _refuse_deep(text, found, 0)
    return found


class Parser:
    """One text on its way through the grammar.

    Attributes:
        tokens: those before `position`.
        position: the offset of the next token, after the blanks before it.
        expected: the terminals that the grammar tried there.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.tokens: list[Token] = []
        self.expected: set[str] = set()
        self.position = 0
        self._pass(0)

    def read(self) -> Expression:
        """The whole text.

        Raises:
            Unexpected: it does not follow the grammar.
            FilterError: parentheses and `not` nest too deep, or an escape is no character.
        """
        found = self._any(0)
        if self.position < len(self._text):
            raise self._refusal(END)
        self.expected.add(END)
        return found

    def _any(self, depth: int) -> Expression:
        items = [self._all(depth)]
        while self._take("OR"):
            items.append(self._all(depth))
        return join(Or, items)

    def _all(self, depth: int) -> Expression:
        items = [self._unary(depth)]
        while self._take("AND"):
            items.append(self._unary(depth))
        return join(And, items)

    def _unary(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise _too_deep(self._text, self.position + 1)
        if self._take("NOT"):
            return Not(self._unary(depth + 1))
        if self._take("LPAR"):
            found = self._any(depth + 1)
            self._need("RPAR")
            return found
        return self._test()

    def _test(self) -> Expression:
        _, name, start = self._need("FIELD")
        sign = self._take("COMPARE")
        if sign is not None:
            spelled = sign.text.lower()
            return Compare(name, _SPELLINGS.get(spelled, spelled), self._value(), start + 1)
        if self._take("IN"):
            return In(name, self._items(), False, start + 1)
        if self._take("NOT"):
            self._need("IN")
            return In(name, self._items(), True, start + 1)
        return Present(name, start + 1)

    def _items(self) -> tuple[Literal | Range, ...]:
        self._need("LBRACE")
        items = [self._item()]
        while self._take("COMMA"):
            if self._take("RBRACE"):
                return tuple(items)
            items.append(self._item())
        self._need("RBRACE")
        return tuple(items)

    def _item(self) -> Literal | Range:
        low = self._value()
        return Range(low, self._value()) if self._take("RANGE") else low

    def _value(self) -> Literal:
        type_, text, start = self._need("BARE", "QUOTED")
        if type_ == "QUOTED":
            return Literal(self._unescape(text[1:-1], start + 2), start + 1, quoted=True)
        return Literal(text, start + 1)

    def _take(self, *types: str) -> Token | None:
        """Consume the next token if it is of one of these types; else return None."""
        for type_ in types:
            match = _TERMINALS[type_].match(self._text, self.position)
            if match is not None:
                token = Token(type_, match.group(), self.position)
                self.tokens.append(token)
                self.expected.clear()
                self._pass(match.end())
                return token
        self.expected.update(types)
        return None

    def _need(self, *types: str) -> Token:
        token = self._take(*types)
        if token is None:
            raise self._refusal(*types)
        return token

    def _pass(self, position: int) -> None:
        """Move to the first character after the blanks at a position."""
        match = _BLANK.match(self._text, position)
        self.position = match.end() if match is not None else position

    def _refusal(self, *types: str) -> Unexpected:
        expected, text, at = {*self.expected, *types}, self._text, self.position
        if types in {("RPAR",), (END,)} and text[at : at + 1] in {"", ")"}:
            expected = {*types}  # only the bracket matters where one is missing or too many
        if at >= len(text):
            return Unexpected(len(text), None, expected)
        found = next((match for item in _TERMINALS.values() if (match := item.match(text, at)) is not None), None)
        return Unexpected(at, found.group(), expected) if found is not None else Unexpected(at, None, expected - {END})

    def _unescape(self, text: str, column: int) -> str:
        """Replace escapes by characters. An unknown escape stays, because regular expressions have others."""

        def replace(match: re.Match[str]) -> str:
            body = match.group(1)
            if body[0] in "xuU" and body[1:]:
                number = int(body[1:], 16)
                if number > sys.maxunicode or 0xD800 <= number < 0xE000:
                    raise FilterError(self._text, column + match.start(), f"\\{body} is no character")
                return chr(number)
            return _UNESCAPED.get(body, match.group())

        return _ESCAPE.sub(replace, text)


def join(kind: type[And | Or], items: list[Expression]) -> Expression:
    """And or Or over some items. The items of an inner one of the same kind join them: `a and (b and c)` has three."""
    flat: list[Expression] = []
    for item in items:
        flat += item.items if isinstance(item, kind) else [item]
    return kind(tuple(flat)) if flat[1:] else flat[0]


def _refuse_deep(text: str, item: Expression, depth: int) -> None:
    """Raise FilterError where levels nest too deep for Python's compiler."""
    if isinstance(item, (Not, And, Or)):
        if depth >= DEEPEST:
            raise _too_deep(text, _column(item))
        for part in (item.item,) if isinstance(item, Not) else item.items:
            _refuse_deep(text, part, depth + 1)


def _column(item: Expression) -> int:
    while isinstance(item, (Not, And, Or)):
        item = item.item if isinstance(item, Not) else item.items[0]
    return item.column


def _too_deep(text: str, column: int) -> FilterError:
    return FilterError(text, column, f"a filter nests at most {DEEPEST} levels deep")


def _unexpected(text: str, error: Unexpected) -> FilterError:
    """The error for people."""
    token, possible = error.token, error.expected
    at = min(error.position, len(text.rstrip()))
    wanted = tuple(dict.fromkeys(name for key, name in EXPECTED.items() if key in possible))
    if at >= len(text.rstrip()):
        found = "the filter is empty" if not text.strip() else "the filter ends here"
    elif token is None and text[at] in "\"'":
        return FilterError(text, at + 1, f"this {text[at]} is never closed", wanted)
    elif text[at] == "=" and "COMPARE" in possible:
        return FilterError(text, at + 1, "a single = means nothing, == compares", wanted)
    elif token in UNITS and (number := re.search(_ENDS_IN_NUMBER, text[:at][-LONGEST_NUMBER:])) is not None:
        whole = f"{number.group(1)}{token}"
        return FilterError(text, at + 1, f"a unit stands right behind its number: write {whole}", wanted)
    else:
        found = f"found {_short(token if token is not None else text[at])}"
    # An opening bracket or a `not` may stand before every field, so that they tell the user nothing.
    telling = [name for name in wanted if name not in {"not", "("}] or list(wanted) or ["something else"]
    expected = " or ".join([", ".join(telling[:-1]), telling[-1]] if telling[1:] else telling)
    return FilterError(text, at + 1, f"expected {expected}, {found}", wanted)


def _short(text: str) -> str:
    shown = text if len(text) <= 30 else text[:29] + "…"
    return f'"{one_line(shown)}"'
