"""Checks a dissector's document, so that what loads can be resolved without surprises.

A complaint names the place as a path of keys and list positions; `nlsniff.spec.load` turns it into a line number.
`nlsniff.spec.lint` says what more an author wants to know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.spec import keys

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

Doc = dict[str, Any]
Path = tuple[str | int, ...]


class Complaint(NamedTuple):
    """What is wrong and where; a `fatal` one keeps the file from loading."""

    path: Path
    text: str
    fatal: bool = True


def check(doc: Any) -> list[Complaint]:
    """Everything that is wrong with a dissector's document, in the order of the file."""
    if not isinstance(doc, dict):
        return [Complaint((), "expected a mapping with name, protocol, attribute-sets and operations")]
    return list(_Checker(doc).run())


_LENGTH = re.compile(r"[0-9A-Za-z_-]+( - [0-9]+)?")


class _Checker:
    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        self.kinds: dict[str, str] = {}
        self.consts: dict[str, Any] = {}
        self.sets: dict[str, Doc] = {}
        self.subs: set[str] = set()

    def run(self) -> Iterator[Complaint]:
        doc = self.doc
        if not isinstance(doc.get("name"), str):
            yield Complaint((), "expected a family name: `name: rt-route`")
            return
        yield from _keys(doc, keys.TOP, ())
        protocol = doc.get("protocol", "genetlink")
        if not _in(protocol, keys.PROTOCOLS):
            yield Complaint(
                ("protocol",), f"{protocol!r} is no protocol: expected netlink-raw, genetlink or genetlink-legacy"
            )
        if protocol == "netlink-raw" and not isinstance(doc.get("protonum"), int):
            yield Complaint((), "expected `protonum:`, the netlink protocol number of a netlink-raw family")
        found: dict[str, list[tuple[Path, Doc]]] = {}
        for section in ("definitions", "attribute-sets", "sub-messages"):
            found[section] = []
            for path, item in _items(doc, section, ()):
                if item is None or not isinstance(item.get("name"), str):
                    yield _unnamed(path, item)
                else:
                    found[section].append((path, item))
        self.kinds = {item["name"]: str(item.get("type")) for _, item in found["definitions"]}
        self.consts = {
            item["name"]: item.get("value") for _, item in found["definitions"] if item.get("type") == "const"
        }
        self.sets = {item["name"]: item for _, item in found["attribute-sets"]}
        self.subs = {item["name"] for _, item in found["sub-messages"]}
        for path, item in found["definitions"]:
            yield from self._definition(item, path)
        for path, item in found["attribute-sets"]:
            yield from self._attribute_set(item, path)
        for path, item in found["sub-messages"]:
            yield from self._sub_message(item, path)
        yield from self._operations()
        groups = doc.get("mcast-groups")
        for path, item in _items(groups, "list", ("mcast-groups",)) if isinstance(groups, dict) else ():
            yield from _keys(item, keys.GROUP, path) if item is not None else [_unnamed(path, item)]

    # -- definitions ---------------------------------------------------------------------------------------------

    def _definition(self, item: Doc, path: Path) -> Iterator[Complaint]:
        yield from _keys(item, keys.DEFINITION, path)
        kind = item.get("type")
        if kind in ("enum", "flags"):
            for here, entry in _items(item, "entries", path, plain=True):
                if entry is None or not isinstance(entry.get("name"), (str, int)) or isinstance(entry["name"], bool):
                    yield _unnamed(here, entry)
                else:
                    yield from _keys(entry, keys.ENTRY, here)
                    yield from _number(entry, "value", here)
        elif kind == "struct":
            yield from self._struct(item, path)
        elif kind == "const":
            if item.get("value") is None:
                yield Complaint(path, "expected `value:`, what the constant stands for")
        else:
            yield Complaint(path, f"type {kind!r} is no definition: expected const, enum, flags or struct")

    def _struct(self, item: Doc, path: Path) -> Iterator[Complaint]:
        if item.get("layout", "c") != "c":
            yield Complaint((*path, "layout"), "expected `c`, or no layout for members without gaps")
        if item.get("compat", "i386") != "i386":
            yield Complaint((*path, "compat"), "expected `i386`, where 64-bit numbers are aligned to 4 bytes")
        if not isinstance(item.get("members"), list):
            yield Complaint(path, "expected `members:`, a list")
            return
        for here, member in _items(item, "members", path):
            if member is None or not isinstance(member.get("name"), str):
                yield _unnamed(here, member)
                continue
            yield from _keys(member, keys.MEMBER, here)
            kind = member.get("type")
            if not _in(kind, keys.MEMBER_TYPES) and not member.get("struct") and not member.get("array-of"):
                yield Complaint(here, f"type {kind!r} is no member type: expected {some(keys.MEMBER_TYPES)}")
            sized = {"len", "rest", "length-from", "struct", "array-of", "family-from"} & member.keys()
            if kind in ("binary", "string", "pad", "sub-message") and not sized:
                yield Complaint(here, f"{member['name']} needs a len")
            yield from self._value(member, here)
            yield from self._bits(member, here)
            for key in ("struct", "array-of"):
                if item["name"] in self._holds(member.get(key), set()):
                    yield Complaint((*here, key), f"{item['name']} holds itself")

    def _bits(self, member: Doc, path: Path) -> Iterator[Complaint]:
        for here, part in _items(member, "bits", path):
            if part is None or not isinstance(part.get("bits"), int):
                yield Complaint(here, "expected bits as `{name: NAME, bits: WIDTH}`, without a name if unused")
                continue
            yield from _keys(part, keys.BITS, here)
            if part.get("byte-order") and part["bits"] % 8:
                yield Complaint((*here, "byte-order"), "a byte order needs whole bytes")
        width = {"8": 8, "16": 16, "32": 32, "64": 64}.get(str(member.get("type"))[1:], 0)
        parts = [part for _, part in _items(member, "bits", path) if part is not None]
        total = sum(part["bits"] for part in parts if isinstance(part.get("bits"), int))
        if parts and total > width:
            yield Complaint((*path, "bits"), f"{total} bits do not fit into a {member.get('type')}")

    def _holds(self, name: Any, above: set[str]) -> set[str]:
        """The structs inside a struct, itself included."""
        if not isinstance(name, str) or name in above:
            return set()
        doc = next((item for _, item in _items(self.doc, "definitions", ()) if item and item.get("name") == name), {})
        above.add(name)
        for _, member in _items(doc, "members", ()):
            for key in ("struct", "array-of"):
                self._holds((member or {}).get(key), above)
        return above

    # -- attributes ----------------------------------------------------------------------------------------------

    def _attribute_set(self, item: Doc, path: Path) -> Iterator[Complaint]:
        yield from _keys(item, keys.SET, path)
        parent = item.get("subset-of")
        names: set[str] | None = None
        if parent is not None:
            if not _in(parent, self.sets):
                yield Complaint((*path, "subset-of"), f"no attribute set {parent!r}: {near(parent, self.sets)}")
                return
            names = {str(entry.get("name")) for _, entry in _items(self.sets[parent], "attributes", ()) if entry}
            if self._is_circular(item):
                yield Complaint((*path, "subset-of"), f"{item['name']} is a part of itself")
        for here, attribute in _items(item, "attributes", path):
            if attribute is None or not isinstance(attribute.get("name"), str):
                yield _unnamed(here, attribute)
                continue
            yield from _keys(attribute, keys.ATTRIBUTE, here)
            yield from _number(attribute, "value", here)
            if names is not None and attribute["name"] not in names:
                yield Complaint(here, f"{parent} has no attribute {attribute['name']!r}")
            kind = attribute.get("type")
            if (names is None or kind is not None) and not _in(kind, keys.ATTRIBUTE_TYPES):
                yield Complaint(here, f"type {kind!r} is no attribute type: expected {some(keys.ATTRIBUTE_TYPES)}")
            yield from self._value(attribute, here)

    def _is_circular(self, item: Doc) -> bool:
        seen: set[str] = set()
        while _in(item.get("subset-of"), self.sets):
            if item["subset-of"] in seen:
                return True
            seen.add(item["subset-of"])
            item = self.sets[item["subset-of"]]
        return False

    def _value(self, item: Doc, path: Path) -> Iterator[Complaint]:
        for key in ("struct", "array-of", "fixed-header"):
            yield from self._struct_named(item, key, path)
        for key in ("nested-attributes", "element-attributes"):
            yield from self._set_named(item, key, path)
        name = item.get("sub-message")
        if item.get("type") == "sub-message" and name is None:
            yield Complaint(path, f"{item['name']} needs `sub-message:`, the name of one")
        if name is not None and not _in(name, self.subs):
            yield Complaint((*path, "sub-message"), f"no sub-message {name!r}: {near(name, self.subs)}")
        for key in keys.LENGTHS & item.keys():
            yield from self._length(item[key], (*path, key))
        # A hint of a newer kernel is no reason not to load its spec; a wrong order or hook would show wrong values.
        for key, known, fatal in (
            ("display-hint", keys.HINTS, False),
            ("refers-to", keys.REFERENCES, True),
            ("byte-order", keys.BYTE_ORDERS, True),
            ("hook", keys.HOOKS, True),
        ):
            if item.get(key) is not None and not _in(item[key], known):
                yield Complaint((*path, key), f"{item[key]!r} is no {key}: expected {some(known)}", fatal)
        special = item.get("special")
        for number in special if isinstance(special, dict) else ():
            if not _is_number(number):
                yield Complaint((*path, "special"), f"{number!r} is no number: expected `NUMBER: TEXT`")

    def _length(self, value: Any, path: Path) -> Iterator[Complaint]:
        if value is None or (_is_number(value) and int(str(value), 0) >= 0):
            return
        name = str(value).split(" - ", 1)[0]
        if not _LENGTH.fullmatch(str(value)) or not (_is_number(name) or _is_number(self.consts.get(name))):
            yield Complaint(path, f"{value!r} is no length: expected a number or the name of a const")

    def _struct_named(self, item: Doc, key: str, path: Path) -> Iterator[Complaint]:
        names = item.get(key)
        listed: list[Any] | None = names if key == "short-header" and isinstance(names, list) else None
        for name in [names] if listed is None else listed:
            if (name is not None or listed is not None) and name != "none" and self.kinds.get(str(name)) != "struct":
                structs = [known for known, kind in self.kinds.items() if kind == "struct"]
                yield Complaint((*path, key), f"no struct {name!r}: {near(name, structs)}")

    def _set_named(self, item: Doc, key: str, path: Path) -> Iterator[Complaint]:
        name = item.get(key)
        if name is not None and not _in(name, self.sets):
            yield Complaint((*path, key), f"no attribute set {name!r}: {near(name, self.sets)}")

    def _sub_message(self, item: Doc, path: Path) -> Iterator[Complaint]:
        yield from _keys(item, keys.SUB_MESSAGE, path)
        for here, entry in _items(item, "formats", path):
            if entry is None or "value" not in entry:
                yield Complaint(here, "expected a format with a value")
                continue
            yield from _keys(entry, keys.FORMAT, here)
            yield from self._layout(entry, here)
            if entry.get("type") is not None and not _in(entry["type"], keys.VALUE_TYPES):
                text = f"type {entry['type']!r} is no type of a single value: expected {some(keys.VALUE_TYPES)}"
                yield Complaint((*here, "type"), text)
            yield from self._value({key: value for key, value in entry.items() if key != "struct"}, here)

    # -- operations ----------------------------------------------------------------------------------------------

    def _layout(self, item: Doc, path: Path) -> Iterator[Complaint]:
        for key in ("fixed-header", "struct", "payload", "short-header"):
            yield from self._struct_named(item, key, path)
        yield from self._set_named(item, "attribute-set", path)

    def _operations(self) -> Iterator[Complaint]:
        doc = self.doc.get("operations") or {}
        if not isinstance(doc, dict):
            yield Complaint(("operations",), "expected a mapping with `list:`")
            return
        yield from _keys(doc, keys.OPERATIONS, ("operations",))
        yield from self._layout(doc, ("operations",))
        if doc.get("enum-model", "unified") not in ("unified", "directional"):
            yield Complaint(("operations", "enum-model"), "expected `unified` or `directional`")
        found = list(_items(doc, "list", ("operations",)))
        names = {str(item.get("name")) for _, item in found if item is not None}
        for path, item in found:
            if item is None or not isinstance(item.get("name"), str):
                yield _unnamed(path, item)
                continue
            yield from _keys(item, keys.OPERATION, path)
            yield from _number(item, "value", path)
            yield from self._layout(item, path)
            notify = item.get("notify")
            told = item.get("replies")
            wanted = [("notify", notify)] if notify is not None else []
            wanted += [("replies", name) for name in (told if isinstance(told, list) else ())]
            for key, name in wanted:
                if not _in(name, names):
                    yield Complaint((*path, key), f"no operation {name!r}: {near(name, names)}")
            for mode in ("do", "dump"):
                if isinstance(item.get(mode), dict):
                    yield from _keys(item[mode], keys.MODE, (*path, mode))
                    yield from self._forms(item[mode], (*path, mode))

    def _forms(self, mode: Doc, path: Path) -> Iterator[Complaint]:
        for side in ("request", "reply"):
            if isinstance(mode.get(side), dict):
                yield from _keys(mode[side], keys.FORM, (*path, side))
                yield from _number(mode[side], "value", (*path, side))
                yield from self._layout(mode[side], (*path, side))


