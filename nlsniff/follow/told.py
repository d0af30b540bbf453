"""The last notifications, to find what repeats one for another listener."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.pending import Notification

# The kernel hands one multicast to all its listeners in one loop, microseconds apart.
_COPIES_NS = 5_000_000
# From one of them to the next; measured on Linux 6.1 in user mode: 1 microsecond.
AT_ONCE_NS = 5_000


class Told:
    """The events of one protocol: of the last datagram that held any, with their bytes, and of the one before."""

    __slots__ = ("_before", "_datagram", "_now")

    def __init__(self) -> None:
        self._datagram = 0
        self._now: list[tuple[Notification, bytes]] = []
        self._before: list[tuple[Notification, bytes]] = []

    def event(self, number: int) -> Notification | None:
        """The event of the last datagram with this id. They ascend: first are those that it repeats, in their order."""
        at = bisect_left(self._now, number, key=_id_of)
        return self._now[at][0] if at < len(self._now) and self._now[at][0].id == number else None

    def repeated(self, message: NetlinkMessage, said: bytes) -> Notification | None:
        """The event that a message of these bytes repeats: its datagram has been the same as the one before so far."""
        last, place = (self._now, 0) if message.datagram != self._datagram else (self._before, len(self._now))
        if place >= len(last) or last[place][1] != said:
            return None
        event = last[place][0]
        if place and self._now[-1][0] is not last[place - 1][0]:
            return None
        return event if event.datagram != message.datagram and 0 <= message.time_ns - event.end <= _COPIES_NS else None

    def note(self, event: Notification, message: NetlinkMessage, said: bytes) -> None:
        """A message has been put into an event."""
        if message.datagram != self._datagram:
            self._datagram, self._before, self._now = message.datagram, self._now, []
        self._now.append((event, said))


def _id_of(told: tuple[Notification, bytes]) -> int:
    return told[0].id
