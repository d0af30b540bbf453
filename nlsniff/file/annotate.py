"""Add comments to the frames of a capture: a pcapng file as it is but for these, a pcap file as pcapng.

And give bare datagrams the header that says of which protocol they are.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, cast

from nlsniff.errors import NlsniffError
from nlsniff.file.blocks import ENHANCED, FIXED, MAGIC, PACKET, SECTION
from nlsniff.file.read import FrameReader
from nlsniff.file.write import comment_options, open_writer
from nlsniff.wire.cooked import BARE, cooked_header, parse_cooked

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from nlsniff.wire.nlmsg import Order


def annotated(data: bytes, comments: Mapping[int, str]) -> bytes:
    """A pcapng file with more comments; simple packet blocks, which cannot have any, stay as they are.

    Args:
        data: a whole file, not compressed. What follows damage in it stays as it is.
        comments: a line for a frame, by the offset of the frame's data in `data`.
    """
    if data[:4] == SECTION.to_bytes(4):
        return b"".join(_blocks(data, comments))
    stream = io.BytesIO()
    with open_writer(stream, "pcapng", application="nlsniff") as writer:
        for frame in FrameReader(io.BytesIO(data)):
            cooked = parse_cooked(frame.linktype, frame.data)
            if cooked is not None:
                head = cooked_header(cooked.protocol, cooked.packet_type)
                kept, lacking = head + frame.data[cooked.size :], frame.length - len(frame.data)
                comment = comments.get(frame.offset, "") if len(head) == cooked.size else ""  # it has positions
                writer.write(frame.time_ns, kept, len(kept) + lacking, comment)
    return stream.getvalue()


def headed(source: str | os.PathLike[str] | BinaryIO, linktype: int) -> bytes:
    """A capture of bare datagrams as pcapng in which each has its header, so that it says by itself what it holds.

    Args:
        source: as that of `FrameReader`.
        linktype: what its frames are, as `nlsniff.wire.cooked.bare_linktype` gives it.

    Raises:
        NlsniffError: it cannot be read, or is damaged.
    """
    reader = FrameReader(source, linktype=linktype)
    frames = list(reader)
    damage = next((problem.text for problem in reader.problems if problem.severity == "error"), "")
    if damage:
        raise NlsniffError(f"{reader.name}: {damage}: it cannot be judged")
    first = reader.interfaces[0] if reader.interfaces else None
    texts = {"os": first.recorder.os, "application": first.recorder.application} if first is not None else {}
    head = cooked_header(linktype - BARE)
    stream = io.BytesIO()
    with open_writer(stream, "pcapng", **texts) as writer:
        for frame in frames:
            cooked = parse_cooked(frame.linktype, frame.data)
            front = b"" if cooked is not None and cooked.size else head  # what a text tells has one already
            writer.write(frame.time_ns, front + frame.data, len(front) + frame.length, frame.comment)
        writer.close(None, sum((item.dropped or 0) + (item.os_dropped or 0) for item in reader.interfaces))
    return stream.getvalue()


def _blocks(data: bytes, comments: Mapping[int, str]) -> Iterator[bytes]:
    order: Order = "<"
    at, size = 0, len(data)
    while size - at >= 12:
        if data[at : at + 4] == SECTION.to_bytes(4):  # the same in either byte order
            order = MAGIC.get(data[at + 8 : at + 12], order)
        kind, total = struct.unpack_from(order + "II", data, at)
        if total < 12 or at + total > size:
            break
        block = data[at : at + total]
        comment = comments.get(at + FIXED[ENHANCED], "") if kind in (ENHANCED, PACKET) else ""
        yield _commented(block, order, comment) if comment else block
        at += total
    yield data[at:]


def _commented(block: bytes, order: Order, comment: str) -> bytes:
    """A packet block with one more comment, before all other options."""
    captured = cast("int", struct.unpack_from(order + "I", block, 20)[0])
    options = FIXED[ENHANCED] + (captured + 3 & ~3)
    rest = block[options:-4] or bytes(4)
    body = block[8:options] + comment_options(comment, order) + rest
    total = struct.pack(order + "I", len(body) + 12)
    return block[:4] + total + body + total
