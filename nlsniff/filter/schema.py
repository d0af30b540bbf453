"""Walks a dissector's model as its nodes will nest: which parts may stand inside what, by name.

The names and levels are those of the decoded tree and of the JSON body: members of headers and attributes beside each
other, lists looked through, so that `xfrm.tmpl.id.daddr` is any element's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.context import MAX_DEPTH
from nlsniff.spec.model import SCALARS, Field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.spec.model import AttrSet, Form, Struct

_NESTS = {"nest", "indexed-array", "array-nest"}


class Level(NamedTuple):
    """What may stand inside one nest: members of some structs and attributes of some sets.

    `chain` names the levels of a `nest-type-value`, outermost first; `sets` then stand below the last of them. `free`
    says that a hook decodes what is inside, so that nothing is known of it. `bits` are the parts of a number. `open`
    says that names may stand there which no dissector knows, for the message itself has them.
    """

    structs: tuple[Struct, ...] = ()
    sets: tuple[AttrSet, ...] = ()
    chain: tuple[str, ...] = ()
    free: bool = False
    bits: tuple[Field, ...] = ()
    pairs: bool = False

    @property
    def open(self) -> bool:
        """See above."""
        return self.pairs or any(member.type == "pairs" for struct in self.structs for member in struct.members)

    @property
    def key(self) -> tuple[object, ...]:
        """What tells levels apart: structs and sets are shared objects of a family."""
        return (
            *(id(item) for item in self.structs),
            0,
            *(id(item) for item in self.sets),
            *self.chain,
            self.free,
            self.pairs,
            *(id(item) for item in self.bits),
        )


class FieldEntry(NamedTuple):
    """A field at its place: what its dissector says, and what is inside it, if anything is."""

    field: Field
    inside: Level | None


def level_of_form(form: Form) -> Level:
    """The top level of a message."""
    heads = (form.header, *form.short)
    structs = form.payload or tuple(item for item in heads if item is not None)
    sets = () if form.payload or form.attributes is None else (form.attributes,)
    return Level(structs, sets)


def inside(field: Field) -> Level | None:
    """What is inside a field; None for a plain value, as `nlsniff.decode.fields.registry` chooses.

    A hook makes what the other keys of its field describe; where they describe nothing, anything may be inside.
    """
    if field.bits and field.type in SCALARS and not field.hook:
        return Level(bits=field.bits)
    if not field.hook:
        return _shape(field)
    found = _shape(field)
    if field.struct is not None:  # the hook may choose between a struct and attributes
        found = Level((field.struct,), _some(field.nested))
    return found or Level(free=True)


def _shape(field: Field) -> Level | None:
    if field.array_of is not None:
        return Level((field.array_of,), _some(field.element_attributes))
    kind = field.type
    if kind in {"indexed-array", "array-nest"}:
        kind = field.sub_type or "nest"
        if field.struct is not None and kind != "indexed-array":
            return Level((field.struct,))
    elif field.struct is not None:
        return Level((field.struct,))
    if kind == "pairs":
        return Level(sets=_some(field.nested), pairs=True)
    if kind in _NESTS:
        return Level((field.header,) if field.header is not None else (), _some(field.nested))
    if kind == "nest-type-value":
        return Level(sets=_some(field.nested), chain=field.type_value)
    if kind == "sub-message" and field.sub_message is not None:
        formats = field.sub_message.formats.values()
        structs = {id(item): item for one in formats for item in (one.struct, one.header) if item is not None}
        sets = {id(item): item for one in formats for item in _some(one.attributes)}
        return Level(tuple(structs.values()), tuple(sets.values()))
    return None


def slots(level: Level) -> Iterator[FieldEntry]:
    """The fields of a level, in the order of the dissector; a name may come more than once, with other types."""
    if level.chain:
        below = level._replace(chain=level.chain[1:])
        doc = f"Number of the {level.chain[0].replace('-', ' ')}, with what is said about it inside."
        yield FieldEntry(Field(name=level.chain[0], type="u32", doc=doc), below)
        return
    for part in level.bits:
        if part.type != "pad":
            yield FieldEntry(part, None)
    for struct in level.structs:
        for member in struct.members:
            if member.type == "pairs":  # they stand beside the other members
                yield from slots(Level(sets=_some(member.nested)))
            elif member.type != "pad":
                yield from _slots_of(member)
    for attrs in level.sets:
        for attribute in attrs.by_number.values():
            if attribute.type != "pad" and attribute.name != "*":
                yield from _slots_of(attribute)


def _slots_of(field: Field) -> Iterator[FieldEntry]:
    """A field, once for each single value that a sub-message may be."""
    formats = field.sub_message.formats.values() if field.sub_message is not None and not field.hook else ()
    values = [one.value for one in formats if one.value is not None]
    if len(values) < len(formats) or not values:
        yield FieldEntry(field, inside(field))
    for value in values:
        yield FieldEntry(value.but(name=field.name, number=field.number, doc=field.doc), None)


def walk(
    level: Level, prefix: str = "", above: frozenset[int] = frozenset(), left: int = MAX_DEPTH
) -> Iterator[tuple[str, FieldEntry]]:
    """Every field below a level with its dotted path; an attribute set inside itself is entered once.

    `left` is how many levels are looked at: what is nested deeper is not decoded either.
    """
    seen: set[tuple[str, tuple[object, ...] | None]] = set()
    for slot in slots(level):
        path = f"{prefix}{slot.field.name}"
        yield path, slot
        below = slot.inside
        if below is None or below.free or not left:
            continue
        fresh = (
            below if below.chain else below._replace(sets=tuple(item for item in below.sets if id(item) not in above))
        )
        if (path, fresh.key) not in seen:  # the same struct or set, reached by two spellings of one field
            seen.add((path, fresh.key))
            entered = above if fresh.chain else above | {id(item) for item in fresh.sets}
            yield from walk(fresh, f"{path}.", entered, left - 1)


def _some(attrs: AttrSet | None) -> tuple[AttrSet, ...]:
    return (attrs,) if attrs is not None else ()