def _items(doc: Any, key: str, path: Path, *, plain: bool = False) -> Iterator[tuple[Path, Doc | None]]:
    """The mappings of a list, each with its path; None for what is none. With `plain`, a text is a name."""
    found = doc.get(key) if isinstance(doc, dict) else None
    for at, item in enumerate(found if isinstance(found, list) else ()):
        if plain and isinstance(item, (str, int)) and not isinstance(item, bool):
            yield (*path, key, at), {"name": item}
        else:
            yield (*path, key, at), item if isinstance(item, dict) else None


def _unnamed(path: Path, item: Doc | None) -> Complaint:
    if item is not None and item.get("name") is not None:
        return Complaint((*path, "name"), f"expected a name in words: YAML reads {item['name']!r}, so put it in quotes")
    return Complaint(path, "expected a mapping with a name")


_SHAPES: tuple[tuple[set[str], Any, str], ...] = (
    (keys.TEXTS, str, "text"),
    (keys.NUMBERS, int, "a number"),
    (keys.SWITCHES, bool, "true or false"),
    (keys.LISTS, list, "a list"),
    (keys.MAPPINGS, dict, "a mapping"),
)


def _keys(item: Doc, known: set[str], path: Path) -> Iterator[Complaint]:
    """Keys that are not known here, and values that are of the wrong kind."""
    for key, value in item.items():
        if key not in known:
            # A newer kernel may have added a key; its spec still loads.
            yield Complaint((*path, str(key)), f"unknown key {key!r}: {near(str(key), known)}", fatal=False)
            continue
        if value is None:
            continue
        for names, kind, words in _SHAPES:
            if key in names and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
                if kind is int and _is_number(value):
                    continue
                yield Complaint((*path, key), f"{key} is {_shown(value)}: expected {words}")
        if key in keys.NAME_LISTS and isinstance(value, list) and not all(isinstance(name, str) for name in value):
            yield Complaint((*path, key), f"{key} holds what is no name: expected a list of names")


def _number(item: Doc, key: str, path: Path) -> Iterator[Complaint]:
    if item.get(key) is not None and not _is_number(item[key]):
        yield Complaint((*path, key), f"{key} is {_shown(item[key])}: expected a number")


def _in(name: Any, known: Container[str]) -> bool:
    return isinstance(name, str) and name in known


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        try:
            int(value, 0)
        except ValueError:
            return False
        return True
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else repr(value)


def near(name: Any, known: Iterable[Any]) -> str:
    """What somebody perhaps meant."""
    import difflib  # noqa: PLC0415  only a mistake needs it

    found = difflib.get_close_matches(str(name), [str(item) for item in known], n=2)
    return f"did you mean {' or '.join(found)}?" if found else "nothing here has a name like it"


def some(known: set[str]) -> str:
    """A choice in words."""
    return ", ".join(sorted(known))
