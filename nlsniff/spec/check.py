"""Checks a dissector's document, so that what loads can be resolved without surprises.

A complaint names the place as a path of keys and list positions; `nlsniff.spec.load` turns it into a line number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Doc = dict[str, Any]
Path = tuple[str | int, ...]


class Complaint(NamedTuple):
    """What is wrong and where; a `fatal` one keeps the file from loading."""

    path: Path
    text: str
    fatal: bool = True


_TOP = {
    "name", "protocol", "protonum", "doc", "uapi-header", "definitions", "attribute-sets", "sub-messages", "operations",
    "mcast-groups", "overlay", "version", "c-family-name", "c-version-name", "max-by-define", "cmd-max-name",
    "cmd-cnt-name", "kernel-policy", "kernel-family",
}  # fmt: skip
_DEFINITION = {
    "name", "type", "doc", "header", "scope", "value", "value-start", "entries", "render-max", "enum-name",
    "enum-cnt-name", "name-prefix", "members", "layout", "volatile", "summary", "c-name", "compat",
}  # fmt: skip
_ENTRY = {"name", "value", "doc", "c-name"}
_VALUE = {
    "name", "type", "doc", "len", "byte-order", "enum", "enum-as-flags", "display-hint", "struct", "array-of",
    "element-length", "element-attributes", "family-from", "refers-to", "refers-unless", "special", "unit", "secret", "volatile", "hook",
    "c-name",
}  # fmt: skip
_MEMBER = _VALUE | {"count", "count-from", "length-from", "length-unit", "rest", "bits"}
_ATTRIBUTE = _VALUE | {
    "value", "type-value", "multi-attr", "nested-attributes", "checks", "sub-type", "name-prefix", "sub-message",
    "selector", "fixed-header",
}  # fmt: skip
_SET = {"name", "name-prefix", "enum-name", "doc", "subset-of", "attr-cnt-name", "attr-max-name", "header",
        "attributes", "summary"}  # fmt: skip
_FORMAT = {"value", "fixed-header", "attribute-set", "struct"}
_OPERATIONS = {"enum-model", "name-prefix", "enum-name", "async-prefix", "async-enum", "fixed-header", "list",
               "short-header"}  # fmt: skip
_OPERATION = {
    "name", "doc", "value", "attribute-set", "flags", "dont-validate", "fixed-header", "do", "dump", "notify", "event",
    "mcgrp", "short-header", "payload", "summary", "replies", "hook", "c-name", "when", "config-cond",
}  # fmt: skip
_FORM = {"attributes", "value", "fixed-header", "short-header", "payload", "summary", "attribute-set", "hook"}

MEMBER_TYPES = {"u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "string", "binary", "pad", "bitfield32"}
ATTRIBUTE_TYPES = (MEMBER_TYPES - {"pad"}) | {
    "unused", "pad", "flag", "uint", "sint", "nest", "indexed-array", "array-nest", "nest-type-value", "sub-message",
}  # fmt: skip
REFERENCES = {"link", "genl", "netns", "nexthop", "table"}
HINTS = {"hex", "mac", "fddi", "ipv4", "ipv6", "ipv4-or-v6", "uuid", "text", "date", "packet", "dotted", "base64",
         "bitmap", "tc-handle"}  # fmt: skip


def check(doc: Any) -> list[Complaint]:
    """Everything that is wrong with a dissector's document, in the order of the file."""
    if not isinstance(doc, dict):
        return [Complaint((), "expected a mapping with name, protocol, attribute-sets and operations")]
    return list(_Checker(doc).run())


