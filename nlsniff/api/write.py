"""Write messages or frames to a capture file."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from nlsniff.api.message import Message
from nlsniff.errors import BadArgumentError, NlsniffError
from nlsniff.file.frame import Frame
from nlsniff.file.sniff import format_of
from nlsniff.file.write import open_writer
from nlsniff.wire.constants import LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2, LINKTYPE_NETLINK
from nlsniff.wire.cooked import cooked_header, parse_cooked
from nlsniff.wire.nlmsg import align

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from nlsniff.file.sniff import Format

# Time in nanoseconds, data with its cooked header, bytes on the wire, comment.
Record = tuple[int, bytes, int, str]


def write(target: str | os.PathLike[str] | BinaryIO, items: Iterable[Message | Frame]) -> int:
    """Write messages or frames to a capture file; returns how many frames were written.

    Messages that follow each other in one frame are written as one frame, so that `write(path, capture)` copies all
    netlink of a capture. Bytes are written as they are, with the keys in them: `nlsniff redact` takes these out.

    Args:
        target: a path, whose file gets its new content when all is written; a name that ends in `.pcap` gives pcap, all
            others pcapng. Or a binary stream, which gets pcapng.
        items: messages of captures or streams, or frames of netlink.

    Raises:
        NlsniffError: the file cannot be written, or a frame holds no netlink.
    """
    if isinstance(items, Message | Frame):
        items = (items,)
    if not isinstance(target, str | os.PathLike):
        return _write(target, "pcapng", items)
    path = Path(target)
    fmt = format_of(path)
    with _replacing(path) as stream:
        return _write(stream, fmt, items)


def _write(stream: BinaryIO, fmt: Format, items: Iterable[Message | Frame]) -> int:
    with open_writer(stream, fmt, application="nlsniff") as writer:
        for time_ns, data, length, comment in _records(items):
            writer.write(time_ns, data, length, comment)
        return writer.frames


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name when it is whole: the name may be that of the capture which is read meanwhile."""
    try:
        mode = path.stat().st_mode if path.exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            with path.open("wb", buffering=0) as stream:
                yield stream
            return
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # readable by its owner alone
        scratch = Path(name)
        try:
            with open(handle, "wb", buffering=0) as stream:  # noqa: PTH123  a descriptor
                yield cast("BinaryIO", stream)
            if mode is not None:
                scratch.chmod(stat.S_IMODE(mode))
            scratch.replace(path.resolve())
        finally:
            with suppress(FileNotFoundError):
                scratch.unlink()
    except OSError as error:
        raise NlsniffError(f"{path}: cannot be written: {error.strerror or error}") from None


def _records(items: Iterable[Message | Frame]) -> Iterator[Record]:
    together: list[Message] = []  # messages of one frame
    for item in items:
        if not isinstance(item, Message | Frame):
            raise BadArgumentError(f"messages and frames can be written, not {type(item).__name__}")
        if together and (isinstance(item, Frame) or not _beside(together[-1], item)):
            yield _joined(together)
            together = []
        if isinstance(item, Frame):
            yield _of_frame(item)
        else:
            together.append(item)
    if together:
        yield _joined(together)


def _joined(messages: list[Message]) -> Record:
    """Messages of one frame, each aligned as in a datagram, behind one cooked header."""
    first = messages[0]
    parts = [message.data.ljust(align(len(message.data)), b"\0") for message in messages[:-1]]
    data = _cooked_header(first) + b"".join(parts) + _last(messages[-1])
    return first.time_ns, data, len(data), first.comment


def _beside(message: Message, later: Message) -> bool:
    """Whether both are of one frame, in this order."""
    same = message.frame == later.frame and message.time_ns == later.time_ns
    return same and message._capture is later._capture and message.number < later.number


def _last(message: Message) -> bytes:
    """A message with the zeros that end its datagram, as some programs send."""
    inner = message._inner
    return message.data if inner.data[inner.end :].strip(b"\0") else inner.data[inner.start :]


def _cooked_header(message: Message) -> bytes:
    """The cooked header of the frame that holds a message, as nlmon has it; made anew where the file has another."""
    inner = message._inner
    for linktype in (LINKTYPE_NETLINK, LINKTYPE_LINUX_SLL2):
        cooked = parse_cooked(linktype, inner.data)
        if cooked is not None and cooked.protocol == inner.protocol and cooked.size <= inner.start:
            return cooked_header(cooked.protocol, cooked.packet_type)
    return cooked_header(inner.protocol)


def _of_frame(frame: Frame) -> Record:
    cooked = parse_cooked(frame.linktype, frame.data)
    if cooked is None:
        raise NlsniffError(f"frame {frame.number} holds no netlink; messages can be written without it")
    data = frame.data
    if frame.linktype not in {LINKTYPE_NETLINK, LINKTYPE_LINUX_SLL}:
        data = cooked_header(cooked.protocol, cooked.packet_type) + data[cooked.size :]
    return frame.time_ns, data, len(data) + frame.length - len(frame.data), frame.comment
