"""Puts messages of nf_tables from the kernel into conversations: answers, and news of what a batch has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.follow import store as s
from nlsniff.follow.candidates import best_candidate
from nlsniff.follow.commits import Batch, Generations, committer
from nlsniff.follow.processes import Processes
from nlsniff.follow.rules import is_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.candidates import Candidates
    from nlsniff.follow.notifications import Notifications
    from nlsniff.follow.pending import PendingRequest


_NEWSETELEM = 12  # of enum nf_tables_msg_types
_SOCKETS = 1024  # whose port id is remembered


class Nftables:
    """Takes messages of nf_tables; see `nlsniff.follow.commits` for what tells them apart.

    Args:
        candidates: the requests in reach.
        notifications: takes news.
        reply: puts an answer into the conversation of its request; returns the id.
        bind: takes the port id of a request from a message.

    Attributes:
        generations: the last that the kernel told.
        committers: whose port ids are, as NFT_MSG_NEWGEN says it.
    """

    def __init__(
        self,
        candidates: Candidates,
        notifications: Notifications,
        reply: Callable[[PendingRequest, NetlinkMessage], int],
        bind: Callable[[PendingRequest, NetlinkMessage], None],
    ) -> None:
        self.generations = Generations()
        self.committers = Processes()
        self._ports: dict[int, int] = {}  # of sockets: a file may know these alone
        self._candidates = candidates
        self._notifications = notifications
        self._reply = reply
        self._bind = bind

    def take(self, message: NetlinkMessage, content: bytes, *, told: bool) -> int:
        """Take a message that answers a request, or tells all of a batch; returns the id of its conversation.

        Args:
            message: with a port id, and no part of a dump.
            content: its bytes.
            told: the file says that it was sent to a multicast group.
        """
        self._learn(message)
        batches, notifications = self._candidates.batches, self._notifications
        batch = batches.committed(message)
        asked = [] if told or (batch is not None and not batch.finished) else self._asked(message)
        if asked and batch is not None:
            return self._reply(best_candidate(asked, message), message)
        copied = notifications.join_copy(message, content)
        if copied:
            return copied
        if batch is None:
            found = batches.possible(message)
            if asked and not (found and found[-1].bound and not any(item.bound for item in asked)):
                return self._reply(best_candidate(asked, message), message)
            if not found:
                return notifications.open(message, content, certain=told, whole=False)
            batch = found[-1]  # whoever sends a batch waits until the kernel is done with it
            if len(found) > 1 and not batch.bound and batch.socket is not None:
                return notifications.open(message, content, batch, certain=False)
            if len(found) > 1 and not batch.bound:
                batch.bits |= s.UNCERTAIN
            self._bind(batch, message)
        batches.note(batch, message)
        return notifications.open(message, content, batch, certain=not batch.bits & s.UNCERTAIN)

    def begin(self, number: int, message: NetlinkMessage) -> Batch:
        """A new batch, by its first message; `number` is the id of its conversation."""
        batch = Batch(number, message)
        if batch.socket is not None and not batch.bound and (port := self._ports.get(batch.socket)):
            batch.port, batch.bound = port, True
        batch.after = self.generations.before(0 if message.delivery is None else batch.port)
        return batch

    def given(self, waiting: list[PendingRequest], message: NetlinkMessage) -> list[PendingRequest]:
        """Of the requests of a socket that alone got a message, those that it may answer.

        Its own copy of what a batch changed (NLM_F_ECHO) goes to the last batch.
        """
        self._learn(message)
        return self._asked(message) or [item for item in waiting if item.kind == "batch"][-1:]

    def _learn(self, message: NetlinkMessage) -> None:
        self.generations.note(message)
        known = message.delivery if message.comment else None
        if known is not None and known.socket is not None and not known.group:
            if len(self._ports) >= _SOCKETS:
                self._ports.clear()
            self._ports[known.socket] = message.port
        if name := committer(message):
            self.committers.learn(message.protocol, message.port, name, message.number)

    def _asked(self, message: NetlinkMessage) -> list[PendingRequest]:
        """The requests that wait for one answer, and this may be it."""
        many = message.seq != 0 and message.type & 0xFF == _NEWSETELEM  # one for each element; news have number 0
        return [
            item
            for item in self._candidates.matching(message, closed=many, batches=False)
            if (item.due_reply or many) and item.kind == "request" and is_reply(item, message) is not False
        ][-1 if many else 0 :]
