"""What may stand inside what: which fields nest, how deep, and which depend on other values."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.spec.model import AttrSet, Field

_NESTS = {"nest", "indexed-array", "nest-type-value", "sub-message"}


def nests(field: Field) -> bool:
    """Whether attributes may stand inside."""
    return field.type in _NESTS or field.element_attributes is not None


def inner(field: Field) -> list[AttrSet]:
    """The attribute sets that may stand directly inside an attribute."""
    found = [field.nested, field.element_attributes]
    found += [item.attributes for item in field.sub_message.formats.values()] if field.sub_message is not None else []
    return [attributes for attributes in found if attributes is not None]


@functools.cache
def nest_on(attributes: AttrSet, levels: int) -> bool:
    """Whether such attributes can be nested so many levels deep."""
    fields = attributes.by_number.values()
    return not levels or any(nest_on(part, levels - 1) for field in fields for part in inner(field))


def depends(field: Field) -> bool:
    """Whether what it holds may depend on another value."""
    return bool(field.selector or field.family_from) or nests(field)


def element(field: Field) -> Field:
    """The field of an indexed array's elements."""
    if field.sub_type == "nest" or (field.nested is not None and not field.sub_type):
        return field.but(type="nest", sub_type="")
    return field.but(type=field.sub_type or "binary", sub_type="")
