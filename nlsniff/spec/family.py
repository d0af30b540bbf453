"""One family: turns a dissector's YAML document into the model, part by part, as parts are asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

from nlsniff.spec.load import HOLDS_SECRET, has_secret
from nlsniff.spec.model import AttrSet, Enum, Field, Format, Operation, Struct, SubMessage
from nlsniff.spec.operations import Doc, as_int, counted, read_operations
from nlsniff.spec.struct_layout import lay_out
from nlsniff.wire.errnos import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable

_BYTE_ORDERS: dict[Any, Literal["", "<", ">"]] = {"big-endian": ">", "little-endian": "<"}
_ERRNOS = Enum("errno", flags=False, by_value={number: name for name, number in NUMBERS.items()}, docs={})
I386_ALIGNMENT = 4  # bytes, of a 64-bit number in a struct


class Family:
    """A dissector, resolved lazily. The document has passed `nlsniff.spec.check`, so a reference cannot dangle."""

    def __init__(self, doc: Doc, source: str = "") -> None:
        self.source = source
        self.name: str = doc["name"]
        self.doc: str = doc.get("doc") or ""
        self.protocol: str = doc.get("protocol") or "genetlink"
        self.protonum: int = 16 if self.protocol.startswith("genetlink") else doc.get("protonum", 0)
        self.generic = self.protocol.startswith("genetlink")
        self._definitions: dict[str, Doc] = {item["name"]: item for item in doc.get("definitions") or []}
        self._set_docs: dict[str, Doc] = {item["name"]: item for item in doc.get("attribute-sets") or []}
        self._sub_docs: dict[str, Doc] = {item["name"]: item for item in doc.get("sub-messages") or []}
        groups = (doc.get("mcast-groups") or {}).get("list") or []
        # Multicast groups by name; the number of a generic family's group is given out by the kernel, and None here.
        self.groups: dict[str, int | None] = {item["name"]: item.get("value") for item in groups}
        # Whether a key may be in any of its messages. To look for one in the model would make all of the model.
        self.holds_secret: bool = doc[HOLDS_SECRET] if HOLDS_SECRET in doc else has_secret(doc)
        self._enums: dict[str, Enum] = {}
        self._structs: dict[tuple[str, int], Struct] = {}
        self._sets: dict[str, AttrSet] = {}
        self._subs: dict[str, SubMessage] = {}
        self.operations: list[Operation] = read_operations(self, doc.get("operations") or {})

    @property
    def prefix(self) -> str:
        """What its filter fields begin with: `route` for rt-route, `genl.wireguard` for a generic family."""
        return f"genl.{self.name}" if self.generic else self.name.removeprefix("rt-")

    @property
    def sets(self) -> list[str]:
        """The names of its attribute sets."""
        return list(self._set_docs)

    @property
    def struct_names(self) -> list[str]:
        """The names of its structs."""
        return [name for name, item in self._definitions.items() if item["type"] == "struct"]

    # -- definitions ---------------------------------------------------------------------------------------------

    def enum(self, name: str) -> Enum:
        """An enum or flags definition by name."""
        found = self._enums.get(name)
        if found is None:
            doc = self._definitions[name]
            flags = doc["type"] == "flags"
            by_value: dict[int, str] = {}
            docs: dict[str, str] = {}
            entries = [entry if isinstance(entry, dict) else {"name": entry} for entry in doc.get("entries") or []]
            for number, item in counted(entries, as_int(doc.get("value-start"))):
                by_value.setdefault(1 << number if flags else number, sys.intern(str(item["name"])))
                docs[str(item["name"])] = item.get("doc") or ""
            found = self._enums[name] = Enum(name, flags, by_value, docs)
        return found

    def constant(self, value: Any) -> int:
        """A length given as a number or as the name of a const definition."""
        if isinstance(value, int):
            return value
        text = str(value)
        if text in self._definitions:
            return as_int(self._definitions[text].get("value"))
        if " - " in text:
            left, right = text.split(" - ", 1)
            return self.constant(left) - int(right)
        return int(text, 0)

    def bound(self, checks: Doc, key: str) -> int | None:
        """A length that `checks:` of an attribute give by this key; None where they do not."""
        length = checks.get(key)
        try:
            return None if length is None else self.constant(length)
        except ValueError:  # a constant of a header, which nobody reads
            return None

    def nul_within(self, checks: Doc) -> int:
        """Among how many bytes of a text the kernel wants a NUL; 0 where it wants none.

        YNL makes the kernel's policies from its specs of the protocol `genetlink`, and there a text needs its NUL
        unless it says otherwise. Of other protocols a spec does not tell, but for an explicit `unterminated-ok: false`.
        """
        if checks.get("unterminated-ok", self.protocol != "genetlink"):
            return 0
        longest = self.bound(checks, "max-len")
        return sys.maxsize if longest is None else longest + 1

    def struct(self, name: str, widest: int = 8) -> Struct:
        """A struct definition by name, with the offset of each member; `widest` is what C aligns a 64-bit number to."""
        found = self._structs.get((name, widest))
        if found is None:
            doc = self._definitions[name]
            found = self._structs[name, widest] = self._read_struct(doc, widest)
            if doc.get("compat") == "i386" and widest == 8:
                compat = self.struct(name, I386_ALIGNMENT)
                found.compat = compat if compat.size != found.size else None
        return found

    def _read_struct(self, doc: Doc, most: int) -> Struct:
        members = [self.read_field(item) for item in doc.get("members") or []]
        for member in members:
            if most < 8 and member.struct is not None:
                member.struct = self.struct(member.struct.name, most)
            if doc.get("volatile"):
                member.volatile = True
        size, gaps, variable = lay_out(members, most, natural=doc.get("layout") == "c")
        by_name = {member.name: member for member in members if member.type != "pad"}
        return Struct(
            doc["name"], members, size, gaps, by_name, variable, doc.get("summary") or "", doc.get("doc") or ""
        )

    # -- attributes ----------------------------------------------------------------------------------------------

    def attribute_set(self, name: str) -> AttrSet:
        """An attribute set by name; a subset takes types and numbers from the set it is a part of."""
        found = self._sets.get(name)
        if found is None:
            doc = self._set_docs[name]

            def fill() -> dict[int, Field]:
                numbers = {}
                for number, item in self._numbered(doc):
                    attribute = numbers[number] = self.read_field(item)
                    attribute.number = number
                    if "string" in {attribute.type, attribute.sub_type}:
                        attribute.nul_within = self.nul_within(item.get("checks") or {})
                return numbers

            found = self._sets[name] = AttrSet(name, fill, doc.get("summary") or "", doc.get("doc") or "")
        return found

    def _numbered(self, doc: Doc) -> list[tuple[int, Doc]]:
        parent = doc.get("subset-of")
        if parent:
            whole = {item["name"]: (number, item) for number, item in self._numbered(self._set_docs[parent])}
            return [
                (whole[item["name"]][0], {**whole[item["name"]][1], **item}) for item in doc.get("attributes") or []
            ]
        return list(counted(doc.get("attributes") or [], 1))

    def sub_message(self, name: str) -> SubMessage:
        """A sub-message by name."""
        found = self._subs.get(name)
        if found is None:
            found = self._subs[name] = SubMessage(name, {})
            for item in self._sub_docs[name].get("formats") or []:
                found.formats[str(item["value"])] = Format(
                    self.struct_or_none(item.get("fixed-header")),
                    self.set_or_none(item.get("attribute-set")),
                    self.struct_or_none(item.get("struct")),
                    self.read_field({"name": name, **item, "value": None}) if item.get("type") else None,
                )
        return found

    def read_field(self, doc: Doc) -> Field:
        """A member or attribute from its document."""
        found: Doc = {}
        for key, value in doc.items():
            if value is None:
                continue
            if key in _TAKEN:
                found[_TAKEN[key]] = value
            elif key in _READ:
                name, read = _READ[key]
                found[name] = read(self, value)
        if found.get("hint") == "errno":
            found["enum"] = _ERRNOS
        found.setdefault("type", "unused")
        if "bits" in found:
            found = {"hint": "bits", **found, "bits_from_top": found.get("byte_order") == ">"}
        return Field(**found)

    def read_bits(self, doc: Doc) -> Field:
        """A bit field: `size` is its width in bits; one without a name is not used."""
        part = self.read_field({"name": "unused", **doc, "bits": None})
        part.type = "u64" if "name" in doc else "pad"
        part.size = int(doc["bits"])
        part.hint = doc.get("display-hint") or ""
        return part

    def struct_or_none(self, name: str | None) -> Struct | None:
        """A struct by name; None for no name and for the name `none`."""
        return self.struct(name) if name and name != "none" else None

    def set_or_none(self, name: str | None) -> AttrSet | None:
        """An attribute set by name; None for no name."""
        return self.attribute_set(name) if name else None

    def enum_or_none(self, name: str) -> Enum | None:
        """An enum by name; None for no name, and for that of a definition that YNL leaves to a header."""
        return self.enum(name) if name in self._definitions else None


def _kind(_family: Family, value: str) -> str:
    return "indexed-array" if value == "array-nest" else value  # an older name


# What the model calls a key of a field whose value is taken as it is.
_TAKEN = {
    key: key.replace("-", "_")
    for key in (
        "doc", "element-length", "count-from", "used-from", "length-from", "length-unit", "until", "between",
        "family-from", "selector", "refers-to", "refers-unless", "unit", "hook", "rest", "c-bits", "secret",
        "volatile", "unordered", "handle",
    )
} | {"display-hint": "hint", "enum-as-flags": "as_flags", "multi-attr": "multi"}  # fmt: skip

# The same, of a key whose value is turned into something.
_READ: dict[str, tuple[str, Callable[[Family, Any], Any]]] = {
    "name": ("name", lambda _, value: sys.intern(str(value))),
    "type": ("type", _kind),
    "sub-type": ("sub_type", _kind),
    "len": ("size", Family.constant),
    "byte-order": ("byte_order", lambda _, value: _BYTE_ORDERS.get(value, "")),
    "enum": ("enum", Family.enum_or_none),
    "struct": ("struct", Family.struct_or_none),
    "array-of": ("array_of", Family.struct_or_none),
    "element-attributes": ("element_attributes", Family.set_or_none),
    "count": ("count", Family.constant),
    "pad-to": ("pad_to", Family.constant),
    "fixed-header": ("header", Family.struct_or_none),
    "nested-attributes": ("nested", Family.set_or_none),
    "sub-message": ("sub_message", Family.sub_message),
    "type-value": ("type_value", lambda _, value: tuple(value)),
    "bits": ("bits", lambda family, value: tuple(map(family.read_bits, value))),
    "checks": ("exact", lambda family, value: family.bound(value, "exact-len")),
    "special": ("special", lambda _, value: {int(number): str(text) for number, text in value.items()}),
}
