"""Bit fields: where the parts of a number are that C declares as several."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nlsniff.spec.model import Field
    from nlsniff.wire.nlmsg import Order


class BitField(NamedTuple):
    """A part of a number: its field, the bits below it, its width, and whether its bytes lie the other way round."""

    field: Field
    shift: int
    width: int
    swapped: bool

    def of(self, raw: int) -> int:
        """The part's own number."""
        found = raw >> self.shift & ((1 << self.width) - 1)
        return int.from_bytes(found.to_bytes(self.width // 8, "little"), "big") if self.swapped else found


def bit_fields(field: Field, size: int, order: Order) -> list[BitField]:
    """The parts of a number of `size` bytes that a machine of a byte order wrote.

    They count from bit 0 on; from the top in network order, and where compilers lay them out on a big-endian machine.
    """
    from_top = field.bits_from_top or (field.c_bits and order == ">")
    found = []
    used = 0
    for part in field.bits:
        width = part.size or 0
        shift = 8 * size - used - width if from_top else used
        found.append(BitField(part, shift, width, part.byte_order == ">" and order == "<" and width % 8 == 0))
        used += width
    return found
