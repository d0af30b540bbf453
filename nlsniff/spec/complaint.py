"""What a check of a dissector says, and the small questions that it asks of values."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.spec import keys

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterator

Doc = dict[str, Any]
Path = tuple[str | int, ...]


class Complaint(NamedTuple):
    """What is wrong and where; a `fatal` one keeps the file from loading.

    `name` is a name that names nothing, where one of `known` was perhaps meant. Likeness is looked for only when
    somebody reads the text: in a hostile file every name may be wrong. `ignored` is a key that does not belong there;
    nobody has looked at what it says, and nothing may be made of it.
    """

    path: Path
    reason: str
    fatal: bool = True
    name: str = ""
    known: Collection[Any] | None = None
    ignored: bool = False

    @property
    def text(self) -> str:
        """What is wrong, in words."""
        if self.known is None:
            return self.reason
        return f"{self.reason}: {near(self.name, self.known, 1 if self.ignored else 2)}"


def items(doc: Any, key: str, path: Path, *, plain: bool = False) -> Iterator[tuple[Path, Doc | None]]:
    """The mappings of a list, each with its path; None for what is none. With `plain`, a text is a name."""
    found = doc.get(key) if isinstance(doc, dict) else None
    for at, item in enumerate(found if isinstance(found, list) else ()):
        if plain and isinstance(item, (str, int)) and not isinstance(item, bool):
            yield (*path, key, at), {"name": item}
        else:
            yield (*path, key, at), item if isinstance(item, dict) else None


def named(doc: Any, key: str, path: Path = ()) -> Iterator[tuple[Path, Doc]]:
    """The items of a list that have names, each with its path; of the others `unnamed` complains."""
    for here, item in items(doc, key, path):
        if item is not None and isinstance(item.get("name"), str):
            yield here, item


def fields(doc: Doc) -> Iterator[tuple[Path, Doc]]:
    """Every member of a struct and attribute of a set, each with its path."""
    for section, key in HOLDERS:
        for path, item in named(doc, section):
            yield from named(item, key, path)


def forms(operation: Doc, path: Path) -> Iterator[tuple[Path, Doc]]:
    """What an operation says of its requests and replies, each with its path."""
    for mode in ("do", "dump"):
        sides = operation.get(mode)
        for side in ("request", "reply"):
            form = sides.get(side) if isinstance(sides, dict) else None
            if isinstance(form, dict):
                yield (*path, mode, side), form


def unnamed(path: Path, item: Doc | None) -> Complaint:
    """What to say of an entry without a name."""
    if item is not None and item.get("name") is not None:
        return Complaint(
            (*path, "name"), f"expected a name in words: YAML reads {shown(item['name'])}, so put it in quotes"
        )
    return Complaint(path, "expected a mapping with a name")


def no_family_name(doc: Doc) -> Complaint:
    """What to say of a document that does not say its name."""
    import difflib

    others = [key for key in itertools.islice(doc, _COMPARED) if isinstance(key, str) and len(key) <= _SHOWN]
    meant = difflib.get_close_matches("name", others, n=1)
    hint = f" (did you mean name by {shown(meant[0])}?)" if meant and meant[0] not in keys.TOP else ""
    return Complaint((), f"expected a family name: `name: rt-route`{hint}")


# The sections whose items have fields, and the key of these.
HOLDERS = (("definitions", "members"), ("attribute-sets", "attributes"))
BITS = 64  # of the widest set of flags
_DIGITS = 66  # of the longest number of 64 bits, which is a binary one
_SHOWN = 80  # characters of a value that a complaint repeats
_COMPARED = 1000  # names that a wrong one is compared with; the richest dissector has 700 in one place

_SHAPES: tuple[tuple[set[str], Any, str], ...] = (
    (keys.TEXTS, str, "text"),
    (keys.NUMBERS, int, "a number"),
    (keys.SWITCHES, bool, "true or false"),
    (keys.LISTS, list, "a list"),
    (keys.MAPPINGS, dict, "a mapping"),
)


def misplaced(item: Doc, known: set[str], path: Path) -> Iterator[Complaint]:
    """Keys that are not known here, and values that are of the wrong kind."""
    for key, value in item.items():
        if key not in known:
            # A newer kernel may have added a key; its spec still loads.
            yield Complaint((*path, str(key)), f"unknown key {shown(key)}", False, str(key), known, ignored=True)
            continue
        if value is None:
            continue
        for names, kind, words in _SHAPES:
            if key in names and not (is_number(value) if kind is int else isinstance(value, kind)):
                yield Complaint((*path, key), f"{key} is {shown(value)}: expected {words}")
        if key in keys.NAME_LISTS and isinstance(value, list) and not all(isinstance(name, str) for name in value):
            yield Complaint((*path, key), f"{key} holds what is no name: expected a list of names")


def no_number(item: Doc, path: Path) -> Iterator[Complaint]:
    """A complaint about a `value` that is no number."""
    if item.get("value") is not None and not is_number(item["value"]):
        yield Complaint((*path, "value"), f"value is {shown(item['value'])}: expected a number")


def no_bit(item: Doc, key: str, path: Path) -> Iterator[Complaint]:
    """A complaint where the number of a bit is expected and that of none stands."""
    if is_number(item.get(key)) and not 0 <= int(str(item[key]), 0) < BITS:
        yield Complaint((*path, key), f"{key} is {item[key]}: expected the number of a bit, from 0 to {BITS - 1}")


def among(name: Any, known: Container[str]) -> bool:
    """Whether a value is one of these names; what is no text is none."""
    return isinstance(name, str) and name in known


def is_number(value: Any) -> bool:
    """Whether a value is a whole number, or one in text as `0x10`."""
    if isinstance(value, str):
        try:
            value = int(value, 0) if len(value) <= _DIGITS else None
        except ValueError:
            return False
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 64


def shown(value: Any) -> str:
    """A value as a complaint shows it: a long text by its beginning."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def near(name: str, known: Collection[Any], most: int = 2) -> str:
    """What somebody perhaps meant."""
    import difflib

    names = [str(item) for item in itertools.islice(known, _COMPARED) if len(str(item)) <= _SHOWN]
    found = difflib.get_close_matches(name[:_SHOWN], names, n=most)
    return f"did you mean {' or '.join(found)}?" if found else "nothing here has a name like it"


def some(known: set[str]) -> str:
    """A choice in words."""
    return ", ".join(sorted(known))
