"""Rules: what of a capture is compared with its golden, and how strictly; and what is expected of any capture.

A TOML file, see docs/regression.md. This module reads it; `nlsniff.regress.ruling` applies rules to transcripts, and
`nlsniff.regress.expectations` judges captures by what is expected.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from bisect import bisect_right
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from nlsniff.errors import NlsniffError
from nlsniff.filter.literals import nanoseconds_of
from nlsniff.regress.expected import EXPECTING, SWITCHES, Expectation, Expecting
from nlsniff.regress.model import Level

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

FORMAT = 1
FILE_NAME = ".nlsniff.toml"
_MOST_BYTES = 1 << 20  # of a file of rules

Kind = Literal["only", "ignore", "mask", "one-of", "unordered", "repeats"]
# The keys that each table must have. `reason` is what a reviewer asks for first; what only narrows needs none.
_NEEDED: dict[Kind | Expecting, tuple[str, ...]] = {
    "only": ("filter",),
    "ignore": ("filter", "reason"),
    "mask": ("field", "reason"),
    "one-of": ("field", "values", "reason"),
    "unordered": ("filter", "reason"),
    "repeats": ("filter", "reason"),
    "must": ("filter", "reason"),
    "never": ("filter", "reason"),
    "order": ("first", "then", "reason"),
}
# And those that it may have.
_ALLOWED: dict[Kind | Expecting, tuple[str, ...]] = {
    "only": ("reason",),
    "mask": ("type",),
    "one-of": ("type",),
    "must": ("at-least", "at-most", "within"),
}
_TEXTS = ("filter", "field", "type", "reason")
_FILTERS = ("filter", "first", "then")
_TOP = ("format", "answers", "attribute-order", "extack-words", "news")
_ORDERS = ("note", "strict")
_YES_OR_NO = re.compile(r"""\s*["']?[\w-]+["']?\s*=\s*(yes|no|on|off|true|false)\s*(#|\Z)""", re.IGNORECASE)


class RuleError(NlsniffError):
    """Rules that cannot be used: `FILE:LINE: what is wrong`, or with the table's name where the line is not known."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        kind: the name of its table.
        filter: a display filter, or "" for `mask` and `one-of`.
        field: a field as display filters name it, or "" for all other kinds.
        type: of `mask` and `one-of`, the constant of the only message type that is meant, or "" for all.
        values: of `one-of`, as they are shown.
        reason: why it is needed.
        place: `FILE:LINE`, for people.
    """

    kind: Kind
    filter: str = ""
    field: str = ""
    type: str = ""
    values: tuple[str, ...] = ()
    reason: str = ""
    place: str = dataclasses.field(default="", compare=False)

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}[[{self.kind}]] {self.filter or self.field}"


@dataclasses.dataclass(frozen=True, slots=True)
class Rules:
    """What a file of rules says; without arguments that there are none.

    Attributes:
        answers: how much of what the kernel says is compared; None where the golden, or the default, decides.
        strict_order: another order of a request's attributes is a difference, not a note.
        extack_words: other words of the kernel about an error are a difference, not a note.
        news: events that no request caused are compared, too.
        rules: the rules, in the order of the file by kind.
        expected: what any capture must hold, in the order of the file by kind.
        name: of the file, or "".
    """

    answers: Level | None = None
    strict_order: bool = False
    extack_words: bool = False
    news: bool = False
    rules: tuple[Rule, ...] = ()
    expected: tuple[Expectation, ...] = ()
    name: str = dataclasses.field(default="", compare=False)

    def of(self, *kinds: Kind) -> list[Rule]:
        """The rules of some kinds."""
        return [rule for rule in self.rules if rule.kind in kinds]

    @property
    def digest(self) -> str:
        """Eight hex digits of what chooses messages by filters, or "" where nothing does.

        A text was made by these rules; without its capture no others can be applied to it.
        """
        chosen = sorted({(rule.kind, rule.filter) for rule in self.rules if rule.filter})
        return sha256(repr(chosen).encode()).hexdigest()[:8] if chosen else ""


