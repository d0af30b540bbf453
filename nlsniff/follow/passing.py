"""Stores for one pass over a capture, in constant memory: what is over is forgotten, or held until it was taken."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.follow.pending import PendingRequest
from nlsniff.follow.store import UNCERTAIN, Store, has_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.pending import Notification
    from nlsniff.follow.store import StoredConversation

# So many conversations that ask may have begun before an earlier one that is still open is told as it stands. Whoever
# is over before is told as it ended, and that is nearly all: `candidates.RECENT_LIMIT` keeps as many for late messages.
_LINE = 2048


class NoStore(Store):
    """Counts conversations and forgets them, for one pass over a capture in constant memory."""

    def __init__(self) -> None:
        super().__init__()
        self._message = self._conversation = 0  # the last

    def open(self, number: int) -> int:
        """The id of one more conversation."""
        self._message = number
        self._count = self._conversation = self._count + 1
        return self._conversation

    def note_socket(self, number: int, socket: int) -> None:
        """Forget a socket."""

    def keep(self, conversation: Notification) -> None:
        """Forget a conversation."""

    def keep_event(self, notification: Notification) -> None:
        """Forget an event."""

    release = keep

    def get(self, number: int) -> StoredConversation:
        """Refuse.

        Raises:
            LookupError: always.
        """
        raise LookupError(f"conversation {number} was not kept")

    def make_certain(self, number: int) -> None:
        """Nothing to correct."""

    def firsts(self) -> set[int]:
        """The first messages of the conversations that are held."""
        return set()

    def chain(self, number: int, conversation: int, last: int) -> None:  # noqa: ARG002  as Store
        """Remember the last message: the rest of its datagram may follow."""
        self._message = number
        self._conversation = conversation

    def chain_all(self, messages: Sequence[NetlinkMessage], conversation: int, last: int) -> None:
        """Remember the last message."""
        self.chain(messages[-1].number, conversation, last)

    def owner(self, message: int) -> int:
        """The id of the conversation of the last message; 0 for any other."""
        return self._conversation if message == self._message else 0


class _Over(NamedTuple):
    """What became of a conversation that no more messages may join."""

    stored: StoredConversation
    last: int
    socket: int | None

    def record(self) -> StoredConversation:
        """As that of `Notification`."""
        return self.stored


class PassingStore(NoStore):
    """Holds each conversation until it is over and was dropped, so that all can be counted in constant memory.

    As many are held as pairing has in reach, and those that are over since they were last dropped.

    Attributes:
        over: those that no more messages may join, in this order: their ids, and how many messages they have.
        in_order: called with the id of each conversation that asks, or has answers, in the order of ids: when it is
            over, and so are those before it, or when many more have begun. It can be had by `get` then.
    """

    def __init__(self) -> None:
        super().__init__()
        self.over: deque[tuple[int, int]] = deque()
        self.in_order: Callable[[int], None] = lambda _: None
        self._held: dict[int, Notification | _Over] = {}
        self._line: deque[int] = deque()
        self._in_line: dict[int, _Over] = {}  # of these the ones that are over
        # Events whose cause may yet say that they are its own, by its id; it remembers few.
        self._suspects: dict[int, list[tuple[int, int]]] = {}

    def begin(self, pending: PendingRequest) -> None:
        """Hold a new conversation."""
        self._held[pending.id] = pending
        self._line.append(pending.id)
        if len(self._line) > _LINE:
            self._tell_first()

    def keep_event(self, notification: Notification) -> None:
        """Hold a new event or datagram."""
        self._held[notification.id] = notification

    def release(self, conversation: Notification) -> None:
        """A conversation is over, and so is what it may have caused."""
        number = conversation.id
        socket = conversation.socket if isinstance(conversation, PendingRequest) else None
        over = _Over(conversation.record(), conversation.last, socket)
        self._held[number] = over
        self.over.append((number, conversation.count))
        if number in self._suspects:
            self.over.extend(self._suspects.pop(number))
        if self._line and number >= self._line[0]:
            self._in_line[number] = over
            while self._line and self._line[0] in self._in_line:
                self._tell_first()

    def pass_by(self, notification: Notification) -> None:
        """An event is over, unless it waits for what its cause will say."""
        number = notification.id
        if notification.bits & UNCERTAIN and notification.cause:
            cause = self._held.get(notification.cause)
            new = number == len(self)  # whether it is a guess will be noted when it has been opened
            if isinstance(cause, PendingRequest) and (new or any(number == guess for guess, _ in cause.guesses)):
                self._suspects.setdefault(cause.id, []).append((number, notification.count))
                return
        self.over.append((number, notification.count))

    def make_certain(self, number: int) -> None:
        """Clear UNCERTAIN of an event that is held."""
        event = self._held.get(number)
        if event is not None and not isinstance(event, _Over):
            event.bits &= ~UNCERTAIN

    def get(self, number: int) -> StoredConversation:
        """A conversation that is held.

        Raises:
            LookupError: it is not.
        """
        return self._find(number).record()

    def last(self, number: int, first: int) -> int:  # noqa: ARG002  as Store
        """A conversation's last message."""
        return self._find(number).last

    def socket(self, number: int) -> int | None:
        """The socket of the asker of a conversation, where the file says it."""
        found = self._find(number)
        socket = None if not isinstance(found, PendingRequest | _Over) else found.socket
        return socket if socket is not None and has_number(socket) else None

    def firsts(self) -> set[int]:
        """As that of `NoStore`."""
        return {item.record().first for found in (self._held, self._in_line) for item in found.values()}

    def drop(self, number: int) -> None:
        """Hold a conversation no longer."""
        del self._held[number]

    def drop_over(self) -> None:
        """Drop all that are over, for whoever does not count them."""
        while self.over:
            self.drop(self.over.popleft()[0])

    def tell_rest(self) -> None:
        """Call `in_order` for all that have begun."""
        while self._line:
            self._tell_first()

    def _tell_first(self) -> None:
        number = self._line[0]
        self.in_order(number)
        self._line.popleft()
        self._in_line.pop(number, None)

    def _find(self, number: int) -> Notification | _Over:
        found = self._held.get(number) or self._in_line.get(number)
        if found is None:
            raise LookupError(f"conversation {number} is not held")
        return found
