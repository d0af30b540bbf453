"""Damage: by bytes alone, and by what the bytes of a netlink message mean."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from nlsniff.wire.attr import walk_attrs
from nlsniff.wire.nlmsg import walk_messages

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from nlsniff.wire.nlmsg import Order

_NUMBERS = (0, 1, 3, 4, 15, 16, 17, 0x7F, 0x80, 0xFF, 0x100, 0x3FFF, 0x4000, 0x7FFF, 0x8000, 0xFFFF, 0x10000,
            0x40000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)  # fmt: skip
_TEXTS = (b"\0", b"\x1b[2J", b"\n", b"\r", b"\x9b", "\u202e".encode(), b"%s%n", b"'", b"\xff\xfe", b"{", b"[")
_LARGEST = 64 << 10  # of an input that repeats a part of itself


def octets(random: Random, data: bytes, *, copies: bool = True) -> bytes:
    """A few changes to any bytes; without `copies` nothing stands at a second place."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        data = random.choice(_CHANGES if copies else _CHANGES[:-1])(random, data)
    return data


def _flip(random: Random, data: bytes) -> bytes:
    at, bit = random.randrange(len(data) or 1), 1 << random.randrange(8)
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :] if data else data


def _number(random: Random, data: bytes) -> bytes:
    """A number that is often a bound of something, of either byte order."""
    code = random.choice("BHI")
    size = struct.calcsize(code)
    at = random.randrange(max(len(data) - size, 1))
    value = random.choice(_NUMBERS) & ((1 << 8 * size) - 1)
    return data[:at] + struct.pack(random.choice("<>") + code, value) + data[at + size :]


def _text(random: Random, data: bytes) -> bytes:
    at, text = random.randrange(len(data) + 1), random.choice(_TEXTS)
    return data[:at] + text + data[at + len(text) :]


def _insert(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.randbytes(random.choice((1, 2, 4, 16))) + data[at:]


def _delete(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + data[at + random.choice((1, 2, 4, 16, 200)) :]


def _zeros(random: Random, data: bytes) -> bytes:
    at, size = random.randrange(len(data) + 1), random.choice((4, 16, 64))
    return data[:at] + bytes(min(size, len(data) - at)) + data[at + size :]


def _copy(random: Random, data: bytes) -> bytes:
    """A piece of it at another place."""
    start, at = random.randrange(len(data) + 1), random.randrange(len(data) + 1)
    piece = data[start : start + random.choice((4, 16, 64, 256))]
    return data[:at] + piece + data[at + random.choice((0, len(piece))) :]


def _cut(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


_CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    _flip, _flip, _number, _number, _text, _insert, _delete, _zeros, _cut, _copy,
)  # fmt: skip


def datagram(random: Random, data: bytes, order: Order, *, copies: bool = True) -> bytes:
    """A change to a datagram that knows where its messages and attributes stand; `copies` as for `octets`."""
    spans = list(walk_messages(data, 0, order, 0))
    if not spans:
        return octets(random, data, copies=copies)
    span = random.choice(spans)
    how = random.randrange(6)
    if how == 0:  # a header field
        at, size = random.choice(((0, 4), (4, 2), (6, 2), (8, 4), (12, 4), (16, 4)))  # the last: an error number
        value = random.choice(_NUMBERS) & ((1 << 8 * size) - 1)
        return _put(data, span.start + at, value.to_bytes(size, "little" if order == "<" else "big"))
    if how == 1:  # a message again, or none
        piece = data[span.start : span.end]
        return data[: span.end] + piece * random.choice((1, 1, 3)) + data[span.end :]
    places = _attributes(data, span.start, span.end, order)
    if not places:
        return octets(random, data, copies=copies)
    start, end = random.choice(places)
    if how == 2:  # nla_len
        said = struct.unpack_from(order + "H", data, start)[0]
        value = random.choice((0, 3, 4, 5, said - 1, said + 1, said + 4, 0xFFFF)) & 0xFFFF
        return _put(data, start, struct.pack(order + "H", value))
    if how == 3:  # nla_type and its flags
        said = struct.unpack_from(order + "H", data, start + 2)[0]
        value = random.choice((said ^ 0x8000, said ^ 0x4000, random.randrange(64), said + 1)) & 0xFFFF
        return _put(data, start + 2, struct.pack(order + "H", value))
    if how == 4:  # the same attribute many times
        piece = data[start:end]
        count = random.choice((1, 2, 50, _LARGEST // max(len(piece), 4)))
        return _resized(data[:end] + piece * count + data[end:], span.start, len(piece) * count, order)
    return data[:start] + octets(random, data[start:end], copies=copies) + data[end:]


def _attributes(data: bytes, start: int, end: int, order: Order) -> list[tuple[int, int]]:
    """Places of what may be attributes: behind any header of a size that is in use, and nested in those."""
    found: list[tuple[int, int]] = []
    for size in (16, 20, 24, 28, 32):
        spans = [item for item in walk_attrs(data, min(start + size, end), end, order) if not item.fault]
        for item in spans:
            found.append((item.start, item.next))
            found += [(inner.start, inner.next) for inner in walk_attrs(data, item.start + 4, item.end, order)
                      if not inner.fault]  # fmt: skip
    return [(first, min(last, end)) for first, last in found if first + 4 <= min(last, end)]


def _resized(data: bytes, start: int, more: int, order: Order) -> bytes:
    """The message with an nlmsg_len that says what was added."""
    length = struct.unpack_from(order + "I", data, start)[0] + more
    return _put(data, start, struct.pack(order + "I", length & 0xFFFFFFFF))


def _put(data: bytes, at: int, piece: bytes) -> bytes:
    return data[:at] + piece + data[at + len(piece) :]