def load(path: str | os.PathLike[str]) -> Rules:
    """Read a file of rules. Filters and fields are looked up when they are applied.

    Raises:
        RuleError: it cannot be read, or says what no rule can say.
    """
    name = str(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise RuleError(f"{name}: rules cannot be read: {error.strerror}") from None
    if len(data) > _MOST_BYTES:
        raise RuleError(f"{name}: rules have {len(data)} bytes, at most {_MOST_BYTES} are read")
    try:
        return parse(data.decode(), name)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RuleError(f"{name}:{line}: rules are TOML, which is UTF-8; this line is not") from None


def find(beside: str | os.PathLike[str]) -> Path | None:
    """The nearest `.nlsniff.toml`: in the folder of a file, or above it; None without one."""
    folder = Path(beside).absolute().parent
    return next((path for above in (folder, *folder.parents) if (path := above / FILE_NAME).is_file()), None)


def parse(text: str, name: str = "rules") -> Rules:
    """Rules of their text; `name` is what errors call it.

    Raises:
        RuleError: it says what no rule can say.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error), re.DOTALL)
        place, words = (f"{name}:{found[2]}: column {found[3]}", found[1]) if found else (name, str(error))
        line = text.splitlines()[int(found[2]) - 1 : int(found[2])] if found else []
        hint = ": write true or false" if line and _YES_OR_NO.match(line[0]) else ""
        raise RuleError(f"{place}: {words[:1].lower()}{words[1:]}{hint}") from None
    except RecursionError:
        raise RuleError(f"{name}: values are nested too deeply") from None
    return _Reader(text, name, document).rules()


class _Reader:
    """Makes rules of a document, and knows where in the text its keys stand."""

    def __init__(self, text: str, name: str, document: dict[str, Any]) -> None:
        self._name = name
        self._document = document
        self._lines = text.splitlines()
        self._tables: dict[str, list[int]] = {}
        for number, line in enumerate(self._lines, 1):
            head = re.match(r"\s*\[\[\s*[\"']?([\w-]+)[\"']?\s*\]\]", line)
            if head:
                self._tables.setdefault(head[1], []).append(number)
        self._every_head = sorted(number for numbers in self._tables.values() for number in numbers)

    def rules(self) -> Rules:
        document = self._document
        version = document.get("format")
        if isinstance(version, int) and not isinstance(version, bool) and version > FORMAT:
            self._refuse(f"format {version} is newer than this nlsniff reads ({FORMAT}): update nlsniff", "format")
        self._known(document, (*_TOP, *get_args(Kind), *SWITCHES, *EXPECTING))
        if type(version) is not int or version != FORMAT:
            said = "says no format" if version is None else f"format is {_shown(version)}"
            self._refuse(f"{said}: begin with `format = {FORMAT}`", "format")
        return Rules(
            self._choice("answers", get_args(Level), None),
            self._choice("attribute-order", _ORDERS, "note") == "strict",
            self._switch("extack-words"),
            self._switch("news"),
            tuple(self._rule(kind, at, table) for kind in get_args(Kind) for at, table in self._tables_of(kind)),
            tuple(self._expected()),
            self._name,
        )

    def _expected(self) -> Iterator[Expectation]:
        for switch in SWITCHES:
            if self._switch(switch):
                yield Expectation(switch, file=self._name, line=self._line(switch))
        for kind in EXPECTING:
            for at, table in self._tables_of(kind):
                yield self._expectation(kind, at, table)

    def _tables_of(self, kind: Kind | Expecting) -> Iterator[tuple[int, dict[str, Any]]]:
        """The tables of a kind, each with its number from 0, with the keys that it needs and no others."""
        tables = self._document.get(kind, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._refuse(f"{kind} is {_shown(tables)}: write each rule as a table [[{kind}]]", kind)
        for at, table in enumerate(tables):
            self._known(table, (*_NEEDED[kind], *_ALLOWED.get(kind, ())), kind, at)
            for key in _NEEDED[kind]:
                if key not in table:
                    why = "this is expected" if kind in EXPECTING else "this is no difference that matters"
                    self._refuse(f"[[{kind}]] has no `{key}`{f': say why {why}' * (key == 'reason')}", "", kind, at)
            for key, value in table.items():
                if (wanted := _unfit(key, value)) != "":
                    self._refuse(f"{key} is {_shown(value)}: expected {wanted}", key, kind, at)
            yield at, table

    def _rule(self, kind: Kind, at: int, table: dict[str, Any]) -> Rule:
        texts = {key: str(table.get(key, "")) for key in _TEXTS}
        place = self._place(_NEEDED[kind][0], kind, at)
        return Rule(kind, **texts, values=tuple(table.get("values", ())), place=place)

    def _expectation(self, kind: Expecting, at: int, table: dict[str, Any]) -> Expectation:
        most = table.get("at-most")
        least = table.get("at-least", 1 if kind == "must" else 0)
        within = nanoseconds_of(table["within"]) if "within" in table else None
        if most is not None and most < max(least, 1):
            many = least > 1 or "at-least" in table
            both = f"at-most is {most} and at-least is {least}, so that no number of messages will do"
            words = both if many else f"at-most is {most}: write [[never]] for what must not be"
            self._refuse(words, "at-most", kind, at)
        if kind == "must" and least == 0 and most is None and within is None:
            self._refuse("at-least is 0: then anything will do; give at-most or within, too", "at-least", kind, at)
        asked = [key for key in _FILTERS if key in table]
        return Expectation(
            kind,
            tuple(table[key] for key in asked),
            least,
            most,
            within,
            table["reason"],
            self._name,
            self._line(asked[0], kind, at),
            tuple(self._place(key, kind, at) for key in asked),
        )

    def _known(self, table: dict[str, Any], known: tuple[str, ...], kind: str = "", at: int = 0) -> None:
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key[:80], known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"expected {', '.join(dict.fromkeys(known))}"
                self._refuse(f"no key {key[:80]!r}: {hint}", key, kind, at)

    def _choice(self, key: str, choices: tuple[str, ...], default: Any) -> Any:
        found = self._document.get(key, default)
        if found is not default and found not in choices:
            self._refuse(f"{key} is {_shown(found)}: expected {', '.join(choices[:-1])} or {choices[-1]}", key)
        return found

    def _switch(self, key: str) -> bool:
        found = self._document.get(key, False)
        if not isinstance(found, bool):
            self._refuse(f"{key} is {_shown(found)}: expected true or false", key)
        return found is True

    def _refuse(self, words: str, key: str, kind: str = "", at: int = 0) -> None:
        raise RuleError(f"{self._place(key, kind, at)}: {words}")

    def _place(self, key: str, kind: str = "", at: int = 0) -> str:
        """`FILE:LINE`; where the tables are not written one by one, `FILE: ignore 2`."""
        line = self._line(key, kind, at)
        if not line and kind and not self._heads(kind):
            return f"{self._name}: {kind} {at + 1}"
        return f"{self._name}:{line}" if line else self._name

    def _heads(self, kind: str) -> list[int]:
        """The lines of the heads of all tables of a kind; none where they are not written one by one."""
        heads = self._tables.get(kind, [])
        return heads if len(heads) == len(self._document.get(kind, [])) else []

    def _line(self, key: str, kind: str = "", at: int = 0) -> int:
        """The line of a key, else that of its table; 0 where neither is known."""
        begin, end = 0, len(self._lines)
        if kind:
            heads = self._heads(kind)
            if not heads:
                return 0
            begin = heads[at]
            after = bisect_right(self._every_head, begin)
            end = self._every_head[after] - 1 if after < len(self._every_head) else end
        written = re.compile(rf"\s*(\[\[?\s*)?[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
        found = next((row for row in range(begin, end) if key and written.match(self._lines[row])), None)
        return found + 1 if found is not None else begin


def _unfit(key: str, value: object) -> str:
    """What is expected of the value of a key in a table; "" where it is that."""
    if key == "values":
        good = isinstance(value, list) and value and all(isinstance(item, str) for item in value)
        return "" if good else "texts in brackets"
    if key in {"at-least", "at-most"}:
        return "" if type(value) is int and value >= 0 else "a whole number"
    if key == "within":
        time = nanoseconds_of(value) if isinstance(value, str) else None
        return "" if time is not None and time > 0 else 'a time with its unit, such as "50ms"'
    return "" if isinstance(value, str) and value.strip() else "a text"


def _shown(value: object) -> str:
    """A value as an error shows it."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list" if value else "an empty list"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 80 else f"{text[:80]}..."
