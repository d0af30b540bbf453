"""Every field that a filter may name: the model that decodes messages says which there are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.filter.field_types import FieldTypes, kind_of, type_name
from nlsniff.filter.header import EXTACK, HEADER
from nlsniff.filter.schema import FieldEntry, FieldScope, entries, scope_of_form, walk
from nlsniff.filter.types import types_of
from nlsniff.spec.model import Field
from nlsniff.terminal import one_line
from nlsniff.wire.constants import NETLINK_GENERIC, NETLINK_ROUTE, PROTOCOL_NAMES
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlsniff.filter.field_types import FieldType
    from nlsniff.spec.family import Family
    from nlsniff.spec.model import AttrSet, Struct
    from nlsniff.spec.registry import Registry


# The list of a family's fields ends here: sets that nest each other have endless paths. Filters take all of them.
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
        field_types: what its values may be.
        entries: the field as the dissectors describe it.
        families: names of the dissectors that describe it; empty for extended ACKs.
        types: (protocol, type) of the messages that may have it. The type is 0 for generic netlink, where only a
            capture tells the family's id.
        parts: those of the paths that lead to a part of a number; such a part is no node.
    """

    paths: tuple[str, ...]
    field_types: list[FieldType]
    entries: list[FieldEntry]
    families: frozenset[str]
    types: frozenset[tuple[int, int]]
    parts: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Place:
    """Where a walk along a name has come to: the fields there, the path so far, and the messages that have it."""

    scope: FieldScope
    path: str
    family: Family | None
    types: set[tuple[int, int]] = field(default_factory=set)


class Unknown(NamedTuple):
    """No field has this name. `near` are similar names, `at` is the offset at which the name goes wrong."""

    near: tuple[str, ...]
    at: int


