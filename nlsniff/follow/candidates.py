"""The conversations that more messages may join, by what finds them: sequence number, port id, time."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING

from nlsniff.follow import store as s
from nlsniff.follow.rules import words_of
from nlsniff.wire import constants as c

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.pending import PendingRequest
    from nlsniff.follow.store import Store

# How many conversations are kept in reach. An answer comes within microseconds or, for a slow dump, seconds: thousands
# of other conversations do not fit between.
OPEN_LIMIT = 4096
RECENT_LIMIT = 1024
SAME_SEQ_LIMIT = 32
BATCH_LIMIT = 64
WAITING_LIMIT = 64
SILENT_LIMIT = 256
# Two requests further apart than this did not wait for the same lock at the same time.
RACE_NS = 50_000_000
# A request that got no ACK for so long has died, or the capture lost its ACK.
WORK_NS = 5_000_000_000
# What a request without an ACK causes, it causes within this time; nothing shows when the kernel is done with it.
SILENT_NS = 1_000_000

# Protocols whose messages may not name the asker's port: audit's answers name nobody, and xfrm's notifications and some
# of its answers repeat what the request said its port was.
_UNNAMED = frozenset({c.NETLINK_XFRM, c.NETLINK_AUDIT})
_XFRM_TELLS = {c.XFRM_MSG_SETDEFAULT: c.XFRM_MSG_GETDEFAULT}  # the others are told as themselves


class Candidates:
    """Open conversations, and finished ones that late messages may belong to. Bounded; what leaves is stored whole.

    Attributes:
        streams: dumps in progress by (protocol, seq, port).
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[int, PendingRequest] = {}
        self._recent: OrderedDict[int, PendingRequest] = (
            OrderedDict()
        )  # the first of a dict is ever further from its begin
        self._by_seq: dict[tuple[int, int], list[PendingRequest]] = {}
        self._batches: list[PendingRequest] = []
        self._working: dict[int, dict[int, PendingRequest]] = {c.NETLINK_ROUTE: {}, c.NETLINK_XFRM: {}}
        # The changes of one datagram, the last that asked for no ACK.
        self._silent: deque[PendingRequest] = deque(maxlen=SILENT_LIMIT)
        self.streams: dict[tuple[int, int, int], PendingRequest] = {}

    def __len__(self) -> int:
        return len(self._open) + len(self._recent)

    def get(self, number: int) -> PendingRequest | None:
        """A conversation by id, if it is still in reach."""
        return self._open.get(number) or self._recent.get(number)

    def add(self, live: PendingRequest) -> None:
        """Take in a new conversation."""
        if live.kind == "batch":
            self._batches.append(live)
            if len(self._batches) > BATCH_LIMIT:
                self._retire(self._batches[0])
        elif live.request:
            key = live.protocol, live.low
            same = self._by_seq.get(key)
            if same is None:
                self._by_seq[key] = [live]
            else:
                same.append(live)
                if len(same) > SAME_SEQ_LIMIT:
                    self._retire(same[0])
        if live.changes and (working := self._working.get(live.protocol)) is not None:
            if live.due_acks:
                working[live.id] = live
            elif self._silent and self._silent[-1].datagram == live.datagram:
                self._silent.append(live)
            else:
                self._silent.clear()
                self._silent.append(live)
        if live.request and not live.due_acks and not live.due_reply and live.kind != "batch":
            self._keep_recent(live)
            return
        self._open[live.id] = live
        if len(self._open) > OPEN_LIMIT:
            self._retire(next(iter(self._open.values())))

    def settle(self, live: PendingRequest) -> None:
        """Nothing more is due in a conversation: keep it in reach for what comes late. What is worked on is open."""
        if self._open.pop(live.id, None) is not None:
            if live.changes and (working := self._working.get(live.protocol)):
                working.pop(live.id, None)
            self._keep_recent(live)

    def _keep_recent(self, live: PendingRequest) -> None:
        self._recent[live.id] = live
        if len(self._recent) > RECENT_LIMIT:
            self._leave(self._recent.popitem(last=False)[1])

    def _retire(self, live: PendingRequest) -> None:
        if self._open.pop(live.id, None) is None:
            self._recent.pop(live.id, None)
        elif live.protocol in self._working:
            self._working[live.protocol].pop(live.id, None)
        self._leave(live)

    def _leave(self, live: PendingRequest) -> None:
        """Let go of a conversation that is neither open nor recent any more."""
        self._store.leave(live)
        if live.stream is not None and self.streams.get(live.stream) is live:
            del self.streams[live.stream]
        if live.kind == "batch":
            self._batches.remove(live)
        elif live.request:
            key = live.protocol, live.low
            same = self._by_seq[key]
            if len(same) > 1:
                same.remove(live)
            else:
                del self._by_seq[key]

    # -- finding -------------------------------------------------------------------------------------------------

    def requests(self, protocol: int, seq: int) -> list[PendingRequest]:
        """The requests in reach with this sequence number, oldest first."""
        found = self._by_seq.get((protocol, seq)) or []
        if self._batches and protocol == c.NETLINK_NETFILTER:
            return found + [batch for batch in self._batches if batch.low <= seq <= batch.high]
        return found

    def fitting(self, message: NetlinkMessage, *, closed: bool = True) -> list[PendingRequest]:
        """The requests that a message from the kernel may belong to by sequence number and port id.

        A program's requests of one second may all have one sequence number: leave out those that are closed where
        they do not matter.
        """
        protocol, port = message.protocol, message.port
        ports = (0, port) if port else ()
        unnamed = protocol in _UNNAMED
        found = []
        for live in self.requests(protocol, message.seq):
            if (closed or not live.closed) and (live.port in ports or (unnamed and _unnamed_fits(live, port))):
                found.append(live)  # noqa: PERF401  a comprehension is a call, and mostly there is one to look at
        if len(found) > 1:
            # Those whose port is known come before those that might have it. A batch is never over: its socket may
            # have asked something else since.
            return [live for live in found if live.bound and not live.closed and live.kind != "batch"] or found
        return found

    def loose(self, message: NetlinkMessage) -> list[PendingRequest]:
        """The requests that fit but for the port id, which a program may write into its requests as it likes."""
        found = []
        for live in self.requests(message.protocol, message.seq):
            if not live.bound and not live.closed:
                found.append(live)  # noqa: PERF401  see `fitting`
        return found

    def worker(self, message: NetlinkMessage) -> PendingRequest | None:
        """The request that the kernel may be working on when a notification comes that names none.

        rtnetlink and xfrm work on one at a time, each under its lock. Where two wait for the lock, nothing tells whose
        work it is, but a port id. A request that asked for no ACK is taken for done soon after.
        """
        working = self._working[message.protocol]
        while working:
            live = next(iter(working.values()))
            if message.time_ns - live.start <= WORK_NS:
                break
            del working[live.id]
        if len(working) == 1:
            return live if _may_tell(live, message) else None
        if working:  # a port id says that it is somebody's own work, and there is not much of each kind
            tells = message.port and len(working) <= WAITING_LIMIT
            found = [live for live in working.values() if live.type == message.type] if tells else []
        else:
            recent, protocol = message.time_ns - SILENT_NS, message.protocol
            found = [live for live in self._silent if live.start >= recent and live.protocol == protocol]
        found = [live for live in found if _may_tell(live, message)]
        return _most_alike(found, message) if found else None


