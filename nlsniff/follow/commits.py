"""Which batch of nf_tables the kernel speaks of: port ids and sequence numbers alone do not tell it.

net/netfilter/nf_tables_api.c tells of a batch when it takes effect, all in one go under a lock; the last message is an
NFT_MSG_NEWGEN. Each message has the low half of the new generation's number in `res_id` of its nfgenmsg, and the
sequence number of the request inside the batch; but that of a set's elements is 0. Programs count from the same number
in each batch (nft from 0), ask other things with those numbers on the same socket, and name no port in a request. So
what decides is what the batch asked for: which type of message had the sequence number, and of which tables it spoke.
"""

from __future__ import annotations

import zlib
from array import array
from typing import TYPE_CHECKING

from nlsniff.follow.pending import PendingRequest
from nlsniff.wire import constants as c
from nlsniff.wire.attr import HEADER as ATTR_HEADER
from nlsniff.wire.attr import HEADER_SIZE as ATTR_HEADER_SIZE
from nlsniff.wire.attr import payloads
from nlsniff.wire.nlmsg import ERROR_SIZE, HEADER, HEADER_SIZE, NFGENMSG_SIZE

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage

_NEWRULE, _NEWGEN = 6, 15  # of enum nf_tables_msg_types
_ELEMENTS = frozenset({12, 14})  # NEWSETELEM, DELSETELEM
_NEW = frozenset({0, 3, 6, 9, 12, 18, 22})
_DELETED = frozenset({2, 5, 8, 11, 14, 20, 24})
# A deletion takes along what hangs on it. NEWRULE may replace a rule.
_DELETING = frozenset({*_DELETED, *range(26, 33), _NEWRULE})
_NAME = 1  # in each message of nf_tables the attribute of this type names the table, and comes first
_TYPES = 1 << 15  # requests of a batch whose types are kept
_TABLES = 16  # tables of a batch that are told apart
_ANY = b""
_PROC_PID, _PROC_NAME = 2, 3  # NFTA_GEN_PROC_PID, NFTA_GEN_PROC_NAME
_PROCESS = frozenset({_PROC_PID, _PROC_NAME})
_PID_SIZE = 4
ELSEWHERE = " in init_pid_ns"  # behind a pid that need not be one of where the capture was made
_LAST = 0xFFFFFFFF
_HALF = 0xFFFF  # of a number of 32 bits
BATCH_LIMIT = 64  # that are kept in reach
_SOCKETS = 1024  # whose generation is remembered


