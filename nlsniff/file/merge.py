"""Several captures as one, in order of time."""

from __future__ import annotations

import heapq
import tempfile
from operator import attrgetter
from typing import TYPE_CHECKING, cast

from nlsniff.errors import NlsniffError
from nlsniff.file.families import disagreement, noted
from nlsniff.file.info import total
from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.wire.cooked import cooked_header, parse_cooked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from nlsniff.file.families import Families
    from nlsniff.file.frame import Frame
    from nlsniff.file.text import Guess
    from nlsniff.file.write import Writer


def merged(paths: Sequence[str], linktype: int | None = None, guess: Guess | None = None) -> tuple[BinaryIO, list[str]]:
    """Make one capture of several, in a file without a name.

    Args:
        paths: the captures; the frames of each stay in their order.
        linktype: as that of `FrameReader`, for all of them.
        guess: as that of `FrameReader`.

    Returns:
        The capture, at its start, and what is wrong with the files, a line each: also that they are of several
        machines, where numbers mean other things.

    Raises:
        NlsniffError: a file cannot be read, or there is no room for the capture.
    """
    readers = [FrameReader(path, linktype=linktype, guess=guess) for path in paths]
    families: list[Families] = [{} for _ in readers]
    try:
        stream = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115
        with open_writer(stream, "pcapng") as writer:
            each = [noted(reader, told) for reader, told in zip(readers, families, strict=True)]
            for frame in heapq.merge(*each, key=attrgetter("time_ns")):
                write_frame(writer, frame)
            interfaces = [interface for reader in readers for interface in reader.interfaces]
            writer.close(total(interfaces, "received"), total(interfaces, "dropped"))
    except OSError as error:
        raise NlsniffError(f"captures cannot be put together: {error.strerror}") from None
    finally:
        for reader in readers:
            reader.close()
    stream.seek(0)
    mixed = disagreement(list(zip([reader.name for reader in readers], families, strict=True)))
    faults = [f"{reader.name}: {problem}" for reader in readers for problem in reader.problems]
    return stream, [f"warning: {mixed}", *faults] if mixed else faults


def write_frame(writer: Writer, frame: Frame) -> None:
    """Write a frame of any capture with the header that a netlink capture has; what is no netlink is left out."""
    cooked = parse_cooked(frame.linktype, frame.data)
    if cooked is not None:
        head = cooked_header(cooked.protocol, cooked.packet_type)
        length = len(head) + frame.length - cooked.size
        writer.write(frame.time_ns, head + frame.data[cooked.size :], length, frame.comment)
