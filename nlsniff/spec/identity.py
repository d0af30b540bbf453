"""`identity:` of an operation: the fields that name the object which its messages are about."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.spec.complaint import Complaint, forms, named, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.spec.complaint import Doc, Path

LENGTH = 500  # characters of a part
PARTS = 32  # of an identity; a rule, which is known by all that it matches, has 20
NONE = "none"  # an operation whose messages are about no object, or never about the same one again
_PATH = r"[^|().\s]+(?:\.[^|().\s]+)*"
_PLACE = re.compile(rf"(\()?{_PATH}(?:\|{_PATH})*(?(1)\))")


class Place(NamedTuple):
    """One part of an identity.

    Attributes:
        paths: where it is looked for; the first that is there is the part, and the first path is its name.
        apart: it only tells apart objects whose other parts are equal.
    """

    paths: tuple[str, ...]
    apart: bool


@functools.cache
def places(identity: tuple[str, ...]) -> tuple[Place, ...]:
    """The parts of an identity as a dissector writes them: `table|rtm-table`, `(gateway)`."""
    return tuple(Place(tuple(text.strip("()").split("|")), text.startswith("(")) for text in identity)


def misshapen(identity: Any, path: Path) -> Iterator[Complaint]:
    """What is wrong with the form of an identity; its names are `nameless`' matter."""
    if identity is None or identity == NONE:
        return
    if not isinstance(identity, list) or not identity:
        yield Complaint(path, f"identity is {shown(identity)}: expected a list of paths, or `none`")
        return
    if len(identity) > PARTS:
        yield Complaint(path, f"an identity of {len(identity)} parts: expected {PARTS} at the most")
        return
    for at, text in enumerate(identity):
        if not isinstance(text, str) or len(text) > LENGTH or _PLACE.fullmatch(text) is None:
            yield Complaint(
                (*path, at), f"{shown(text)} is no part of an identity: expected `NAME`, `NAME|NAME` or `(NAME)`"
            )


def nameless(doc: Doc) -> Iterator[Complaint]:
    """Paths of identities that lead nowhere in any message that they are said of.

    Args:
        doc: a document in which `nlsniff.spec.check` found nothing fatal.
    """
    operations: Doc = doc.get("operations") or {}
    finder = _Finder(doc)
    listed = {item["name"]: item for _, item in named(operations, "list")}
    whole: list[Doc] = []
    for path, item in named(operations, "list", ("operations",)):
        base = {**operations, **listed.get(str(item.get("notify")), {}), **item}
        made = [{**base, **form} for _, form in forms(item, path)]
        whole += made or [base]
        yield from finder.lost(item, path, made or [base])
        for here, form in forms(item, path):
            yield from finder.lost(form, here, [{**base, **form}])
    yield from finder.lost(operations, ("operations",), whole)


class _Finder:
    """Follows paths through a document. What is inside what is made once: a hostile file has very many paths."""

    def __init__(self, doc: Doc) -> None:
        self._structs = {item["name"]: item for item in doc.get("definitions") or [] if item.get("type") == "struct"}
        self._sets = {item["name"]: item for item in doc.get("attribute-sets") or []}
        self._subs = {item["name"]: item for item in doc.get("sub-messages") or []}
        self._known: dict[str, dict[str, list[Doc]]] = {}

    def lost(self, item: Doc, path: Path, messages: list[Doc]) -> Iterator[Complaint]:
        """Complain of the names in an item's identity that are in none of some messages."""
        identity = item.get("identity")
        if not isinstance(identity, list):
            return
        tops = {_reaches(message): message for message in messages}
        for at, place in enumerate(places(tuple(identity))):
            for text in place.paths:
                lost = self._first_lost(text.split("."), tops)
                if lost is not None:
                    name, known = lost
                    yield Complaint((*path, "identity", at), f"the identity names {name!r}", True, name, known)

    def _first_lost(self, names: list[str], tops: dict[str, Doc]) -> tuple[str, dict[str, None]] | None:
        """The first name of a path that is nowhere, and what there is instead; None where the path leads somewhere."""
        here = tops
        for name in names:
            if name.isdigit():  # an element of an array
                continue
            inside = [self._inside(key, holder) for key, holder in here.items()]
            found = [field for fields in inside for field in fields.get(name, ())]
            if not found:
                free = any(_ANY in fields for fields in inside)
                return None if free else (name, {known: None for fields in inside for known in fields})
            here = {_reaches(field): field for field in found}
        return None

    def _inside(self, key: str, holder: Doc) -> dict[str, list[Doc]]:
        """The fields inside a message or a field, by name; by `_ANY` those whose parts only a message names."""
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = {}
            for field in self._fields(holder):
                known.setdefault(field["name"], []).append(field)
                if field.get("hook") or field.get("type") == "pairs":
                    known.setdefault(_ANY, []).append(field)
        return known

    def _fields(self, holder: Doc) -> Iterator[Doc]:
        yield from (part for part in holder.get("bits") or () if "name" in part)
        for key in _STRUCTS:
            names = holder.get(key)
            for name in names if isinstance(names, list) else [names]:
                yield from self._structs.get(name, {}).get("members") or ()
        for key in _SETS:
            yield from self._attributes(holder.get(key))
        for layout in self._subs.get(holder.get("sub-message") or "", {}).get("formats") or ():
            yield from self._fields({key: value for key, value in layout.items() if key != "sub-message"})

    def _attributes(self, name: str | None) -> Iterator[Doc]:
        doc = self._sets.get(name or "", {})
        whole = {item["name"]: item for item in self._attributes(doc.get("subset-of"))} if doc.get("subset-of") else {}
        for item in doc.get("attributes") or ():
            yield {**whole.get(item["name"], {}), **item}


_STRUCTS = ("fixed-header", "short-header", "payload", "struct", "array-of")
_SETS = ("attribute-set", "short-attributes", "nested-attributes", "element-attributes")
_ANY = ""


def _reaches(holder: Doc) -> str:
    """What is alike for two messages or fields inside which there is the same."""
    return repr([holder.get(key) for key in (*_STRUCTS, *_SETS, "sub-message", "bits")])
