"""The chain of attributes inside a message or a nest."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.wire.nlmsg import Order

HEADER = {"<": struct.Struct("<HH"), ">": struct.Struct(">HH")}
HEADER_SIZE = 4


class AttrSpan(NamedTuple):
    """One attribute by position: header at `start`, payload in [start + 4, end), padding in [end, next).

    `length` is what nla_len says and `type` is nla_type with its two flag bits. `fault` is empty, or says in words why
    the length cannot be true; then the span covers all bytes up to the end of the chain, for nothing tells where the
    next attribute would begin.
    """

    start: int
    end: int
    next: int
    length: int
    type: int
    fault: str


def walk_attrs(data: bytes, start: int, end: int, order: Order) -> Iterator[AttrSpan]:
    """Split [start, end) into attributes. Never raises; every byte is in a span, also a rest too short for a header."""
    unpack = HEADER[order].unpack_from
    span = tuple.__new__  # AttrSpan itself would do the same behind a call of Python's
    while start < end:
        left = end - start
        if left < HEADER_SIZE:
            yield AttrSpan(start, end, end, 0, 0, f"{left} bytes are too few for an attribute header")
            return
        length, type_ = unpack(data, start)
        if length < HEADER_SIZE:
            yield AttrSpan(start, end, end, length, type_, f"says {length} bytes, less than its own header of 4")
            return
        if length > left:
            yield AttrSpan(start, end, end, length, type_, f"says {length} bytes, {left} remain")
            return
        following = min(start + ((length + 3) & ~3), end)
        yield span(AttrSpan, (start, start + length, following, length, type_, ""))
        start = following
