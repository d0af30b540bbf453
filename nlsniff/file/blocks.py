"""Blocks of pcapng that are not packets: section header, interface description, statistics; and options.

Source of the numbers: the pcapng specification of the IETF (draft-ietf-opsawg-pcapng).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from nlsniff.file.info import Interface, RecordedBy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.wire.nlmsg import Order

SECTION = 0x0A0D0D0A
INTERFACE, PACKET, SIMPLE, STATISTICS, ENHANCED = 1, 2, 3, 5, 6

# Bytes before the options of a block, its type and length included; the packet blocks have their data in between.
FIXED = {SECTION: 24, INTERFACE: 16, PACKET: 28, SIMPLE: 12, STATISTICS: 20, ENHANCED: 28}

LEAST = {SECTION: 28, INTERFACE: 20, PACKET: 32, SIMPLE: 16, 4: 16, STATISTICS: 24, ENHANCED: 32}

# A block that claims to be longer is damage; it bounds what a claim can make us wait for and allocate.
BLOCK_LIMIT = 16 << 20

# A known block type and a length below 2**24, or a section header.
CANDIDATE: dict[Order, bytes] = {
    "<": rb"(?s)(?=[\x01-\x06]\0\0\0.{3}\0|\x0a\x0d\x0d\x0a)",
    ">": rb"(?s)(?=\0\0\0[\x01-\x06]\0.{3}|\x0a\x0d\x0d\x0a)",
}

MAGIC: dict[bytes, Order] = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}

_COMMENT = 1
_OS, _APPLICATION = 3, 4  # of a section
# Further options of interface descriptions, and of statistics: the attributes of `Interface` that hold them.
_TEXTS = {2: "name", 3: "description", 12: "os", 15: "hardware"}
_COUNTERS = {4: "received", 5: "dropped", 7: "os_dropped"}
# A clock may be set wrong by centuries; more than this would not fit nanoseconds in 64 bits.
_OFFSET_LIMIT = 1 << 32


def options(data: bytes, start: int, end: int, order: Order) -> Iterator[tuple[int, bytes]]:
    """The options in [start, end) as (code, value), up to the end mark or the first that does not fit."""
    unpack = struct.Struct(order + "HH").unpack_from
    while end - start >= 4:
        code, length = unpack(data, start)
        start += 4
        if code == 0 or length > end - start:
            return
        yield code, data[start : start + length]
        start += (length + 3) & ~3


def comment(data: bytes, start: int, end: int, order: Order) -> str:
    """The comments among the options in [start, end), joined by newlines."""
    return "\n".join(_text(value) for code, value in options(data, start, end, order) if code == _COMMENT)


def read_interface(data: bytes, start: int, end: int, order: Order, number: int) -> Interface:
    """Read an interface description block that covers [start, end)."""
    linktype, _, snaplen = struct.unpack_from(order + "HHI", data, start + 8)
    interface = Interface(number, linktype, snaplen, order=order)
    for code, value in options(data, start + FIXED[INTERFACE], end - 4, order):
        if code == _COMMENT:
            interface.comments.append(_text(value))
        elif code in _TEXTS:
            setattr(interface, _TEXTS[code], _text(value))
        elif code == 9 and value:
            exponent = value[0] & 0x7F
            interface.resolution = 2**exponent if value[0] & 0x80 else 10**exponent
        elif code == 11 and value:
            # The first byte says how the filter is written; 0 is the text that a person wrote.
            interface.filter = _text(value[1:]) if value[0] == 0 else ""
        elif code == 14 and len(value) == 8:
            seconds = struct.unpack(order + "q", value)[0]
            interface.offset_s = max(-_OFFSET_LIMIT, min(seconds, _OFFSET_LIMIT))
    return interface


def read_section(data: bytes, start: int, end: int, order: Order) -> RecordedBy:
    """Read a section header block that covers [start, end)."""
    said = {code: _text(value) for code, value in options(data, start + FIXED[SECTION], end - 4, order)}
    return RecordedBy(said.get(_OS, ""), said.get(_APPLICATION, ""))


def read_statistics(data: bytes, start: int, end: int, order: Order, interface: Interface) -> None:
    """Read an interface statistics block that covers [start, end) into the interface it is about."""
    for code, value in options(data, start + FIXED[STATISTICS], end - 4, order):
        if code == _COMMENT:
            interface.comments.append(_text(value))
        elif code in _COUNTERS and len(value) == 8:
            setattr(interface, _COUNTERS[code], struct.unpack(order + "Q", value)[0])


def _text(value: bytes) -> str:
    """Text of an option; some writers count a zero byte at its end."""
    return value.decode("utf-8", "replace").rstrip("\0")
