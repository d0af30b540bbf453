"""A frame: one record of a capture file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.wire.nlmsg import Order

    # (parser, buffer, position, number of the last frame, frames made) -> position and number behind what was taken.
    FastPath = Callable[[Any, bytes, int, int, list["Frame"]], tuple[int, int]]


class Frame(NamedTuple):
    """One captured datagram with its cooked header.

    Attributes:
        number: counts from 1 through the whole file.
        offset: where `data` begins in the (decompressed) file.
        time_ns: nanoseconds since 1970.
        linktype: LINKTYPE_* of the interface it was captured on.
        interface: counts from 0 through all sections of the file.
        length: bytes on the wire; more than `len(data)` where a snap length cut the frame.
        data: the captured bytes, cooked header included.
        comment: the record's pcapng comments, joined by newlines, or "".
    """

    number: int
    offset: int
    time_ns: int
    linktype: int
    interface: int
    length: int
    data: bytes
    comment: str

    def __repr__(self) -> str:
        cut = f" of {self.length}" if self.length > len(self.data) else ""
        return f"<Frame {self.number} {len(self.data)}{cut} bytes>"


class RecordLayout(NamedTuple):
    """What a record of a file looks like that needs no second look: data for the loop of `nlsniff.file.sweep`.

    Texts are Python over the names of `fields`; `buffer`, and the positions in it of the record (`pos`), of its data
    (`begin`, `stop`) and of the next record (`following`); `parser` and `known`, the number of interfaces; and
    `word(buffer, position)`, a tuple of one 32-bit number.

    Attributes:
        order: byte order of the fields.
        fields: name and format (of `struct`) of all before the data; one of them is `captured`, the bytes of data.
        data_at: bytes before the data.
        following: where the next record begins; empty if right behind the data.
        good: whether it is such a record.
        time: nanoseconds since 1970.
        comment: as that of `Frame`.
    """

    order: Order
    fields: tuple[tuple[str, str], ...]
    data_at: int
    following: str
    good: str
    time: str
    comment: str
