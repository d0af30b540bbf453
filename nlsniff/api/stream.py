"""The messages of a capture from start to end, in little memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.api.arguments import decoder_of, filter_of, frames_of, order_of, source_of
from nlsniff.api.capture import Capture
from nlsniff.api.message import Message
from nlsniff.api.paths import Paths
from nlsniff.reader import Stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from nlsniff.api.arguments import Path


def stream(
    source: Path | BinaryIO,
    filter: str | None = None,
    *,
    endian: str = "auto",
    linktype: str | int | None = None,
    specs: Path | Iterable[Path] = (),
    show_secrets: bool = False,
) -> Iterator[Message]:
    """The messages of a capture that match a display filter, each once, in memory that does not grow with the file.

    A filter that asks what became of conversations needs the whole file first; then, and only then, the messages have
    their `conversation`. `conversation_id` is always there.

    Args:
        source: a path, "-" for standard input, or a binary stream, which may never end.
        filter: a display filter; None for all messages.
        endian: byte order of the machine that was recorded: `auto`, `little` or `big`.
        linktype: the netlink protocol of frames that are bare datagrams, as that of `Capture`.
        specs: more dissectors, folders or files, which win over the shipped ones.
        show_secrets: keep keys readable instead of masking them.

    Raises:
        NlsniffError: as `Capture`; where nothing can be read, when the first message is asked for.
        FilterError: the filter cannot be used.
    """
    decoder = decoder_of(specs, show_secrets=show_secrets)
    wanted = filter_of(filter, decoder)
    if wanted is not None and wanted.needs_conversation:
        return Capture(source, endian=endian, linktype=linktype, specs=specs, show_secrets=show_secrets).messages(
            filter
        )
    messages = iter(Stream(source_of(source), decoder, order_of(endian), frames_of(linktype)))
    paths = Paths(decoder.registry)
    return (Message(item, paths) for item in messages if wanted is None or wanted.matches(item))
