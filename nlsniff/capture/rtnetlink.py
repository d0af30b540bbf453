"""The little rtnetlink that a capture needs for its own device.

By hand, because it is four requests: a library for them takes longer to import than all the rest of a start takes.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nlsniff.file.closing import Closing
from nlsniff.wire.attr import HEADER as ATTR_HEADER
from nlsniff.wire.attr import HEADER_SIZE as ATTR_HEADER_SIZE
from nlsniff.wire.attr import payloads
from nlsniff.wire.constants import (
    NETLINK_ROUTE,
    NLA_F_NESTED,
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_EXCL,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    RTM_DELLINK,
    RTM_GETLINK,
    RTM_NEWLINK,
)
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE, align, walk_messages
from nlsniff.wire.order import NATIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

_IFLA_IFNAME: Final = 3
_IFLA_LINKINFO: Final = 18
_IFLA_IFALIAS: Final = 20
_IFLA_INFO_KIND: Final = 1
_IFF_UP: Final = 1
# ifinfomsg of linux/rtnetlink.h: family, padding, type, index, flags, which flags to change.
_IFINFO: Final = struct.Struct("=BxHiII")
_SECONDS: Final = 5


@dataclass(frozen=True)
class Link:
    """A link of this network namespace; `alias` is "" where it has none."""

    index: int
    name: str
    alias: str


def open_netlink(protocol: int) -> socket.socket:
    """A netlink socket to ask the kernel by, which answers soon or not at all."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    sock.bind((0, 0))
    sock.settimeout(_SECONDS)
    return sock


def text(payload: bytes) -> str:
    """The text of an attribute, without the NUL that ends it."""
    return payload.rstrip(b"\0").decode(errors="replace")


class Rtnetlink(Closing):
    """A rtnetlink socket, to be used in a `with`. The kernel's refusal is raised as OSError with its errno."""

    def __init__(self) -> None:
        self._socket = open_netlink(NETLINK_ROUTE)
        self._seq = 0

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def add(self, name: str, kind: str) -> None:
        """Make a link of a kind."""
        info = _attribute(_IFLA_INFO_KIND, kind.encode() + b"\0")
        body = _attribute(_IFLA_IFNAME, name.encode() + b"\0") + _attribute(_IFLA_LINKINFO | NLA_F_NESTED, info)
        self._change(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, _IFINFO.pack(0, 0, 0, 0, 0) + body)

    def mark_and_raise(self, index: int, alias: str) -> None:
        """Give a link an alias and bring it up."""
        body = _attribute(_IFLA_IFALIAS, alias.encode())
        self._change(RTM_NEWLINK, 0, _IFINFO.pack(0, 0, index, _IFF_UP, _IFF_UP) + body)

    def delete(self, index: int) -> None:
        """Remove a link."""
        self._change(RTM_DELLINK, 0, _IFINFO.pack(0, 0, index, 0, 0))

    def links(self) -> Iterator[Link]:
        """Give all links."""
        self._send(RTM_GETLINK, NLM_F_DUMP, _IFINFO.pack(0, 0, 0, 0, 0))
        for type_, body in self._answers():
            if type_ != RTM_NEWLINK or len(body) < _IFINFO.size:
                continue
            found = payloads(body, _IFINFO.size, len(body), NATIVE, (_IFLA_IFNAME, _IFLA_IFALIAS))
            name, alias = (text(found.get(number, b"")) for number in (_IFLA_IFNAME, _IFLA_IFALIAS))
            yield Link(_IFINFO.unpack_from(body)[2], name, alias)

    def _change(self, type_: int, flags: int, body: bytes) -> None:
        self._send(type_, NLM_F_ACK | flags, body)
        for _ in self._answers():
            pass

    def _send(self, type_: int, flags: int, body: bytes) -> None:
        self._seq += 1
        self._socket.send(
            HEADER[NATIVE].pack(HEADER_SIZE + len(body), type_, NLM_F_REQUEST | flags, self._seq, 0) + body
        )

    def _answers(self) -> Iterator[tuple[int, bytes]]:
        """Give type and body of each answer up to the end of the dump or the ACK; raise what the kernel refused."""
        while True:
            datagram = self._socket.recv(1 << 18)
            for span in walk_messages(datagram, 0, NATIVE):
                body = datagram[span.start + HEADER_SIZE : span.end]
                if span.seq != self._seq or span.broken:
                    continue
                if span.type in (NLMSG_ERROR, NLMSG_DONE):
                    code = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
                    if code:
                        raise OSError(code, os.strerror(code))
                    return
                yield span.type, body


def _attribute(type_: int, payload: bytes) -> bytes:
    length = ATTR_HEADER_SIZE + len(payload)
    return ATTR_HEADER[NATIVE].pack(length, type_) + payload + bytes(align(length) - length)
