"""Completes a filter while it is typed: the grammar says what may come next, the dissectors which names there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.filter.errors import FilterError
from nlsniff.filter.field_types import kind_of
from nlsniff.filter.fields import Found, catalog
from nlsniff.filter.header import HEADER
from nlsniff.filter.parse import Parser, Unexpected
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.filter.field_types import FieldType
    from nlsniff.filter.fields import FieldCatalog
    from nlsniff.spec.registry import Registry

MOST = 200  # completions at once; nobody reads more

# The word before the cursor: characters of bare values, after an opening quote if there is one.
_WORD = re.compile(r"""["']?(?:(?!\.\.)[^\s"'(){},=<>!&|~])*\Z""")
_OPERATORS = {
    "==": "is equal to; of a list or of flags: one of them is",
    "!=": "is there, and is not equal to",
    "<": "comes before", "<=": "comes before or is equal", ">": "comes after", ">=": "comes after or is equal",
    "contains": "has this text, these bytes or this flag inside",
    "matches": "the regular expression is found in its text",
    "in": "is one of {1, 5..9, 192.0.2.0/24}",
}  # fmt: skip
_FITTING = {
    "number": ("==", "!=", "<", "<=", ">", ">=", "in"),
    "time": ("<", "<=", ">", ">=", "==", "!=", "in"),
    "duration": (">", ">=", "<", "<=", "==", "!=", "in"),
    "flags": ("==", "!=", "contains", "in"),
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


def complete(text: str, cursor: int, registry: Registry) -> list[Completion]:
    """What may be typed at the cursor, best first; empty where nothing fits or the text before it is wrong.

    Fields are completed up to the next dot, so that a few hundred names are compared and not all.
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
    found: list[tuple[str, str]] = []
    if "FIELD" in terminals:
        found += _fields(known, word)
    if "COMPARE" in terminals:
        found += _operators(known, field, word)
    if "BARE" in terminals:
        found += _values(known, field, word)
    found += [
        (name, _WORDS[name]) for key, name in _KEYWORDS.items() if key in terminals and name.startswith(word.lower())
    ]
    return [Completion(item, start, doc) for item, doc in dict(found[:MOST]).items()]


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


def _fields(known: FieldCatalog, word: str) -> list[tuple[str, str]]:
    """Fields up to the next dot that begin with the typed text; where there are none, those that contain it."""
    stem, dot, part = word.rpartition(".")
    names: list[tuple[str, str]] = []
    if not dot:
        names = [(item.name, item.doc) for item in HEADER.values() if "." not in item.name]
        names += [(f"{prefix}.", "") for prefix in known.prefixes() if "." not in prefix]
        names += [("genl.", "Generic netlink, by family.")]
    else:
        wanted = f"{normal(stem)}."
        names = [(item.name, item.doc) for item in HEADER.values() if item.name.startswith(wanted)]
        names += [(f"{prefix}.", "") for prefix in known.prefixes() if normal(prefix).startswith(wanted)]
        names += [(f"{stem}.{name}", entry.field.doc) for name, entry in known.fields_below(stem)]
    return _matching([(name, doc, name.removeprefix(f"{stem}{dot}")) for name, doc in names], part)


def _matching(names: list[tuple[str, str, str]], part: str) -> list[tuple[str, str]]:
    """Of (text, doc, name) the text and doc of names that begin with a part; where there are none, that contain it."""
    wanted = normal(part)
    known = [(text, doc, normal(name)) for text, doc, name in names]
    beginning = [(text, doc) for text, doc, name in known if name.startswith(wanted)]
    return beginning or [(text, doc) for text, doc, name in known if wanted in name]


def _field_types(known: FieldCatalog, name: str) -> list[FieldType]:
    item = HEADER.get(normal(name))
    if item is not None:
        return [item.field_type]
    found = known.find(name)
    return found.field_types if isinstance(found, Found) else []


def _operators(known: FieldCatalog, field: str, word: str) -> list[tuple[str, str]]:
    kinds = [field_type.kind for field_type in _field_types(known, field)]
    fitting = dict.fromkeys(sign for kind in kinds for sign in _FITTING.get(kind, ()))
    return [(sign, _OPERATORS[sign]) for sign in fitting if sign.startswith(word.lower())]


def _values(known: FieldCatalog, field: str, word: str) -> list[tuple[str, str]]:
    """Names of values that begin with the typed text; where there are none, those that contain it."""
    item = HEADER.get(normal(field))
    if item is not None and item.name == "type":
        names: Iterable[tuple[str, str]] = [(one.name, one.doc) for one in known.types.constants().values()]
    elif item is not None:
        names = [(name, "") for name in item.field_type.named]
    else:
        found = known.find(field)
        names = _documented(found) if isinstance(found, Found) else []
    return _matching([(name if _plain(name) else f'"{name}"', doc, name) for name, doc in names], word)


def _documented(found: Found) -> list[tuple[str, str]]:
    names: dict[str, str] = {}
    for field_type, entry in zip(found.field_types, found.entries, strict=False):
        docs = entry.field.enum.docs if entry.field.enum is not None and kind_of(entry) != "nest" else {}
        for name in field_type.named:
            names.setdefault(name, docs.get(name, ""))
    return list(names.items())


def _plain(name: str) -> bool:
    """Whether a name can stand without quotes."""
    return _WORD.fullmatch(name) is not None and name[:1] not in {"", '"', "'"}
