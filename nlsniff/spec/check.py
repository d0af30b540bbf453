"""Checks a dissector's document, so that what loads can be resolved without surprises.

A complaint names the place as a path of keys and list positions; `nlsniff.spec.load` turns it into a line number.
`nlsniff.spec.lint` says what more an author wants to know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nlsniff.spec import keys, limits
from nlsniff.spec.complaint import (
    BITS,
    Complaint,
    Doc,
    Path,
    among,
    forms,
    is_number,
    items,
    misplaced,
    named,
    no_bit,
    no_family_name,
    no_number,
    shown,
    some,
    unnamed,
)
from nlsniff.spec.identity import misshapen
from nlsniff.spec.limits import oversized
from nlsniff.spec.model import SCALARS
from nlsniff.spec.operations import as_int
from nlsniff.wire.errnos import errno_number

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator


def check(doc: Any) -> list[Complaint]:
    """Everything that is wrong with a dissector's document, in the order of the file."""
    if not isinstance(doc, dict):
        return [Complaint((), "expected a mapping with name, protocol, attribute-sets and operations")]
    return list(_Checker(doc).run())


_LENGTH = re.compile(r"([0-9A-Za-z_-]{1,200})(?: - ([0-9]{1,9}))?")


class _Checker:
    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        definitions = {item["name"]: item for _, item in named(doc, "definitions")}
        self.consts = {name: item.get("value") for name, item in definitions.items() if item.get("type") == "const"}
        self.structs = {name: item for name, item in definitions.items() if item.get("type") == "struct"}
        self.sets = {item["name"]: item for _, item in named(doc, "attribute-sets")}
        self.subs = {item["name"] for _, item in named(doc, "sub-messages")}
        self.operations = {item["name"] for _, item in named(doc.get("operations"), "list")}

    def run(self) -> Iterator[Complaint]:
        doc = self.doc
        if not isinstance(doc.get("name"), str):
            yield no_family_name(doc)
            return
        yield from misplaced(doc, keys.TOP, ())
        protocol = doc.get("protocol", "genetlink")
        if not among(protocol, keys.PROTOCOLS):
            yield Complaint(
                ("protocol",), f"{shown(protocol)} is no protocol: expected netlink-raw, genetlink or genetlink-legacy"
            )
        if protocol == "netlink-raw" and not isinstance(doc.get("protonum"), int):
            yield Complaint((), "expected `protonum:`, the netlink protocol number of a netlink-raw family")
        yield from _each(doc, "definitions", (), self._definition)
        yield from _each(doc, "attribute-sets", (), self._attribute_set)
        yield from _each(doc, "sub-messages", (), self._sub_message)
        yield from self._operations()
        yield from oversized(doc)
        groups = doc.get("mcast-groups")
        if not isinstance(groups, dict) or not isinstance(groups.get("list", []), list):
            if groups is not None:
                yield Complaint(("mcast-groups",), "expected `list:` with the multicast groups")
            return
        yield from _each(groups, "list", ("mcast-groups",), lambda item, path: misplaced(item, keys.GROUP, path))

    # -- definitions ---------------------------------------------------------------------------------------------

    def _definition(self, item: Doc, path: Path) -> Iterator[Complaint]:
        yield from misplaced(item, keys.DEFINITION, path)
        kind = item.get("type")
        if kind in ("enum", "flags"):
            if kind == "flags":
                yield from no_bit(item, "value-start", path)
                yield from self._too_many_bits(item, path)
            for here, entry in items(item, "entries", path, plain=True):
                if entry is None or not isinstance(entry.get("name"), (str, int)) or isinstance(entry["name"], bool):
                    yield unnamed(here, entry)
                else:
                    yield from misplaced(entry, keys.ENTRY, here)
                    yield from no_number(entry, here)
                    if kind == "flags":
                        yield from no_bit(entry, "value", here)
        elif kind == "struct":
            yield from self._struct(item, path)
        elif kind == "const":
            if item.get("value") is None:
                yield Complaint(path, "expected `value:`, what the constant stands for")
        else:
            yield Complaint(path, f"type {shown(kind)} is no definition: expected const, enum, flags or struct")

    def _too_many_bits(self, item: Doc, path: Path) -> Iterator[Complaint]:
        """Entries that count on beyond the widest number."""
        number = as_int(item.get("value-start")) if is_number(item.get("value-start")) else 0
        for here, entry in items(item, "entries", path, plain=True):
            given = (entry or {}).get("value")
            number = as_int(given) if is_number(given) else number
            if given is None and number == BITS:
                yield Complaint(here, f"is bit {number}: expected the number of a bit, from 0 to {BITS - 1}")
                return
            number += 1

    def _struct(self, item: Doc, path: Path) -> Iterator[Complaint]:
        if item.get("layout", "c") != "c":
            yield Complaint((*path, "layout"), "expected `c`, or no layout for members without gaps")
        if item.get("compat", "i386") != "i386":
            yield Complaint((*path, "compat"), "expected `i386`, where 64-bit numbers are aligned to 4 bytes")
        if not isinstance(item.get("members"), list):
            yield Complaint(path, "expected `members:`, a list")
            return
        yield from _each(item, "members", path, self._member)

    def _member(self, member: Doc, path: Path) -> Iterator[Complaint]:
        yield from misplaced(member, keys.MEMBER, path)
        kind = member.get("type")
        if not among(kind, keys.MEMBER_TYPES) and not member.get("struct") and not member.get("array-of"):
            yield Complaint(path, f"type {shown(kind)} is no member type: expected {some(keys.MEMBER_TYPES)}")
        sized = {"len", "rest", "length-from", "struct", "array-of", "family-from", "until"} & member.keys()
        if kind in ("binary", "string", "pad", "sub-message") and not sized:
            yield Complaint(path, f"{member['name']} needs a len")
        if member.get("count-from") and not member.get("struct") and not among(kind, SCALARS):
            yield Complaint((*path, "count-from"), "only numbers and structs are counted by another member")
        if kind == "pairs" and not member.get("rest"):
            yield Complaint(path, f"{member['name']} needs `rest: true`: pairs are all that is left")
        yield from self._value(member, path)
        yield from self._bits(member, path)

    def _bits(self, member: Doc, path: Path) -> Iterator[Complaint]:
        if not isinstance(member.get("bits", []), list):
            yield Complaint((*path, "bits"), f"bits is {shown(member['bits'])}: expected a list")
        for here, part in items(member, "bits", path):
            width = part.get("bits") if part is not None else None
            if part is None or not isinstance(width, int) or isinstance(width, bool) or width < 1:
                yield Complaint(here, "expected bits as `{name: NAME, bits: WIDTH}`, without a name if unused")
                continue
            yield from misplaced(part, keys.BITS, here)
            if part.get("byte-order") and part["bits"] % 8:
                yield Complaint((*here, "byte-order"), "a byte order needs whole bytes")
        width = {"8": 8, "16": 16, "32": 32, "64": 64}.get(str(member.get("type"))[1:], 0)
        parts = [part for _, part in items(member, "bits", path) if part is not None]
        total = sum(part["bits"] for part in parts if isinstance(part.get("bits"), int))
        if parts and total > width:
            yield Complaint((*path, "bits"), f"{total} bits do not fit into a {member.get('type')}")

    # -- attributes ----------------------------------------------------------------------------------------------

    def _attribute_set(self, item: Doc, path: Path) -> Iterator[Complaint]:
        yield from misplaced(item, keys.SET, path)
        parent = item.get("subset-of")
        names: set[str] | None = None
        if parent is not None:
            yield from self._set_named(item, "subset-of", path)
            if not among(parent, self.sets):
                return
            names = {entry["name"] for _, entry in named(self.sets[parent], "attributes")}

        def check_one(attribute: Doc, here: Path) -> Iterator[Complaint]:
            yield from misplaced(attribute, keys.ATTRIBUTE, here)
            yield from no_number(attribute, here)
            if names is not None and attribute["name"] not in names:
                yield Complaint(here, f"{parent} has no attribute {attribute['name']!r}")
            kind = attribute.get("type")
            if names is None and kind is None:
                others = [entry["name"] for _, entry in named(item, "attributes") if entry.get("type")]
                text = f"attribute {shown(attribute['name'])} has no `type:`, and corrects no other"
                yield Complaint(here, text, True, attribute["name"], others)
            elif kind is not None and not among(kind, keys.ATTRIBUTE_TYPES):
                yield Complaint(here, f"type {shown(kind)} is no attribute type: expected {some(keys.ATTRIBUTE_TYPES)}")
            yield from self._value(attribute, here)

        yield from _each(item, "attributes", path, check_one)

    def _value(self, item: Doc, path: Path) -> Iterator[Complaint]:
        for key in ("struct", "array-of", "fixed-header"):
            yield from self._struct_named(item, key, path)
        for key in ("nested-attributes", "element-attributes"):
            yield from self._set_named(item, key, path)
        if item.get("type") == "pairs" and not item.get("between"):
            yield Complaint(path, f"{item.get('name', 'the format')} needs `between:`, the text between two pairs")
        if item.get("until") == "":
            yield Complaint((*path, "until"), "expected the text that ends the member")
        if item.get("type") == "sub-message" and item.get("sub-message") is None:
            yield Complaint(path, f"{item.get('name', 'the format')} needs `sub-message:`, the name of one")
        yield from _known(item.get("sub-message"), "sub-message", self.subs, (*path, "sub-message"))
        for key in keys.LENGTHS & item.keys():
            yield from self._length(item[key], (*path, key))
        # A hint of a newer kernel is no reason not to load its spec; a wrong order or hook would show wrong values.
        for key, known, fatal in (
            ("display-hint", keys.HINTS, False),
            ("refers-to", keys.REFERENCES, True),
            ("handle", keys.HANDLES, True),
            ("byte-order", keys.BYTE_ORDERS, True),
            ("hook", keys.HOOKS, True),
        ):
            if item.get(key) is not None and not among(item[key], known):
                yield Complaint((*path, key), f"{shown(item[key])} is no {key}: expected {some(known)}", fatal)
        special = item.get("special")
        for number in special if isinstance(special, dict) else ():
            if not is_number(number):
                yield Complaint((*path, "special"), f"{shown(number)} is no number: expected `NUMBER: TEXT`")

    def _length(self, value: Any, path: Path) -> Iterator[Complaint]:
        if value is None:
            return
        found = _LENGTH.fullmatch(str(value))
        base = self.consts.get(found[1], found[1]) if found is not None else None
        if found is None or not is_number(base):
            yield Complaint(path, f"{shown(value)} is no length: expected a number or the name of a const")
        elif not 0 <= int(str(base), 0) - int(found[2] or 0) <= limits.LENGTH:
            yield Complaint(path, f"{shown(value)} is no length: expected 0 to {limits.LENGTH} bytes or elements")

    def _struct_named(self, item: Doc, key: str, path: Path) -> Iterator[Complaint]:
        names = item.get(key)
        for name in names if key in {"short-header", "payload"} and isinstance(names, list) else [names]:
            if name != "none" and not (names is None or among(name, self.structs)):
                yield Complaint((*path, key), f"no struct {shown(name)}", True, str(name), self.structs)

    def _set_named(self, item: Doc, key: str, path: Path) -> Iterator[Complaint]:
        return _known(item.get(key), "attribute set", self.sets, (*path, key))

    def _sub_message(self, item: Doc, path: Path) -> Iterator[Complaint]:
        yield from misplaced(item, keys.SUB_MESSAGE, path)
        for here, entry in items(item, "formats", path):
            if entry is None or "value" not in entry:
                yield Complaint(here, "expected a format with a value")
                continue
            yield from misplaced(entry, keys.FORMAT, here)
            yield from self._layout(entry, here)
            if entry.get("type") is not None and not among(entry["type"], keys.VALUE_TYPES):
                text = f"type {shown(entry['type'])} is no type of a single value: expected {some(keys.VALUE_TYPES)}"
                yield Complaint((*here, "type"), text)
            yield from self._value({key: value for key, value in entry.items() if key != "struct"}, here)

    # -- operations ----------------------------------------------------------------------------------------------

    def _layout(self, item: Doc, path: Path) -> Iterator[Complaint]:
        for key in ("fixed-header", "struct", "payload", "short-header"):
            yield from self._struct_named(item, key, path)
        yield from self._set_named(item, "attribute-set", path)
        yield from self._set_named(item, "short-attributes", path)
        yield from misshapen(item.get("identity"), (*path, "identity"))

    def _operations(self) -> Iterator[Complaint]:
        doc = self.doc.get("operations") or {}
        if not isinstance(doc, dict):
            yield Complaint(("operations",), "expected a mapping with `list:`")
            return
        yield from misplaced(doc, keys.OPERATIONS, ("operations",))
        yield from self._layout(doc, ("operations",))
        if doc.get("enum-model", "unified") not in ("unified", "directional"):
            yield Complaint(("operations", "enum-model"), "expected `unified` or `directional`")
        yield from _each(doc, "list", ("operations",), self._operation)

    def _operation(self, item: Doc, path: Path) -> Iterator[Complaint]:
        yield from misplaced(item, keys.OPERATION, path)
        yield from no_number(item, path)
        yield from self._layout(item, path)
        yield from self._errors(item.get("errors"), (*path, "errors"))
        yield from _known(item.get("notify"), "operation", self.operations, (*path, "notify"))
        replies = item.get("replies")
        for name in replies if isinstance(replies, list) else ():
            yield from _known(name, "operation", self.operations, (*path, "replies"))
        for mode in ("do", "dump"):
            if isinstance(item.get(mode), dict):
                yield from misplaced(item[mode], keys.MODE, (*path, mode))
        for here, form in forms(item, path):
            yield from misplaced(form, keys.FORM, here)
            yield from no_number(form, here)
            yield from self._layout(form, here)

    def _errors(self, errors: Any, path: Path) -> Iterator[Complaint]:
        for name, words in errors.items() if isinstance(errors, dict) else ():
            if not isinstance(name, str) or errno_number(name) is None:
                yield Complaint((*path, str(name)), "expected the constant of an error, such as `EEXIST`")
            for each in words.values() if isinstance(words, dict) and words else (words,):
                if not isinstance(each, str) or not each:
                    text = "expected its meaning in words, or by paths of what is rejected"
                    yield Complaint((*path, str(name)), text)


def _known(name: Any, what: str, known: Collection[str], path: Path) -> Iterator[Complaint]:
    """A complaint about a name that names nothing; None is no name."""
    if name is not None and not among(name, known):
        yield Complaint(path, f"no {what} {shown(name)}", True, str(name), known)


def _each(
    doc: Doc, key: str, path: Path, check_one: Callable[[Doc, Path], Iterator[Complaint]]
) -> Iterator[Complaint]:  # fmt: skip
    """The complaints about the named items of a list, and one about each item without a name."""
    for here, item in items(doc, key, path):
        if item is None or not isinstance(item.get("name"), str):
            yield unnamed(here, item)
        else:
            yield from check_one(item, here)
