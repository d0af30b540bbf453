"""Random values that a field of a dissector may have, as bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from nlsniff.decode.fields.bits import bit_fields
from nlsniff.spec.model import SCALARS

if TYPE_CHECKING:
    import random

    from nlsniff.spec.model import Field
    from nlsniff.wire.nlmsg import Order

_NAMES = {"link": 8, "genl": 40, "netns": 4, "nexthop": 8, "table": 300}  # ids below, so that some have names
_WORDS = ("eth0", "veth1", "lo", "br-lan", "wg0", "htb", "vlan", "default", "a b", "ü", "x")
_LETTERS = b"abcdefghijklmnopqrstuvwxyz0123456789-_.:/ \"'\\\t\x1b\xc3\xa4\xff"
_SIZES = {"mac": (6, 6, 6, 4, 8, 20), "ipv4": (4,), "ipv6": (16,), "ipv4-or-v6": (4, 16), "uuid": (16,), "fddi": (6,)}


class Values:
    """Values of fields.

    Args:
        shape: decides what changes the shape of a message: lengths, and which of several kinds.
        values: decides everything else.
    """

    def __init__(self, shape: random.Random, values: random.Random) -> None:
        self.shape = shape
        self.values = values

    def octets(self, size: int) -> bytes:
        """So many bytes, mostly not zero."""
        return self.values.randbytes(size) if self.values.random() < 0.9 else bytes(size)

    def number(self, field: Field, size: int) -> int:
        """A number of so many bytes, unsigned, as the field may have it."""
        top = (1 << 8 * size) - 1
        values = self.values
        pick = values.random()
        if field.enum is not None and field.enum.by_value and pick < 0.85:
            chosen = values.sample(list(field.enum.by_value), min(values.randint(1, 3), len(field.enum.by_value)))
            if field.as_flags:
                return (
                    sum({field.enum.mask(number) for number in chosen if number < 8 * size or field.enum.flags}) & top
                )
            return chosen[0] & top
        if field.refers_to and pick < 0.85:
            return values.randrange(_NAMES.get(field.refers_to, 8)) & top
        if field.special and pick < 0.3:
            return values.choice(list(field.special)) & top
        return values.choice((0, 1, values.randrange(256), values.randrange(top + 1), top)) & top

    def packed(self, field: Field, size: int, order: Order, wanted: Any, parts: dict[str, Any]) -> bytes:
        """A number as bytes.

        Args:
            field: describes it.
            size: in bytes.
            order: of the message at this place.
            wanted: what a selector must say, or None.
            parts: what parts of a bit field must say.
        """
        number = as_number(field, wanted)
        if number is None:
            number = self.number(field, size)
        order = field.byte_order or order
        for part in bit_fields(field, size, order) if parts else ():
            said = as_number(part.field, parts.get(part.field.name))
            if said is not None and not part.swapped:
                mask = (1 << part.width) - 1
                number = number & ~(mask << part.shift) | (said & mask) << part.shift
        return (number & (1 << 8 * size) - 1).to_bytes(size, "little" if order == "<" else "big")

    def text(self, wanted: Any = None) -> bytes:
        """A text without its NUL."""
        if wanted is not None:
            return str(wanted).encode()
        length = self.shape.choice((0, 1, 3, 4, 4, 5, 8, 15))
        words = [word for word in _WORDS if len(word.encode()) == length]
        if words and self.values.random() < 0.5:
            return self.values.choice(words).encode()
        return bytes(self.values.choices(_LETTERS, k=length))

    def blob(self, field: Field, order: Order) -> bytes:
        """What a `binary` holds."""
        if field.sub_type in SCALARS:
            size = SCALARS[field.sub_type]
            part = field.but(type=field.sub_type)
            count = self.shape.randrange(5)
            return b"".join(self.packed(part, size, order, None, {}) for _ in range(count))
        if field.exact is not None:
            return self.octets(field.exact)
        if field.hint in _SIZES:
            return self.octets(self.shape.choice(_SIZES[field.hint]))
        if field.hint == "text":
            return self.text()
        return self.octets(field.size if field.size is not None else self.shape.choice((0, 1, 4, 6, 8, 13, 16, 32)))


def as_number(field: Field, wanted: Any) -> int | None:
    """A selector's value as the number that says it; None for none."""
    if wanted is None or isinstance(wanted, int):
        return wanted
    if field.enum is not None:
        for number, name in field.enum.by_value.items():
            if name == wanted:
                return number
    try:
        return int(str(wanted), 0)
    except ValueError:
        return None


def header(order: Order, length: int, type_: int, flags: int, seq: int, port: int) -> bytes:
    """An nlmsghdr."""
    return struct.pack(order + "IHHII", length & 0xFFFFFFFF, type_, flags, seq, port)
