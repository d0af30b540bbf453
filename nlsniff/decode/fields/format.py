"""How a number becomes a JSON value and a text: names, flags, bit fields, units, and what a `display-hint` says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from nlsniff.decode.fields import tc_numbers
from nlsniff.decode.fields.bits import bit_fields
from nlsniff.decode.node import Node
from nlsniff.spec.model import SCALARS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nlsniff.spec.model import Enum, Field
    from nlsniff.wire.nlmsg import Order

    Show = Callable[[Any], tuple[Any, str]]


_LAST_YEAR = 9999


def flag_names(field: Field, raw: int) -> list[str]:
    """Names of the bits that are set, lowest first; bits without a name together, as one hex number."""
    names = []
    left = raw
    if field.enum is not None:
        for value, name in field.enum.by_value.items():
            mask = field.enum.mask(value)
            if mask and left & mask == mask:
                names.append(name)
                left &= ~mask
    if left:
        names.append(hex(left))
    return names


def formatter(field: Field, size: int) -> Show:
    """How a number of a field, `size` bytes wide, becomes a JSON value and a text."""
    enum = field.enum
    if enum is not None and field.hint == "errno":
        return _show_errno(enum, size, signed=field.type[0] == "s")
    if enum is not None and (enum.flags or field.as_flags):

        def show_flags(raw: int) -> tuple[Any, str]:
            names = flag_names(field, raw)
            return names, "|".join(names) or "0"

        return show_flags
    if enum is not None:
        names, special = enum.by_value, field.special
        other = _PLAIN.get(field.hint) or (lambda raw, _size: str(raw))

        def show_enum(raw: int) -> tuple[Any, str]:
            name = names.get(raw)
            return (raw if name is None else name), special.get(raw) or name or other(raw, size)

        return show_enum
    if field.bits:
        return _show_bits(field, size)
    unit = f" {field.unit}" if field.unit else ""
    special = field.special
    if not (unit or special or field.hint in _PLAIN):
        return lambda raw: (raw, str(raw))
    plain = _PLAIN.get(field.hint) or (lambda raw, _size: f"{raw}{unit}")

    def show(raw: int) -> tuple[Any, str]:
        return raw, special.get(raw) or plain(raw, size)

    return show


def _show_errno(enum: Enum, size: int, *, signed: bool) -> Show:
    """An error number as its name, with a minus or without: the kernel has both in bodies (IPv4 and IPv6 differ).

    Where a number is signed, one without a minus is a result.
    """
    names = enum.by_value

    def show(raw: int) -> tuple[Any, str]:
        name = names.get(-raw) if signed else names.get(raw) or names.get((1 << 8 * size) - raw)
        return (raw, str(raw)) if name is None else (name, name)

    return show


def _show_bits(field: Field, size: int) -> Show:
    """A number that C declares as bit fields, as an object of its parts; those without a name are left out if zero."""
    parts = [(part, formatter(part.field, size)) for part in bit_fields(field, size, field.byte_order or "<")]

    def show(raw: int) -> tuple[Any, str]:
        value: dict[str, Any] = {}
        texts = []
        for part, show_part in parts:
            found = part.of(raw)
            if part.field.type != "pad" or found:
                value[part.field.name], text = show_part(found)
                texts.append(f"{part.field.name} {text}")
        return value, " ".join(texts)

    return show


def bit_parts(owners: Iterable[Node], name: str, order: Order) -> Iterator[Node]:
    """The part of some numbers that has the name of a bit field, made into a node of its own.

    Such parts have no bytes of their own, so that the tree does not hold them.
    """
    for owner in owners:
        field = owner.spec
        if field is None or not field.bits or type(owner.raw) is not int or field.type not in SCALARS:
            continue
        size = SCALARS[field.type]
        for part in bit_fields(field, size, field.byte_order or order):
            if part.field.name == name and part.field.type != "pad":
                found = Node(name, owner.start, owner.end, raw=part.of(owner.raw), spec=part.field)
                found.value, found.text = formatter(part.field, size)(found.raw)
                yield found


def bitmap(words: list[int], size: int) -> str:
    """Which bits of some words, each `size` bytes wide, are set: `0-31,40 of 64`."""
    width = 8 * size
    ranges: list[str] = []
    first = None  # where the run of ones began that reaches to here
    for base, word in zip(range(0, width * len(words), width), words, strict=True):
        if word in {0, (1 << width) - 1}:  # most words of most bitmaps
            edges = [base] if (first is None) == bool(word) else []
        else:
            changes = word ^ (word << 1 | (first is not None))
            edges = [base + at for at in range(width) if changes >> at & 1]
        for at in edges:
            if first is None:
                first = at
            else:
                ranges.append(_range(first, at))
                first = None
    total = width * len(words)
    if first is not None:
        ranges.append(_range(first, total))
    return f"{','.join(ranges) or 'none'} of {total}"


def _range(first: int, after: int) -> str:
    return str(first) if after == first + 1 else f"{first}-{after - 1}"


def _date(raw: int, _size: int) -> str:
    return utc(raw, "%Y-%m-%dT%H:%M:%SZ") if raw else "never"


def _date_ns(raw: int, _size: int) -> str:
    seconds, part = divmod(raw, 10**9)
    return utc(seconds, f"%Y-%m-%dT%H:%M:%S.{part:09}Z") if raw else "never"


def _mbm(raw: int, _size: int) -> str:
    """Hundredths of a dBm, in which nl80211 counts power and signal."""
    whole, part = divmod(abs(raw), 100)
    digits = f".{part:02}".rstrip("0").rstrip(".")
    return f"{'-' if raw < 0 else ''}{whole}{digits} dBm"


def _oui(raw: int, _size: int) -> str:
    """Who made it, as the IEEE writes it; what has no such number says so by a higher one."""
    return f"0x{raw:08x}" if raw >> 24 else "-".join(f"{raw:06x}"[at : at + 2] for at in (0, 2, 4))


def utc(seconds: int, shape: str) -> str:
    """A time as `strftime` shapes it, from seconds since 1970; the number itself where no calendar has it."""
    try:
        found = time.gmtime(seconds)
    except (OverflowError, OSError):
        return str(seconds)
    return time.strftime(shape, found) if 1 <= found.tm_year <= _LAST_YEAR else str(seconds)


_PLAIN: dict[str, Callable[[int, int], str]] = {
    "bitmap": lambda raw, size: bitmap([raw & ((1 << 8 * size) - 1)], size),
    "date": _date,
    "date-ns": _date_ns,
    "dotted": lambda raw, _size: ".".join(map(str, (raw & 0xFFFFFFFF).to_bytes(4, "big"))),
    "fraction": tc_numbers.fraction,
    "hex": lambda raw, size: f"0x{raw & ((1 << 8 * size) - 1):0{2 * size}x}",
    "mbm": _mbm,
    "oui": _oui,
    "rate": tc_numbers.rate,
    "tc-action": tc_numbers.action,
    "tc-handle": tc_numbers.handle,
    "tc-u32-handle": tc_numbers.u32_handle,
    "ticks": tc_numbers.ticks,
}
