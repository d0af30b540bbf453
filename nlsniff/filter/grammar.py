"""Runs the grammar of `grammar.lark`.

lark makes the tables of an LALR parser from it, which takes 60 ms with the import. They are kept in the cache, under a
hash of the grammar, so lark is needed once after each change. Running the tables is what stands here: a lexer that
knows which terminals may come, and a stack.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.spec import cache

if TYPE_CHECKING:
    from collections.abc import Iterable

END = "$END"
_FILE = __file__.removesuffix("grammar.py") + "grammar.lark"
# What becomes of a part of a rule.
_DROP, _KEEP, _SPREAD = range(3)


class Token(str):
    """A piece of the text: `type` is its terminal, `start_pos` its offset."""

    __slots__ = ("start_pos", "type")

    type: str
    start_pos: int


class Tree(NamedTuple):
    """What a rule matched: `data` is its name, or its alias."""

    data: str
    children: list[Any]


class Unexpected(Exception):  # noqa: N818  it says what was not expected
    """The text does not follow the grammar.

    Attributes:
        position: where, as an offset; the length of the text at its end.
        token: what stands there, if any terminal fits it.
        expected: the terminals that may stand there.
    """

    def __init__(self, position: int, token: Token | None, expected: Iterable[str]) -> None:
        super().__init__(position)
        self.position = position
        self.token = token
        self.expected = set(expected)


def parse_tree(text: str) -> Tree:
    """The tree of a text, as lark would give it.

    Raises:
        Unexpected: it does not follow the grammar.
    """
    run = Run(text)
    run.lex()
    return run.finish()


class Run:
    """One text on its way through the tables.

    Attributes:
        tokens: what was read so far.
    """

    def __init__(self, text: str) -> None:
        tables = _tables()
        self._text = text
        self._actions: list[dict[str, int]] = tables["actions"]
        self._rules: list[tuple[str, str, bool, list[int]]] = tables["rules"]
        self._final: int = tables["final"]
        self._stack: list[int] = [tables["start"]]
        self._values: list[Any] = []
        self.tokens: list[Token] = []

    def lex(self) -> None:
        """Read the text to its end.

        Raises:
            Unexpected: something in it may not stand where it stands.
        """
        tables, text, position = _tables(), self._text, 0
        ignored = set(tables["ignored"])
        while position < len(text):
            possible = self._actions[self._stack[-1]]
            found = _match(text, position, possible.keys() | ignored)
            if found is None:
                other = _match(text, position, None)
                there = {name for name in possible if name.isupper()} - {END}
                raise Unexpected(position, other, there if other is None else self.accepts())
            position += len(found)
            if found.type not in ignored:
                self._feed(found.type, found, found.start_pos)
                self.tokens.append(found)

    def finish(self) -> Tree:
        """Say that the text has ended; returns its tree.

        Raises:
            Unexpected: something is missing.
        """
        self._feed(END, None, len(self._text))
        return self._values[-1]  # type: ignore[no-any-return]

    def accepts(self) -> set[str]:
        """The terminals that may come next; `END` among them where the text may end."""
        return {name for name in self._actions[self._stack[-1]] if name.isupper() and self._leads_on(name)}

    def _feed(self, terminal: str, token: Token | None, position: int) -> None:
        stack, values = self._stack, self._values
        while True:
            action = self._actions[stack[-1]].get(terminal)
            if action is None:
                raise Unexpected(position, token, self.accepts())
            if action >= 0:
                stack.append(action)
                values.append(token)
                return
            data, origin, single, parts = self._rules[-1 - action]
            self._reduce(stack, origin, len(parts))
            children: list[Any] = []
            for what, value in zip(parts, values[len(values) - len(parts) :], strict=True):
                if what == _KEEP:
                    children.append(value)
                elif what == _SPREAD:
                    children += value.children
            del values[len(values) - len(parts) :]
            values.append(children[0] if single and len(children) == 1 else Tree(data, children))
            if terminal == END and stack[-1] == self._final:
                return

    def _reduce(self, stack: list[int], origin: str, parts: int) -> None:
        """Take the parts of a rule off a stack of states, and put the state behind it there."""
        del stack[len(stack) - parts :]
        stack.append(self._actions[stack[-1]][origin])

    def _leads_on(self, terminal: str) -> bool:
        stack = self._stack.copy()
        while (action := self._actions[stack[-1]].get(terminal)) is not None:
            if action >= 0:
                return True
            _, origin, _, parts = self._rules[-1 - action]
            self._reduce(stack, origin, len(parts))
            if terminal == END and stack[-1] == self._final:
                return True
        return False


def _match(text: str, position: int, possible: set[str] | None) -> Token | None:
    """The first terminal that fits at a position; any, where `possible` is None."""
    tables = _tables()
    for name, pattern in tables["terminals"]:
        if possible is None or name in possible:
            match = _compiled(pattern).match(text, position)
            if match is not None:
                token = Token(match.group())
                token.type, token.start_pos = name, position
                return token
    return None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    with open(_FILE, encoding="utf-8") as file:  # noqa: PTH123  importing pathlib takes longer than all the rest here
        grammar = file.read()
    key = cache.digest(b"grammar 1", grammar.encode())
    kept = cache.cached(key)
    found: dict[str, Any] = kept if kept is not None else cache.store(key, make_tables(grammar))
    return found


def make_tables(grammar: str) -> dict[str, Any]:
    """The tables of a grammar, made by lark.

    Returns:
        terminals: (name, regular expression), the first that matches wins.
        ignored: names of those that mean nothing.
        rules: (name of the tree, what it is a form of, whether a single child takes its place, what becomes of parts).
        actions: by state and symbol, the next state, or -1 less the number of a rule that is complete.
        start, final: states.
    """
    import lark  # noqa: PLC0415  50 ms; only a grammar that is new needs it
    from lark.parsers.lalr_analysis import Shift  # noqa: PLC0415

    frontend: Any = lark.Lark(grammar, parser="lalr", maybe_placeholders=False).parser
    lexer, table = frontend.lexer.root_lexer, frontend.parser._parse_table  # noqa: SLF001  lark has no other way to it
    rules: dict[Any, int] = {}
    numbers = {state: number for number, state in enumerate(table.states)}
    actions = [
        {
            symbol: numbers[to] if action is Shift else -1 - rules.setdefault(to, len(rules))
            for symbol, (action, to) in moves.items()
        }
        for moves in table.states.values()
    ]
    (start,), (final,) = table.start_states.values(), table.end_states.values()
    return {
        "terminals": [(item.name, item.pattern.to_regexp()) for item in lexer.terminals],
        "ignored": sorted(lexer.ignore_types),
        "rules": [
            (
                rule.alias or rule.origin.name,
                rule.origin.name,
                bool(rule.options.expand1) and not rule.alias,
                _parts(rule),
            )
            for rule in rules
        ],
        "actions": actions,
        "start": numbers[start],
        "final": numbers[final],
    }


def _parts(rule: Any) -> list[int]:
    return [
        (_DROP if part.filter_out else _KEEP) if part.is_term else _SPREAD if part.name.startswith("_") else _KEEP
        for part in rule.expansion
    ]
