"""Messages that stand by themselves: notifications and datagrams, and their copies for other listeners."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from nlsniff.follow import store as s
from nlsniff.follow.copies import Copies
from nlsniff.follow.pending import Notification
from nlsniff.wire.constants import NETLINK_USERSOCK, NLMSG_OVERRUN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.kinds import Kind
    from nlsniff.follow.pending import PendingRequest
    from nlsniff.follow.store import Store
    from nlsniff.wire.delivery import Delivery

# The kernel hands one multicast to all its listeners in one loop, microseconds apart.
_COPIES_NS = 5_000_000
# From one of them to the next; measured on Linux 6.1 in user mode: 1 microsecond.
_AT_ONCE_NS = 5_000


class Notifications:
    """Takes messages that no conversation waits for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recent: dict[int, _Recent] = {}  # by protocol
        self._copies = Copies()

    def take(self, message: NetlinkMessage, kind: Kind = "event", *, certain: bool = True) -> int:
        """Take a message that is a conversation by itself, or a copy of one; returns the id of the conversation."""
        content = message.data[message.start : message.end]
        return self.join_copy(message, content, kind) or self.open(message, content, kind=kind, certain=certain)

    def open(self, message: NetlinkMessage, content: bytes, cause: PendingRequest | None = None, *,
             kind: Kind = "event", certain: bool = True, whole: bool = True) -> int:  # fmt: skip
        """Make a conversation of a message; returns its id.

        Args:
            message: the message.
            content: its bytes.
            cause: the request that caused it.
            kind: `event` or `datagram`.
            certain: whether the cause, or the lack of one, is no guess.
            whole: whether no request is missing from the capture.
        """
        store = self._store
        event = Notification(store.open(message.number), kind, message)
        event.closed = whole
        if message.type == NLMSG_OVERRUN:
            event.bits |= s.INTERRUPTED
        if not certain:
            event.bits |= s.UNCERTAIN
        if cause is not None:
            event.cause = cause.id
        store.keep_event(event)
        if message.comment and (delivery := _received(message)) is not None:
            if (oldest := self._copies.note(event, message, content, delivery)) is not None:
                store.pass_by(oldest)
            return event.id
        recent = self._recent.get(message.protocol)
        if recent is None:
            recent = self._recent[message.protocol] = _Recent()
        self._note(recent, event, message, content)
        return event.id

    def join_copy(self, message: NetlinkMessage, content: bytes, kind: Kind = "event") -> int:
        """Join a message to the notification whose copy for another listener it is; returns the id, 0 for no copy."""
        if message.comment and (delivery := _received(message)) is not None:
            return self._join_known(self._copies.find(message, content, delivery), message, kind)
        recent = self._recent.get(message.protocol)
        event = recent.copied_by(message, content) if recent is not None else None
        if recent is None or event is None or event.kind != kind:
            return 0
        if kind == "datagram":
            # Programs send the same bytes twice, but hardly as fast as the kernel hands a multicast to its listeners.
            if message.protocol == NETLINK_USERSOCK and message.time_ns - event.end > _AT_ONCE_NS:
                return 0
            event.bits |= s.UNCERTAIN  # a program may have sent it twice
        self._store.join(event, message)
        self._store.keep(event)
        self._note(recent, event, message, content)
        return event.id

    def _note(self, recent: _Recent, event: Notification, message: NetlinkMessage, content: bytes) -> None:
        """Remember that a message has been put into a notification, and tell the store which have no more copies."""
        for gone in recent.note(event, message, content):
            self._store.pass_by(gone)

    def _join_known(self, event: Notification | None, message: NetlinkMessage, kind: Kind) -> int:
        if event is None or event.kind != kind:
            return 0
        self._store.join(event, message)
        self._store.keep(event)
        return event.id

    def confirm(self, pending: PendingRequest) -> None:
        """Make the guesses of a request certain that name its port id, which is known now."""
        recent = self._recent.get(pending.protocol)
        for number, port in pending.guesses:
            if port == pending.port:
                self._store.make_certain(number)
                event = self._copies.get(number) or (recent.get(number) if recent is not None else None)
                if event is not None:
                    event.bits &= ~s.UNCERTAIN


def _received(message: NetlinkMessage) -> Delivery | None:
    """How a message was delivered, where the file says by which socket; else only its place tells what it copies."""
    delivery = message.delivery
    return None if delivery is None or delivery.socket is None else delivery


class _Recent:
    """The notifications of one protocol in the last datagram that held any, and in the one before that."""

    __slots__ = ("_datagram", "_last", "_previous")

    def __init__(self) -> None:
        self._datagram = 0
        self._last: list[tuple[Notification, bytes]] = []
        self._previous: list[tuple[Notification, bytes]] = []

    def get(self, number: int) -> Notification | None:
        """The notification of this id in the last datagram, where ids ascend: copies come first, in their order."""
        at = bisect_left(self._last, number, key=lambda item: item[0].id)
        return self._last[at][0] if at < len(self._last) and self._last[at][0].id == number else None

    def copied_by(self, message: NetlinkMessage, content: bytes) -> Notification | None:
        """The notification whose copy a message is: its datagram has repeated the one before, message by message."""
        before, place = (self._last, 0) if message.datagram != self._datagram else (self._previous, len(self._last))
        if place >= len(before) or before[place][1] != content:
            return None
        event = before[place][0]
        if place and self._last[-1][0] is not before[place - 1][0]:
            return None
        return event if event.datagram != message.datagram and 0 <= message.time_ns - event.end <= _COPIES_NS else None

    def note(self, event: Notification, message: NetlinkMessage, content: bytes) -> Iterable[Notification]:
        """Remember that a message has been put into a notification. Returns those that are forgotten for it."""
        gone: Iterable[Notification] = ()
        if message.datagram != self._datagram:
            if self._previous:
                kept = {item.id for item, _ in self._last}
                gone = [item for item, _ in self._previous if item.id not in kept]
            self._datagram, self._previous, self._last = message.datagram, self._last, []
        self._last.append((event, content))
        return gone