class _Checker:
    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        self.kinds: dict[str, str] = {}
        self.sets: dict[str, Doc] = {}
        self.subs: set[str] = set()

    def run(self) -> Iterator[Complaint]:
        doc = self.doc
        if not isinstance(doc.get("name"), str):
            yield Complaint((), "expected a family name: `name: rt-route`")
            return
        yield from _unknown(doc, _TOP, ())
        protocol = doc.get("protocol", "genetlink")
        if protocol not in {"netlink-raw", "genetlink", "genetlink-legacy", "genetlink-c"}:
            yield Complaint(
                ("protocol",), f"{protocol!r} is no protocol: expected netlink-raw, genetlink or genetlink-legacy"
            )
        if protocol == "netlink-raw" and not isinstance(doc.get("protonum"), int):
            yield Complaint((), "expected `protonum:`, the netlink protocol number of a netlink-raw family")
        for section in ("definitions", "attribute-sets", "sub-messages"):
            items = doc.get(section) or []
            if not isinstance(items, list):
                yield Complaint((section,), "expected a list")
                return
            for at, item in enumerate(items):
                if not isinstance(item, dict) or not isinstance(item.get("name"), str):
                    yield Complaint((section, at), "expected a mapping with a name")
                    return
        self.kinds = {item["name"]: str(item.get("type")) for item in doc.get("definitions") or []}
        self.sets = {item["name"]: item for item in doc.get("attribute-sets") or []}
        self.subs = {item["name"] for item in doc.get("sub-messages") or []}
        yield from self._definitions()
        yield from self._attribute_sets()
        yield from self._sub_messages()
        yield from self._operations()

    def _definitions(self) -> Iterator[Complaint]:
        for at, item in enumerate(self.doc.get("definitions") or []):
            path: Path = ("definitions", at)
            yield from _unknown(item, _DEFINITION, path)
            kind = item.get("type")
            if kind in {"enum", "flags"}:
                for index, entry in enumerate(item.get("entries") or []):
                    if isinstance(entry, dict):
                        yield from _unknown(entry, _ENTRY, (*path, "entries", index))
                        if "name" not in entry:
                            yield Complaint((*path, "entries", index), "expected an entry with a name")
            elif kind == "struct":
                yield from self._struct(item, path)
            elif kind != "const":
                yield Complaint(path, f"type {kind!r} is no definition: expected const, enum, flags or struct")

    def _struct(self, item: Doc, path: Path) -> Iterator[Complaint]:
        if item.get("layout", "c") != "c":
            yield Complaint((*path, "layout"), "expected `c`, or no layout for members without gaps")
        members = item.get("members")
        if not isinstance(members, list):
            yield Complaint(path, "expected `members:`, a list")
            return
        for at, member in enumerate(members):
            here = (*path, "members", at)
            if not isinstance(member, dict) or "name" not in member:
                yield Complaint(here, "expected a member with a name and a type")
                continue
            yield from _unknown(member, _MEMBER, here)
            if member.get("type") not in MEMBER_TYPES and not member.get("struct") and not member.get("array-of"):
                yield Complaint(here, f"type {member.get('type')!r} is no member type: expected {_some(MEMBER_TYPES)}")
            sized = {"len", "rest", "length-from", "struct", "array-of", "family-from"} & member.keys()
            if member.get("type") in {"binary", "string", "pad"} and not sized:
                yield Complaint(here, f"{member['name']} needs a len")
            yield from self._value(member, here)
            if member.get("struct") == item["name"] or member.get("array-of") == item["name"]:
                yield Complaint(here, f"{item['name']} holds itself")

    def _attribute_sets(self) -> Iterator[Complaint]:
        for at, item in enumerate(self.doc.get("attribute-sets") or []):
            path: Path = ("attribute-sets", at)
            yield from _unknown(item, _SET, path)
            parent = item.get("subset-of")
            names: set[str] | None = None
            if parent is not None:
                if parent not in self.sets:
                    yield Complaint((*path, "subset-of"), f"no attribute set {parent!r}: {_near(parent, self.sets)}")
                    continue
                names = {str(entry.get("name")) for entry in self.sets[parent].get("attributes") or []}
            for index, attribute in enumerate(item.get("attributes") or []):
                here = (*path, "attributes", index)
                if not isinstance(attribute, dict) or "name" not in attribute:
                    yield Complaint(here, "expected an attribute with a name")
                    continue
                yield from _unknown(attribute, _ATTRIBUTE, here)
                if names is not None and attribute["name"] not in names:
                    yield Complaint(here, f"{parent} has no attribute {attribute['name']!r}")
                kind = attribute.get("type")
                if names is None and kind not in ATTRIBUTE_TYPES:
                    yield Complaint(here, f"type {kind!r} is no attribute type: expected {_some(ATTRIBUTE_TYPES)}")
                yield from self._value(attribute, here)

    def _value(self, item: Doc, path: Path) -> Iterator[Complaint]:
        for key in ("struct", "array-of", "fixed-header"):
            name = item.get(key)
            if name is not None and self.kinds.get(name) != "struct":
                yield Complaint((*path, key), f"no struct {name!r}: {_near(name, self._structs())}")
        for key in ("nested-attributes", "element-attributes"):
            name = item.get(key)
            if name is not None and name not in self.sets:
                yield Complaint((*path, key), f"no attribute set {name!r}: {_near(name, self.sets)}")
        name = item.get("sub-message")
        if name is not None and name not in self.subs:
            yield Complaint((*path, "sub-message"), f"no sub-message {name!r}: {_near(name, self.subs)}")
        # Kernel specs name enums of other headers that they do not define; such a number stays a number.
        hint = item.get("display-hint")
        if hint is not None and hint not in HINTS:
            yield Complaint(
                (*path, "display-hint"), f"{hint!r} is no display-hint: expected {_some(HINTS)}", fatal=False
            )
        refers = item.get("refers-to")
        if refers is not None and refers not in REFERENCES:
            yield Complaint((*path, "refers-to"), f"{refers!r} cannot be referred to: expected {_some(REFERENCES)}")

    def _structs(self) -> list[str]:
        return [name for name, kind in self.kinds.items() if kind == "struct"]

    def _sub_messages(self) -> Iterator[Complaint]:
        for at, item in enumerate(self.doc.get("sub-messages") or []):
            for index, entry in enumerate(item.get("formats") or []):
                path: Path = ("sub-messages", at, "formats", index)
                if not isinstance(entry, dict) or "value" not in entry:
                    yield Complaint(path, "expected a format with a value")
                    continue
                yield from _unknown(entry, _FORMAT, path)
                yield from self._layout(entry, path)

    def _layout(self, item: Doc, path: Path) -> Iterator[Complaint]:
        for key in ("fixed-header", "struct", "payload", "short-header"):
            names = item.get(key)
            for name in names if isinstance(names, list) else [names]:
                if name not in (None, "none") and self.kinds.get(name) != "struct":
                    yield Complaint((*path, key), f"no struct {name!r}: {_near(str(name), self._structs())}")
        name = item.get("attribute-set")
        if name is not None and name not in self.sets:
            yield Complaint((*path, "attribute-set"), f"no attribute set {name!r}: {_near(name, self.sets)}")

    def _operations(self) -> Iterator[Complaint]:
        doc = self.doc.get("operations") or {}
        if not isinstance(doc, dict) or not isinstance(doc.get("list", []), list):
            yield Complaint(("operations",), "expected a mapping with `list:`")
            return
        yield from _unknown(doc, _OPERATIONS, ("operations",))
        yield from self._layout(doc, ("operations",))
        names = {item.get("name") for item in doc.get("list") or [] if isinstance(item, dict)}
        for at, item in enumerate(doc.get("list") or []):
            path: Path = ("operations", "list", at)
            if not isinstance(item, dict) or "name" not in item:
                yield Complaint(path, "expected an operation with a name")
                continue
            yield from _unknown(item, _OPERATION, path)
            yield from self._layout(item, path)
            if item.get("notify") is not None and item["notify"] not in names:
                yield Complaint((*path, "notify"), f"no operation {item['notify']!r}: {_near(item['notify'], names)}")
            for name in item.get("replies") or ():
                if name not in names:
                    yield Complaint((*path, "replies"), f"no operation {name!r}: {_near(name, names)}")
            for mode in ("do", "dump"):
                for side in ("request", "reply"):
                    form = (item.get(mode) or {}).get(side)
                    if form:
                        yield from _unknown(form, _FORM, (*path, mode, side))
                        yield from self._layout(form, (*path, mode, side))


def _unknown(item: Doc, known: set[str], path: Path) -> Iterator[Complaint]:
    for key in item:
        if key not in known:
            # A newer kernel may have added a key; its spec still loads.
            yield Complaint((*path, key), f"unknown key {key!r}: {_near(str(key), known)}", fatal=False)


def _near(name: str, known: Any) -> str:
    import difflib  # noqa: PLC0415  only a mistake needs it

    found = difflib.get_close_matches(str(name), [str(item) for item in known], n=2)
    return f"did you mean {' or '.join(found)}?" if found else "nothing here has a name like it"


def _some(known: set[str]) -> str:
    return ", ".join(sorted(known))
