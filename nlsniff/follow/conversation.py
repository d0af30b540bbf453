"""Views of conversations: what a program asked, what came back, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlsniff.follow import store as s
from nlsniff.follow.kinds import KINDS, STATUSES
from nlsniff.wire.constants import NETLINK_GENERIC, NETLINK_NETFILTER, NLMSG_MIN_TYPE
from nlsniff.wire.errnos import IPSET_BY_TYPE, errno_name
from nlsniff.wire.names import protocol_name

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.extack import Extack
    from nlsniff.follow.follower import Follower
    from nlsniff.follow.store import StoredConversation

# How many texts of extended ACKs are remembered; each is less than 64 KiB.
_SAID_LIMIT = 256

# How many conversations are remembered with the number of their frames.
_COUNTS_LIMIT = 4096


class ConversationView:
    """One conversation at one moment; make another view when more messages have come.

    Attributes:
        id: counts from 1 through the whole file, in the order of the first messages.
        kind: `request` with its answers, `dump` (NLM_F_DUMP), `batch` of nfnetlink, `event` (a notification and its
            copies), or `datagram` (on a protocol that pairs nothing).
        status: `ok`; `error`: the kernel answered with an error; `interrupted`: the parts of a dump are inconsistent,
            because the table changed (NLM_F_DUMP_INTR) or messages were lost; `unanswered`: an answer was due and none
            came; `partial`: the begin or the end is not in the capture. A request without an ACK and without an error
            is `ok`, because the kernel reports every error.
        certain: False where another pairing fits the capture too, so that this one is a guess.
        protocol_number: netlink protocol.
        port: port id of the asking socket; 0 where no message says it.
        seq: sequence number; of a batch that of its begin.
        start: time of the first message, nanoseconds since 1970.
        first: time of the first answer, or None.
        end: time of the last message.
        bytes: of all its messages from nlmsghdr to their end, alignment excluded.
        parts: answers with data; of a batch the requests inside it.
        interrupted, filtered: NLM_F_DUMP_INTR (or NLMSG_OVERRUN) and NLM_F_DUMP_FILTERED were seen.
        cause: id of the conversation whose request caused this event, or None.
    """

    __slots__ = (
        "_follower", "_record", "bytes", "cause", "certain", "end", "filtered", "first", "id", "interrupted", "kind",
        "parts", "port", "protocol_number", "seq", "start", "status",
    )  # fmt: skip

    def __init__(self, follower: Follower, number: int, record: StoredConversation) -> None:
        bits = record.bits
        self._follower = follower
        self._record = record
        self.id = number
        self.kind = KINDS[bits & 7]
        self.status = STATUSES[bits >> 3 & 7]
        self.certain = not bits & s.UNCERTAIN
        self.interrupted = bool(bits & s.INTERRUPTED)
        self.filtered = bool(bits & s.FILTERED)
        self.protocol_number = record.protocol
        self.port = record.port
        self.seq = record.seq
        self.start = record.start
        self.first = record.start + record.latency if bits & s.ANSWERED else None
        self.end = record.start + record.duration
        self.bytes = record.bytes
        self.parts = record.parts
        self.cause = record.cause or None

    def __repr__(self) -> str:
        return f"<Conversation {self.id} {self.kind} {self.status}>"

    @property
    def source(self) -> Callable[[int], NetlinkMessage] | None:
        """Gives a message by its number; None while streaming."""
        return self._follower.source

    @property
    def protocol(self) -> str:
        """`route`, `xfrm`, `generic`, ... or `protocol-N`."""
        return protocol_name(self.protocol_number)

    @property
    def family(self) -> str | None:
        """Name of the generic netlink family, where the capture taught it; None on other protocols."""
        record = self._record
        if record.protocol != NETLINK_GENERIC or record.type < NLMSG_MIN_TYPE:
            return None
        return self._follower.decoder.names.resolve("genl", record.type, record.first) or None

    @property
    def request(self) -> int | None:
        """Number of the request's message (of a batch its begin); None if the capture has none."""
        return self._record.first if self._record.bits & s.HAS_REQUEST else None

    @property
    def first_message(self) -> int:
        """Number of its first message."""
        return self._record.first

    @property
    def last_message(self) -> int:
        """Number of its last message so far."""
        return self._follower.store.last(self.id, self._record.first)

    @property
    def messages(self) -> array[int]:
        """The numbers of its messages, in order."""
        return self._follower.store.messages(self._record.first)

    @property
    def count(self) -> int:
        """How many messages it has."""
        return self._record.size

    @property
    def frames(self) -> int | None:
        """How many frames hold its messages: of a dump the request and each read; None while streaming.

        Remembered, because a filter asks for it at each message of conversations that may be long and at once.
        """
        frames, memo = self._follower.frames, self._follower.frame_counts
        if frames is None:
            return None
        size, count = memo.get(self.id, (0, 0))
        if size != self._record.size:
            count = len({frames[number - 1] for number in self.messages})
            if len(memo) >= _COUNTS_LIMIT:
                memo.clear()
            memo[self.id] = self._record.size, count
        return count

    @property
    def errno(self) -> str | None:
        """Name of the error (`EINVAL`), or None. Of a batch the first one."""
        number, protocol, source = self._record.errno, self._record.protocol, self._follower.source
        if protocol != NETLINK_NETFILTER or number < IPSET_BY_TYPE or source is None:
            return errno_name(number, protocol) or None
        from nlsniff.follow.extack import refused_by  # decodes; needed for few conversations

        answer = refused_by(self, source)  # it may name the type of set that the error depends on
        code = answer.root.get("error") if answer is not None else None
        return code.resolved if code is not None else errno_name(number, protocol)

    @property
    def errno_value(self) -> int:
        """The error number, positive as in `nlsniff.wire.errnos`; 0 for none."""
        return self._record.errno

    @property
    def copies(self) -> int:
        """How many copies were recorded, one for each listening socket; 1 unless it is an event or a datagram."""
        if self.kind == "datagram":
            return self.frames or self._record.size
        return self._record.size if self.kind == "event" else 1

    @property
    def effects(self) -> list[int]:
        """Ids of the events that its request caused, in order."""
        return self._follower.store.effects(self.id)

    @property
    def causing(self) -> ConversationView | None:
        """The conversation whose request caused this event, as it stands now, or None."""
        return self._follower.conversation(self.cause) if self.cause is not None else None

    @property
    def author(self) -> str | None:
        """Whose doing it is, as `ip[412]`: who asked, or of an event who caused it; None where that is not known."""
        causing = self.causing
        return causing.process if causing is not None else self.process or self.absent_asker

    @property
    def process(self) -> str | None:
        """The process that asked, as `ip[412]`; None for an event, or where the capture does not tell."""
        if self.kind == "event":
            return None
        return self._owner()

    @property
    def absent_asker(self) -> str | None:
        """Of an event of netfilter without a known cause the process whose port id it names; else None."""
        alone = self.kind == "event" and self.cause is None and self.port != 0
        return self._owner() if alone and self.protocol_number == NETLINK_NETFILTER else None

    def _owner(self) -> str | None:
        """Whose port id it names."""
        first, last = self._record.first, self.last_message
        follower, protocol = self._follower, self._record.protocol
        found = follower.processes.find(protocol, self.port, first, last)
        if found is None and protocol == NETLINK_NETFILTER and self.port:
            found = follower.committers.find(protocol, self.port, first, last)
        return found

    @property
    def received_by(self) -> list[str]:
        """Which programs received its messages, as `ip[412]`, where the file says it and `process` was not the one."""
        processes = self._follower.processes
        return processes.receivers(self.messages) if processes.knows_receivers else []

    @property
    def socket(self) -> int | None:
        """The asker's socket: a number that no other of the capture has; None where the file does not say it."""
        return self._follower.store.socket(self.id)

    @property
    def place(self) -> int:
        """What tells the asker's socket from others of the protocol: its port id, or a negative number where known."""
        socket = self.socket
        return self.port if socket is None else ~socket

    @property
    def duration_ns(self) -> int:
        """Nanoseconds from the first message to the last."""
        return self.end - self.start

    @property
    def latency_ns(self) -> int | None:
        """Nanoseconds from the request to the first answer; None without one."""
        return None if self.first is None else self.first - self.start

    @property
    def extack(self) -> Extack | None:
        """The extended ACK of an error or a success, read from its message each time; None while streaming."""
        source = self._follower.source
        if source is None or self.kind in {"event", "datagram"}:
            return None
        from nlsniff.follow.extack import explain  # decodes; needed for few conversations

        return explain(self, source)

    @property
    def extack_text(self) -> str:
        """The text of its extended ACK, or ""; remembered, because a filter asks for it at each of its messages."""
        memo = self._follower.extack_texts
        known = memo.get(self.id)
        if known is None or known[0] != self._record:
            extack = self.extack
            if len(memo) >= _SAID_LIMIT:
                memo.clear()
            known = memo[self.id] = self._record, extack.text or "" if extack is not None else ""
        return known[1]

    @property
    def meaning(self) -> str | None:
        """What its error means for this operation, in nlsniff's words, where the kernel gave no text; else None.

        Of a batch that of the first error. None while streaming, as `extack`.
        """
        source = self._follower.source
        if source is None or not self.errno_value or self.kind in {"event", "datagram"}:
            return None
        from nlsniff.follow.extack import refusal  # decodes; needed for few conversations

        return refusal(self, source) or None

    @property
    def refused(self) -> list[int]:
        """Of a batch the numbers of the messages that were answered with an error; empty while streaming."""
        source = self._follower.source
        if source is None or self.kind != "batch" or not self.errno_value:
            return []
        from nlsniff.follow.extack import refused  # decodes; needed for few conversations

        return refused(self, source)

    def to_json(self) -> dict[str, Any]:
        """The object that `nlsniff follow --json` prints; times in seconds."""
        extack = self.extack
        found: dict[str, Any] = {
            "id": self.id,
            "kind": self.kind,
            "protocol": self.protocol,
            "family": self.family,
            "request": self.request,
            "messages": list(self.messages),
            "status": self.status,
            "errno": self.errno,
            "meaning": self.meaning,
            "extack": extack.to_json() if extack is not None else None,
            "parts": self.parts,
            "frames": self.frames,
            "bytes": self.bytes,
            "start": self.start / 10**9,
            "start_ns": self.start,
            "latency": None if self.latency_ns is None else self.latency_ns / 1e9,
            "duration": self.duration_ns / 1e9,
            "certain": self.certain,
            "process": self.process,
            "port": self.port,
            "seq": self.seq,
            "cause": self.cause,
            "effects": self.effects,
            "copies": self.copies,
            "interrupted": self.interrupted,
            "filtered": self.filtered,
        }
        if self.kind == "batch":
            found["refused"] = self.refused
        socket, received_by = self.socket, self.received_by
        if socket is not None:
            found["socket"] = socket
        if received_by:
            found["received_by"] = received_by
        return found
