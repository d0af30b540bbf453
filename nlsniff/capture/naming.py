"""What the reader and the namer say to each other: facts about port ids, several of them in a datagram."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Protocol, port id, since when (nanoseconds since 1970), and how many bytes of name follow.
_HEAD: Final = struct.Struct("=HIQB")
_NO_NAME: Final = 255
_LONGEST: Final = 254

# In place of a protocol: the port id is a pid, and the fact is about that process.
PROCESS: Final = 0xFFFF


class PortKey(NamedTuple):
    """A netlink socket as its messages show it. A port id means something only with its protocol."""

    protocol: int
    port: int


class Fact(NamedTuple):
    """From a time on, a port id belongs to a process.

    Attributes:
        key: whose name it is.
        since: nanoseconds since 1970; 0 where nobody had the port id before.
        name: `ip[412]`; "" where it was looked for and not found; None where it is not known any more and may be
            asked for, and in a question.
    """

    key: PortKey
    since: int
    name: str | None = None


def pack(facts: Iterable[Fact]) -> bytes:
    """Write facts behind each other."""
    parts = []
    for (protocol, port), since, name in facts:
        text = b"" if name is None else name.encode(errors="replace")[:_LONGEST]
        parts += [_HEAD.pack(protocol, port, since, _NO_NAME if name is None else len(text)), text]
    return b"".join(parts)


def unpack(data: bytes) -> Iterator[Fact]:
    """Read what `pack` wrote."""
    at = 0
    while at + _HEAD.size <= len(data):
        protocol, port, since, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        name = None
        if length != _NO_NAME:
            name = data[at : at + length].decode(errors="replace")
            at += length
        yield Fact(PortKey(protocol, port), since, name)
