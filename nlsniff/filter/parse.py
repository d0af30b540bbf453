"""Reads the filter language of `grammar.lark`."""

from __future__ import annotations

import re
import sys
from typing import Any

from nlsniff.filter.errors import FilterError
from nlsniff.filter.grammar import Unexpected, parse_tree
from nlsniff.filter.syntax import ESCAPES, And, Compare, Expression, In, Literal, Not, Or, Present, Range
from nlsniff.terminal import one_line

LONGEST = 65536  # characters of a filter
DEEPEST = 64  # levels of and, or, not and parentheses: what is compiled from them nests as deep

_SPELLINGS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "~": "matches"}
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
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
    "$END": "the end",
}


def parse(text: str) -> Expression:
    """Read a filter.

    Raises:
        FilterError: it does not follow the grammar, or is longer or nested deeper than anybody types.
    """
    if len(text) > LONGEST:
        raise FilterError(text, LONGEST + 1, f"a filter has at most {LONGEST} characters")
    try:
        tree = parse_tree(text)
    except Unexpected as error:
        raise _unexpected(text, error) from None
    return _Reader(text).read(tree)


class _Reader:
    """From the tree of the grammar to ours."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, tree: Any, depth: int = 0) -> Expression:
        """One level. Levels are counted, because Python's own compiler gives up on deep ones."""
        parts = tree.children
        if depth > DEEPEST:
            raise FilterError(self.text, _first(tree) + 1, f"a filter nests at most {DEEPEST} levels deep")
        match tree.data:
            case "group":
                return self.read(parts[-1], depth + 1)
            case "negation":
                return Not(self.read(parts[1], depth + 1))
            case "any":
                return join(Or, [self.read(part, depth + 1) for part in parts[::2]])
            case "all":
                return join(And, [self.read(part, depth + 1) for part in parts[::2]])
        name, column = str(parts[0]), parts[0].start_pos + 1
        match tree.data:
            case "comparison":
                spelled = parts[1].lower()
                return Compare(name, _SPELLINGS.get(spelled, spelled), self._literal(parts[2]), column)
            case "membership" | "no_membership":
                items = tuple(self._item(part) for part in parts if getattr(part, "data", "") == "item")
                return In(name, items, tree.data == "no_membership", column)
        return Present(name, column)

    def _item(self, tree: Any) -> Literal | Range:
        values = [self._literal(part) for part in tree.children if getattr(part, "data", "") == "value"]
        return Range(values[0], values[1]) if values[1:] else values[0]

    def _literal(self, tree: Any) -> Literal:
        token = tree.children[0]
        column = token.start_pos + 1
        if token.type == "QUOTED":
            return Literal(self._unescape(token[1:-1], column + 1), quoted=True, column=column)
        return Literal(str(token), column=column)

    def _unescape(self, text: str, column: int) -> str:
        """Undo the escapes. One that is not known stays as it is, because regular expressions are full of them."""

        def replace(match: re.Match[str]) -> str:
            body = match.group(1)
            if body[0] in "xuU" and body[1:]:
                number = int(body[1:], 16)
                if number > sys.maxunicode or 0xD800 <= number < 0xE000:
                    raise FilterError(self.text, column + match.start(), f"\\{body} is no character")
                return chr(number)
            return ESCAPES.get(body, match.group())

        return _ESCAPE.sub(replace, text)


def join(kind: type[And | Or], items: list[Expression]) -> Expression:
    """And or Or over some items, those of an inner one of the same kind taken out: `a and (b and c)` has three."""
    flat: list[Expression] = []
    for item in items:
        flat += item.items if isinstance(item, kind) else [item]
    return kind(tuple(flat)) if flat[1:] else flat[0]


def _first(tree: Any) -> int:
    """Where the first token of a tree is. A tree of this grammar has one."""
    while not hasattr(tree, "start_pos"):
        tree = tree.children[0]
    return int(tree.start_pos)


def _unexpected(text: str, error: Unexpected) -> FilterError:
    """What the grammar found wrong, in words."""
    token, possible = error.token, error.expected
    at = min(error.position, len(text.rstrip()))
    wanted = tuple(dict.fromkeys(name for key, name in EXPECTED.items() if key in possible))
    if at >= len(text.rstrip()):
        found = "the filter is empty" if not text.strip() else "the filter ends here"
    elif token is None and text[at] in "\"'":
        return FilterError(text, at + 1, f"this {text[at]} is never closed", wanted)
    elif text[at] == "=" and "COMPARE" in possible:
        return FilterError(text, at + 1, "a single = means nothing, == compares", wanted)
    else:
        found = f"found {_short(str(token) if token is not None else text[at])}"
    # An opening bracket or a `not` may stand before every field; saying so again and again helps nobody.
    telling = [name for name in wanted if name not in {"not", "("}] or list(wanted) or ["something else"]
    expected = " or ".join([", ".join(telling[:-1]), telling[-1]] if telling[1:] else telling)
    return FilterError(text, at + 1, f"expected {expected}, {found}", wanted)


def _short(text: str) -> str:
    shown = text if len(text) <= 30 else text[:29] + "…"
    return f'"{one_line(shown)}"'
