"""The kernel's side: which conversation an answer or a notification belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.follow import store as s
from nlsniff.follow.candidates import choose, guess
from nlsniff.follow.pending import PendingRequest
from nlsniff.follow.rules import (
    copied_request,
    errno_in,
    is_copied,
    is_reply,
    is_unasked,
    is_whole_copy,
)
from nlsniff.wire import constants as c

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.candidates import Candidates
    from nlsniff.follow.news import News
    from nlsniff.follow.store import Kind, Store

_ONE_AT_A_TIME = frozenset({c.NETLINK_ROUTE, c.NETLINK_XFRM})  # protocols whose kernel side works under one lock
_MANY = frozenset({"dump", "batch"})
_NOTED = (0, s.INTERRUPTED, s.FILTERED, s.INTERRUPTED | s.FILTERED)  # by NLM_F_DUMP_INTR and _FILTERED, shifted by 4
_GUESSES = 64  # events of one request that its ACK may prove


class Answers:
    """Takes what comes from the kernel."""

    def __init__(self, store: Store, table: Candidates, news: News) -> None:
        self._store = store
        self._table = table
        self._news = news

    def take(self, message: NetlinkMessage) -> int:
        """Take the next message from the kernel; returns the id of its conversation."""
        if message.type == c.NLMSG_ERROR:
            return self._error(message)
        if message.type == c.NLMSG_DONE:
            return self._done(message)
        if message.type < c.NLMSG_MIN_TYPE:
            return self._control(message)
        if message.flags & c.NLM_F_MULTI and (message.seq or message.port):
            return self._first_part(message)
        return self._plain(message)

    def part(self, live: PendingRequest, message: NetlinkMessage) -> int:
        """An answer with data of a conversation that is known. As `Store.join`, in here for the many parts of dumps."""
        number, time_ns = message.number, message.time_ns
        live.parts += 1
        live.bits |= _NOTED[message.flags >> 4 & 3]
        if live.latency < 0:
            live.latency = max(time_ns - live.start, 0)
        self._store.chain(number, live.id, live.last)
        live.last = number
        live.count += 1
        live.bytes += message.end - message.start
        live.end = time_ns
        return live.id

    def parts(self, live: PendingRequest, messages: Sequence[NetlinkMessage], size: int) -> None:
        """As `part` for each of some messages that have the same flags and together so many bytes."""
        if not messages:
            return
        live.parts += len(messages)
        live.bits |= _NOTED[messages[0].flags >> 4 & 3]
        if live.latency < 0:
            live.latency = max(messages[0].time_ns - live.start, 0)
        self._store.chain_all(messages, live.id, live.last)
        live.last = messages[-1].number
        live.count += len(messages)
        live.bytes += size
        live.end = messages[-1].time_ns

    # -- the end of a conversation -------------------------------------------------------------------------------

    def _error(self, message: NetlinkMessage) -> int:
        """An ACK or an error: it holds a copy of the request's header, so that there is little to guess."""
        waiting = self._table.fitting(message, closed=False)
        if len(waiting) == 1 and is_copied(waiting[0].copy, message):
            live = waiting[0]
        else:
            waiting = self._answered(waiting, message)
            live = choose(waiting, message) if waiting else self._orphan("request", message)
        errno = errno_in(message)
        if errno and not live.errno:
            live.errno = errno
        if live.kind == "batch":
            copied_type, copied_flags = copied_request(message)
            if live.due_acks and copied_flags & c.NLM_F_ACK:
                live.due_acks -= 1
            # Each of its messages may draw an error, asked or not; the port id tells the next batch from this one.
            live.closed = errno != 0 and copied_type == c.NFNL_MSG_BATCH_BEGIN
        else:
            early = live.kind == "dump" and live.protocol == c.NETLINK_AUDIT and not errno
            if live.kind == "dump" and not errno and not live.parts and not early:
                live.kind = "request"  # what looked like a dump was none
            live.due_acks = 0
            if not early:  # audit acknowledges that it will list its rules
                live.due_reply, live.closed = False, True
        return self._end(live, message)

    def _answered(self, fitting: list[PendingRequest], message: NetlinkMessage) -> list[PendingRequest]:
        """Those that an ACK or an error may answer, of none or many that fit by their port; or of those that do not."""
        waiting = [live for live in fitting if _is_answered(live, message)]
        waiting = waiting or [live for live in self._table.loose(message) if _is_answered(live, message)]
        if len(waiting) > 1:
            waiting = [live for live in waiting if is_whole_copy(live.copy, message)] or waiting
        return waiting

    def _done(self, message: NetlinkMessage) -> int:
        key = (message.protocol, message.seq, message.port)
        live = self._table.streams.pop(key, None)
        if live is None:
            if not message.port and not message.seq:
                return self._news.tell(message)  # team ends each of its notifications so
            waiting = self._dumps(message)
            live = choose(waiting, message) if waiting else self._orphan("dump", message)
        live.bits |= s.DONE | _NOTED[message.flags >> 4 & 3]
        live.errno = live.errno or errno_in(message)
        live.due_reply = False
        live.closed = live.kind == "dump" or not live.due_acks
        return self._end(live, message)

    def _end(self, live: PendingRequest, message: NetlinkMessage) -> int:
        """Put a message into its conversation that may be the last one there."""
        if live.last != message.number:
            self._bind(live, message)
            if live.latency < 0:
                live.latency = max(message.time_ns - live.start, 0)
            self._store.join(live, message)
        if live.closed or (live.kind == "batch" and not live.due):
            self._table.settle(live)
        return live.id

    def _control(self, message: NetlinkMessage) -> int:
        """NLMSG_OVERRUN, NLMSG_NOOP and the reserved numbers."""
        live = self._table.streams.get((message.protocol, message.seq, message.port))
        if live is None:
            waiting = self._table.fitting(message, closed=False)
            live = choose(waiting, message) if waiting else None
        if live is None:
            return self._news.tell(message)
        if message.type == c.NLMSG_OVERRUN:
            live.bits |= s.INTERRUPTED
        return self._store.join(live, message)

    # -- answers with data ---------------------------------------------------------------------------------------

    def _dumps(self, message: NetlinkMessage) -> list[PendingRequest]:
        """The requests that a part of a dump, or its end, may belong to: by the port, else those that hide theirs."""
        found = _dumping(self._table.fitting(message, closed=False), message)
        return found or _dumping(self._table.loose(message), message)

    def _first_part(self, message: NetlinkMessage) -> int:
        waiting = self._dumps(message)
        live = choose(waiting, message) if waiting else self._orphan("dump", message)
        live.stream = (message.protocol, message.seq, message.port)
        self._table.streams[live.stream] = live
        if not waiting:
            live.parts += 1
            live.bits |= _NOTED[message.flags >> 4 & 3]
            return live.id
        self._bind(live, message)
        return self.part(live, message)

    def _plain(self, message: NetlinkMessage) -> int:
        """One answer, or a notification: the request's type tells which."""
        said = message.data[message.start : message.end]
        copied = self._news.repeat(message, said)
        if copied:
            return copied
        if not message.seq and not message.port:
            return self._event(message, said)
        if message.protocol == c.NETLINK_XFRM and is_unasked(message):
            return self._news.add(message, said)
        fitting = self._table.fitting(message)
        if not message.seq and message.protocol == c.NETLINK_ROUTE and message.type >> 2 == c.RTM_NEWNEIGH >> 2:
            # Told with the port id and without the sequence number, so that this 0 may say nothing.
            fitting = [live for live in fitting if live.type >> 2 == c.RTM_NEWNEIGH >> 2]
        if len(fitting) == 1:
            replied = fitting if is_reply(fitting[0], message) is not False else []
        else:
            replied = _replied(fitting, message)
        if not replied and message.port:
            replied = self._table.loose(message)
            if replied:
                replied = [live for live in replied if live.due_reply and is_reply(live, message)]
                replied = [live for live in replied if live.kind != "dump"] or replied
        if replied:
            # A second answer may follow the one that seemed the last.
            return self._reply(choose(replied, message), message)
        if len(fitting) == 1:
            causes = fitting if fitting[0].changes else []
        else:
            causes = _open_first(fitting, lambda live: live.changes and live.kind == "batch" and live.bound)
            causes = causes or _open_first(fitting, lambda live: live.changes)
        return self._caused(causes, message, said) if causes else self._event(message, said)

    def _caused(self, causes: list[PendingRequest], message: NetlinkMessage, said: bytes) -> int:
        """A notification that names the request, or one of some, that caused it."""
        live, racing = guess(causes, message)
        if not live.bound and not racing:
            self._bind(live, message)
        if live.reply is not None and live.reply != said:
            # Its own copy (NLM_F_ECHO) and those of other listeners have the same bytes; the first stands for it.
            live.reply = said
            return self.part(live, message)
        if racing:
            return self._suspect(live, message, said)
        return self._news.add(message, said, live, certain=not live.bits & s.UNCERTAIN)

    def _reply(self, live: PendingRequest, message: NetlinkMessage) -> int:
        self._bind(live, message)
        if live.due_acks and is_reply(live, message) is None:
            live.bits |= s.UNCERTAIN  # as well a notification that the request caused
        live.due_reply = False
        self.part(live, message)
        if live.kind != "dump" and not live.due_acks and not live.closed:
            live.closed = True
            self._table.settle(live)
        return live.id

    # -- notifications -------------------------------------------------------------------------------------------

    def _event(self, message: NetlinkMessage, said: bytes) -> int:
        """A notification that names no request in reach."""
        if message.seq:
            # A request that says another port than its socket has (`ip rule flush`): the ACK will tell.
            alike = [live for live in self._table.loose(message) if live.changes and live.type == message.type]
            cause = guess(alike, message)[0] if alike and message.port else None
        else:
            # Neighbours are told with a port and no sequence number, what the kernel does in consequence with neither.
            cause = self._table.worker(message) if message.protocol in _ONE_AT_A_TIME else None
        if cause is not None:
            return self._suspect(cause, message, said)
        # A port without a request in reach names one that the capture does not hold.
        return self._news.add(message, said, certain=not message.port, whole=not message.port)

    def _suspect(self, cause: PendingRequest, message: NetlinkMessage, said: bytes) -> int:
        """A notification that a request may have caused; the request's ACK will tell, by the port id."""
        number = self._news.add(message, said, cause, certain=False)
        if message.port and len(cause.guesses) < _GUESSES:
            cause.guesses += ((number, message.port),)
        return number

    def _bind(self, live: PendingRequest, message: NetlinkMessage) -> None:
        """An answer shows the port id of the socket that asked."""
        if live.bound or not message.port:
            return
        if live.header_port not in {0, message.port} and message.type != c.NLMSG_ERROR:
            live.bits |= s.UNCERTAIN
        live.port = message.port
        live.bound = True
        if live.guesses and not live.bits & s.UNCERTAIN:
            self._news.prove(live)

    def _orphan(self, kind: Kind, message: NetlinkMessage) -> PendingRequest:
        """A conversation whose request the capture does not hold."""
        live = PendingRequest(self._store.open(message.number), kind, message, request=False)
        self._table.add(live)
        return live


