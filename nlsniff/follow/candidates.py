"""The conversations that more messages may join, found by sequence number, port id or time."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING

from nlsniff.follow import store as s
from nlsniff.follow.asked import Asked
from nlsniff.follow.commits import Batch, Batches
from nlsniff.follow.rules import is_reply, words_of
from nlsniff.wire import constants as c

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.pending import PendingRequest
    from nlsniff.follow.store import Store
    from nlsniff.wire.delivery import Delivery

# How many conversations are kept in reach. An answer comes within microseconds, that of a slow dump within seconds;
# thousands of other conversations do not come between.
OPEN_LIMIT = 4096
RECENT_LIMIT = 1024
SAME_SEQ_LIMIT = 32
WAITING_LIMIT = 64
SILENT_LIMIT = 256
# Two requests that are further apart did not wait for the same lock.
RACE_NS = 50_000_000
# After this time a request has no ACK because its program died or the capture lost it.
WORK_NS = 5_000_000_000
# A request without an ACK causes its notifications within this time; no message shows when the kernel is done.
SILENT_NS = 1_000_000

# Protocols whose messages may not name the asker's port: audit's answers have port 0; xfrm's notifications, and some of
# its answers, repeat the port that the request named.
_UNNAMED = frozenset({c.NETLINK_XFRM, c.NETLINK_AUDIT})
_XFRM_NOTIFIES = {c.XFRM_MSG_SETDEFAULT: c.XFRM_MSG_GETDEFAULT}  # the others notify of their own type


_MANY = frozenset({"dump", "batch"})


class Candidates:
    """Open conversations, and finished ones that late messages may join; bounded. The store keeps those that leave.

    Attributes:
        batches: of nfnetlink.
        streams: dumps in progress by (protocol, seq, `asker_of`).
        asked: what may have caused notifications that name a port alone.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[int, PendingRequest] = {}
        # Ordered, because the first key of a dict is found ever more slowly when first keys are deleted.
        self._recent: OrderedDict[int, PendingRequest] = OrderedDict()
        self._by_seq: dict[tuple[int, int], list[PendingRequest]] = {}
        self.batches = Batches()
        self._working: dict[int, dict[int, PendingRequest]] = {c.NETLINK_ROUTE: {}, c.NETLINK_XFRM: {}}
        # The requests without an ACK, of the last datagram that had any, that change something.
        self._silent: deque[PendingRequest] = deque(maxlen=SILENT_LIMIT)
        self.streams: dict[tuple[int, int, int], PendingRequest] = {}
        self.asked = Asked()

    def begin_stream(self, pending: PendingRequest, message: NetlinkMessage) -> None:
        """Note that more parts of a dump are to come like this one."""
        if pending.stream is not None and self.streams.get(pending.stream) is pending:
            del self.streams[pending.stream]
        pending.stream = (message.protocol, message.seq, asker_of(message))
        self.streams[pending.stream] = pending

    def __len__(self) -> int:
        return len(self._open) + len(self._recent)

    def get(self, number: int) -> PendingRequest | None:
        """A conversation by id; None if it is out of reach."""
        return self._open.get(number) or self._recent.get(number)

    def firsts(self) -> set[int]:
        """The first messages of all in reach."""
        return {pending.first for found in (self._open, self._recent) for pending in found.values()}

    def add(self, pending: PendingRequest) -> None:
        """Take in a new conversation."""
        self._store.begin(pending)
        if isinstance(pending, Batch):
            if (oldest := self.batches.add(pending)) is not None:
                self._retire(oldest)
        elif pending.request:
            key = pending.protocol, pending.low
            same = self._by_seq.get(key)
            if same is None:
                self._by_seq[key] = [pending]
            else:
                same.append(pending)
                if len(same) > SAME_SEQ_LIMIT:
                    self._retire(same[0])
        if pending.protocol == c.NETLINK_NETFILTER:
            self.asked.note(pending)
        elif pending.changes and (working := self._working.get(pending.protocol)) is not None:
            if pending.due_acks:
                working[pending.id] = pending
            elif self._silent and self._silent[-1].datagram == pending.datagram:
                self._silent.append(pending)
            else:
                self._silent.clear()
                self._silent.append(pending)
        if pending.request and not pending.due_acks and not pending.due_reply and pending.kind != "batch":
            self._keep_recent(pending)
            return
        self._open[pending.id] = pending
        if len(self._open) > OPEN_LIMIT:
            self._retire(next(iter(self._open.values())))

    def settle(self, pending: PendingRequest) -> None:
        """Move a conversation to the finished ones, for late messages. The kernel works on open ones only."""
        if self._open.pop(pending.id, None) is not None:
            if pending.changes and (working := self._working.get(pending.protocol)):
                working.pop(pending.id, None)
            self._keep_recent(pending)

    def _keep_recent(self, pending: PendingRequest) -> None:
        self._recent[pending.id] = pending
        if len(self._recent) > RECENT_LIMIT:
            self._release(self._recent.popitem(last=False)[1])

    def _retire(self, pending: PendingRequest) -> None:
        if self._open.pop(pending.id, None) is None:
            self._recent.pop(pending.id, None)
        elif pending.protocol in self._working:
            self._working[pending.protocol].pop(pending.id, None)
        self._release(pending)

    def _release(self, pending: PendingRequest) -> None:
        """Store a conversation and forget it."""
        self._store.release(pending)
        if pending.stream is not None and self.streams.get(pending.stream) is pending:
            del self.streams[pending.stream]
        if isinstance(pending, Batch):
            self.batches.remove(pending)
        elif pending.request:
            key = pending.protocol, pending.low
            same = self._by_seq[key]
            if len(same) > 1:
                same.remove(pending)
            else:
                del self._by_seq[key]

    # -- finding -------------------------------------------------------------------------------------------------

    def requests(self, protocol: int, seq: int, *, batches: bool = True) -> list[PendingRequest]:
        """The requests in reach with this sequence number, oldest first; without those inside batches where told so."""
        found = self._by_seq.get((protocol, seq)) or []
        if batches and self.batches and protocol == c.NETLINK_NETFILTER:
            return found + self.batches.numbered(seq)
        return found

    def matching(
        self, message: NetlinkMessage, *, closed: bool = True, named: bool = False, batches: bool = True
    ) -> list[PendingRequest]:
        """The requests that match a message from the kernel by sequence number and port id, or socket where known.

        All requests of a program within one second may have one sequence number. `closed` includes closed ones. `named`
        means the requests that its header names, whoever received it. No batch has an answer in parts, nor its end.
        """
        if message.comment and not named and (known := _unicast(message)) is not None:
            return self._of_socket(message, known, closed=closed, batches=batches)
        protocol, port = message.protocol, message.port
        ports = (0, port) if port else ()
        unnamed = protocol in _UNNAMED
        found = []
        for pending in self.requests(protocol, message.seq, batches=batches):
            if (closed or not pending.closed) and (pending.port in ports or (unnamed and _unnamed_fits(pending, port))):
                found.append(pending)  # noqa: PERF401  a comprehension is a call, and mostly there is one to look at
        if len(found) > 1:
            # A request whose port is known goes before others. Not a batch: it is never over, and its socket may have
            # asked something else since.
            return [item for item in found if item.bound and not item.closed and item.kind != "batch"] or found
        return found

    def _of_socket(
        self, message: NetlinkMessage, known: Delivery, *, closed: bool, batches: bool
    ) -> list[PendingRequest]:
        """As `matching`, of a message of which the file says who received it."""
        socket, port = known.socket, known.destination or message.port
        found = []
        for item in self.requests(message.protocol, message.seq, batches=batches):
            if socket is not None and item.socket is not None:
                fits = item.socket == socket
            else:
                fits = port != 0 and item.port in {0, port}
                fits = fits or (not (known.destination and item.bound) and _unnamed_fits(item, message.port))
            if fits and (closed or not item.closed):
                found.append(item)
        sure = [item for item in found if item.socket is not None and item.socket == socket]
        return sure or [item for item in found if item.bound and not item.closed and item.kind != "batch"] or found

    def unbound(self, message: NetlinkMessage, *, batches: bool = True) -> list[PendingRequest]:
        """The open requests of its sequence number whose port is not known: a program may write any port into them."""
        if message.comment and (known := _unicast(message)) is not None and known.socket is not None:
            found = self.requests(message.protocol, message.seq, batches=batches)
            return [item for item in found if not item.bound and not item.closed and item.socket is None]
        found = []
        for pending in self.requests(message.protocol, message.seq, batches=batches):
            if not pending.bound and not pending.closed:
                found.append(pending)
        return found

    def in_progress(self, message: NetlinkMessage) -> PendingRequest | None:
        """The request on which the kernel may be working when it sends a notification that names none.

        rtnetlink and xfrm serve one request at a time, each under its lock. Where two wait for the lock, only a port
        id tells which is served. A request without an ACK counts as served after SILENT_NS.
        """
        working = self._working[message.protocol]
        while working:
            pending = next(iter(working.values()))
            if message.time_ns - pending.start <= WORK_NS:
                break
            del working[pending.id]
        if len(working) == 1:
            return pending if _may_cause(pending, message) else None
        if working:  # a port id says that a request caused it, and few wait of one type
            tells = message.port and len(working) <= WAITING_LIMIT
            found = [item for item in working.values() if item.type == message.type] if tells else []
        else:
            recent, protocol = message.time_ns - SILENT_NS, message.protocol
            found = [item for item in self._silent if item.start >= recent and item.protocol == protocol]
        found = [item for item in found if _may_cause(item, message)]
        return _most_similar(found, message) if found else None


