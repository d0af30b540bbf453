"""Puts each message into its conversation as it comes.

How the kernel answers (net/netlink/af_netlink.c, and each protocol): an answer has the request's sequence number and
the asker's port id. Most notifications that a request causes have them too, and come before its ACK. Most requests have
port 0. A dump ends with NLMSG_DONE. Another request ends with an ACK if it asked for one, and with an error if there is
one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.follow.answers import Answers
from nlsniff.follow.candidates import WORK_NS, Candidates, asker_of
from nlsniff.follow.conversation import ConversationView
from nlsniff.follow.notifications import Notifications
from nlsniff.follow.passing import NoStore
from nlsniff.follow.pending import PendingRequest
from nlsniff.follow.processes import Processes
from nlsniff.follow.rules import is_datagram, words_of
from nlsniff.follow.store import Store
from nlsniff.wire import constants as c
from nlsniff.wire.comments import process_in
from nlsniff.wire.nlmsg import HEADER_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.commits import Batch
    from nlsniff.follow.store import StoredConversation
    from nlsniff.spec.model import Operation
    from nlsniff.wire.delivery import Delivery

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
        decoder: knows which messages answer a request.
        source: see below.
        store: keeps the conversations; None for one that keeps all.

    Attributes:
        source: gives a message by its number, for what reads messages again (`ConversationView.extack`); None where
            messages are not kept.
        frames: the numbers of the frames, that of message N at N - 1; None where messages are not kept.
    """

    def __init__(
        self, decoder: Decoder, source: Callable[[int], NetlinkMessage] | None = None, store: Store | None = None
    ) -> None:
        self.decoder = decoder
        self.source = source
        self.frames: Sequence[int] | None = None
        self.store = Store() if store is None else store
        self.processes = Processes()
        self.extack_texts: dict[int, tuple[StoredConversation, str]] = {}  # see `ConversationView.extack_text`
        self.frame_counts: dict[int, tuple[int, int]] = {}  # by id: messages and frames, see `ConversationView.frames`
        self._candidates = Candidates(self.store)
        self._streams = self._candidates.streams
        self._notifications = Notifications(self.store)
        self._answers = Answers(self.store, self._candidates, self._notifications)
        self._operations: dict[tuple[int, bool], Operation] = {}  # of rtnetlink, by nlmsg_type and NLM_F_DUMP
        self._batch: Batch | None = None  # the open batch

    def __len__(self) -> int:
        return len(self.store)

    @property
    def committers(self) -> Processes:
        """The owners of port ids of netfilter as the kernel names them, for where nothing else does."""
        return self._answers.nftables.committers

    @property
    def conversations(self) -> Iterator[ConversationView]:
        """All so far, in the order of their ids. Each access makes new views."""
        return map(self.conversation, range(1, len(self) + 1))

    def conversation(self, number: int) -> ConversationView:
        """A conversation by its id."""
        pending = self._candidates.get(number)
        return ConversationView(self, number, self.store.get(number) if pending is None else pending.record())

    def conversation_of(self, message: int) -> int:
        """The id of the conversation that a message belongs to, by the message's number."""
        return self.store.owner(message)

    def failed(self, start: int, stop: int) -> list[bool]:
        """Whether the conversation of each message in rows [start, stop) has an error; row 0 is message 1."""
        owners, pending, errno = self.store.owners[start + 1 : stop + 1], self._candidates.get, self.store.errno
        found = {}
        for number in set(owners):
            still = pending(number)
            found[number] = (errno(number) if still is None else still.errno) != 0
        return [found[number] for number in owners]

    def feed(self, message: NetlinkMessage) -> int:
        """Take the next message, in the order of numbers; returns the id of its conversation.

        The kernel repeats a request's flags in some notifications. There this corrects the direction, and asserts
        that nothing was asked of the message before.
        """
        flags, protocol = message.flags, message.protocol
        if message.comment:
            self._learn(message)
            if (delivery := message.delivery) is not None:
                return self._delivered(message, delivery)
        if flags & _PART == c.NLM_F_MULTI and message.type >= c.NLMSG_MIN_TYPE:
            pending = self._streams.get((protocol, message.seq, message.port))
            if pending is not None:
                return self._answers.part(pending, message)
        if (message.broken or protocol not in _PAIRED) and (apart := self._apart(message)):
            return apart
        if not flags & c.NLM_F_REQUEST:
            return self._answers.take(message)
        # Most requests of rtnetlink name no port; the kernel's messages do.
        if protocol in c.REPEATING and (message.port or protocol != c.NETLINK_ROUTE) and self._repeats_flags(message):
            message.fix_direction("to-user")
            return self._answers.take(message)
        if protocol == c.NETLINK_NETFILTER:
            return self._netfilter(message)
        return self._request(message)

    def feed_all(self, messages: Sequence[NetlinkMessage]) -> None:
        """Take the next messages, as `feed` each, and set their `conversation`.

        Most messages are parts of dumps, and differ from the part before in their data only. The conversation counts a
        run of such parts at once.
        """
        feed = self.feed
        pending: PendingRequest | None = None
        first = size = 0
        protocol = type_ = flags = seq = port = -1
        comment = ""
        for index, message in enumerate(messages):
            if pending is not None:
                if (
                    message.seq == seq and message.type == type_ and message.flags == flags and message.port == port
                    and message.protocol == protocol and message.comment == comment
                ):  # fmt: skip
                    message.conversation = pending.id
                    size += message.end - message.start
                    continue
                self._answers.parts(pending, messages[first:index], size)
                pending = None
            message.conversation = feed(message)
            flags, type_ = message.flags, message.type
            if flags & _PART == c.NLM_F_MULTI and type_ >= c.NLMSG_MIN_TYPE:
                protocol, seq, port, comment = message.protocol, message.seq, message.port, message.comment
                pending = self._streams.get((protocol, seq, asker_of(message) if comment else port))
                first, size = index + 1, 0
        if pending is not None:
            self._answers.parts(pending, messages[first:], size)
        if isinstance(self.store, NoStore):
            needed = self.store.firsts
            self.processes.forget(lambda: self._candidates.firsts() | needed())
            self.committers.forget(set)

    def _apart(self, message: NetlinkMessage) -> int:
        """Take a message of a protocol without requests and answers, or of an unknown one, or stray bytes.

        Returns 0 for a message that asks or answers all the same.
        """
        if is_datagram(message):
            if message.protocol not in c.PROTOCOL_NAMES and self._is_awaited(message):
                return self._answers.take(message)
            if message.length < HEADER_SIZE:
                return self._rest(message)
            return self._notifications.take(message, "datagram")
        if message.protocol in _UNASKED:
            return self._notifications.take(message)
        return 0

    def fix_direction(self, message: NetlinkMessage) -> None:
        """Correct the direction of a message that was made again after it had been fed; see `feed`."""
        if not message.flags & c.NLM_F_REQUEST or message.protocol not in c.REPEATING or message.delivery is not None:
            return
        conversation = self.conversation(self.store.owner(message.number))
        if conversation.request != message.number and message.length >= HEADER_SIZE:
            message.fix_direction("to-user")

    # -- where the file says which way it went -------------------------------------------------------------------

    def _delivered(self, message: NetlinkMessage, delivery: Delivery) -> int:
        """Take a message of which the file says how it was delivered, and whose program that was."""
        before = len(self.store)
        number, name = self._sorted(message, delivery), delivery.process
        pending = self._candidates.get(number)  # None for what asks nothing
        if pending is not None and number > before:
            if delivery.socket is not None:
                self.store.note_socket(number, delivery.socket)
            if name:
                self.processes.learn_asker(message.number, name)
        elif name and delivery.way == "to-user" and (pending is None or self.processes.asker(pending.first) != name):
            self.processes.learn_receiver(message.number, name)
        return number

    def _sorted(self, message: NetlinkMessage, delivery: Delivery) -> int:
        if delivery.way == "between" and message.length >= HEADER_SIZE:
            return self._notifications.take(message, "datagram")
        if (message.broken or message.protocol not in _PAIRED) and (apart := self._apart(message)):
            return apart
        if delivery.way == "to-kernel":
            return self._netfilter(message) if message.protocol == c.NETLINK_NETFILTER else self._request(message)
        if delivery.group:
            return self._answers.told(message)
        if message.flags & c.NLM_F_MULTI and message.type >= c.NLMSG_MIN_TYPE:
            pending = self._streams.get((message.protocol, message.seq, asker_of(message)))
            if pending is not None:
                return self._answers.part(pending, message)
        return self._answers.take(message)

    # -- from programs -------------------------------------------------------------------------------------------

    def _request(self, message: NetlinkMessage) -> int:
        pending = PendingRequest(self.store.open(message.number), "request", message, request=True)
        if message.comment:
            pending.know(message.delivery)
        pending.expect(message, self._operation(message))
        self._candidates.add(pending)
        return pending.id

    def _operation(self, message: NetlinkMessage) -> Operation | None:
        """The operation of a request, or another one of its number; None where no dissector knows it."""
        if message.protocol != c.NETLINK_ROUTE:
            return message.layout.operation
        # The layout may depend on the bytes of the message, and here any operation of the number will do.
        key = message.type, message.flags & c.NLM_F_DUMP == c.NLM_F_DUMP
        operation = self._operations.get(key)
        if operation is None and (operation := message.layout.operation) is not None:
            self._operations[key] = operation
        return operation

    def _netfilter(self, message: NetlinkMessage) -> int:
        """Take a request of nfnetlink. A batch has those from BATCH_BEGIN to BATCH_END in one datagram."""
        batch = self._batch
        if message.type == c.NFNL_MSG_BATCH_BEGIN:
            batch = self._batch = self._answers.nftables.begin(self.store.open(message.number), message)
            self._candidates.add(batch)
            return batch.id
        if batch is None or batch.datagram != message.datagram:
            return self._request(message)
        batch.take(message)
        if message.type == c.NFNL_MSG_BATCH_END:
            self._batch = None
            if not batch.due:
                self._candidates.settle(batch)
        return self.store.join(batch, message)

    def _repeats_flags(self, message: NetlinkMessage) -> bool:
        """Whether a message with NLM_F_REQUEST is from the kernel.

        Notifications of next hops, and answers and notifications of traffic control filters and actions, have all
        flags of the request; FIB_LOOKUP completes the request and sends it back.
        """
        for pending in self._candidates.requests(message.protocol, message.seq):
            if pending.closed or pending.datagram == message.datagram:
                continue
            if message.protocol == c.NETLINK_FIB_LOOKUP:
                if pending.type == message.type and pending.header_port == message.port and pending.due:
                    return True
            elif _about_the_same(pending.type, message.type) and not message.type & c.RTNL_KIND_GET:
                # A program names its port in all requests or in none. If it does, this may be its next request.
                if pending.bound:
                    fits = pending.port == message.port
                elif pending.header_port:
                    fits = pending.header_port == message.port
                    fits = fits and ((message.seq != 0 and pending.due) or _repeats(pending, message))
                else:
                    fits = True
                if fits:
                    return True
        return False

    def _rest(self, message: NetlinkMessage) -> int:
        """Take bytes that are no message; after a message they are the rest of its datagram."""
        if message.start >= 2 * HEADER_SIZE and message.number > 1:
            pending = self._candidates.get(self.store.owner(message.number - 1))
            if pending is not None:
                return self.store.join(pending, message)
        return self._notifications.take(message, "datagram", certain=False)

    def _is_awaited(self, message: NetlinkMessage) -> bool:
        """Whether a message of an unknown protocol may answer an open request."""
        return any(not item.closed for item in self._candidates.matching(message))

    def _learn(self, message: NetlinkMessage) -> None:
        """Remember the process that a frame's comment names, by the port id of the message."""
        name = process_in(message.comment)
        if name is None:
            return
        if message.port:
            self.processes.learn(message.protocol, message.port, name, message.number)
        elif name and message.flags & c.NLM_F_REQUEST:
            self.processes.learn_asker(message.number, name)


def _repeats(pending: PendingRequest, message: NetlinkMessage) -> bool:
    """Whether a message repeats a recent request without an ACK (such as zebra's), its flags included."""
    if message.time_ns - pending.start > WORK_NS or message.type >> 2 not in _FLAGS_TAKEN_OVER:
        return False
    data, at = message.data, message.start
    if data[at + 6 : at + 8] != pending.copy[6:8]:
        return False
    # A program that numbers all of its requests 0 may send the next one. That is about another object.
    present = frozenset(words_of(data, at, message.end))
    attributes = pending.words[_FLAGS_TAKEN_OVER[message.type >> 2] :]
    return message.seq != 0 or (data[at : message.end] != pending.copy and all(map(present.__contains__, attributes)))


def _about_the_same(asked: int, present: int) -> bool:
    """Whether rtnetlink answers a type with another: both of one object, or filters of a deleted chain."""
    return asked >> 2 == present >> 2 or (asked >> 2 == c.RTM_NEWCHAIN >> 2 and present >> 2 == c.RTM_NEWTFILTER >> 2)
