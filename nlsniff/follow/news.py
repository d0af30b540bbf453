"""What stands by itself: notifications and datagrams, and their copies for other listeners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.follow import store as s
from nlsniff.follow.pending import Notification
from nlsniff.follow.told import AT_ONCE_NS, Told
from nlsniff.wire.constants import NETLINK_USERSOCK, NLMSG_OVERRUN

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.pending import PendingRequest
    from nlsniff.follow.store import Kind, Store


class News:
    """Takes what no conversation waits for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told: dict[int, Told] = {}  # by protocol

    def tell(self, message: NetlinkMessage, kind: Kind = "event", *, certain: bool = True) -> int:
        """A message that opens and closes a conversation by itself, or the copy of one; returns its id."""
        said = message.data[message.start : message.end]
        return self.repeat(message, said, kind) or self.add(message, said, kind=kind, certain=certain)

    def add(self, message: NetlinkMessage, said: bytes, cause: PendingRequest | None = None, *, kind: Kind = "event",
            certain: bool = True, whole: bool = True) -> int:  # fmt: skip
        """A message, of these bytes, that opens a conversation by itself, and closes it if it is the whole."""
        store = self._store
        event = Notification(store.open(message.number), kind, message)
        event.closed = whole
        if message.type == NLMSG_OVERRUN:
            event.bits |= s.INTERRUPTED
        if not certain:
            event.bits |= s.UNCERTAIN
        if cause is not None:
            event.cause = cause.id
        store.tell(event)
        told = self._told.get(message.protocol)
        if told is None:
            told = self._told[message.protocol] = Told()
        told.note(event, message, said)
        return event.id

    def repeat(self, message: NetlinkMessage, said: bytes, kind: Kind = "event") -> int:
        """The id of the event or datagram that a message, of these bytes, repeats for another listener; 0 for none."""
        told = self._told.get(message.protocol)
        event = told.repeated(message, said) if told is not None else None
        if told is None or event is None or event.kind != kind:
            return 0
        if kind == "datagram":
            # Programs do say the same twice, but hardly as fast as the kernel hands a multicast to its listeners.
            if message.protocol == NETLINK_USERSOCK and message.time_ns - event.end > AT_ONCE_NS:
                return 0
            event.bits |= s.UNCERTAIN  # as well sent twice
        self._store.join(event, message)
        self._store.keep(event)
        told.note(event, message, said)
        return event.id

    def prove(self, live: PendingRequest) -> None:
        """The port id of a request is known: what was guessed to come of it and names that port does come of it."""
        told = self._told.get(live.protocol)
        for number, port in live.guesses:
            if port == live.port:
                self._store.make_certain(number)
                event = told.event(number) if told is not None else None
                if event is not None:
                    event.bits &= ~s.UNCERTAIN