def _dumping(found: list[PendingRequest], message: NetlinkMessage) -> list[PendingRequest]:
    """Those that a part of a dump, or its end, may belong to; dumps before others."""
    part = message.type >= c.NLMSG_MIN_TYPE
    waiting = [live for live in found if live.kind != "batch" and not (part and is_reply(live, message) is False)]
    if len(waiting) < 2:
        return waiting
    return [live for live in waiting if live.kind == "dump"] or waiting


def _replied(fitting: list[PendingRequest], message: NetlinkMessage) -> list[PendingRequest]:
    """Those of several requests that a message may answer. A dump's parts say NLM_F_MULTI: this is hardly one."""
    replied = _open_first(fitting, lambda live: live.kind not in _MANY and is_reply(live, message) is not False)
    return replied or _open_first(fitting, lambda live: live.kind == "dump" and is_reply(live, message) is not False)


def _open_first(found: list[PendingRequest], fits: Callable[[PendingRequest], bool]) -> list[PendingRequest]:
    """Those that fit and may go on, else the last that fits and is closed."""
    opened = [live for live in found if not live.closed and fits(live)]
    if opened or len(opened) == len(found):
        return opened
    last = next((live for live in reversed(found) if live.closed and fits(live)), None)
    return [] if last is None else [last]


def _is_answered(live: PendingRequest, message: NetlinkMessage) -> bool:
    return live.kind == "batch" or is_copied(live.copy, message)
