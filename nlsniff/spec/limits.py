"""What a dissector may ask for at the most: it is a file of somebody else's, and read before anybody has looked at it.

The richest dissector, tc.yaml, has 130 KB, 13,000 values and structs of 1 KiB. The bounds leave room for ten times
that, and a file at all of them is refused or read within a second.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, TypeVar

from nlsniff.spec.complaint import HOLDERS, Complaint, among, forms, items, named
from nlsniff.spec.template import brackets, in_braces, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nlsniff.spec.complaint import Doc, Path

_Name = TypeVar("_Name")

VALUES = 200_000  # in a document once its aliases stand for what they name; 64 characters of text count as one more
TEXT_PER_VALUE = 64
LEVELS = 64  # of mappings and lists inside each other
INCLUDED = 16  # files
LENGTH = 65_535  # bytes of a struct or member: no attribute is longer
MEMBERS = 4096  # of a struct, those of the structs inside it included
STRUCT_LEVELS = 16  # of structs inside each other
SUBSET_LEVELS = 8  # of attribute sets that are part of each other
SUMMARY = 2000  # characters of a template
BRACKETS = 16  # inside each other


def oversized(doc: Doc) -> Iterator[Complaint]:
    """Structs that hold themselves or too much, sets that are a part of too many, summaries that never end.

    Args:
        doc: a document whose references have been checked.
    """
    yield from _structs(doc)
    yield from _subsets(doc)
    yield from _Summaries(doc).run()


def _structs(doc: Doc) -> Iterator[Complaint]:
    """Structs that hold themselves, or too much, by what is inside them."""
    found = {item["name"]: (path, item) for path, item in named(doc, "definitions") if item.get("type") == "struct"}
    subs = {item["name"]: item for _, item in named(doc, "sub-messages")}
    inside = {name: [inner for inner in _inside(item, subs) if inner in found] for name, (_, item) in found.items()}
    order, circle = _sorted(inside)
    for name in filter(circle.__contains__, found):
        yield Complaint((*found[name][0], "members"), f"{name} holds itself")
    levels: dict[str, int] = {}
    members: dict[str, int] = {}
    for name in order:  # what is inside a struct stands before it
        path, item = found[name]
        levels[name] = 1 + max((levels[inner] for inner in inside[name]), default=0)
        members[name] = sum(1 for _ in items(item, "members", ())) + sum(members[inner] for inner in inside[name])
        if levels[name] > STRUCT_LEVELS:
            yield Complaint(path, f"{name} holds structs inside each other, more than {STRUCT_LEVELS} levels")
        elif members[name] > MEMBERS:
            yield Complaint(path, f"{name} has more than {MEMBERS} members, those of the structs in it included")


def _inside(item: Doc, subs: Mapping[str, Doc]) -> Iterator[str]:
    """The names that a struct gives what is inside it, once for each place."""
    for _, member in items(item, "members", ()):
        holders = [member or {}]
        sub = (member or {}).get("sub-message")
        if isinstance(sub, str):
            holders += [one for _, one in items(subs.get(sub), "formats", ()) if one is not None]
        for holder in holders:
            inner = (holder.get(key) for key in ("struct", "array-of", "fixed-header"))
            yield from (name for name in inner if isinstance(name, str))


def _subsets(doc: Doc) -> Iterator[Complaint]:
    """Attribute sets that are a part of themselves, or a part of a part of a part."""
    sets = {item["name"]: (path, item) for path, item in named(doc, "attribute-sets")}
    above = {
        name: [item["subset-of"]] if among(item.get("subset-of"), sets) else [] for name, (_, item) in sets.items()
    }
    order, circle = _sorted(above)
    for name in filter(circle.__contains__, sets):
        yield Complaint((*sets[name][0], "subset-of"), f"{name} is a part of itself")
    levels: dict[str, int] = {}
    for name in order:
        levels[name] = 1 + max((levels[other] for other in above[name]), default=0)
        if levels[name] > SUBSET_LEVELS:
            yield Complaint((*sets[name][0], "subset-of"), f"{name} is a part of more than {SUBSET_LEVELS} sets")


class _Summaries:
    """Looks for templates that are too long, or that show each other in a circle."""

    def __init__(self, doc: Doc) -> None:
        self._doc = doc
        self._holders = {
            (key, item["name"]): (path, item) for section, key in HOLDERS for path, item in named(doc, section)
        }
        self._fields = {
            holder: {field["name"]: field for _, field in named(item, holder[0])}
            for holder, (_, item) in self._holders.items()
        }

    def run(self) -> Iterator[Complaint]:
        """What is wrong with them."""
        for path, template in templates(self._doc):
            if len(template) > SUMMARY:
                yield Complaint(path, f"a summary of {len(template)} characters: expected {SUMMARY} at the most")
            elif _deepest(template) > BRACKETS:
                yield Complaint(path, f"brackets inside each other, more than {BRACKETS} levels")
        shows = {key: list(self._shown(key)) for key, (_, item) in self._holders.items() if _summary(item)}
        _, circle = _sorted(shows)
        for key in filter(circle.__contains__, shows):
            yield Complaint((*self._holders[key][0], "summary"), f"the summary of {key[1]} shows itself")

    def _shown(self, key: tuple[str, str]) -> Iterator[tuple[str, str]]:
        """The structs and sets whose summaries are part of a summary."""
        for body in in_braces(_summary(self._holders[key][1])[:SUMMARY]):
            if body.startswith(("?", "#")) or body.endswith("#"):
                continue  # a question, a count or a number
            for text in body.split("|"):
                at = {key}
                for name in path_of(text)[0].split("."):
                    at = {other for place in at for other in self._inside_field(place, name)}
                yield from (other for other in at if _summary(self._holders[other][1]))

    def _inside_field(self, key: tuple[str, str], name: str) -> Iterator[tuple[str, str]]:
        """What is inside a field of a struct or set."""
        field = self._fields[key].get(name, {})
        for kind, keys in (("members", ("struct", "array-of")), ("attributes", ("nested-attributes",))):
            for inner in keys:
                other = field.get(inner)  # what is no name has been complained of
                if isinstance(other, str) and (kind, other) in self._holders:
                    yield kind, other


def templates(doc: Doc) -> Iterator[tuple[Path, str]]:
    """Every summary of a document with its path."""
    holders = [*named(doc, "definitions"), *named(doc, "attribute-sets")]
    for path, item in named(doc.get("operations"), "list", ("operations",)):
        holders += [(path, item), *forms(item, path)]
    for path, item in holders:
        if _summary(item):
            yield (*path, "summary"), item["summary"]


def _summary(item: Doc) -> str:
    found = item.get("summary")
    return found if isinstance(found, str) else ""


def _deepest(template: str) -> int:
    level = deepest = 0
    for char in brackets(template):
        level += (char == "[") - (char == "]" and level > 0)
        deepest = max(deepest, level)
    return deepest


def _sorted(below: Mapping[_Name, Sequence[_Name]]) -> tuple[list[_Name], set[_Name]]:
    """Names in such an order that what is below one stands before it, and the names of a circle if there is one.

    What is in a circle, or above one, is not in the order.
    """
    sorter = TopologicalSorter(below)
    circle: set[_Name] = set()
    try:
        sorter.prepare()
    except CycleError as error:
        circle = set(error.args[1])
    order: list[_Name] = []
    while ready := sorter.get_ready():
        order += ready
        sorter.done(*ready)
    return order, circle
