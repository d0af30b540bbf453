"""Walks a dissector's model as decoded nodes nest: which fields may stand inside which, by name.

Names and nesting are those of the decoded tree and of the JSON body. Members of headers stand beside attributes, and
the elements of a list in its place, so that `xfrm.tmpl.id.daddr` means that of any element.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.context import MAX_DEPTH
from nlsniff.spec.model import SCALARS, Field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.spec.model import AttrSet, Form, Struct

_NESTS = {"nest", "indexed-array"}


class FieldScope(NamedTuple):
    """The fields that may stand inside one nest: members of some structs and attributes of some sets.

    `chain` names the levels of a `nest-type-value`, outermost first; `sets` then stand below the last of them. `free`
    says that a hook decodes the nest, so that its fields are not known. `bits` are the parts of a number. `pairs` says
    that the message itself names its fields.
    """

    structs: tuple[Struct, ...] = ()
    sets: tuple[AttrSet, ...] = ()
    chain: tuple[str, ...] = ()
    free: bool = False
    bits: tuple[Field, ...] = ()
    pairs: bool = False

    @property
    def open(self) -> bool:
        """Whether fields may stand there that no dissector names, because the message itself names them."""
        return self.pairs or any(member.type == "pairs" for struct in self.structs for member in struct.members)

    @property
    def key(self) -> tuple[object, ...]:
        """Two scopes of a family are the same if their keys are equal: structs and sets are shared objects."""
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
    """A field as its dissector describes it, and the scope inside it, if there is one."""

    field: Field
    inside: FieldScope | None


def scope_of_form(form: Form) -> FieldScope:
    """The top scope of a message."""
    heads = (form.header, *form.short)
    structs = form.payload or tuple(item for item in heads if item is not None)
    sets = () if form.payload or form.attributes is None else (form.attributes,)
    return FieldScope(structs, sets)


def inside(field: Field) -> FieldScope | None:
    """The scope inside a field, as `nlsniff.decode.fields.registry` chooses it; None for a plain value.

    A hook makes what the other keys of its field describe. Where they describe nothing, any field may be inside.
    """
    if field.bits and field.type in SCALARS and not field.hook:
        return FieldScope(bits=field.bits)
    if not field.hook:
        return _shape(field)
    found = _shape(field)
    if field.struct is not None:  # the hook may choose between a struct and attributes
        found = FieldScope((field.struct,), _some(field.nested))
    return found if found is not None and (found.structs or found.sets or found.chain) else FieldScope(free=True)


def _shape(field: Field) -> FieldScope | None:
    if field.array_of is not None:
        return FieldScope((field.array_of,), _some(field.element_attributes))
    kind = field.type
    if kind == "indexed-array":
        kind = field.sub_type or "nest"
        if field.struct is not None and kind != "indexed-array":
            return FieldScope((field.struct,))
    elif field.struct is not None:
        return FieldScope((field.struct,))
    if kind == "pairs":
        return FieldScope(sets=_some(field.nested), pairs=True)
    if kind in _NESTS:
        return FieldScope((field.header,) if field.header is not None else (), _some(field.nested))
    if kind == "nest-type-value":
        return FieldScope(sets=_some(field.nested), chain=field.type_value)
    if kind == "sub-message" and field.sub_message is not None:
        formats = field.sub_message.formats.values()
        structs = {id(item): item for one in formats for item in (one.struct, one.header) if item is not None}
        sets = {id(item): item for one in formats for item in _some(one.attributes)}
        return FieldScope(tuple(structs.values()), tuple(sets.values()))
    return None


def entries(scope: FieldScope) -> Iterator[FieldEntry]:
    """The fields of a scope, in the order of the dissector. Several may have one name and different types."""
    if scope.chain:
        below = scope._replace(chain=scope.chain[1:])
        doc = f"Number of the {scope.chain[0].replace('-', ' ')}, with what is said about it inside."
        yield FieldEntry(Field(name=scope.chain[0], type="u32", doc=doc), below)
        return
    for part in scope.bits:
        if part.type != "pad":
            yield FieldEntry(part, None)
    for struct in scope.structs:
        for member in struct.members:
            if member.type == "pairs":  # they stand beside the other members
                yield from entries(FieldScope(sets=_some(member.nested)))
            elif member.type != "pad":
                yield from _entries_of(member)
    for attrs in scope.sets:
        for attribute in attrs.by_number.values():
            if attribute.type != "pad" and attribute.name != "*":
                yield from _entries_of(attribute)


def _entries_of(field: Field) -> Iterator[FieldEntry]:
    """A field, once for each single value that its sub-message may be."""
    formats = field.sub_message.formats.values() if field.sub_message is not None and not field.hook else ()
    values = [one.value for one in formats if one.value is not None]
    if len(values) < len(formats) or not values:
        yield FieldEntry(field, inside(field))
    for value in values:
        yield FieldEntry(value.but(name=field.name, number=field.number, doc=field.doc), None)


def walk(
    scope: FieldScope, prefix: str = "", above: frozenset[int] = frozenset(), left: int = MAX_DEPTH
) -> Iterator[tuple[str, FieldEntry]]:
    """Every field below a scope with its dotted path. An attribute set inside itself is entered once.

    `left` is how many levels are entered; the decoder enters no more.
    """
    seen: set[tuple[str, tuple[object, ...] | None]] = set()
    for entry in entries(scope):
        path = f"{prefix}{entry.field.name}"
        yield path, entry
        below = entry.inside
        if below is None or below.free or not left:
            continue
        fresh = (
            below if below.chain else below._replace(sets=tuple(item for item in below.sets if id(item) not in above))
        )
        if (path, fresh.key) not in seen:  # two spellings of one field lead to the same struct or set
            seen.add((path, fresh.key))
            entered = above if fresh.chain else above | {id(item) for item in fresh.sets}
            yield from walk(fresh, f"{path}.", entered, left - 1)


def _some(attrs: AttrSet | None) -> tuple[AttrSet, ...]:
    return (attrs,) if attrs is not None else ()
