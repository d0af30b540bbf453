"""Rules: what of a capture is compared with its golden, and how strictly. A TOML file, see docs/regression.md.

This module reads the file; `nlsniff.regress.ruling` applies what it says to transcripts.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from nlsniff.errors import NlsniffError
from nlsniff.regress.model import Level

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

FORMAT = 1
FILE_NAME = ".nlsniff.toml"
_MOST_BYTES = 1 << 20  # of a file of rules

Kind = Literal["only", "ignore", "mask", "one-of", "unordered", "repeats"]
# The keys that each kind must have. `reason` is what a reviewer asks for first; what only narrows needs none.
_NEEDED: dict[Kind, tuple[str, ...]] = {
    "only": ("filter",),
    "ignore": ("filter", "reason"),
    "mask": ("field", "reason"),
    "one-of": ("field", "values", "reason"),
    "unordered": ("filter", "reason"),
    "repeats": ("filter", "reason"),
}
# And those that it may have.
_ALLOWED: dict[Kind, tuple[str, ...]] = {"only": ("reason",), "mask": ("type",), "one-of": ("type",)}
_TEXTS = ("filter", "field", "type", "reason")
_TOP = ("format", "answers", "attribute-order", "extack-words", "news")
_ORDERS = ("note", "strict")


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
        name: of the file, or "".
    """

    answers: Level | None = None
    strict_order: bool = False
    extack_words: bool = False
    news: bool = False
    rules: tuple[Rule, ...] = ()
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
        raise RuleError(f"{place}: {words[:1].lower()}{words[1:]}") from None
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

    def rules(self) -> Rules:
        document = self._document
        version = document.get("format")
        if isinstance(version, int) and not isinstance(version, bool) and version > FORMAT:
            self._refuse(f"format {version} is newer than this nlsniff reads ({FORMAT}): update nlsniff", "format")
        self._known(document, (*_TOP, *get_args(Kind)))
        if type(version) is not int or version != FORMAT:
            said = "says no format" if version is None else f"format is {_shown(version)}"
            self._refuse(f"{said}: begin with `format = {FORMAT}`", "format")
        return Rules(
            self._choice("answers", get_args(Level), None),
            self._choice("attribute-order", _ORDERS, "note") == "strict",
            self._switch("extack-words"),
            self._switch("news"),
            tuple(rule for kind in get_args(Kind) for rule in self._of_kind(kind)),
            self._name,
        )

    def _of_kind(self, kind: Kind) -> Iterable[Rule]:
        tables = self._document.get(kind, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._refuse(f"{kind} is {_shown(tables)}: write each rule as a table [[{kind}]]", kind)
        for at, table in enumerate(tables):
            yield self._rule(kind, at, table)

    def _rule(self, kind: Kind, at: int, table: dict[str, Any]) -> Rule:
        needed = _NEEDED[kind]
        self._known(table, (*needed, *_ALLOWED.get(kind, ())), kind, at)
        for key in needed:
            if key not in table:
                hint = ": say why this is no difference that matters" if key == "reason" else ""
                self._refuse(f"[[{kind}]] has no `{key}`{hint}", "", kind, at)
        for key, value in table.items():
            if key == "values":
                good = isinstance(value, list) and value and all(isinstance(item, str) for item in value)
                if not good:
                    self._refuse(f"values is {_shown(value)}: expected texts in brackets", key, kind, at)
            elif not isinstance(value, str) or not value.strip():
                self._refuse(f"{key} is {_shown(value)}: expected a text", key, kind, at)
        texts = {key: str(table.get(key, "")) for key in _TEXTS}
        return Rule(kind, **texts, values=tuple(table.get("values", ())), place=self._place(needed[0], kind, at))

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

    def _place(self, key: str, kind: str, at: int) -> str:
        """`FILE:LINE`; where the tables are not written one by one, `FILE: ignore 2`."""
        begin, end = 0, len(self._lines)
        if kind:
            heads = self._tables.get(kind, [])
            if len(heads) != len(self._document.get(kind, [])):
                return f"{self._name}: {kind} {at + 1}"
            begin = heads[at]
            every = sorted(number for numbers in self._tables.values() for number in numbers)
            end = next((number - 1 for number in every if number > begin), end)
        written = re.compile(rf"\s*(\[\[?\s*)?[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
        found = next((row for row in range(begin, end) if key and written.match(self._lines[row])), None)
        line = found + 1 if found is not None else begin
        return f"{self._name}:{line}" if line else self._name


def _shown(value: object) -> str:
    """A value as an error shows it."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list" if value else "an empty list"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 80 else f"{text[:80]}..."