def asker_of(message: NetlinkMessage) -> int:
    """What tells the socket of the asker in an answer: its port id, or a negative number where the file knows it."""
    known = message.delivery
    if known is None:
        return message.port
    return (known.destination or message.port) if known.socket is None else ~known.socket


def _unicast(message: NetlinkMessage) -> Delivery | None:
    """What the file says of who received a message; None of a multicast, which any number of sockets receive."""
    known = message.delivery
    return None if known is None or known.group else known


def _may_cause(pending: PendingRequest, message: NetlinkMessage) -> bool:
    port = message.port
    if port and pending.port and pending.port != port and not _unnamed_fits(pending, port):
        return False
    # xfrm also notifies of its timers. A change of rtnetlink may cause notifications of any type.
    return pending.protocol == c.NETLINK_ROUTE or message.type in {pending.type, _XFRM_NOTIFIES.get(pending.type)}


def _unnamed_fits(pending: PendingRequest, port: int) -> bool:
    """Whether a message may answer a request although this port id is not that of the asker."""
    if pending.protocol == c.NETLINK_XFRM:
        return pending.header_port == port and not pending.closed
    return not port and pending.protocol == c.NETLINK_AUDIT


def best_candidate(candidates: list[PendingRequest], message: NetlinkMessage) -> PendingRequest:
    """The request that a message answers, of one or more. All are marked uncertain where that is a guess."""
    if len(candidates) == 1:
        return candidates[0]
    pending, rivals = rank_candidates(candidates, message)
    for other in rivals:
        other.bits |= s.UNCERTAIN
    return pending


