"""Puts messages from the kernel into conversations: answers and notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.follow import store as s
from nlsniff.follow.asked import names_port_alone
from nlsniff.follow.candidates import asker_of, best_candidate, dumping, open_first, rank_candidates, replied_to
from nlsniff.follow.commits import Batch, is_nftables
from nlsniff.follow.nftables import Nftables
from nlsniff.follow.pending import PendingRequest
from nlsniff.follow.rules import (
    copied_request,
    errno_in,
    group_of,
    is_copied,
    is_reply,
    is_unasked,
    is_whole_copy,
    of_neighbours,
)
from nlsniff.wire import constants as c

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.candidates import Candidates
    from nlsniff.follow.kinds import Kind
    from nlsniff.follow.notifications import Notifications
    from nlsniff.follow.store import Store

_ONE_AT_A_TIME = frozenset({c.NETLINK_ROUTE, c.NETLINK_XFRM})  # protocols that serve requests under one lock
_NOTED = (0, s.INTERRUPTED, s.FILTERED, s.INTERRUPTED | s.FILTERED)  # by NLM_F_DUMP_INTR and _FILTERED, shifted by 4
_GUESSES = 64  # notifications of one request that its ACK may confirm


class Answers:
    """Takes messages from the kernel.

    Attributes:
        nftables: takes messages of nf_tables.
    """

    def __init__(self, store: Store, candidates: Candidates, notifications: Notifications) -> None:
        self._store = store
        self._candidates = candidates
        self._notifications = notifications
        self.nftables = Nftables(candidates, notifications, self._reply, self._bind)

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

    def told(self, message: NetlinkMessage) -> int:
        """Take a multicast: it is a notification, whatever its header says."""
        content = message.data[message.start : message.end]
        if is_nftables(message) and message.port:
            return self.nftables.take(message, content, told=True)
        copied = self._notifications.join_copy(message, content)
        if copied:
            return copied
        if message.type < c.NLMSG_MIN_TYPE or (not message.seq and not message.port):
            return self._event(message, content)
        if message.protocol == c.NETLINK_XFRM and is_unasked(message):
            return self._notifications.open(message, content)
        matching = self._candidates.matching(message, named=True)
        if not message.seq and message.protocol == c.NETLINK_ROUTE:
            matching = of_neighbours(matching, message)
        return self._effect(matching, message, content)

    def part(self, pending: PendingRequest, message: NetlinkMessage) -> int:
        """Take an answer with data of a known conversation. `Store.join` in line, because dumps have many parts."""
        number, time_ns = message.number, message.time_ns
        pending.parts += 1
        pending.bits |= _NOTED[message.flags >> 4 & 3]
        if pending.latency < 0:
            pending.latency = max(time_ns - pending.start, 0)
        self._store.chain(number, pending.id, pending.last)
        pending.last = number
        pending.count += 1
        pending.bytes += message.end - message.start
        pending.end = time_ns
        return pending.id

    def parts(self, pending: PendingRequest, messages: Sequence[NetlinkMessage], size: int) -> None:
        """As `part` for each of some messages that have the same flags; `size` is the sum of their bytes."""
        if not messages:
            return
        pending.parts += len(messages)
        pending.bits |= _NOTED[messages[0].flags >> 4 & 3]
        if pending.latency < 0:
            pending.latency = max(messages[0].time_ns - pending.start, 0)
        self._store.chain_all(messages, pending.id, pending.last)
        pending.last = messages[-1].number
        pending.count += len(messages)
        pending.bytes += size
        pending.end = messages[-1].time_ns

    # -- the end of a conversation -------------------------------------------------------------------------------

    def _error(self, message: NetlinkMessage) -> int:
        """Take an ACK or an error. It copies the header of its request, so that it rarely fits two."""
        waiting = self._candidates.matching(message, closed=False)
        if len(waiting) == 1 and is_copied(waiting[0].copy, message):
            pending = waiting[0]
        else:
            waiting = self._answered(waiting, message)
            pending = best_candidate(waiting, message) if waiting else self._orphan("request", message)
        errno = errno_in(message)
        if errno and not pending.errno:
            pending.errno = errno
        if pending.kind == "batch":
            copied_type, copied_flags = copied_request(message)
            if pending.due_acks and copied_flags & c.NLM_F_ACK:
                pending.due_acks -= 1
            # Each message of a batch may get an error, with NLM_F_ACK or without; the port id tells the next batch.
            pending.closed = errno != 0 and copied_type == c.NFNL_MSG_BATCH_BEGIN
        else:
            early = pending.kind == "dump" and pending.protocol == c.NETLINK_AUDIT and not errno
            if pending.kind == "dump" and not errno and not pending.parts and not early:
                pending.kind = "request"  # it was no dump
            pending.due_acks = 0
            if not early:  # audit acknowledges a request for its rules before it sends them
                pending.due_reply, pending.closed = False, True
        return self._end(pending, message)

    def _answered(self, matching: list[PendingRequest], message: NetlinkMessage) -> list[PendingRequest]:
        """The requests that an ACK or error may answer: of those that match, else of those whose port is not known."""
        waiting = [item for item in matching if _is_answered(item, message)]
        waiting = waiting or [item for item in self._candidates.unbound(message) if _is_answered(item, message)]
        if len(waiting) > 1:
            waiting = [item for item in waiting if is_whole_copy(item.copy, message)] or waiting
        return waiting

    def _done(self, message: NetlinkMessage) -> int:
        key = (message.protocol, message.seq, asker_of(message))
        pending = self._candidates.streams.pop(key, None)
        if pending is None:
            if not message.port and not message.seq:
                return self._notifications.take(message)  # team ends each of its notifications with one
            waiting = self._dumps(message)
            pending = best_candidate(waiting, message) if waiting else self._orphan("dump", message)
        pending.bits |= _NOTED[message.flags >> 4 & 3]
        pending.errno = pending.errno or errno_in(message)
        pending.due_reply = False
        pending.closed = pending.kind == "dump" or not pending.due_acks
        return self._end(pending, message)

    def _end(self, pending: PendingRequest, message: NetlinkMessage) -> int:
        """Put a message into its conversation, whose last one it may be."""
        if pending.last != message.number:
            self._bind(pending, message)
            if pending.latency < 0:
                pending.latency = max(message.time_ns - pending.start, 0)
            self._store.join(pending, message)
        if pending.closed or (pending.kind == "batch" and not pending.due):
            self._candidates.settle(pending)
        return pending.id

    def _control(self, message: NetlinkMessage) -> int:
        """Take an NLMSG_OVERRUN, an NLMSG_NOOP, or a message of a reserved type."""
        pending = self._candidates.streams.get((message.protocol, message.seq, asker_of(message)))
        if pending is None:
            waiting = self._candidates.matching(message, closed=False)
            pending = best_candidate(waiting, message) if waiting else None
        if pending is None:
            return self._notifications.take(message)
        if message.type == c.NLMSG_OVERRUN:
            pending.bits |= s.INTERRUPTED
        return self._store.join(pending, message)

    # -- answers with data ---------------------------------------------------------------------------------------

    def _dumps(self, message: NetlinkMessage) -> list[PendingRequest]:
        """The requests that a part or the end of a dump may answer: those that match, else those of unknown port."""
        found = dumping(self._candidates.matching(message, closed=False, batches=False), message)
        return found or dumping(self._candidates.unbound(message, batches=False), message)

    def _first_part(self, message: NetlinkMessage) -> int:
        waiting = self._dumps(message)
        pending = best_candidate(waiting, message) if waiting else self._orphan("dump", message)
        if message.protocol == c.NETLINK_NETFILTER and pending.request and pending.kind == "request":
            return self._reply(pending, message)  # ctnetlink has the flag in a single answer, too, and no end follows
        self._candidates.begin_stream(pending, message)
        if not waiting:
            pending.parts += 1
            pending.bits |= _NOTED[message.flags >> 4 & 3]
            return pending.id
        self._bind(pending, message)
        return self.part(pending, message)

    def _plain(self, message: NetlinkMessage) -> int:
        """Take a single answer or a notification; the type of the request tells which it is."""
        content = message.data[message.start : message.end]
        delivery = message.delivery if message.comment else None
        if delivery is not None and delivery.group == 0:
            return self._sent_to_one(message, content)
        if is_nftables(message) and message.port:
            return self.nftables.take(message, content, told=bool(group_of(message)))
        copied = self._notifications.join_copy(message, content)
        if copied:
            return copied
        if not message.seq and not message.port:
            return self._event(message, content)
        if message.protocol == c.NETLINK_XFRM and is_unasked(message):
            return self._notifications.open(message, content)
        matching = self._candidates.matching(message)
        if not message.seq and message.protocol == c.NETLINK_ROUTE:
            matching = of_neighbours(matching, message)
        if len(matching) == 1:
            replied = matching if is_reply(matching[0], message) is not False else []
        else:
            replied = replied_to(matching, message)
        if not replied and message.port:
            replied = self._candidates.unbound(message)
            if replied:
                replied = [item for item in replied if item.due_reply and is_reply(item, message)]
                replied = [item for item in replied if item.kind != "dump"] or replied
        if replied:
            # A second answer may follow one that seemed to be the last.
            return self._reply(best_candidate(replied, message), message)
        if delivery is not None:  # the receiver may be another than who caused it
            matching = self._candidates.matching(message, named=True)
        return self._effect(matching, message, content)

    def _sent_to_one(self, message: NetlinkMessage, content: bytes) -> int:
        """Take what the kernel sent to one socket: an answer, or the asker's copy of a notification (NLM_F_ECHO).

        What names no request is news for that socket alone, such as a packet for NFQUEUE or a record for auditd.
        """
        asked = message.seq or message.port or message.protocol == c.NETLINK_AUDIT
        waiting = self._candidates.matching(message) if asked else []
        fitting = self.nftables.given(waiting, message) if is_nftables(message) else replied_to(waiting, message)
        fitting = fitting or open_first(waiting, lambda item: item.reply is not None)
        fitting = fitting or open_first(waiting, lambda _: True)
        if not fitting:
            return self._notifications.open(message, content, whole=not message.port)
        pending = best_candidate(fitting, message)
        if pending.kind != "batch":
            return self._reply(pending, message)
        if pending.latency < 0:
            pending.latency = max(message.time_ns - pending.start, 0)
        return self._store.join(pending, message)

    def _effect(self, matching: list[PendingRequest], message: NetlinkMessage, content: bytes) -> int:
        """Take a notification whose header may name requests; these are all that it may name."""
        if names_port_alone(message):
            causes = []
        elif len(matching) == 1:
            causes = matching if matching[0].changes else []
        else:
            causes = open_first(matching, lambda item: item.changes and item.kind == "batch" and item.bound)
            causes = causes or open_first(matching, lambda item: item.changes)
        return self._caused(causes, message, content) if causes else self._event(message, content)

    def _caused(self, causes: list[PendingRequest], message: NetlinkMessage, content: bytes) -> int:
        """Take a notification whose header names the request that caused it, or one of several."""
        pending, rivals = rank_candidates(causes, message)
        if not pending.bound and not rivals:
            self._bind(pending, message)
        if pending.reply is not None and pending.reply != content and not group_of(message):
            # The asker's copy (NLM_F_ECHO) has the same bytes as those for listeners; the first counts as the asker's.
            pending.reply = content
            return self.part(pending, message)
        if rivals:
            return self._suspect(pending, message, content)
        return self._notifications.open(message, content, pending, certain=not pending.bits & s.UNCERTAIN)

    def _reply(self, pending: PendingRequest, message: NetlinkMessage) -> int:
        self._bind(pending, message)
        if pending.due_acks and is_reply(pending, message) is None and group_of(message) is None:
            pending.bits |= s.UNCERTAIN  # it may also be a notification that the request caused
        pending.due_reply = False
        self.part(pending, message)
        if pending.kind != "dump" and not pending.due_acks and not pending.closed:
            pending.closed = True
            self._candidates.settle(pending)
        return pending.id

    # -- notifications -------------------------------------------------------------------------------------------

    def _event(self, message: NetlinkMessage, content: bytes) -> int:
        """Take a notification that names no request in reach."""
        cause = None
        if names_port_alone(message):
            cause, certain = self._candidates.asked.find(message)
            if certain:
                return self._notifications.open(message, content, cause)
        elif message.seq:
            # A request may name another port than that of its socket (`ip rule flush`): the ACK will tell.
            alike = [
                pending
                for pending in self._candidates.unbound(message)
                if pending.changes and pending.type == message.type
            ]
            cause = rank_candidates(alike, message)[0] if alike and message.port else None
        else:
            # Notifications of neighbours have a port but no sequence number, those of consequences have neither.
            cause = self._candidates.in_progress(message) if message.protocol in _ONE_AT_A_TIME else None
        if cause is not None:
            return self._suspect(cause, message, content)
        # The request of that port is not in the capture.
        certain = not message.port or bool(group_of(message))
        return self._notifications.open(message, content, certain=certain, whole=not message.port)

    def _suspect(self, cause: PendingRequest, message: NetlinkMessage, content: bytes) -> int:
        """Take a notification that a request may have caused; the port id of the request's ACK will tell."""
        number = self._notifications.open(message, content, cause, certain=False)
        if message.port and len(cause.guesses) < _GUESSES:
            cause.guesses += ((number, message.port),)
        return number

    def _bind(self, pending: PendingRequest, message: NetlinkMessage) -> None:
        """Take the port id of the asking socket from an answer."""
        if pending.bound or not message.port:
            return
        if pending.header_port not in {0, message.port} and message.type != c.NLMSG_ERROR:
            known = pending.socket is not None and message.delivery is not None
            pending.bits |= 0 if known else s.UNCERTAIN
        pending.port = message.port
        pending.bound = True
        if pending.guesses and not pending.bits & s.UNCERTAIN:
            self._notifications.confirm(pending)

    def _orphan(self, kind: Kind, message: NetlinkMessage) -> PendingRequest:
        """Open a conversation whose request is not in the capture."""
        pending = PendingRequest(self._store.open(message.number), kind, message, request=False)
        pending.know(message.delivery)
        self._candidates.add(pending)
        return pending


def _is_answered(pending: PendingRequest, message: NetlinkMessage) -> bool:
    return pending.refused(message) if isinstance(pending, Batch) else is_copied(pending.copy, message)