class Batch(PendingRequest):
    """A batch of nfnetlink. What it asks for is kept in few bytes: there may be as many requests as fit in a datagram.

    Args:
        number: id of the conversation.
        message: its begin.

    Attributes:
        after: low half of the number of a generation that was there before; -1 where none is known.
        lead: the first sequence number inside.
        generation: low half of the number of the generation that it made; -1 before that is known.
        finished: the last message that the kernel sends to all about it has come.
        wanted: low half of the number of the generation that it makes; -1 where it does not say that.
    """

    __slots__ = ("_even", "_sums", "_tables", "_types", "after", "finished", "generation", "lead", "wanted")

    def __init__(self, number: int, message: NetlinkMessage) -> None:
        PendingRequest.__init__(self, number, "batch", message, request=True)
        self.know(message.delivery)
        self.high = self.low
        self.due_acks = int(message.flags & c.NLM_F_ACK != 0)
        self.generation = -1
        self.finished = False
        self.wanted = _next_generation(message)
        self.after = -1
        self.lead = -1
        self._types = array("B")  # of its requests, in order
        self._sums = array("I")  # and of their bytes
        self._even = True  # they count on from `lead`
        self._tables: set[bytes] | None = set()  # None where there are too many

    def take(self, message: NetlinkMessage) -> None:
        """Take the next message of its datagram."""
        seq = message.seq
        self.low, self.high = min(self.low, seq), max(self.high, seq)
        if message.flags & c.NLM_F_ACK:
            self.due_acks += 1
        if message.type == c.NFNL_MSG_BATCH_END:
            self.changes = True  # without an end the kernel only checks it
            return
        if message.broken:
            self.changes = True  # the capture may have cut the end
        self.parts += 1
        if self.lead < 0:
            self.lead = seq
        count = len(self._types)
        if seq != self.lead + count:
            self._even = False
        if count < _TYPES:
            self._types.append(message.type & 0xFF)
            self._sums.append(zlib.crc32(message.data[message.start : message.end]))
        if self._tables is not None:
            self._tables.add(_table_in(message))
            if len(self._tables) > _TABLES:
                self._tables = None

    def refused(self, error: NetlinkMessage) -> bool:
        """Whether an NLMSG_ERROR may be about one of its requests: the copy inside is that of the request."""
        at, start = error.seq - self.lead, error.start + HEADER_SIZE + ERROR_SIZE
        if not self._even or not 0 <= at < len(self._types) or error.end - start < HEADER_SIZE:
            return True
        length, type_, _, seq, _ = HEADER[error.order].unpack_from(error.data, start)
        if seq != error.seq or type_ >> 8 != c.NFNL_SUBSYS_NFTABLES:
            return True
        whole = error.flags & c.NLM_F_CAPPED == 0 and HEADER_SIZE < length <= error.end - start
        if whole and any(error.data[start - ERROR_SIZE : start]):
            return zlib.crc32(error.data[start : start + length]) == self._sums[at]
        return bool(type_ & 0xFF == self._types[at])

    def asked(self, message: NetlinkMessage) -> bool:
        """Whether its requests may lead to a message that the kernel sends to all."""
        kind, seq = message.type & 0xFF, message.seq
        if not self._may_make(generation_of(message)):
            return False
        if kind == _NEWGEN:
            return seq == self.lead
        if not self._speaks_of(_table_in(message)):
            return False
        if kind in _ELEMENTS and not seq:
            return any(_leads_to(type_, kind) for type_ in set(self._types)) or len(self._types) == _TYPES
        at = seq - self.lead
        if not self._even:
            return self.low <= seq <= self.high and any(_leads_to(type_, kind) for type_ in set(self._types))
        if at >= _TYPES:
            return seq <= self.high
        return 0 <= at < len(self._types) and _leads_to(self._types[at], kind)

    def _may_make(self, generation: int) -> bool:
        """Whether it may make a generation: it follows the one that it was made for, else any that was there before."""
        if generation < 0:
            return True
        if self.wanted >= 0:
            return generation == self.wanted
        return self.after < 0 or 0 < (generation - self.after & _HALF) <= _HALF >> 1

    def _speaks_of(self, table: bytes) -> bool:
        """Whether it speaks of a table, or of all (`flush ruleset`), perhaps of all of a family."""
        tables = self._tables
        return tables is None or table in tables or table[:1] in tables or b"\0" in tables or _ANY in tables


def _leads_to(asked: int, told: int) -> bool:
    return asked in _DELETING if told in _DELETED else told == asked


def _table_in(message: NetlinkMessage) -> bytes:
    """The family and behind it the name of the table that a message is about; without a name the family alone."""
    data, at = message.data, message.start + HEADER_SIZE
    first = at + NFGENMSG_SIZE
    if message.end - first < ATTR_HEADER_SIZE:
        return data[at : min(at + 1, message.end)]
    length, type_ = ATTR_HEADER[message.order].unpack_from(data, first)
    if type_ != _NAME:
        return data[at : at + 1]
    return data[at : at + 1] + data[first + ATTR_HEADER_SIZE : min(first + length, message.end)].rstrip(b"\0")


def generation_of(message: NetlinkMessage) -> int:
    """The low half of the generation's number in a message from nf_tables; -1 where it is cut."""
    at = message.start + HEADER_SIZE + 2
    return int.from_bytes(message.data[at : at + 2], "big") if message.end >= at + 2 else -1


def _next_generation(begin: NetlinkMessage) -> int:
    """The low half of the number behind that of the generation that a batch was made for (NFNL_BATCH_GENID), or -1."""
    at = begin.start + HEADER_SIZE + NFGENMSG_SIZE
    if begin.end - at < ATTR_HEADER_SIZE + 4 or ATTR_HEADER[begin.order].unpack_from(begin.data, at) != (8, 1):
        return -1
    number = int.from_bytes(begin.data[at + 4 : at + 8], "big")
    if not number:
        return -1
    return 1 if number == _LAST else number + 1 & _HALF  # none is 0


