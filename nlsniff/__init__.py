"""See Linux netlink: captures as frames, messages, trees and conversations.

    import nlsniff

    with nlsniff.open("captures/first-route.pcapng") as capture:
        for message in capture:
            print(message.number, message.type_name, message.summary, message.get("dst"))
        for conversation in capture.conversations:
            print(conversation.kind, conversation.status, list(conversation.messages))

Nothing is imported before it is used: `import nlsniff` costs a millisecond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from typing import Any, BinaryIO

    from nlsniff.decode.message import Message
    from nlsniff.decode.node import Node, Problem
    from nlsniff.errors import NlsniffError
    from nlsniff.file.frame import Frame
    from nlsniff.follow.conversation import Conversation
    from nlsniff.reader import Capture

__all__ = ["Capture", "Conversation", "Frame", "Message", "NlsniffError", "Node", "Problem", "open"]

_HOMES = {
    "Capture": "nlsniff.reader",
    "Conversation": "nlsniff.follow.conversation",
    "Frame": "nlsniff.file.frame",
    "Message": "nlsniff.decode.message",
    "NlsniffError": "nlsniff.errors",
    "Node": "nlsniff.decode.node",
    "Problem": "nlsniff.decode.node",
}


def open(  # noqa: A001  nlsniff.open is how it is used, as gzip.open is
    source: str | os.PathLike[str] | BinaryIO,
    *,
    endian: str = "auto",
    linktype: str | None = None,
    specs: Iterable[str | os.PathLike[str]] = (),
    show_secrets: bool = False,
) -> Capture:
    """Open a capture and read it to its end.

    Args:
        source: a path, "-" for standard input, or a binary stream; pcap or pcapng, plain, gzip or zstd.
        endian: byte order of the machine that was recorded: `auto`, `little` or `big`.
        linktype: the netlink protocol of frames that are bare datagrams, without a cooked header: `route`,
            `NETLINK_ROUTE` or 0 as text; whatever link type the file says. None reads what has a cooked header.
        specs: more dissectors, folders or files, which win over the shipped ones.
        show_secrets: keep keys readable instead of masking them.

    Raises:
        NlsniffError: nothing in it can be read; the message says why.
        ValueError: `endian` is none of the three, or `linktype` no netlink protocol.
    """
    from nlsniff.reader import Capture, make_decoder  # noqa: PLC0415
    from nlsniff.wire.cooked import bare_linktype  # noqa: PLC0415
    from nlsniff.wire.nlmsg import BYTE_ORDERS  # noqa: PLC0415

    if endian not in BYTE_ORDERS:
        raise ValueError(f"endian is {endian!r}: expected auto, little or big")
    frames = bare_linktype(linktype) if linktype is not None else None
    decoder = make_decoder(specs, show_secrets=show_secrets)
    return Capture(source, decoder, BYTE_ORDERS[endian], frames).load()


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib  # noqa: PLC0415

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'nlsniff' has no attribute {name!r}")
