"""How a number becomes a JSON value and a text: names, flags, units, dates, handles."""

from __future__ import annotations

import datetime as dt
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.spec.model import Field

    Show = Callable[[Any], tuple[Any, str]]


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


def shower(field: Field, size: int) -> Show:
    """How a number of a field, `size` bytes wide, becomes a JSON value and a text."""
    enum = field.enum
    if enum is not None and (enum.flags or field.as_flags):

        def show_flags(raw: int) -> tuple[Any, str]:
            names = flag_names(field, raw)
            return names, "|".join(names) or "0"

        return show_flags
    if enum is not None:
        names = enum.by_value

        def show_enum(raw: int) -> tuple[Any, str]:
            name = names.get(raw)
            return (raw if name is None else name), field.special.get(raw) or name or str(raw)

        return show_enum
    if field.bits:
        return _show_bits(field, size)
    unit = f" {field.unit}" if field.unit else ""
    special = field.special
    plain = _PLAIN.get(field.hint) or (lambda raw, _size: f"{raw}{unit}")

    def show(raw: int) -> tuple[Any, str]:
        return raw, special.get(raw) or plain(raw, size)

    return show


def _show_bits(field: Field, size: int) -> Show:
    """A number that C declares as bit fields, as an object of its parts.

    The first part is at bit 0 of a little-endian number and at the top of a big-endian one, as compilers have it.
    """
    parts: list[tuple[Field, int, int, Show]] = []
    used = 0
    for part in field.bits:
        width = part.size or 0
        shift = 8 * size - used - width if field.byte_order == ">" else used
        parts.append((part, shift, (1 << width) - 1, shower(part, size)))
        used += width

    def show(raw: int) -> tuple[Any, str]:
        value: dict[str, Any] = {}
        texts = []
        for part, shift, mask, show_part in parts:
            found = raw >> shift & mask
            if part.type != "pad" or found:
                value[part.name], text = show_part(found)
                texts.append(f"{part.name} {text}")
        return value, " ".join(texts)

    return show


def bitmap(words: list[int], size: int) -> str:
    """Which bits of some words, each `size` bytes wide, are set: `0-31,40 of 64`."""
    total = 8 * size * len(words)
    whole = sum(word << (8 * size * at) for at, word in enumerate(words))
    ranges: list[str] = []
    at = 0
    while whole >> at:
        at += ((whole >> at) & -(whole >> at)).bit_length() - 1  # the next 1
        run = ~(whole >> at)
        stop = at + (run & -run).bit_length() - 1  # the next 0 behind it
        ranges.append(str(at) if stop == at + 1 else f"{at}-{stop - 1}")
        at = stop
    return f"{','.join(ranges) or 'none'} of {total}"


def _date(raw: int, _size: int) -> str:
    if not raw:
        return "never"
    try:
        return dt.datetime.fromtimestamp(raw, tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return str(raw)


_TC_HANDLES = {0: "none", 0xFFFFFFFF: "root", 0xFFFFFFF1: "ingress"}  # TC_H_UNSPEC, TC_H_ROOT, TC_H_INGRESS


def _tc_handle(raw: int, _size: int) -> str:
    """A handle of traffic control as `tc` writes it: major and minor number in hex, a 0 left out."""
    found = _TC_HANDLES.get(raw)
    if found is not None:
        return found
    major, minor = raw >> 16 & 0xFFFF, raw & 0xFFFF
    return f"{major:x}:{minor:x}" if major and minor else f"{major:x}:" if major else f":{minor:x}"


_PLAIN: dict[str, Callable[[int, int], str]] = {
    "bitmap": lambda raw, size: bitmap([raw & ((1 << 8 * size) - 1)], size),
    "date": _date,
    "dotted": lambda raw, _size: socket.inet_ntoa((raw & 0xFFFFFFFF).to_bytes(4, "big")),
    "hex": lambda raw, size: f"0x{raw & ((1 << 8 * size) - 1):0{2 * size}x}",
    "tc-handle": _tc_handle,
}
