"""What an author wants to know of a dissector that loads: what nothing reaches, comes twice, or names nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nlsniff.spec.complaint import Complaint, fields, forms, items, named, shown
from nlsniff.spec.family import Family
from nlsniff.spec.identity import nameless
from nlsniff.spec.limits import templates
from nlsniff.spec.operations import as_int, counted, is_event, numbered
from nlsniff.spec.template import brackets, in_braces, path_of, stray
from nlsniff.wire.constants import NLA_TYPE_MASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlsniff.spec.complaint import Doc, Path


def lint(doc: Doc) -> list[Complaint]:
    """Hints about a document in which `nlsniff.spec.check` found nothing fatal; a fatal one is a mistake for sure."""
    linter = _Linter(doc)
    found = [*linter.twice(), *linter.enums(), *linter.names(), *linter.summaries()]
    found += [*linter.attributes(), *linter.layouts()]
    return [*found, *nameless(doc), *linter.unreachable()]


# Keys that look a value up by name, somewhere above or beside it.
_LOOKUPS = ("family-from", "selector", "count-from", "used-from", "length-from", "element-length", "refers-unless")
_OPERATOR = re.compile(r"!=|==")
# What a summary may ask of any message, without a word in its dissector.
_HEADER = frozenset(f"nlmsghdr.{name}" for name in ("len", "type", "flags", "seq", "pid"))


class _Linter:
    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        self.definitions: dict[str, Doc] = {item["name"]: item for item in doc.get("definitions") or []}
        self.sets: dict[str, Doc] = {item["name"]: item for item in doc.get("attribute-sets") or []}
        self.subs: dict[str, Doc] = {item["name"]: item for item in doc.get("sub-messages") or []}
        self.fields = list(fields(doc))
        self.known = {field["name"] for _, field in self.fields}
        for _, field in self.fields:
            self.known.update(field.get("type-value") or ())
        # Names may come from a hook, or with the message.
        self.hooked = any("hook" in field or field.get("type") == "pairs" for _, field in self.fields)

    # -- twice ---------------------------------------------------------------------------------------------------

    def twice(self) -> Iterator[Complaint]:
        """Names and numbers that come twice."""
        doc = self.doc
        for section in ("definitions", "attribute-sets", "sub-messages"):
            yield from _doubles(section, named(doc, section))
        for path, item in named(doc, "definitions"):
            members = list(named(item, "members", path))
            entries = [(where, one) for where, one in items(item, "entries", path, plain=True) if one]
            if item.get("type") == "struct":
                members = [(where, one) for where, one in members if not one["name"].startswith(("pad", "reserved"))]
            yield from _doubles(item["name"], [*members, *entries])
            if item.get("type") in {"enum", "flags"}:
                yield from _same(entries, as_int(item.get("value-start")), "entry")
        for path, item in named(doc, "attribute-sets"):
            attributes = list(named(item, "attributes", path))
            yield from _doubles(item["name"], attributes)
            if "subset-of" not in item:
                yield from _same(attributes, 1, "attribute", fatal=True)
        yield from self._numbers_of_operations()

    def _numbers_of_operations(self) -> Iterator[Complaint]:
        seen: dict[tuple[bool, int], str] = {}
        for at, entry in enumerate(numbered(self.doc.get("operations") or {})):
            item = entry.item
            number = entry.reply if is_event(item) else entry.request
            if number is None or item.get("when"):
                continue
            key = (is_event(item), number)
            if key in seen:
                text = f"operation {item['name']} has the number of {seen[key]}, {number}; `when:` may tell them apart"
                yield Complaint(("operations", "list", at), text)
            seen.setdefault(key, item["name"])

    # -- names that name nothing ---------------------------------------------------------------------------------

    def enums(self) -> Iterator[Complaint]:
        """Enums that are not defined: kernel specs name some of other headers."""
        enums = [name for name, item in self.definitions.items() if item.get("type") in {"enum", "flags"}]
        for path, field in self.fields:
            name = field.get("enum")
            if name is not None and name not in enums:
                text = f"no enum {name!r}, so its numbers have no names"
                yield Complaint((*path, "enum"), text, False, name, enums)

    def names(self) -> Iterator[Complaint]:
        """Lookups that can find nothing, whatever the message."""
        for path, field in self.fields:
            for key in _LOOKUPS:
                for name in re.split(r"[|. ]", str(field.get(key) or "")):
                    if name and name not in self.known:
                        yield Complaint((*path, key), f"nothing is called {name!r}", False, name, self.known)
            if field.get("type") == "sub-message" and not field.get("selector") and not field.get("hook"):
                yield Complaint(path, f"{field['name']} has no `selector:`, so no format is ever chosen", fatal=False)
            if field.get("rest") and path[0] == "definitions":
                members = self.doc["definitions"][path[1]]["members"]
                if path[3] != len(members) - 1:
                    yield Complaint(path, f"{field['name']} takes the rest; nothing is left behind it", fatal=False)
        for path, item in named(self.doc.get("operations"), "list", ("operations",)):
            for name in item.get("when") or {}:
                if name not in self.known:
                    yield Complaint((*path, "when"), f"nothing is called {name!r}", False, name, self.known)

    def summaries(self) -> Iterator[Complaint]:
        """Templates with brackets that do not match, or names that nothing has."""
        for path, template in templates(self.doc):
            found = brackets(template)
            if found.count("[") != found.count("]"):
                text = f"{found.count('[')} brackets open and {found.count(']')} close"
                yield Complaint(path, text, fatal=False)
            for brace in stray(template):
                text = f"the summary has a {brace} alone, which is printed as it is: expected {{NAME}}, or \\{brace}"
                yield Complaint(path, text, fatal=False)
            for name in sorted(_names_of(template)):
                if name not in self.known and not self.hooked:
                    text = f"the summary shows {name!r}, which nothing is called"
                    yield Complaint(path, text, False, name, self.known)

    def attributes(self) -> Iterator[Complaint]:
        """Attributes that a request or reply names and its set lacks, and types that no attribute can have."""
        for path, item in named(self.doc, "attribute-sets"):
            for here, one in named(item, "attributes", path):
                if one.get("value") is not None and not 0 <= as_int(one["value"]) <= NLA_TYPE_MASK:
                    text = f"no attribute can have type {one['value']}: expected 0 to {NLA_TYPE_MASK}"
                    yield Complaint((*here, "value"), text, fatal=False)
        for path, item in named(self.doc.get("operations"), "list", ("operations",)):
            for here, form in forms(item, path):
                of = form.get("attribute-set") or item.get("attribute-set")
                known = [one["name"] for _, one in named(self.sets.get(str(of)), "attributes")]
                names = form.get("attributes")
                for name in names if known and isinstance(names, list) else ():
                    if name not in known:
                        yield Complaint((*here, "attributes"), f"{of} has no {shown(name)}", False, str(name), known)

    # -- layout --------------------------------------------------------------------------------------------------

    def layouts(self) -> Iterator[Complaint]:
        """Structs without `layout: c` in which a number stands where C would not put it."""
        family = Family(self.doc)
        aligned = [{**item, "layout": "c"} for item in self.doc.get("definitions") or []]
        natural = Family({**self.doc, "definitions": aligned})
        for path, item in named(self.doc, "definitions"):
            if item.get("type") != "struct" or item.get("layout") == "c":
                continue
            for index, (member, other) in enumerate(
                zip(family.struct(item["name"]).members, natural.struct(item["name"]).members, strict=True)
            ):
                if member.size is not None and other.offset is not None and member.offset != other.offset:
                    text = (
                        f"{item['name']}: {member.name} stands at offset {member.offset}, C puts it at {other.offset} "
                        "(`layout: c` aligns as C does)"
                    )
                    yield Complaint((*path, "members", index), text, fatal=False)
                    break

    # -- reach ---------------------------------------------------------------------------------------------------

    def unreachable(self) -> Iterator[Complaint]:
        """Sets, structs, sub-messages and enums that no operation leads to."""
        if not (self.doc.get("operations") or {}).get("list"):
            return  # definitions alone are for others to use
        reach = _Reach(self)
        reach.operations(self.doc.get("operations") or {})
        for section, reached, what in (
            ("attribute-sets", reach.sets, "attribute set"),
            ("sub-messages", reach.subs, "sub-message"),
            ("definitions", reach.definitions, "definition"),
        ):
            for path, item in named(self.doc, section):
                if item["name"] not in reached and item.get("type") != "const" and not item.get("header"):
                    yield Complaint(path, f"no operation leads to {what} {item['name']}", fatal=False)


class _Reach:
    """Follows names from the operations on."""

    def __init__(self, linter: _Linter) -> None:
        self.linter = linter
        self.sets: set[str] = set()
        self.entered: set[str] = set()  # a set that others are a part of is reached, but not all of its attributes
        self.subs: set[str] = set()
        self.definitions: set[str] = set()
        self._ahead: list[Doc] = []  # what is reached and has not been looked at

    def operations(self, doc: Doc) -> None:
        self._ahead.append(doc)
        for path, item in named(doc, "list"):
            self._ahead += [item, *(form for _, form in forms(item, path))]
        while self._ahead:
            self._layout(self._ahead.pop())

    def _layout(self, item: Doc) -> None:
        for key in ("fixed-header", "struct", "payload", "short-header", "array-of", "enum"):
            names = item.get(key)
            for name in names if isinstance(names, list) else [names]:
                self._definition(name)
        for key in ("attribute-set", "nested-attributes", "element-attributes"):
            self._attribute_set(item.get(key))
        name = item.get("sub-message")
        if name in self.linter.subs and name not in self.subs:
            self.subs.add(name)
            self._ahead += self.linter.subs[name].get("formats") or []

    def _definition(self, name: Any) -> None:
        if name in self.linter.definitions and name not in self.definitions:
            self.definitions.add(name)
            for member in self.linter.definitions[name].get("members") or []:
                self._ahead += [member, *(member.get("bits") or [])]

    def _attribute_set(self, name: Any) -> None:
        if name not in self.linter.sets or name in self.entered:
            return
        self.entered.add(name)
        self.sets.add(name)
        doc = self.linter.sets[name]
        parent = doc.get("subset-of")
        of_parent = {item["name"]: item for _, item in named(self.linter.sets.get(str(parent)), "attributes")}
        if parent is not None:
            self.sets.add(parent)
        for _, attribute in named(doc, "attributes"):
            self._ahead.append({**of_parent.get(attribute["name"], {}), **attribute})
            for limit in (attribute.get("checks") or {}).values():
                self._definition(limit if isinstance(limit, str) else None)


def _doubles(where: str, found: Iterable[tuple[Path, Doc]]) -> Iterator[Complaint]:
    """Items of one list that have the name of one before."""
    seen: set[str] = set()
    for path, item in found:
        name = str(item["name"])
        if name in seen:
            yield Complaint(path, f"{where}: {name!r} comes twice")
        seen.add(name)


def _same(found: list[tuple[Path, Doc]], first: int, what: str, *, fatal: bool = False) -> Iterator[Complaint]:
    """Items of one list that have the number of one before."""
    seen: dict[int, str] = {}
    for (path, _), (number, item) in zip(found, counted((item for _, item in found), first), strict=True):
        if number in seen:
            yield Complaint(path, f"{what} {item['name']} has the number of {seen[number]}, {number}", fatal)
        seen.setdefault(number, item["name"])


def _names_of(template: str) -> set[str]:
    """The names in a summary's braces, each part of a path by itself."""
    found: set[str] = set()
    for body in in_braces(template):
        if body.startswith("?"):
            name, *wanted = _OPERATOR.split(body[1:].lstrip("!"), maxsplit=1)
            paths = [name, *(text[1:] for text in wanted if text.startswith("@"))]
        else:
            paths = [text for text in body.split("|") if not text.startswith("'")]
        places = {path_of(path)[0] for path in paths} - _HEADER
        found.update(part for place in places for part in place.split(".") if part and not part.isdigit())
    return found