class FieldCatalog:
    """The fields and message types of a registry; `catalog` makes one for each registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._types_of = FieldTypes()
        self.types = types_of(registry)

    # -- by name -------------------------------------------------------------------------------------------------

    def families(self, prefix: str) -> list[Family]:
        """The families whose fields begin with a prefix, in any spelling. No family of another name is loaded."""
        wanted = normal(prefix)
        last = wanted.removeprefix("genl.")
        likely = [name for name in self._registry.names if normal(name) in {last, f"rt-{last}"}]
        found = [self._registry.family(name) for name in likely]
        return [item for item in found if item is not None and item.operations and normal(item.prefix) == wanted]

    def prefixes(self) -> list[str]:
        """The prefixes of body fields, sorted."""
        found = (self._registry.family(name) for name in self._registry.names)
        return sorted({item.prefix for item in found if item is not None and item.operations} | {EXTACK})

    def split(self, name: str) -> tuple[list[_Place], list[str], str]:
        """The top scopes that a name leads to, the components of the name below them, and its prefix."""
        parts = name.split(".")
        count = 2 if normal(parts[0]) == "genl" else 1
        prefix = ".".join(parts[:count])
        if normal(prefix) == EXTACK:
            attrs = self._extack()
            return (
                ([_Place(FieldScope(sets=(attrs,)), "", None, {(-1, 2), (-1, 3)})] if attrs else []),
                parts[1:],
                EXTACK,
            )
        places = [place for family in self.families(prefix) for place in _tops(family)]
        return places, parts[count:], prefix

    def find(self, name: str) -> Found | Unknown:
        """What a name of a body field means."""
        places, parts, prefix = self.split(name)
        if not places or not parts or "" in parts:
            return Unknown(self._near(name, places, prefix), len(prefix) + 1 if places and parts else 0)
        ends: list[tuple[_Place, FieldEntry]] = []
        for at, part in enumerate(parts):
            here, ends = places, _named(places, part)
            if not ends:
                known = {normal(entry.field.name): entry.field.name for place in here for entry in entries(place.scope)}
                stem = ".".join([prefix, *parts[:at]])
                close = _close(normal(part), known) or _one_deeper(here, normal(part))
                return Unknown(tuple(f"{stem}.{item}" for item in close), len(stem) + 1)
            places = _inside(ends)
        paths = dict.fromkeys(f"{place.path}{entry.field.name}" for place, entry in ends)
        families = frozenset(place.family.name for place, _ in ends if place.family is not None)
        types = frozenset(pair for place, _ in ends for pair in place.types)
        field_types = list({id(entry.field): self._types_of.of(place.family, entry) for place, entry in ends}.values())
        bits = frozenset(f"{place.path}{entry.field.name}" for place, entry in ends if place.scope.bits)
        return Found(tuple(paths), field_types, [entry for _, entry in ends], families, types, bits)

    def homes(self, name: str) -> list[str]:
        """The fields of a name at the top of some family, `link.ifname` for `ifname`; generic netlink comes last.

        Of a path its first name is at the top: `route.metrics.mtu` for `metrics.mtu`.
        """
        first, dot, below = name.partition(".")
        prefixes, wanted = sorted(self.prefixes(), key=lambda top: top.startswith("genl.")), normal(first)
        tops = [f"{top}.{item}" for top in prefixes for item, _ in self.fields_below(top) if normal(item) == wanted]
        if not dot:
            return tops
        return [] if wanted in HEADER else [item for top in tops if self._described(item := f"{top}.{below}")]

    def _described(self, name: str) -> bool:
        """Whether a dissector has this field, and not only one that takes any name."""
        found = self.find(name)
        return isinstance(found, Found) and any(entry.field.hook != "any" for entry in found.entries)

    def find_tail(self, name: str) -> Found | None:
        """As `find`, of a name without its family; None where several families have it, or none."""
        homes = self.homes(name)
        found = self.find(homes[0]) if len(homes) == 1 else None
        return found if isinstance(found, Found) else None

    def whole(self, name: str) -> Found | int | None:
        """What a name without a field means: the messages of a family, or the number of a protocol; else None.

        A family that is all of a protocol (`xfrm`) means the protocol, control messages included.
        """
        wanted = normal(name)
        protocols = {normal(text): number for number, text in PROTOCOL_NAMES.items()} | {"genl": NETLINK_GENERIC}
        protocols["rtnetlink"] = NETLINK_ROUTE
        families = self.families(name)
        number = protocols.get(wanted)
        if families and not any(family.name == wanted and family.protonum == number for family in families):
            types = frozenset(pair for family in families for place in _tops(family) for pair in place.types)
            return Found((), [], [], frozenset(family.name for family in families), types)
        return number

    def fields_below(self, name: str) -> list[tuple[str, FieldEntry]]:
        """The fields that may follow a name and a dot, by name, for completion."""
        places, parts, _ = self.split(name)
        for part in parts:
            places = _inside(_named(places, part))
        found: dict[str, FieldEntry] = {}
        for place in places:
            for entry in entries(place.scope):
                found.setdefault(entry.field.name, entry)
        return list(found.items())

    def _near(self, name: str, places: list[_Place], prefix: str) -> tuple[str, ...]:
        """Similar names, where no field has the beginning of a name."""
        last = normal(name.rsplit(".", 1)[-1])
        if places:
            return tuple(f"{prefix}.{entry.field.name}" for entry in list(entries(places[0].scope))[:2])
        prefixes = self.prefixes()
        if "." not in name:
            near = _close(last, {normal(item): item for item in (*HEADER, *prefixes)})
            return tuple(self.homes(last) or self._deep(last) or near)
        if normal(prefix).startswith("netlink"):  # Wireshark's netlink-route.ifla_ifname
            own = (last,) if last in HEADER else ()
            return (*own, *(self.homes(last) or self.homes(last.partition("-")[2])))
        tops = _close(normal(prefix), {normal(item): item for item in prefixes})
        beginnings = [f"{top}{name[len(prefix) :]}" for top in tops]
        known = [item for item in beginnings if isinstance(self.find(item), Found)]
        if normal(prefix) in HEADER:  # Wireshark's frame.cap_len
            tops = [prefix]
        return tuple(known or self.homes(name) or _close(normal(name), {item: item for item in HEADER}) or tops)

    def _deep(self, name: str) -> list[str]:
        """The fields of a name one level below the top of some family: `route.metrics.mtu` for `mtu`."""
        return [f"{top}.{item}" for top in self.prefixes() for item in _one_deeper(self.split(top)[0], name)]

    def _extack(self) -> AttrSet | None:
        core = self._registry.family("core")
        return core.attribute_set("nlmsgerr-attrs") if core is not None else None

    # -- all -----------------------------------------------------------------------------------------------------

    def all(self) -> Iterator[FieldInfo]:
        """Every field: those of every message first, then family by family. A set inside itself is entered once."""
        for item in HEADER.values():
            yield FieldInfo(item.name, item.type, item.field_type.named, "", item.doc)
        attrs = self._extack()
        if attrs is not None:
            yield from self._below(None, FieldScope(sets=(attrs,)), EXTACK, self._registry.path("core"))
        for name in sorted(self._registry.names, key=lambda name: name.removeprefix("rt-")):
            family = self._registry.family(name)
            if family is None:
                continue
            structs: dict[int, Struct] = {}
            sets: dict[int, AttrSet] = {}
            for place in _tops(family):
                structs.update((id(item), item) for item in place.scope.structs)
                sets.update((id(item), item) for item in place.scope.sets)
            top = FieldScope(tuple(structs.values()), tuple(sets.values()))
            yield from self._below(family, top, family.prefix, self._registry.path(name))

    def _below(self, family: Family | None, top: FieldScope, prefix: str, path: str) -> Iterator[FieldInfo]:
        """The fields of a family; where a name has several meanings, the field has several types."""
        found: dict[str, tuple[dict[str, None], dict[str, None], list[str]]] = {}
        every = walk(top, f"{prefix}.", frozenset(id(item) for item in top.sets))
        for name, entry in itertools.islice(every, _MOST_FIELDS):
            types, values, docs = found.setdefault(name, ({}, {}, []))
            types[type_name(entry, kind_of(entry))] = None
            values.update(dict.fromkeys(self._types_of.of(family, entry).named))
            if entry.field.doc:
                docs.append(one_line(" ".join(entry.field.doc.split())))
        for name, (types, values, docs) in found.items():
            yield FieldInfo(name, " or ".join(types), tuple(values), path, docs[0] if docs else "")


def _tops(family: Family) -> list[_Place]:
    """The top scopes of a family's messages, and which messages have them."""
    places = []
    for operation in sorted(family.operations, key=lambda item: bool(item.when)):  # variants last
        for form in (operation.request, operation.reply, operation.dump):
            if form is not None:
                number = 0 if family.generic else form.number
                places.append(_Place(scope_of_form(form), "", family, {(family.protonum, number)}))
    return _merge(places)


