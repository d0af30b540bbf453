"""The types of fields: what a filter must know of values to compare them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from nlsniff.spec.model import SCALARS
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nlsniff.filter.schema import FieldEntry
    from nlsniff.spec.family import Family
    from nlsniff.spec.model import Enum, Field

Kind: TypeAlias = Literal[
    "number", "flags", "flag", "text", "address", "mac", "bytes", "time", "duration", "nest", "any",
]  # fmt: skip


class FieldType(NamedTuple):
    """The values of a field.

    Attributes:
        kind: how they are compared. A value that no dissector describes is of kind `any`, and compared as text.
        names: the names of values, by every accepted spelling in normal form; the kernel's constants are spellings.
        numbers: the number of each name, where the names are names of numbers.
        named: the documented names, in the order of the dissector.
        closed: no other name can be a value. Else a word may be a name from the capture (`veth0` for an ifindex).
        unit: of a number that measures time: "s", "ms", "us", "ns"; else "".
    """

    kind: Kind
    names: Mapping[str, str] = {}
    numbers: Mapping[str, int] = {}
    named: tuple[str, ...] = ()
    closed: bool = True
    unit: str = ""


_HINTS: dict[str, Kind] = {"mac": "mac", "fddi": "mac", "uuid": "text", "text": "text", "date": "time"}
_ADDRESSES = {"ipv4", "ipv6", "ipv4-or-v6"}
TYPE_NAMES = {"indexed-array": "list", "nest-type-value": "nest", "sub-message": "nest"}


class FieldTypes:
    """Makes field types from fields of the model, and the names of each enum only once."""

    def __init__(self) -> None:
        self._enums: dict[int, tuple[Enum, dict[str, str], dict[str, int]]] = {}

    def of(self, family: Family | None, entry: FieldEntry) -> FieldType:
        """The values of a field of a family."""
        item = entry.field
        kind = kind_of(entry)
        if item.enum is None:
            special = {normal(text): text for text in item.special.values()}
            unit = item.unit if item.unit in {"s", "ms", "us", "ns"} else ""
            # A special text stands for one number, but is compared as the text that is shown.
            return FieldType(kind, special, {}, tuple(special.values()), not item.refers_to, unit)
        names, numbers = self._names(family, item.enum)
        if kind == "flags":
            numbers = {name: item.enum.mask(number) for name, number in numbers.items()}
        return FieldType(kind, names, numbers, tuple(item.enum.by_value.values()), not item.refers_to)

    def _names(self, family: Family | None, enum: Enum) -> tuple[dict[str, str], dict[str, int]]:
        known = self._enums.get(id(enum))
        if known is None:
            names: dict[str, str] = {}
            for name, constant in constants(family, enum):
                names.setdefault(normal(constant), name)
            # A name itself wins over another entry's constant.
            names.update({normal(name): name for name in enum.by_value.values()})
            numbers = {name: number for number, name in enum.by_value.items()}
            # The enum is kept beside its names, so that no other object can have its id.
            known = self._enums[id(enum)] = (enum, names, numbers)
        return known[1], known[2]


def constants(family: Family | None, enum: Enum) -> list[tuple[str, str]]:
    """Each name of an enum with the constant of C headers: `inet` and `AF_INET`."""
    if family is None:
        return []
    # The model drops the spelling of constants: only filters need it.
    doc = family._definitions.get(enum.name) or {}  # noqa: SLF001
    prefix = doc.get("name-prefix", f"{family.name}-{enum.name}-")
    entries = [item if isinstance(item, dict) else {"name": item} for item in doc.get("entries") or []]
    return [(str(item["name"]), str(item.get("c-name") or f"{prefix}{item['name']}")) for item in entries]


def kind_of(entry: FieldEntry) -> Kind:
    """How the values of a field are compared."""
    item, inside = entry
    if item.hook and (inside is None or inside.free):
        return "any"
    if inside is not None:
        # A number with parts: one of a nest-type-value, or one with bit fields.
        return "number" if item.type == "u32" or inside.bits else "nest"
    kind = item.type
    if kind == "indexed-array" or (kind == "binary" and item.sub_type in SCALARS):
        kind = item.sub_type
    if kind == "flag":
        return "flag"
    if kind == "string":
        return "text"
    if item.family_from or item.hint in _ADDRESSES:
        return "address"
    if kind in SCALARS or kind in {"uint", "sint", "bitfield32"}:
        if item.enum is not None and (item.enum.flags or item.as_flags):
            return "flags"
        return "time" if item.hint == "date" else "number"
    return _HINTS.get(item.hint, "bytes")


def type_name(entry: FieldEntry, kind: Kind) -> str:
    """The type of a field in words, for a list of fields."""
    item, inside = entry
    if item.array_of is not None:
        return f"list of {item.array_of.name}"
    if item.type == "indexed-array":
        return f"list of {item.sub_type or 'nest'}"
    if inside is not None and not inside.free and kind != "number":
        return TYPE_NAMES.get(item.type, "struct" if item.struct is not None else item.type)
    word = _word(item, kind)
    several = item.count or item.count_from or (item.type == "binary" and item.sub_type)
    return f"list of {word}" if several else word


def _word(item: Field, kind: Kind) -> str:
    base = item.sub_type if item.type == "binary" and item.sub_type else item.type
    if kind == "flags":
        return f"{base} flags"
    if kind in {"number", "time"}:
        return f"{base} enum" if item.enum is not None else f"{base} date" if kind == "time" else base
    return kind