def rank_candidates(
    candidates: list[PendingRequest], message: NetlinkMessage
) -> tuple[PendingRequest, list[PendingRequest]]:
    """The request that a message belongs to, and all candidates where that is a guess."""
    if len(candidates) == 1:
        return candidates[0], []
    newest = candidates[-1].start
    # A request to which nothing is due is done, unless it is new, or no dissector knows its answers and none has come:
    # the first request to nftables waits until its module is loaded.
    alive = [item for item in candidates if item.due or newest - item.start <= _patience(item)]
    if len(alive) == 1:
        return alive[0], []
    places = {item.place for item in alive}
    if len(places) == 1 and 0 not in places:
        return alive[0], []  # the kernel serves the requests of one socket in order
    rivals = [item for item in alive if newest - item.start <= _patience(item)]
    # A notification mostly has the type of its request, and answers the port id of the notifications before them.
    rivals = [item for item in rivals if item.type == message.type] or rivals
    rivals = [item for item in rivals if any(port == message.port for _, port in item.guesses)] or rivals
    return _most_similar(rivals, message), alive


def _patience(pending: PendingRequest) -> int:
    """For how many nanoseconds after a request another one may wait for the same lock."""
    unknown = pending.replies is None and pending.latency < 0 and pending.kind != "batch"
    return WORK_NS if pending.due or unknown else RACE_NS


def _most_similar(candidates: list[PendingRequest], message: NetlinkMessage) -> PendingRequest:
    if len(candidates) == 1:
        return candidates[0]
    present = frozenset(words_of(message.data, message.start, message.end))
    # The kernel answers at once if no lock is taken, and serves waiting requests in order.
    before = message.datagram - 1
    return max(candidates, key=lambda item: (sum(map(present.__contains__, item.words)), item.datagram == before))


def dumping(found: list[PendingRequest], message: NetlinkMessage) -> list[PendingRequest]:
    """The conversations that a part or the end of a dump may belong to: dumps, else others."""
    part = message.type >= c.NLMSG_MIN_TYPE
    waiting = [item for item in found if not (part and is_reply(item, message) is False)]
    if len(waiting) < 2:
        return waiting
    return [item for item in waiting if item.kind == "dump"] or waiting


def replied_to(matching: list[PendingRequest], message: NetlinkMessage) -> list[PendingRequest]:
    """The requests that a message may answer. Dumps come last, because the parts of a dump have NLM_F_MULTI."""
    replied = open_first(matching, lambda item: item.kind not in _MANY and is_reply(item, message) is not False)
    return replied or open_first(matching, lambda item: item.kind == "dump" and is_reply(item, message) is not False)


def open_first(found: list[PendingRequest], fits: Callable[[PendingRequest], bool]) -> list[PendingRequest]:
    """The open conversations that fit, else the last closed one that fits."""
    opened = [item for item in found if not item.closed and fits(item)]
    if opened or len(opened) == len(found):
        return opened
    last = next((item for item in reversed(found) if item.closed and fits(item)), None)
    return [] if last is None else [last]