class Generations:
    """The number of the last generation that the kernel told, low half; of each socket where sockets are known.

    A recording by strace may be of several network namespaces, each with generations of its own.
    """

    def __init__(self) -> None:
        self._last: dict[int, int] = {}

    def note(self, message: NetlinkMessage) -> None:
        """Take a message from the kernel."""
        if len(self._last) >= _SOCKETS:
            self._last.clear()
        self._last[0 if message.delivery is None else message.port] = generation_of(message)

    def before(self, port: int) -> int:
        """What is known of a port id, or of all by 0; -1 for nothing."""
        return self._last.get(port, -1)


def committer(message: NetlinkMessage) -> str:
    """The process that an NFT_MSG_NEWGEN names, as `nft[412]`; "" where it names none.

    It is who changed the rules, or who asked for their generation. The kernel writes the number that its first pid
    namespace has for the thread. A socket's port id is mostly the number that its program has for itself: where the two
    differ, that is said.
    """
    if message.type & 0xFF != _NEWGEN:
        return ""
    start = message.start + HEADER_SIZE + NFGENMSG_SIZE
    found = payloads(message.data, start, message.end, message.order, _PROCESS)
    number, name = found.get(_PROC_PID, b""), found.get(_PROC_NAME, b"").split(b"\0", 1)[0]
    if len(number) != _PID_SIZE or not name:
        return ""
    pid = int.from_bytes(number, "big")
    return f"{name.decode('utf-8', 'replace')}[{pid}{'' if pid == message.port else ELSEWHERE}]"


def is_nftables(message: NetlinkMessage) -> bool:
    """Whether a message from the kernel is an answer or news of nf_tables, and no part of a dump."""
    return (
        message.protocol == c.NETLINK_NETFILTER
        and message.type >> 8 == c.NFNL_SUBSYS_NFTABLES
        and not message.flags & c.NLM_F_MULTI
    )


class Batches:
    """The batches in reach, oldest first. There are few, but each message of nf_tables asks for them."""

    def __init__(self) -> None:
        self._all: list[Batch] = []
        self._open: list[Batch] = []  # of which no message from the kernel has told yet
        self._by_generation: dict[int, list[Batch]] = {}

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, batch: Batch) -> Batch | None:
        """Take in a new one. Returns the oldest where there are too many; it is to be removed."""
        self._all.append(batch)
        self._open.append(batch)
        return self._all[0] if len(self._all) > BATCH_LIMIT else None

    def remove(self, batch: Batch) -> None:
        """Forget one."""
        self._all.remove(batch)
        if batch.generation < 0:
            self._open.remove(batch)
            return
        alike = self._by_generation[batch.generation]
        alike.remove(batch)
        if not alike:
            del self._by_generation[batch.generation]

    def numbered(self, seq: int) -> list[PendingRequest]:
        """Those that may have a request of this sequence number."""
        return [batch for batch in self._all if batch.low <= seq <= batch.high]

    def committed(self, message: NetlinkMessage) -> Batch | None:
        """The batch that made the generation of which a message tells, where one before told of it, too."""
        port = message.port
        for batch in reversed(self._by_generation.get(generation_of(message), ())):
            if batch.port == port:
                return batch
        return None

    def possible(self, message: NetlinkMessage) -> list[Batch]:
        """The batches of which a message may be the first news, oldest first: of its port id, else of unknown ones."""
        found = [
            batch
            for batch in self._open
            if batch.changes and not batch.errno and batch.port in {0, message.port}
            and batch.datagram != message.datagram and batch.asked(message)
        ]  # fmt: skip
        return [batch for batch in found if batch.bound] or found

    def note(self, batch: Batch, message: NetlinkMessage) -> None:
        """Note that a message told of a batch."""
        if batch.generation < 0 <= (generation := generation_of(message)):
            self._open.remove(batch)
            batch.generation = generation
            self._by_generation.setdefault(generation, []).append(batch)
        if message.type & 0xFF == _NEWGEN:
            batch.finished = True
