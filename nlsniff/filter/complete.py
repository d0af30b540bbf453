"""Completes a filter while it is typed: the grammar says what may come next, the dissectors which names there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.filter.errors import FilterError
from nlsniff.filter.field_types import kind_of
from nlsniff.filter.fields import Found, Unknown, catalog
from nlsniff.filter.header import HEADER, header_field
from nlsniff.filter.parse import Parser, Unexpected
from nlsniff.filter.words import WORDS
from nlsniff.terminal import escape
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.filter.field_types import FieldType
    from nlsniff.filter.fields import FieldCatalog
    from nlsniff.spec.registry import Registry

MOST = 200  # completions at once; nobody reads more
_TOLD = 3  # characters of a word that may stand for a type, an error or a process

# Texts and what is said of them.
Offers = list[tuple[str, str]]

# The word before the cursor: characters of bare values, after an opening quote if there is one.
_WORD = re.compile(r"""["']?(?:(?!\.\.)[^\s"'(){},=<>!&|~])*\Z""")
_OPERATORS = {
    "==": "is equal to; of a list or of flags: one of them is",
    "!=": "is there, and is not equal to",
    "<": "comes before", "<=": "comes before or is equal", ">": "comes after", ">=": "comes after or is equal",
    "contains": "has this text, these bytes or this flag inside",
    "matches": "the regular expression is found in its text",
    "&": "has any of these bits",
    "in": "is one of {1, 5..9, 192.0.2.0/24}",
}  # fmt: skip
_FITTING = {
    "number": ("==", "!=", "<", "<=", ">", ">=", "in"),
    "time": ("<", "<=", ">", ">=", "==", "!=", "in"),
    "duration": (">", ">=", "<", "<=", "==", "!=", "in"),
    "flags": ("==", "!=", "contains", "&", "in"),
    "text": ("==", "!=", "contains", "matches", "in"),
    "address": ("==", "!=", "in", "<", "<=", ">", ">=", "contains", "matches"),
    "mac": ("==", "!=", "contains", "matches", "in"),
    "bytes": ("==", "!=", "contains", "matches", "in"),
    "any": ("==", "!=", "contains", "matches", "in"),
}
_WORDS = {"and": "both sides hold", "or": "one side holds, or both", "not": "what follows does not hold"}
_KEYWORDS = {"AND": "and", "OR": "or", "NOT": "not"}


class Completion(NamedTuple):
    """A text that replaces what stands between `start` (an offset, from 0) and the cursor; `doc` explains it."""

    text: str
    start: int
    doc: str


def complete(
    text: str, cursor: int, registry: Registry, seen: Callable[[str], Offers] = lambda _: []
) -> list[Completion]:
    """What may be typed at the cursor, best first; empty where nothing fits or the text before it is wrong.

    Fields are completed up to the next dot, so that a few hundred names are compared and not all. A word that is no
    field is offered as what it may mean: `RTM_DELADDR` as `type == RTM_DELADDR`.

    Args:
        text: the filter so far.
        cursor: an offset in it.
        registry: the dissectors.
        seen: gives the values that a field has in a capture, the most frequent first, and what to say of each.
    """
    before = text[: max(0, min(cursor, len(text)))]
    match = _WORD.search(before)
    word = match.group() if match is not None else ""
    start = len(before) - len(word)
    state = _state(before[:start])
    if state is None:
        return []
    terminals, field = state
    known = catalog(registry)
    found: Offers = []
    if "FIELD" in terminals:
        found += _tests(known, word, seen)
    if "COMPARE" in terminals:
        found += _operators(known, field, word)
    if "BARE" in terminals:
        found += _values(known, field, word, seen)
    found += [
        (name, _WORDS[name]) for key, name in _KEYWORDS.items() if key in terminals and name.startswith(word.lower())
    ]
    # What is said first of a text stands; a value of the capture stands before all that have a name.
    offers: dict[str, str] = {}
    for item, doc in found:
        offers.setdefault(item, doc)
    return [Completion(item, start, doc) for item, doc in list(offers.items())[:MOST]]


def _state(before: str) -> tuple[set[str], str] | None:
    """The terminals that may follow a text, and its last field; None where the text does not follow the grammar."""
    parser = Parser(before)
    try:
        parser.read()
    except Unexpected as error:
        if error.position < len(before):
            return None
    except FilterError:
        return None
    return parser.expected, next((token.text for token in reversed(parser.tokens) if token.type == "FIELD"), "")


def _tests(known: FieldCatalog, word: str, seen: Callable[[str], Offers]) -> Offers:
    """What a test may begin with: a field, or a whole test that the word stands for."""
    wanted = normal(word)
    part = wanted.rpartition(".")[2]
    fields = _fields(known, word)
    begun = [(text, doc) for text, doc, name in fields if normal(name).startswith(part)]
    told = [(meant.filter, meant.doc) for name, meant in WORDS.items() if name == wanted] + begun
    if len(word) >= _TOLD:
        told += [(meant.filter, meant.doc) for name, meant in WORDS.items() if name.startswith(wanted)]
    told = told or [(text, doc) for text, doc, name in fields if part in normal(name)]
    if len(word) >= _TOLD:
        told += _meant(known, wanted, seen)
    told = told or _near(known, word)
    if not begun:
        told.append((f"summary contains {written(word)}", "messages whose line has this text"))
    return told


def _fields(known: FieldCatalog, word: str) -> list[tuple[str, str, str]]:
    """Fields up to the next dot, as (text, doc, name behind the last dot)."""
    stem, dot, _ = word.rpartition(".")
    names: Offers = []
    if not dot:
        names = [(item.name, item.doc) for item in HEADER.values() if "." not in item.name]
        names += [(f"{prefix}.", "") for prefix in known.prefixes() if "." not in prefix]
        names += [("genl.", "Generic netlink, by family.")]
    else:
        wanted = f"{normal(stem)}."
        names = [(item.name, item.doc) for item in HEADER.values() if item.name.startswith(wanted)]
        names += [(f"{prefix}.", "") for prefix in known.prefixes() if normal(prefix).startswith(wanted)]
        names += [(f"{stem}.{name}", entry.field.doc) for name, entry in known.fields_below(stem)]
    return [(name, doc, name.removeprefix(f"{stem}{dot}")) for name, doc in names]


def _meant(known: FieldCatalog, wanted: str, seen: Callable[[str], Offers]) -> Offers:
    """Tests for message types, errors and processes of whose words one begins with the typed text."""
    return [
        (f"{field} == {written(name)}", doc)
        for field in ("type", "errno", "process")
        for name, doc in _known(known, field, seen)
        if f"-{wanted}" in f"-{normal(name)}"
    ]


def _near(known: FieldCatalog, word: str) -> Offers:
    """Fields with names like a word that is no field."""
    unknown = known.find(word) if re.fullmatch(r"[A-Za-z_][\w.-]*", word) else None
    return [(name, "did you mean this?") for name in unknown.near] if isinstance(unknown, Unknown) else []


def _matching(names: Offers, word: str) -> Offers:
    """Of values those that begin with a word; where there are none, that contain it, or else are similar."""
    wanted = normal(word.strip("\"'"))
    known = {text: normal(text) for text, _ in names}
    chosen = {text for text, name in known.items() if name.startswith(wanted)}
    chosen = chosen or {text for text, name in known.items() if wanted in name}
    if not chosen and len(wanted) >= _TOLD:
        from difflib import get_close_matches

        chosen = set(get_close_matches(wanted, known.values(), n=3))
        chosen = {text for text, name in known.items() if name in chosen}
    return [(text, doc) for text, doc in names if text in chosen]


def _field_types(known: FieldCatalog, name: str) -> list[FieldType]:
    item = header_field(name)
    if item is not None:
        return [item.field_type]
    found = known.find(name)
    return found.field_types if isinstance(found, Found) else []


def _operators(known: FieldCatalog, field: str, word: str) -> list[tuple[str, str]]:
    kinds = [field_type.kind for field_type in _field_types(known, field)]
    fitting = dict.fromkeys(sign for kind in kinds for sign in _FITTING.get(kind, ()))
    return [(sign, _OPERATORS[sign]) for sign in fitting if sign.startswith(word.lower())]


def _values(known: FieldCatalog, field: str, word: str, seen: Callable[[str], Offers]) -> Offers:
    """Names of values that fit the typed text, those of the capture first."""
    return [(written(name), doc) for name, doc in _matching(_known(known, field, seen), word)]


def _known(known: FieldCatalog, field: str, seen: Callable[[str], Offers]) -> Offers:
    """The values that the capture has, then all that have a name."""
    told, named = seen(field), _named(known, field)
    docs = dict(named)
    return [(name, "  ".join(filter(None, (count, docs.get(name, ""))))) for name, count in told] + named


def _named(known: FieldCatalog, field: str) -> Offers:
    """The names that values of a field may have, wherever it is."""
    item = header_field(field)
    if item is not None and item.name == "type":
        return [(one.name, one.doc) for one in known.types.constants().values()]
    if item is not None:
        return [(name, "") for name in item.field_type.named]
    found = known.find(field)
    return _documented(found) if isinstance(found, Found) else []


def _documented(found: Found) -> list[tuple[str, str]]:
    names: dict[str, str] = {}
    for field_type, entry in zip(found.field_types, found.entries, strict=False):
        docs = entry.field.enum.docs if entry.field.enum is not None and kind_of(entry) != "nest" else {}
        for name in field_type.named:
            names.setdefault(name, docs.get(name, ""))
    return list(names.items())


def written(name: str) -> str:
    """A value as a filter has it: in quotes where it cannot stand without."""
    if _WORD.fullmatch(name) is not None and name[:1] not in {"", '"', "'"}:
        return name
    return '"' + escape(name).replace('"', '\\"') + '"'
