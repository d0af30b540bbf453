"""Conversations that more messages may join."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.follow import store as s
from nlsniff.follow.kinds import KINDS, STATUSES
from nlsniff.follow.rules import asks, words_of
from nlsniff.follow.store import StoredConversation
from nlsniff.wire.constants import NLM_F_ACK, NLM_F_ECHO

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.kinds import Kind, Status
    from nlsniff.spec.model import Operation
    from nlsniff.wire.delivery import Delivery

_KIND = {name: number for number, name in enumerate(KINDS)}
_STATUS = {name: number << 3 for number, name in enumerate(STATUSES)}

# How many bytes of a request are kept, to compare them with the copy inside an error.
KEPT_BYTES = 2048
_PORTS = 1 << 32


class Notification:
    """A notification or a datagram, and its copies: a conversation that one message opens and closes.

    It lacks most attributes of a `PendingRequest`, because captures hold many.

    Attributes:
        kind: as in `Conversation`.
        datagram: number of the frame in which the datagram of its first message begins.
        port: port id of the asking socket, once an answer or the request has named it; else 0.
        low: the sequence number.
        closed: the last answer has come.
    """

    __slots__ = (
        "bits", "bytes", "cause", "closed", "count", "datagram", "end", "first", "id", "kind", "last", "low", "port",
        "protocol", "start", "type",
    )  # fmt: skip

    def __init__(self, number: int, kind: Kind, message: NetlinkMessage) -> None:
        self.id = number
        self.kind = kind
        self.protocol = message.protocol
        self.type = message.type
        self.low = message.seq
        self.port = message.port
        self.datagram = message.datagram
        self.first = self.last = message.number
        self.count = 1
        self.bytes = message.end - message.start
        self.start = self.end = message.time_ns
        self.cause = 0
        self.bits = 0
        self.closed = False

    @property
    def status(self) -> Status:
        """One of STATUSES, as of now."""
        if self.bits & s.INTERRUPTED:
            return "interrupted"
        # A notification has no request, so that it is whole without one.
        return "ok" if self.closed or self.kind == "datagram" else "partial"

    def record(self) -> StoredConversation:
        """The record that is stored."""
        return self._record(0, 0, 0, 0)

    def _record(self, more: int, errno: int, parts: int, latency: int) -> StoredConversation:
        bits = self.bits | _KIND[self.kind] | _STATUS[self.status] | more
        fields = (
            bits, self.protocol, self.type, errno, self.first, self.count, self.port, self.low, self.cause, parts,
            self.bytes, latency, self.start, self.end - self.start, 0, 0,
        )  # fmt: skip
        return tuple.__new__(StoredConversation, fields)  # takes half the time of the named one's constructor


class PendingRequest(Notification):
    """A conversation with a request, or without its request, while messages may join it.

    Attributes:
        kind: as in `Conversation`; a supposed dump may become a request.
        request: its request is in the capture.
        header_port: port id in the request's header; most programs write 0.
        bound: `port` is that of the socket: an answer has named it, or the file says it.
        low, high: the least and the greatest sequence number of a batch; others have `low` only.
        copy: the first bytes of the request.
        due_acks: NLMSG_ERRORs that must still come.
        due_reply: an answer with data must still come.
        changes: the request may cause notifications.
        parts: answers with data; in a batch the requests inside it.
        replies: message types (commands) that answer it by its dissector; None where no dissector knows the request.
        stream: its last key in `Candidates.streams`.
        guesses: (id, port) of notifications that it may have caused.
        socket: of the asker, where the file says it; else None.
        reply: the bytes of the last answer by NLM_F_ECHO, empty before the first; None without NLM_F_ECHO.
    """

    __slots__ = (
        "_words", "bound", "changes", "copy", "due_acks", "due_reply", "errno", "guesses", "header_port",
        "high", "latency", "parts", "replies", "reply", "request", "socket", "stream",
    )  # fmt: skip

    def __init__(self, number: int, kind: Kind, message: NetlinkMessage, *, request: bool) -> None:
        Notification.__init__(self, number, kind, message)
        self.header_port = self.port
        self.request = request
        if request:
            self.bits = s.HAS_REQUEST
        self.bound = False
        self.copy = b""
        self.high: int
        self._words: tuple[int, ...] | None = None
        self.parts = 0
        self.latency = -1
        self.errno = 0
        self.due_acks = 0
        self.due_reply = False
        self.changes = False
        self.replies: tuple[int, ...] | None = None
        self.stream: tuple[int, int, int] | None = None
        self.guesses: tuple[tuple[int, int], ...] = ()
        self.reply: bytes | None = None
        self.socket: int | None = None

    def know(self, delivery: Delivery | None) -> None:
        """Take over what the file says of the asker's socket, beside the request or else beside an answer."""
        if delivery is None:
            return
        self.socket = delivery.socket
        port = delivery.sender if delivery.way == "to-kernel" else delivery.destination
        if port and port < _PORTS:
            self.port = port
            self.bound = True

    @property
    def place(self) -> int:
        """What tells the asker's socket from others: its port id, 0 where it is not known; see `asker_of`."""
        return self.port if self.socket is None else ~self.socket

    def expect(self, message: NetlinkMessage, operation: Operation | None) -> None:
        """Set what its request asks for, by the operation of its dissector."""
        dump, self.due_reply, self.changes = asks(message, operation)
        flags = message.flags
        if dump:
            # The kernel sends no ACK for a dump that it has begun: NLMSG_DONE ends it.
            self.kind = "dump"
            self.due_reply = True
        elif flags & NLM_F_ACK:
            self.due_acks = 1
        if flags & NLM_F_ECHO:
            self.reply = b""
        self.replies = operation.replies if operation is not None else None
        self.copy = message.data[message.start : message.end][:KEPT_BYTES]

    @property
    def words(self) -> tuple[int, ...]:
        """The 4-byte words of its request: notifications that it causes repeat many of them."""
        if self._words is None:
            self._words = words_of(self.copy, 0, len(self.copy))
        return self._words

    @property
    def due(self) -> bool:
        """Whether an answer must still come."""
        return self.due_acks > 0 or self.due_reply

    @property
    def status(self) -> Status:
        """One of STATUSES, as of now."""
        if self.errno:
            return "error"
        if self.bits & s.INTERRUPTED:
            return "interrupted"
        if not self.bits & s.HAS_REQUEST:
            return "partial"  # without its request nothing is whole
        if self.closed or not self.due:
            return "ok"
        return "partial" if self.latency >= 0 else "unanswered"

    def record(self) -> StoredConversation:
        """The record that is stored."""
        if self.latency < 0:
            return self._record(0, self.errno, self.parts, 0)
        return self._record(s.ANSWERED, self.errno, self.parts, self.latency)
