"""Which request caused a notification that names the asker's port but not the request.

The kernel tells of connections with sequence number 0. The port id is that of the program's socket where a request
made, changed or ended the connection, and 0 where a packet or a timer did (net/netfilter/nf_conntrack_netlink.c).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from nlsniff.follow.rules import words_of
from nlsniff.wire.constants import NETLINK_NETFILTER

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.pending import PendingRequest

_SUBSYSTEMS = frozenset({1, 2})  # ctnetlink: connections, and those that are expected
_LIMIT = 64  # requests of one type in reach; a notification looks at each
_REACH_NS = 5_000_000_000  # a listener of a recording by strace may have read late


def names_port_alone(message: NetlinkMessage) -> bool:
    """Whether a notification has a port id that tells who caused it, and no sequence number that tells by what."""
    return (
        message.protocol == NETLINK_NETFILTER
        and not message.seq
        and message.port != 0
        and message.type >> 8 in _SUBSYSTEMS
    )


class Asked:
    """The last requests that change connections."""

    def __init__(self) -> None:
        self._requests: dict[int, deque[PendingRequest]] = {}  # by type, which is that of their notifications

    def note(self, pending: PendingRequest) -> None:
        """Remember a request of netfilter."""
        if pending.request and pending.changes and pending.type >> 8 in _SUBSYSTEMS:
            self._requests.setdefault(pending.type, deque(maxlen=_LIMIT)).append(pending)

    def find(self, message: NetlinkMessage) -> tuple[PendingRequest | None, bool]:
        """The request that caused a notification, and whether that is certain.

        An open request is the one, for the kernel notifies before it answers; else one that is done, of the same port.
        """
        near = [
            item
            for item in self._requests.get(message.type, ())
            if message.time_ns - item.start <= _REACH_NS and (item.port == message.port or not item.bound)
        ]
        found = [item for item in near if not item.closed]
        found = found or [item for item in near if item.bound]
        if len(found) > 1:
            present = frozenset(words_of(message.data, message.start, message.end))
            # Of those that are equally similar the newest: a listener that reads late is late by little.
            found.sort(key=lambda item: sum(map(present.__contains__, item.words)))
        return (found[-1], len(found) == 1 and found[-1].bound) if found else (None, False)
