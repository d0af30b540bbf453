"""The messages of a capture from start to end, in little memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.api.arguments import decoder_of, filter_of, source_of
from nlsniff.api.message import Message
from nlsniff.api.paths import Paths
from nlsniff.select import select
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

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

    No conversations are kept: each message has its `conversation_id`, and None as its `conversation`. A filter that
    asks what became of conversations has the file indexed first, as `Capture` does.

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
    paths = Paths(decoder.registry)
    found = select(source_of(source), decoder, wanted, byte_order(endian), bare_linktype(linktype))
    return (Message(item, paths) for batch in found for item in batch)
