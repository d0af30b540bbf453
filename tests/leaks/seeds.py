"""Messages with keys, of all recordings."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.classify import is_innocent
from nlsniff.reader import Stream, make_decoder
from nlsniff.wire.constants import NETLINK_GENERIC, NLMSG_MIN_TYPE
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node

LEAST = 8  # bytes in a row that are a leak; fewer recur by chance


class Seed(NamedTuple):
    """A message in little-endian byte order, and what must not be read of it.

    Attributes:
        name: of its type and the recording.
        protocol: netlink protocol number.
        data: from the nlmsghdr on.
        family: name and id of its generic netlink family, or None.
        keys: what its dissector calls secret, of at least 8 bytes.
        places: where attributes begin in `data`.
    """

    name: str
    protocol: int
    data: bytes
    family: tuple[str, int] | None
    keys: tuple[bytes, ...]
    places: tuple[int, ...]


@cache
def seeds() -> tuple[Seed, ...]:
    """One message of each shape in all recordings, compressed ones included."""
    found: dict[tuple[object, ...], Seed] = {}
    for path in sorted((ROOT / "captures").glob("*.pcapng*")):
        decoder = make_decoder(show_secrets=True)
        for message in Stream(str(path), decoder):
            if is_innocent(decoder, decoder.context(message.protocol, b"", "<", message.number), message):
                continue
            keys = tuple(dict.fromkeys(_keys(message, message.root)))
            if keys:
                shape = message.type_name, *((node.name, node.end - node.start) for node in message.root.walk())
                found.setdefault(shape, _seed(f"{message.type_name} of {path.name}", message, keys))
    return tuple(found.values())


def _keys(message: NetlinkMessage, node: Node) -> Iterator[bytes]:
    if node.secret and node.spec is not None and node.spec.secret:
        key = message.data[node.payload : node.end]
        if len(key) >= LEAST and len(set(key)) > LEAST // 2:
            yield key
        return
    for child in node.children:
        yield from _keys(message, child)


def _seed(name: str, message: NetlinkMessage, keys: tuple[bytes, ...]) -> Seed:
    data = message.data[message.start : message.end]
    generic = message.protocol == NETLINK_GENERIC
    asked = message.root.get("request.nlmsghdr.type")
    type_ = message.type if message.type >= NLMSG_MIN_TYPE or asked is None else asked.raw
    family = message._decoder.names.resolve("genl", type_, message.number) if generic else ""
    places = tuple(node.start - message.start for node in message.root.walk() if node.type is not None)
    return Seed(name, message.protocol, data, (family, type_) if family else None, keys, places)
