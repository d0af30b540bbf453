"""Copies of one datagram where the file says which socket received each: no socket receives one twice."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.pending import Notification
    from nlsniff.wire.delivery import Delivery

# A program may read long after another what the kernel told both at once; the file has the time at which it read.
_LATE_NS = 1_000_000_000
_KEPT = 1024
_LONGEST = 4096  # bytes of a message; longer ones are not looked for again


class _Had:
    """A notification or datagram, and the sockets that had it; `key` is what its copies have in common."""

    __slots__ = ("event", "key", "sockets")

    def __init__(self, event: Notification, key: Hashable, socket: int | None) -> None:
        self.event = event
        self.key = key
        self.sockets = {socket}


class Copies:
    """The last messages that stand by themselves, of those whose receivers are known; bounded."""

    def __init__(self) -> None:
        self._by_id: OrderedDict[int, _Had] = OrderedDict()
        self._by_key: dict[Hashable, list[_Had]] = {}

    def get(self, number: int) -> Notification | None:
        """A notification by its id, while its copies are looked for."""
        had = self._by_id.get(number)
        return None if had is None else had.event

    def find(self, message: NetlinkMessage, content: bytes, delivery: Delivery) -> Notification | None:
        """The first one whose copy for one more socket a message is, which is noted."""
        for had in self._by_key.get(_key(message, content, delivery), ()):
            late = message.time_ns - had.event.start
            if delivery.socket not in had.sockets and had.event.datagram != message.datagram and late <= _LATE_NS:
                had.sockets.add(delivery.socket)
                return had.event
        return None

    def note(
        self, event: Notification, message: NetlinkMessage, content: bytes, delivery: Delivery
    ) -> Notification | None:
        """Remember a new one. Returns one that is forgotten, if any is."""
        if len(content) > _LONGEST:
            return event
        had = _Had(event, _key(message, content, delivery), delivery.socket)
        self._by_id[event.id] = had
        self._by_key.setdefault(had.key, []).append(had)
        if len(self._by_id) > _KEPT:
            oldest = self._by_id.popitem(last=False)[1]
            same = self._by_key[oldest.key]
            del same[0]  # the oldest of all is the oldest of its key
            if not same:
                del self._by_key[oldest.key]
            return oldest.event
        return None


def _key(message: NetlinkMessage, content: bytes, delivery: Delivery) -> Hashable:
    destination = None if delivery.group else delivery.destination
    return message.protocol, delivery.way, delivery.sender, destination, delivery.group, content