def _may_tell(live: PendingRequest, message: NetlinkMessage) -> bool:
    port = message.port
    if port and live.port and live.port != port and not _unnamed_fits(live, port):
        return False
    # xfrm also tells what its timers do. rtnetlink may do anything in the course of a change.
    return live.protocol == c.NETLINK_ROUTE or message.type in {live.type, _XFRM_TELLS.get(live.type)}


def _unnamed_fits(live: PendingRequest, port: int) -> bool:
    """Whether a message with this port id, that of no asker, may belong to a request all the same."""
    if live.protocol == c.NETLINK_XFRM:
        return live.header_port == port and not live.closed
    return not port and live.protocol == c.NETLINK_AUDIT


def choose(candidates: list[PendingRequest], message: NetlinkMessage) -> PendingRequest:
    """The request that a message answers, out of one or more that fit. Marks them all where that is a guess."""
    if len(candidates) == 1:
        return candidates[0]
    live, racing = guess(candidates, message)
    for other in racing:
        other.bits |= s.UNCERTAIN
    return live


def guess(candidates: list[PendingRequest], message: NetlinkMessage) -> tuple[PendingRequest, list[PendingRequest]]:
    """The request that a message belongs to, and all that it may belong to where that is a guess."""
    if len(candidates) == 1:
        return candidates[0], []
    newest = candidates[-1].start
    # One to which nothing is due is done, unless it was sent just now, or nobody knows what answers it and nothing has:
    # the first request to nftables waits until its module is loaded.
    alive = [live for live in candidates if live.due or newest - live.start <= _patience(live)]
    if len(alive) == 1:
        return alive[0], []
    ports = {live.port for live in alive}
    if len(ports) == 1 and 0 not in ports:
        return alive[0], []  # of one socket: the kernel serves its requests in their order
    racing = [live for live in alive if newest - live.start <= _patience(live)]
    # What a request causes has mostly its own type, and its answers the port id of what it seems to have caused before.
    racing = [live for live in racing if live.type == message.type] or racing
    racing = [live for live in racing if any(port == message.port for _, port in live.guesses)] or racing
    return _most_alike(racing, message), alive


def _patience(live: PendingRequest) -> int:
    """How long after a request another one may still wait for the same lock."""
    unknown = live.replies is None and live.latency < 0 and live.kind != "batch"
    return WORK_NS if live.due or unknown else RACE_NS


def _most_alike(candidates: list[PendingRequest], message: NetlinkMessage) -> PendingRequest:
    if len(candidates) == 1:
        return candidates[0]
    told = frozenset(words_of(message.data, message.start, message.end))
    # The kernel answers at once, if it does not have to wait; whoever waits is served in turn.
    before = message.datagram - 1
    return max(candidates, key=lambda live: (sum(map(told.__contains__, live.words)), live.datagram == before))
