"""Every field that a filter may name, from the model that decodes it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.filter.field_types import FieldTypes, kind_of, type_name
from nlsniff.filter.header import EXTACK, HEADER
from nlsniff.filter.schema import FieldEntry, Level, level_of_form, slots, walk
from nlsniff.filter.types import types_of
from nlsniff.spec.model import Field
from nlsniff.terminal import one_line
from nlsniff.wire.constants import NETLINK_GENERIC, PROTOCOL_NAMES
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlsniff.filter.field_type import FieldType
    from nlsniff.spec.family import Family
    from nlsniff.spec.model import AttrSet, Struct
    from nlsniff.spec.registry import Registry


# Of a family so many fields are listed: sets that nest each other have paths without end. In filters all of them work.
_MOST_FIELDS = 50_000


class FieldInfo(NamedTuple):
    """A field as `nlsniff fields` lists it.

    Attributes:
        name: as a filter names it.
        type: what its values are, in words.
        values: names that its values may have, for enums and flags.
        dissector: file of the dissector that describes it; "" for what every message has.
        doc: one line for a person, or "".
    """

    name: str
    type: str
    values: tuple[str, ...]
    dissector: str
    doc: str


@dataclass(slots=True)
class Found:
    """What a field's name means.

    Attributes:
        paths: where its nodes are in the tree of a message; dissectors may spell one name in two ways.
        leaves: what its values may be.
        slots: as the dissectors describe it.
        families: names of the dissectors that describe it; empty for extended ACKs.
        types: (protocol, type) of the messages that may have it; of generic netlink with type 0, where the family's id
            is known only from a capture.
        parts: those of the paths that lead to a part of a number, which is no node.
    """

    paths: tuple[str, ...]
    leaves: list[FieldType]
    slots: list[FieldEntry]
    families: frozenset[str]
    types: frozenset[tuple[int, int]]
    parts: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Place:
    """Where a walk along a name has come to: the level, the path so far, and the messages that have it."""

    level: Level
    path: str
    family: Family | None
    types: set[tuple[int, int]] = field(default_factory=set)


class Unknown(NamedTuple):
    """Nothing has this name: `near` are names that were perhaps meant, `at` is the offset where the name goes wrong."""

    near: tuple[str, ...]
    at: int = 0


class FieldCatalog:
    """The fields and message types of a registry; made once for each, see `catalog`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._leaves = FieldTypes()
        self.types = types_of(registry)

    # -- by name -------------------------------------------------------------------------------------------------

    def families(self, prefix: str) -> list[Family]:
        """The families whose fields begin with a prefix, in any spelling. A family of another name is not loaded."""
        wanted = normal(prefix)
        last = wanted.removeprefix("genl.")
        likely = [name for name in self._registry.names if normal(name) in {last, f"rt-{last}"}]
        found = [self._registry.family(name) for name in likely]
        return [item for item in found if item is not None and item.operations and normal(item.prefix) == wanted]

    def prefixes(self) -> list[str]:
        """What names of body fields begin with, sorted."""
        found = (self._registry.family(name) for name in self._registry.names)
        return sorted({item.prefix for item in found if item is not None and item.operations} | {EXTACK})

    def split(self, name: str) -> tuple[list[_Place], list[str], str]:
        """The top levels that a name leads to, its components below them, and the prefix."""
        parts = name.split(".")
        count = 2 if normal(parts[0]) == "genl" else 1
        prefix = ".".join(parts[:count])
        if normal(prefix) == EXTACK:
            attrs = self._extack()
            return ([_Place(Level(sets=(attrs,)), "", None, {(-1, 2), (-1, 3)})] if attrs else []), parts[1:], EXTACK
        places = [place for family in self.families(prefix) for place in _tops(family)]
        return places, parts[count:], prefix

    def find(self, name: str) -> Found | Unknown:
        """What a name of a body field means."""
        places, parts, prefix = self.split(name)
        if not places or not parts or "" in parts:
            return Unknown(self._near(name, places, prefix), len(prefix) + 1 if places and parts else 0)
        ends: list[tuple[_Place, FieldEntry]] = []
        for at, part in enumerate(parts):
            wanted, here = normal(part), places
            ends = [(place, slot) for place in here for slot in _at(place.level, wanted)]
            if not ends:
                known = {normal(slot.field.name): slot.field.name for place in here for slot in slots(place.level)}
                stem = ".".join([prefix, *parts[:at]])
                return Unknown(tuple(f"{stem}.{item}" for item in _close(wanted, known)), len(stem) + 1)
            places = _merge(
                _Place(slot.inside, f"{place.path}{slot.field.name}.", place.family, place.types)
                for place, slot in ends
                if slot.inside is not None
            )
        paths = dict.fromkeys(f"{place.path}{slot.field.name}" for place, slot in ends)
        families = frozenset(place.family.name for place, _ in ends if place.family is not None)
        types = frozenset(pair for place, _ in ends for pair in place.types)
        leaves = list({id(slot.field): self._leaves.leaf(place.family, slot) for place, slot in ends}.values())
        bits = frozenset(f"{place.path}{slot.field.name}" for place, slot in ends if place.level.bits)
        return Found(tuple(paths), leaves, [slot for _, slot in ends], families, types, bits)

    def whole(self, name: str) -> Found | int | None:
        """What a name without a field means: the messages of a family, or a protocol by its number; None for neither.

        Where a family is all of a protocol (`xfrm`), it is the protocol, control messages included.
        """
        wanted = normal(name)
        protocols = {normal(text): number for number, text in PROTOCOL_NAMES.items()} | {"genl": NETLINK_GENERIC}
        families = self.families(name)
        if families and not (wanted in protocols and any(family.name == wanted for family in families)):
            types = frozenset(pair for family in families for place in _tops(family) for pair in place.types)
            return Found((), [], [], frozenset(family.name for family in families), types)
        return protocols.get(wanted)

    def level(self, name: str) -> list[tuple[str, FieldEntry]]:
        """What may follow a name and a dot: (name, slot), for completion."""
        places, parts, _ = self.split(name)
        for part in parts:
            wanted = normal(part)
            below = [(place, slot) for place in places for slot in _at(place.level, wanted) if slot.inside is not None]
            places = _merge(_Place(slot.inside, "", place.family) for place, slot in below if slot.inside is not None)
        found: dict[str, FieldEntry] = {}
        for place in places:
            for slot in slots(place.level):
                found.setdefault(slot.field.name, slot)
        return list(found.items())

    def _near(self, name: str, places: list[_Place], prefix: str) -> tuple[str, ...]:
        """Names that may have been meant, where the beginning of a name leads nowhere."""
        last = normal(name.rsplit(".", 1)[-1])
        if places:
            return tuple(f"{prefix}.{slot.field.name}" for slot in list(slots(places[0].level))[:2])
        prefixes = self.prefixes()
        if "." not in name:
            # `ifname` for link.ifname: a field of that name at the top of some family.
            prefixes.sort(key=lambda top: top.startswith("genl."))
            owned = [f"{top}.{item}" for top in prefixes for item, _ in self.level(top) if normal(item) == last]
            return tuple(owned or _close(last, {normal(item): item for item in (*HEADER, *prefixes)}))
        tops = _close(normal(prefix), {normal(item): item for item in prefixes})
        beginnings = [f"{top}{name[len(prefix) :]}" for top in tops]
        known = [item for item in beginnings if isinstance(self.find(item), Found)]
        return tuple(known or _close(normal(name), {item: item for item in HEADER}) or tops)

    def _extack(self) -> AttrSet | None:
        core = self._registry.family("core")
        return core.attribute_set("nlmsgerr-attrs") if core is not None else None

    # -- all -----------------------------------------------------------------------------------------------------

    def all(self) -> Iterator[FieldInfo]:
        """Every field: those of every message first, then family by family; nests of their own kind once."""
        for item in HEADER.values():
            yield FieldInfo(item.name, item.type, item.values, "", item.doc)
        attrs = self._extack()
        if attrs is not None:
            yield from self._below(None, Level(sets=(attrs,)), EXTACK, self._registry.path("core"))
        for name in sorted(self._registry.names, key=lambda name: name.removeprefix("rt-")):
            family = self._registry.family(name)
            if family is None:
                continue
            structs: dict[int, Struct] = {}
            sets: dict[int, AttrSet] = {}
            for place in _tops(family):
                structs.update((id(item), item) for item in place.level.structs)
                sets.update((id(item), item) for item in place.level.sets)
            top = Level(tuple(structs.values()), tuple(sets.values()))
            yield from self._below(family, top, family.prefix, self._registry.path(name))

    def _below(self, family: Family | None, top: Level, prefix: str, path: str) -> Iterator[FieldInfo]:
        """The fields of a family; a name with several meanings is one field of several types."""
        found: dict[str, tuple[dict[str, None], dict[str, None], list[str]]] = {}
        every = walk(top, f"{prefix}.", frozenset(id(item) for item in top.sets))
        for name, slot in itertools.islice(every, _MOST_FIELDS):
            types, values, docs = found.setdefault(name, ({}, {}, []))
            types[type_name(slot, kind_of(slot))] = None
            values.update(dict.fromkeys(self._leaves.leaf(family, slot).named))
            if slot.field.doc:
                docs.append(one_line(" ".join(slot.field.doc.split())))
        for name, (types, values, docs) in found.items():
            yield FieldInfo(name, " or ".join(types), tuple(values), path, docs[0] if docs else "")


