"""Puts each message into its conversation as it comes.

The kernel's side of it (net/netlink/af_netlink.c, and each protocol): an answer carries the request's sequence number
and the asker's port id; so do most notifications that a request causes, and they come before its ACK. Requests
themselves mostly say port 0. A dump ends with NLMSG_DONE, every other request with an ACK if it asked for one, and with
an error in any case where there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.follow.answers import Answers
from nlsniff.follow.candidates import WORK_NS, Candidates
from nlsniff.follow.conversation import Conversations, ConversationView
from nlsniff.follow.news import News
from nlsniff.follow.pending import PendingRequest
from nlsniff.follow.processes import Processes, process_in
from nlsniff.follow.rules import is_datagram, words_of
from nlsniff.follow.store import NoStore, Store
from nlsniff.wire import constants as c
from nlsniff.wire.nlmsg import HEADER_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.store import StoredConversation
    from nlsniff.spec.model import Operation

_PART = c.NLM_F_MULTI | c.NLM_F_REQUEST
_UNASKED = frozenset({c.NETLINK_KOBJECT_UEVENT, c.NETLINK_CONNECTOR})
_PAIRED = frozenset(c.PROTOCOL_NAMES) - _UNASKED - {c.NETLINK_USERSOCK}  # protocols of requests and their answers
# What the kernel tells of with all flags of the request, and the words of the fixed header, some of which it fills in.
_FLAGS_TAKEN_OVER = {
    c.RTM_NEWTFILTER >> 2: 5,
    c.RTM_NEWACTION >> 2: 1,
    c.RTM_NEWCHAIN >> 2: 5,
    c.RTM_NEWNEXTHOP >> 2: 2,
}


class Follower:
    """Follows the conversations of a capture, message by message, in constant time and bounded memory for open ones.

    Args:
        decoder: to ask which messages answer a request.
        keep: keep what became of conversations; without it only the ids that `feed` returns are known.

    Attributes:
        conversations: all so far; the one with id N is at N - 1.
        source: gives a message by its number, for what must look into messages again (`ConversationView.extack`); None
            where messages are not kept.
        frames: by message less 1, the number of its frame; None where messages are not kept.
    """

    def __init__(
        self, decoder: Decoder, source: Callable[[int], NetlinkMessage] | None = None, *, keep: bool = True
    ) -> None:
        self.decoder = decoder
        self.source = source
        self.frames: Sequence[int] | None = None
        self.store = Store() if keep else NoStore()
        self.processes = Processes()
        self.conversations = Conversations(self)
        self.said: dict[int, tuple[StoredConversation, str]] = {}  # see `ConversationView.said`
        self._table = Candidates(self.store)
        self._streams = self._table.streams
        self._news = News(self.store)
        self._answers = Answers(self.store, self._table, self._news)
        self._operations: dict[tuple[int, bool], Operation] = {}  # of rtnetlink, by type and NLM_F_DUMP
        self._batch: PendingRequest | None = None  # the batch whose end has not come

    def __len__(self) -> int:
        return len(self.store)

    def conversation(self, number: int) -> ConversationView:
        """A conversation by its id."""
        live = self._table.get(number)
        return ConversationView(self, number, self.store.get(number) if live is None else live.record())

    def conversation_of(self, message: int) -> int:
        """The id of the conversation that a message belongs to, by the message's number."""
        return self.store.owner(message)

    def feed(self, message: NetlinkMessage) -> int:
        """Take in the next message, all in the order of their numbers; returns the id of its conversation.

        The kernel repeats a request's flags in some notifications. There the direction is put right, which asserts that
        nothing was asked of the message before.
        """
        flags, protocol = message.flags, message.protocol
        if message.comment:
            self._learn(message)
        if flags & _PART == c.NLM_F_MULTI and message.type >= c.NLMSG_MIN_TYPE:
            live = self._streams.get((protocol, message.seq, message.port))
            if live is not None:
                return self._answers.part(live, message)
        if (message.broken or protocol not in _PAIRED) and (apart := self._apart(message)):
            return apart
        if not flags & c.NLM_F_REQUEST:
            return self._answers.take(message)
        # Most requests of rtnetlink name no port, and what it says itself does.
        if protocol in c.REPEATING and (message.port or protocol != c.NETLINK_ROUTE) and self._repeats_flags(message):
            message.fix_direction("to-user")
            return self._answers.take(message)
        if protocol == c.NETLINK_NETFILTER:
            return self._netfilter(message)
        return self._request(message)

    def feed_all(self, messages: Sequence[NetlinkMessage]) -> None:
        """Take in the next messages and note in each the id of its conversation: as `feed` for one after the other.

        Most messages are parts of dumps, which only their data tells from the part before. Of a run of such, what the
        conversation counts is counted once.
        """
        feed = self.feed
        live: PendingRequest | None = None
        first = size = 0
        protocol = type_ = flags = seq = port = -1
        comment = ""
        for index, message in enumerate(messages):
            if live is not None:
                if (
                    message.seq == seq and message.type == type_ and message.flags == flags and message.port == port
                    and message.protocol == protocol and message.comment == comment
                ):  # fmt: skip
                    message.conversation = live.id
                    size += message.end - message.start
                    continue
                self._answers.parts(live, messages[first:index], size)
                live = None
            message.conversation = feed(message)
            flags, type_ = message.flags, message.type
            if flags & _PART == c.NLM_F_MULTI and type_ >= c.NLMSG_MIN_TYPE:
                protocol, seq, port, comment = message.protocol, message.seq, message.port, message.comment
                live = self._streams.get((protocol, seq, port))
                first, size = index + 1, 0
        if live is not None:
            self._answers.parts(live, messages[first:], size)

    def _apart(self, message: NetlinkMessage) -> int:
        """Take in a message of a protocol without requests and answers, or of one that nobody knows, or what is none.

        Returns 0 for what asks or answers all the same.
        """
        if is_datagram(message):
            if message.protocol not in c.PROTOCOL_NAMES and self._is_awaited(message):
                return self._answers.take(message)
            if message.length < HEADER_SIZE:
                return self._rest(message)
            return self._news.tell(message, "datagram")
        if message.protocol in _UNASKED:
            return self._news.tell(message)
        return 0

    def put_right(self, message: NetlinkMessage) -> None:
        """Correct the direction of a message that was fed before and has been made anew; see `feed`."""
        if not message.flags & c.NLM_F_REQUEST or message.protocol not in c.REPEATING:
            return
        conversation = self.conversation(self.store.owner(message.number))
        if conversation.request != message.number and message.length >= HEADER_SIZE:
            message.fix_direction("to-user")

    # -- from programs -------------------------------------------------------------------------------------------

    def _request(self, message: NetlinkMessage) -> int:
        live = PendingRequest(self.store.open(message.number), "request", message, request=True)
        live.expect(message, self._operation(message))
        self._table.add(live)
        return live.id

    def _operation(self, message: NetlinkMessage) -> Operation | None:
        """What a dissector says of a request."""
        if message.protocol != c.NETLINK_ROUTE:
            return message.layout.operation
        # To find which operation it is may take a look at its bytes, and all that matters here is whether there is one.
        key = message.type, message.flags & c.NLM_F_DUMP == c.NLM_F_DUMP
        operation = self._operations.get(key)
        if operation is None and (operation := message.layout.operation) is not None:
            self._operations[key] = operation
        return operation

    def _netfilter(self, message: NetlinkMessage) -> int:
        """A request of nfnetlink, which may be inside a batch: from BATCH_BEGIN to BATCH_END in one datagram."""
        batch = self._batch
        if message.type == c.NFNL_MSG_BATCH_BEGIN:
            batch = self._batch = PendingRequest(self.store.open(message.number), "batch", message, request=True)
            batch.changes = True
            batch.high = batch.low
            batch.due_acks = int(message.flags & c.NLM_F_ACK != 0)
            self._table.add(batch)
            return batch.id
        if batch is None or batch.datagram != message.datagram:
            return self._request(message)
        batch.low, batch.high = min(batch.low, message.seq), max(batch.high, message.seq)
        if message.flags & c.NLM_F_ACK:
            batch.due_acks += 1
        if message.type == c.NFNL_MSG_BATCH_END:
            self._batch = None
            if not batch.due:
                self._table.settle(batch)
        else:
            batch.parts += 1
        return self.store.join(batch, message)

    def _repeats_flags(self, message: NetlinkMessage) -> bool:
        """Whether the kernel said this, though NLM_F_REQUEST is set.

        Notifications of next hops, and answers and notifications of traffic control filters and actions, take
        over all flags of the request; FIB_LOOKUP sends the request itself back, filled in.
        """
        for live in self._table.requests(message.protocol, message.seq):
            if live.closed or live.datagram == message.datagram:
                continue
            if message.protocol == c.NETLINK_FIB_LOOKUP:
                if live.type == message.type and live.header_port == message.port and live.due:
                    return True
            elif _about_the_same(live.type, message.type) and message.type & 3 < c.RTNL_KIND_GET:
                # A program that hides its port hides it always. One that says it might send the next request.
                if live.bound:
                    fits = live.port == message.port
                elif live.header_port:
                    fits = live.header_port == message.port
                    fits = fits and ((message.seq != 0 and live.due) or _repeats(live, message))
                else:
                    fits = True
                if fits:
                    return True
        return False

    def _rest(self, message: NetlinkMessage) -> int:
        """Bytes that are no message; behind a message they are the rest of its datagram."""
        if message.start >= 2 * HEADER_SIZE and message.number > 1:
            live = self._table.get(self.store.owner(message.number - 1))
            if live is not None:
                return self.store.join(live, message)
        return self._news.tell(message, "datagram", certain=False)

    def _is_awaited(self, message: NetlinkMessage) -> bool:
        """Whether a message of a protocol that nobody knows may answer somebody who waits."""
        return any(not live.closed for live in self._table.fitting(message))

    def _learn(self, message: NetlinkMessage) -> None:
        """Note what the frame's comment says about who sent it, or whom it is for."""
        name = process_in(message.comment)
        if name is None:
            return
        if message.port:
            self.processes.learn(message.protocol, message.port, name, message.number)
        elif name and message.flags & c.NLM_F_REQUEST:
            self.processes.learn_asker(message.number, name)


def _repeats(live: PendingRequest, message: NetlinkMessage) -> bool:
    """Whether a message says again what a request without an ACK (zebra's are) said a moment ago, flags and all."""
    if message.time_ns - live.start > WORK_NS or message.type >> 2 not in _FLAGS_TAKEN_OVER:
        return False
    data, at = message.data, message.start
    if data[at + 6 : at + 8] != live.copy[6:8]:
        return False
    # A program that numbers all of its requests 0 might send the next one: then it is not of the same object.
    told = frozenset(words_of(data, at, message.end))
    attributes = live.words[_FLAGS_TAKEN_OVER[message.type >> 2] :]
    return message.seq != 0 or (data[at : message.end] != live.copy and all(map(told.__contains__, attributes)))


def _about_the_same(asked: int, told: int) -> bool:
    """Whether rtnetlink answers one type with the other: of one object, or the filters of a chain that is deleted."""
    return asked >> 2 == told >> 2 or (asked >> 2 == c.RTM_NEWCHAIN >> 2 and told >> 2 == c.RTM_NEWTFILTER >> 2)
