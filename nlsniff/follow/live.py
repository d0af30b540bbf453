"""A conversation that more messages may join."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.follow import store as s
from nlsniff.follow.rules import asks, words_of
from nlsniff.follow.store import KINDS, STATUSES, Record

if TYPE_CHECKING:
    from nlsniff.decode.message import Message

_KIND = {name: number for number, name in enumerate(KINDS)}
_STATUS = {name: number << 3 for number, name in enumerate(STATUSES)}

# Of a request's bytes, as many are kept to compare them with the copy inside an error.
KEPT_BYTES = 2048


class Live:
    """What is known of a conversation while it may go on.

    Attributes:
        kind: as in `Conversation`; a dump that turns out to be none becomes a request.
        request: number of its request, 0 where the capture does not hold it.
        frame: number of the frame that its first message is in.
        header_port: port id that the request itself says; 0 is what most programs write.
        port: port id of the socket that asks, once an answer or the request said it, else 0.
        bound: an answer has shown `port`.
        low, high: the sequence numbers of its requests; they differ in a batch only.
        copy: the first bytes of the request.
        due_acks: NLMSG_ERRORs that must still come.
        due_reply: an answer with data must still come.
        changes: the request may cause notifications.
        echoes: the request asked to be told of its own change (NLM_F_ECHO).
        closed: the last answer has come.
        parts: answers with data; in a batch the requests inside it.
        replies: message types (commands) that answer it by its dissector; None where no dissector knows the request.
    """

    __slots__ = (
        "_words", "bits", "bound", "bytes", "cause", "changes", "closed", "copy", "count", "due_acks", "due_reply",
        "echoes", "end", "errno", "first", "frame", "guesses", "header_port", "high", "id", "kind", "last", "latency",
        "low", "parts", "port", "protocol", "replies", "reply", "request", "start", "stream", "type",
    )  # fmt: skip

    def __init__(self, number: int, kind: str, message: Message, *, request: bool) -> None:
        self.id = number
        self.kind = kind
        self.protocol = message.protocol
        self.type = message.type
        self.low = self.high = message.seq
        self.port = self.header_port = message.port
        self.bound = not request and message.port != 0
        self.request = message.number if request else 0
        self.frame = message.frame
        self.copy = b""
        self._words: tuple[int, ...] | None = None
        self.first = self.last = message.number
        self.count = 1
        self.parts = 0
        self.bytes = message.end - message.start
        self.start = self.end = message.time_ns
        self.latency = -1
        self.errno = 0
        self.cause = 0
        self.bits = s.HAS_REQUEST if request else 0
        self.due_acks = 0
        self.due_reply = False
        self.changes = False
        self.echoes = False
        self.closed = False
        self.replies: tuple[int, ...] | None = None
        self.stream: tuple[int, int, int] | None = None  # its key in Table.streams
        self.guesses: list[tuple[int, int]] = []  # (id, port) of events that it may have caused
        self.reply = b""  # the bytes of the last answer by NLM_F_ECHO

    def expect(self, message: Message) -> None:
        """Note what its request asks for."""
        ask = asks(message)
        operation = message.layout.operation
        self.kind = "dump" if ask.dump else "request"
        # The kernel sends no ACK for a dump that it has begun: NLMSG_DONE ends it.
        self.due_acks = int(ask.ack and not ask.dump)
        self.due_reply = ask.reply or ask.dump
        self.changes = ask.changes
        self.echoes = ask.echo
        self.replies = operation.replies if operation is not None else None
        self.copy = bytes(message.data[message.start : min(message.end, message.start + KEPT_BYTES)])

    @property
    def words(self) -> tuple[int, ...]:
        """What its request says, as words: what the kernel tells in consequence repeats many of them."""
        if self._words is None:
            self._words = words_of(self.copy, 0, len(self.copy))
        return self._words

    @property
    def due(self) -> bool:
        """Whether the kernel owes it an answer still."""
        return self.due_acks > 0 or self.due_reply

    @property
    def status(self) -> str:
        """One of STATUSES, as of now."""
        if self.errno:
            return "error"
        if self.bits & s.INTERRUPTED:
            return "interrupted"
        if not self.bits & s.HAS_REQUEST:
            # Without its request nothing is whole, but what the kernel tells of its own accord has none.
            complete = self.kind == "datagram" or (self.kind == "event" and self.closed)
            return "ok" if complete else "partial"
        if self.closed or not self.due:
            return "ok"
        return "partial" if self.latency >= 0 else "unanswered"

    def record(self) -> Record:
        """What is kept of it."""
        bits = self.bits | _KIND[self.kind] | _STATUS[self.status]
        if self.latency >= 0:
            bits |= s.ANSWERED
        return Record(
            bits, self.protocol, self.type, min(self.errno, 0xFFFF), self.first, self.count, self.port, self.low,
            self.cause, self.parts, 0, 0, self.bytes, max(self.latency, 0), self.start, self.end - self.start,
        )  # fmt: skip