def _named(places: list[_Place], part: str) -> list[tuple[_Place, FieldEntry]]:
    """The fields of a name, in any spelling, and where each is."""
    wanted = normal(part)
    return [(place, entry) for place in places for entry in _at(place.scope, wanted)]


def _inside(ends: list[tuple[_Place, FieldEntry]]) -> list[_Place]:
    """The scopes inside some fields."""
    return _merge(
        _Place(entry.inside, f"{place.path}{entry.field.name}.", place.family, place.types)
        for place, entry in ends
        if entry.inside is not None
    )


def _merge(places: Iterable[_Place]) -> list[_Place]:
    """Places in the same scope, by the same path, as one."""
    found: dict[tuple[object, ...], _Place] = {}
    for place in places:
        key = (place.path, id(place.family), *place.scope.key)
        known = found.get(key)
        if known is None:
            found[key] = _Place(place.scope, place.path, place.family, set(place.types))
        else:
            known.types |= place.types
    return list(found.values())


def _at(scope: FieldScope, wanted: str) -> Iterator[FieldEntry]:
    """The entries of that name in a scope. Fields that a hook makes, and unknown attributes, may have any name."""
    if scope.free:
        yield FieldEntry(Field(name=wanted, type="binary", hook="any"), scope)
        return
    known = [entry for entry in entries(scope) if normal(entry.field.name) == wanted]
    yield from known
    if scope.open and not known:
        yield FieldEntry(Field(name=wanted, type="binary", hook="any"), FieldScope(free=True))
    number = wanted.removeprefix("unknown-")
    if scope.sets and number != wanted and number.isascii() and number.isdigit():
        yield FieldEntry(Field(name=wanted, type="binary"), None)


def _one_deeper(places: list[_Place], wanted: str) -> list[str]:
    """The fields of that name in what stands at some places, each below the field that holds it."""
    holders = (entry for place in places for entry in entries(place.scope) if entry.inside is not None)
    found = ((holder, below) for holder in holders for below in entries(holder.inside))  # type: ignore[arg-type]
    return list(dict.fromkeys(f"{h.field.name}.{b.field.name}" for h, b in found if normal(b.field.name) == wanted))


def _close(wanted: str, known: dict[str, str]) -> list[str]:
    from difflib import get_close_matches

    return [known[item] for item in get_close_matches(wanted, known, n=2)]


@lru_cache(maxsize=8)
def catalog(registry: Registry) -> FieldCatalog:
    """The catalog of a registry, the same one every time."""
    return FieldCatalog(registry)


def all_fields(registry: Registry) -> Iterator[FieldInfo]:
    """Every field that a filter may name, those of every message first."""
    return catalog(registry).all()
