"""What makes a capture explain itself: at its start the kernel is asked what its ids mean.

A generic netlink family has a number that is given out anew at each boot, and a link is named elsewhere than where it
is used. So a capture begins with a dump of both, asked for on sockets of ours after the ring is in place.
"""

from __future__ import annotations

import os
import struct
import time
from typing import TYPE_CHECKING, Final

from nlsniff.capture.naming import PortKey
from nlsniff.capture.rtnetlink import open_netlink
from nlsniff.errors import NlsniffError
from nlsniff.file.closing import Closing
from nlsniff.wire.constants import (
    GENL_ID_CTRL,
    NETLINK_GENERIC,
    NETLINK_ROUTE,
    NLM_F_DUMP,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    RTM_GETLINK,
)
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE, walk_messages
from nlsniff.wire.order import NATIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

_CTRL_CMD_GETFAMILY: Final = 3
_IFLA_EXT_MASK: Final = 29
_RTEXT_FILTER_SKIP_STATS: Final = 8

# genlmsghdr: command, version. ifinfomsg: all zero asks for all links; their statistics would be most of the bytes.
_FAMILIES = struct.pack("=BBH", _CTRL_CMD_GETFAMILY, 2, 0)
_LINKS = bytes(16) + struct.pack("=HHI", 8, _IFLA_EXT_MASK, _RTEXT_FILTER_SKIP_STATS)


class SelfDescription(Closing):
    """The sockets for the dumps; opened before the capture, so that the reader can know their port ids.

    Each description has its own sequence numbers, so that the reader can tell which file it belongs to: the frames of
    one file may still be in the ring when the next file is there. See `description_of`.

    Attributes:
        ports: the sockets, and the name that the capture gives the process behind each.
    """

    def __init__(self) -> None:
        self._asked = 0
        self._sockets = [
            (open_netlink(NETLINK_GENERIC), GENL_ID_CTRL, _FAMILIES),
            (open_netlink(NETLINK_ROUTE), RTM_GETLINK, _LINKS),
        ]
        self.ports = {
            PortKey(sock.proto, sock.getsockname()[0]): f"nlsniff[{os.getpid()}]" for sock, _, _ in self._sockets
        }

    def close(self) -> None:
        """Close the sockets."""
        for sock, _, _ in self._sockets:
            sock.close()

    def descriptors(self) -> set[int]:
        """The descriptors of the sockets."""
        return {sock.fileno() for sock, _, _ in self._sockets}

    def owner(self, protocol: int) -> tuple[int, int, str]:
        """Of the socket of a protocol: its port id, its descriptor, and the name of the process behind it."""
        (sock,) = (sock for sock, _, _ in self._sockets if sock.proto == protocol)
        port = sock.getsockname()[0]
        return port, sock.fileno(), self.ports[PortKey(protocol, port)]

    def trigger(self) -> None:
        """Ask for both dumps and wait for their ends. The ring must be in place, or the capture misses them.

        Raises:
            NlsniffError: when the kernel does not answer.
        """
        for _ in self.exchange():
            pass

    def exchange(self) -> Iterator[tuple[int, int, bytes]]:
        """Ask for both dumps; give each question and answer: nanoseconds since 1970, protocol, datagram.

        Raises:
            NlsniffError: when the kernel does not answer.
        """
        for sock, type_, body in self._sockets:
            self._asked += 1
            port = sock.getsockname()[0]
            # Our own port id, as libnl does it, tells the request from another program's.
            header = HEADER[NATIVE].pack(HEADER_SIZE + len(body), type_, NLM_F_REQUEST | NLM_F_DUMP, self._asked, port)
            try:
                yield time.time_ns(), sock.proto, header + body
                sock.send(header + body)
                ended = False
                while not ended:
                    datagram = sock.recv(1 << 18)
                    yield time.time_ns(), sock.proto, datagram
                    ended = _ended(datagram)
            except OSError as error:
                raise NlsniffError(f"the kernel does not say what its ids mean: {error.strerror or error}") from error


def description_of(seq: int) -> int:
    """Which description a sequence number belongs to, of those that were asked for; they count from 1."""
    return (seq + 1) // 2


def _ended(datagram: bytes) -> bool:
    return any(span.type in (NLMSG_DONE, NLMSG_ERROR) for span in walk_messages(datagram, 0, NATIVE))
