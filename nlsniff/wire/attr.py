"""The chain of attributes inside a message or a nest."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.wire.constants import NLA_F_NESTED, NLA_TYPE_MASK
from nlsniff.wire.nlmsg import align

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterator

    from nlsniff.wire.nlmsg import Order

HEADER = {"<": struct.Struct("<HH"), ">": struct.Struct(">HH")}
HEADER_SIZE = 4
ATTR_WRAP = 1 << 16  # nla_len has 16 bits
_PATIENCE = 4  # times the length of a chain that is walked to find where its nests really end


class AttrSpan(NamedTuple):
    """One attribute by position: header at `start`, payload in [start + 4, end), padding in [end, next).

    `length` is what nla_len says and `type` is nla_type with its two flag bits. `fault` is empty, or says in words why
    the length cannot be true; then the span covers all bytes up to the end of the chain, for nothing tells where the
    next attribute would begin. `end - start` is more than `length` in one case only, see `walk_long`.
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


def payloads(data: bytes, start: int, end: int, order: Order, wanted: Collection[int]) -> dict[int, bytes]:
    """Payloads of some attributes of a chain, by nla_type, up to where the last of them or a wrong length stands."""
    found: dict[int, bytes] = {}
    for span in walk_attrs(data, start, end, order):
        number = span.type & NLA_TYPE_MASK
        if number in wanted and not span.fault:
            found[number] = data[span.start + HEADER_SIZE : span.end]
            if len(found) == len(wanted):
                break
    return found


def walk_long(
    data: bytes, start: int, end: int, order: Order, nests: Container[int], decide: Callable[[int, int], None]
) -> Iterator[AttrSpan]:
    """As `walk_attrs`, of a chain in which a nest may be longer than nla_len can say (the VFs of a large device).

    The kernel closes such a nest without a look at its length, which is then written less 65,536. It shows: the
    attributes inside do not end where the nest would, but do end 65,536 bytes behind that. What ends where it says is
    taken at its word.

    Args:
        data: of the frame.
        start: of the chain.
        end: of the chain.
        order: byte order of the headers.
        nests: types that hold attributes; with NLA_F_NESTED any type does.
        decide: is told which bytes it was that told.
    """
    unpack = HEADER[order].unpack_from
    patience = _PATIENCE * (end - start)
    at = start
    while at < end:
        span = next(walk_attrs(data, at, end, order))
        if end - at >= ATTR_WRAP + span.length and (span.type & NLA_F_NESTED or span.type & NLA_TYPE_MASK in nests):
            inside, says = at + HEADER_SIZE, at + span.length
            while inside <= end and patience > 0 and inside != says:
                if inside > says and (inside - says) % ATTR_WRAP == 0:
                    span = AttrSpan(at, inside, inside, span.length, span.type, "")
                    break
                length = unpack(data, inside)[0] if end - inside >= HEADER_SIZE else 0
                if length < HEADER_SIZE:
                    break
                patience -= align(length)
                inside += align(length)
            decide(at, min(inside, end))
        yield span
        at = span.next


def walk_short(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Attributes with a byte for the type and one for the length of the payload: type, start and end of the payload.

    Ends where the next one does not fit, so that the last `end` is less than that of the bytes.
    """
    while start + 2 <= end:
        at = start + 2
        stop = at + data[start + 1]
        if stop > end:
            return
        yield data[start], at, stop
        start = stop
