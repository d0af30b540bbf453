"""What the values of a field are, as far as a filter has to know to compare them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal[
    "number", "flags", "flag", "text", "address", "mac", "bytes", "time", "duration", "nest", "any",
]  # fmt: skip


class FieldType(NamedTuple):
    """The values of a field.

    Attributes:
        kind: what they are compared as. `any` is what no dissector describes: it is compared as text.
        names: the names of values by every accepted spelling in normal form, the kernel's constants included.
        numbers: the number of each name, where the names are names of numbers.
        named: the names that are documented, in the order of the dissector.
        closed: no other name can ever be a value; else a word may be what the capture taught (`veth0` for an ifindex).
        unit: of a number that measures time: "s", "ms", "us", "ns"; else "".
    """

    kind: Kind
    names: Mapping[str, str] = {}
    numbers: Mapping[str, int] = {}
    named: tuple[str, ...] = ()
    closed: bool = True
    unit: str = ""
