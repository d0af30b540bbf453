"""The messages that a filter wants: of a file from start to end, or of an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from nlsniff.reader import Capture as IndexedCapture
from nlsniff.reader import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.api.arguments import Path
    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.message import Message
    from nlsniff.filter.filter import Filter
    from nlsniff.wire.nlmsg import Order


def messages_of(
    source: Path | BinaryIO, decoder: Decoder, wanted: Filter | None, order: Order | None, linktype: int | None
) -> Iterator[Message]:
    """The messages of a file; it is indexed first where the filter asks what became of conversations."""
    if wanted is not None and wanted.needs_conversation:
        capture = IndexedCapture(source, decoder, order, linktype).load()
        return map(capture.message, numbers_of(capture, wanted, 0, len(capture)))
    return (item for item in Stream(source, decoder, order, linktype) if wanted is None or wanted.matches(item))


def numbers_of(capture: IndexedCapture, wanted: Filter | None, start: int, stop: int) -> Iterator[int]:
    """The numbers of the messages in rows [start, stop) that a filter wants; row 0 is message 1."""
    if wanted is None:
        yield from range(start + 1, stop + 1)
        return
    for number in wanted.select(capture.index, start, stop):
        told = capture.conversation(number) if wanted.needs_conversation else None
        if wanted.header_only or wanted.matches(capture.message(number), told):
            yield number
