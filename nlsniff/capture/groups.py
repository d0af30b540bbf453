"""Multicast groups instead of an nlmon device: join them, and read what the kernel tells their members.

It needs no nlmon, often no privilege, and hears protocols that never pass an nlmon device: uevents, audit, connector,
rdma, selinux. It hears nobody's requests and no answers.
"""

from __future__ import annotations

import errno
import select
import socket
import struct
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from nlsniff.capture import connector, privilege
from nlsniff.capture.tap import deafen
from nlsniff.errors import NlsniffError
from nlsniff.wire.constants import (
    NETLINK_CONNECTOR,
    PROTOCOL_NAMES,
)
from nlsniff.wire.cooked import cooked_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import ExitStack

    from nlsniff.capture.packet import RawFrame
    from nlsniff.capture.selfdescribe import SelfDescription

_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP: Final = 1
_NO_ENOBUFS: Final = 5
_SO_MEMINFO: Final = 55
_SO_RCVBUFFORCE: Final = 33
# SK_MEMINFO_VARS numbers of 32 bits, of which the last counts what was dropped.
_MEMINFO: Final = struct.Struct("=9I")
_BUFFER: Final = 16 << 20
_LONGEST: Final = 4 << 20
_BATCH: Final = 512


class MulticastGroup(NamedTuple):
    """A multicast group; `name` is as it was asked for.

    Where `optional`, it is one of all of a protocol, and a kernel that lacks it is none the worse.
    """

    name: str
    protocol: int
    number: int
    optional: bool = False


def join(groups: Iterable[MulticastGroup], undo: ExitStack) -> dict[int, socket.socket]:
    """Join groups, with a socket for each protocol, which `undo` closes.

    Raises:
        NlsniffError: when the kernel lacks one, or the user may not join it; says which and what to do.
    """
    sockets: dict[int, socket.socket] = {}
    for group in groups:
        try:
            if group.protocol not in sockets:
                sockets[group.protocol] = _open(group.protocol, undo)
            _join(sockets[group.protocol], group)
        except OSError as error:
            if not (group.optional and error.errno == errno.EINVAL):
                raise _refusal(group, error) from error
    return sockets


def _open(protocol: int, undo: ExitStack) -> socket.socket:
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    undo.enter_context(sock)
    sock.bind((0, 0))
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    # What does not fit is counted by the kernel; the error would come instead of the next message.
    sock.setsockopt(_SOL_NETLINK, _NO_ENOBUFS, 1)
    sock.setblocking(False)
    return sock


def _join(sock: socket.socket, group: MulticastGroup) -> None:
    sock.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group.number)
    if (group.protocol, group.number) == (NETLINK_CONNECTOR, connector.PROCESSES):
        connector.listen(sock)


def _refusal(group: MulticastGroup, error: OSError) -> NlsniffError:
    if error.errno in (errno.EPERM, errno.EACCES):
        others = f", or name the groups that everybody may: {privilege.OPEN_GROUPS}" if group.optional else ""
        return NlsniffError(
            f"this user may not join {group.name}: run `sudo {privilege.own_command()} ...` with the same arguments"
            f"{others}"
        )
    if error.errno == errno.EPROTONOSUPPORT:
        name = PROTOCOL_NAMES.get(group.protocol, str(group.protocol))
        return NlsniffError(f"this kernel has no netlink protocol {name}: leave {group.name} out of --groups")
    if error.errno == errno.ECONNREFUSED:
        return NlsniffError(
            f"{group.name} is told in the first network namespace alone: capture there, or leave it out"
        )
    if error.errno == errno.EINVAL:
        return NlsniffError(f"this kernel has no group {group.name}: leave it out of --groups")
    return NlsniffError(f"cannot join {group.name}: {error.strerror}")


class GroupSource:
    """The messages of the groups that were joined.

    Args:
        sockets: by protocol.
        description: what makes a file explain itself, or None; the dumps do not come by the groups, so they are taken
            from its sockets.
    """

    mark = b""

    def __init__(self, sockets: dict[int, socket.socket], description: SelfDescription | None) -> None:
        self._sockets = [(sock, cooked_header(protocol)) for protocol, sock in sockets.items()]
        self._description = description
        self._describe = description is not None
        self._readable = True
        self._frames = 0

    def descriptors(self) -> set[int]:
        """The sockets of the groups, and those of the description."""
        own = self._description.descriptors() if self._description else set()
        return {sock.fileno() for sock, _ in self._sockets} | own

    def open(self) -> None:
        """Get a buffer."""
        self._buffer = bytearray(_LONGEST)

    def watch(self, poller: select.poll) -> None:
        """Any of the sockets."""
        for sock, _ in self._sockets:
            poller.register(sock.fileno(), select.POLLIN)

    def woken(self, events: Mapping[int, int]) -> str:
        """Messages have come, or not."""
        self._readable = self._readable or any(sock.fileno() in events for sock, _ in self._sockets)
        return ""

    def ready(self) -> bool:
        """Tell whether messages are there, or may be."""
        return self._readable or self._describe

    def frames(self) -> Iterator[RawFrame]:
        """Give what is there, stamped with the time at which it was read."""
        if self._describe and self._description:
            self._describe = False
            for time_ns, protocol, data in self._description.exchange():
                self._frames += 1
                head = cooked_header(protocol)
                yield time_ns, head + data, len(head) + len(data)
        self._readable = False
        buffer = self._buffer
        view = memoryview(buffer)
        for sock, head in self._sockets:
            for _ in range(_BATCH):
                try:
                    length = sock.recv_into(buffer, 0, socket.MSG_TRUNC)
                except BlockingIOError:
                    break
                self._frames += 1
                yield time.time_ns(), head + view[:length], len(head) + length
            else:
                self._readable = True

    def behind(self) -> bool:
        """The kernel holds what has not been read, and tells not how much that is."""
        return False

    def held(self) -> int:
        """Return as many as the sockets' buffers could ever need."""
        return len(self._sockets) * _BUFFER // _BATCH

    def finish(self) -> float:
        """What has come until now is there already, and nothing is added: a privilege is not needed for that."""
        for sock, _ in self._sockets:
            deafen(sock)
        self._readable = True
        return 0.0

    def counts(self, *, mark_lost: bool) -> tuple[int, int]:
        """Return how many messages came, and how many of these did not fit into the sockets' buffers."""
        del mark_lost
        dropped = 0
        for sock, _ in self._sockets:
            with suppress(OSError):
                dropped += _MEMINFO.unpack(sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))[-1]
        return self._frames + dropped, dropped

    def describe(self) -> bool:
        """Begin with the description again."""
        self._describe = self._description is not None
        return True