def _tops(family: Family) -> list[_Place]:
    """The top levels of a family's messages, and which messages have them."""
    places = []
    for operation in sorted(family.operations, key=lambda item: bool(item.when)):  # as a rule first, variants behind
        for form in (operation.request, operation.reply, operation.dump):
            if form is not None:
                number = 0 if family.generic else form.number
                places.append(_Place(level_of_form(form), "", family, {(family.protonum, number)}))
    return _merge(places)


def _merge(places: Iterable[_Place]) -> list[_Place]:
    """Places at the same level, by the same path, as one."""
    found: dict[tuple[object, ...], _Place] = {}
    for place in places:
        key = (place.path, id(place.family), *place.level.key)
        known = found.get(key)
        if known is None:
            found[key] = _Place(place.level, place.path, place.family, set(place.types))
        else:
            known.types |= place.types
    return list(found.values())


def _at(level: Level, wanted: str) -> Iterator[FieldEntry]:
    """The slots of that name in a level; whatever a hook decodes, and attributes without a name, may have any."""
    if level.free:
        yield FieldEntry(Field(name=wanted, type="binary", hook="any"), level)
        return
    known = [slot for slot in slots(level) if normal(slot.field.name) == wanted]
    yield from known
    if level.open and not known:
        yield FieldEntry(Field(name=wanted, type="binary", hook="any"), Level(free=True))
    number = wanted.removeprefix("unknown-")
    if level.sets and number != wanted and number.isascii() and number.isdigit():
        yield FieldEntry(Field(name=wanted, type="binary"), None)


def _close(wanted: str, known: dict[str, str]) -> list[str]:
    from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

    return [known[item] for item in get_close_matches(wanted, known, n=2)]


@lru_cache(maxsize=8)
def catalog(registry: Registry) -> FieldCatalog:
    """The catalog of a registry, the same one every time."""
    return FieldCatalog(registry)


def all_fields(registry: Registry) -> Iterator[FieldInfo]:
    """Every field that a filter may name, those of every message first."""
    return catalog(registry).all()
