"""From system calls to datagrams with their delivery: what is learned later of a socket counts for all of it."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING, Final

from nlsniff.file.strace_data import SENDS, datagrams_of
from nlsniff.file.strace_guess import guess_protocol, stated_protocol
from nlsniff.file.strace_lines import DATA
from nlsniff.file.strace_programs import Programs
from nlsniff.file.strace_unread import Unread
from nlsniff.wire.constants import (
    NETLINK_GENERIC,
    NETLINK_ROUTE,
    NETLINK_USERSOCK,
    NLMSG_DONE,
    NLMSG_ERROR,
    PROTOCOL_NAMES,
)
from nlsniff.wire.delivery import Delivery, Way
from nlsniff.wire.nlmsg import walk_messages
from nlsniff.wire.order import NATIVE, plausible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nlsniff.file.strace_data import Address, Passed
    from nlsniff.file.strace_lines import Call
    from nlsniff.file.strace_programs import NetlinkSocket, Process, Thread
    from nlsniff.wire.nlmsg import Order, Span

_LONGEST: Final = 1 << 31  # bytes that a call may pass
_SIGNS: Final = ("AF_NETLINK", "{nlmsg_len=", "NETLINK:[")
# The kernel names groups up to 32 alone, and only these protocols have more.
_MANY_GROUPS: Final = {NETLINK_ROUTE, NETLINK_GENERIC}
_ADVICE: Final = "record with strace -f -y -ttt -T -e read=all -e write=all, which writes every byte"


class Datagram:
    """A datagram in the making; see `nlsniff.file.told.Told` for what it becomes."""

    __slots__ = (
        "address", "began_ns", "comment", "data", "delivery", "descriptor", "ended_ns", "is_error", "length", "place",
        "process", "protocol", "sent", "socket", "time_ns",
    )  # fmt: skip

    def __init__(
        self, call: Call, place: int, socket: NetlinkSocket, descriptor: int, process: Process, passed: Passed
    ) -> None:
        self.sent = call.name in SENDS
        self.began_ns, self.ended_ns = call.start, call.end
        self.time_ns = call.start if self.sent else call.over
        self.place = (place, call.first if self.sent else call.last)
        self.socket, self.descriptor, self.process = socket, descriptor, process
        self.data = passed.data or b""
        self.length = max(passed.length, len(self.data))
        self.address: Address | None = passed.address
        self.is_error = False
        self.protocol = 0
        self.delivery: Delivery | None = None
        self.comment = ""


class Traffic:
    """Takes calls in their order; `finish` has the datagrams, and then `notes` what is to be said.

    Args:
        names: as those of `nlsniff.file.strace.read_strace`.
    """

    def __init__(self, names: Mapping[int, str]) -> None:
        self.notes: list[str] = []
        self._programs = Programs(names)
        self._found: list[Datagram] = []
        self._unread = Unread()
        self._without: Counter[str] = Counter()  # calls without bytes, by process
        self._cut: Counter[str] = Counter()
        self._failed: Counter[tuple[str, str]] = Counter()
        self._rings: dict[str, None] = {}

    def take(self, call: Call, place: int) -> None:
        """Take the next call, of the log with this number."""
        if call.name not in DATA:
            if call.name == "io_uring_setup" and call.status is not None and call.status >= 0:
                self._rings[self._programs.thread(call).process.name] = None
            self._programs.take(call)
            return
        thread = self._programs.thread(call)
        descriptor, socket = self._programs.socket_of(thread, call.text)
        if descriptor < 0 or (socket is None and not any(sign in call.text for sign in _SIGNS)):
            return
        if socket is None:
            socket = self._programs.inherited(thread, descriptor, call.text)
        if call.status is None or call.status > _LONGEST:
            return
        if call.status < 0:
            self._note_failure(call, thread, socket)
            return
        self._pass(call, place, thread, descriptor, socket)

    def _note_failure(self, call: Call, thread: Thread, socket: NetlinkSocket) -> None:
        error = call.note.split()[0] if call.note.split() else ""
        name = thread.process.name
        if call.name in SENDS and error == "ECONNREFUSED":
            protocol = PROTOCOL_NAMES.get(socket.protocol if socket.protocol is not None else -1, "its protocol")
            self._failed[f"{name}: {call.name} of {protocol}", "ECONNREFUSED: nobody has the port id it sent to"] += 1
        elif call.name not in SENDS and error == "ENOBUFS":
            self._failed[f"{name}: {call.name}", "ENOBUFS: the kernel dropped datagrams that are not in the log"] += 1

    def _pass(self, call: Call, place: int, thread: Thread, descriptor: int, socket: NetlinkSocket) -> None:
        parsed = datagrams_of(call)
        if parsed.peeked:
            socket.peeked = max((it.length for it in parsed.datagrams), default=0)
            return
        if socket.protocol is None:
            socket.protocol = stated_protocol(call.text)
        for passed in parsed.datagrams:
            if passed.length <= 0:
                continue
            if passed.data is None or (not passed.data and passed.size):
                self._without[thread.process.name] += 1
                self._unread.lose(socket)
                continue
            if len(passed.data) < passed.size:
                self._cut[thread.process.name] += 1
            datagram = Datagram(call, place, socket, descriptor, thread.process, passed)
            self._measure(datagram, passed)
            self._look_into(datagram)
            self._found.append(datagram)

    def _measure(self, datagram: Datagram, passed: Passed) -> None:
        """Find the length of a datagram that the program's buffer cut: by a look before, or by its last message."""
        socket = datagram.socket
        peeked, socket.peeked = socket.peeked, 0
        if datagram.sent or len(datagram.data) < passed.size or not (passed.cut or passed.full):
            return
        if datagram.length == len(datagram.data):
            spans = _messages(datagram)
            claimed = spans[-1].start + spans[-1].length if spans else 0
            datagram.length = max(peeked, claimed, len(datagram.data) + passed.cut)

    def _look_into(self, datagram: Datagram) -> None:
        """Learn the socket's port id where the kernel names it, and what is asked and answered."""
        socket = datagram.socket
        if socket.protocol is None or socket.guessed:
            socket.protocol, socket.guessed = guess_protocol(datagram.data, socket.protocol), True
        spans = _messages(datagram)
        if datagram.sent:
            peer = datagram.address or socket.peer
            if peer is None or peer == (0, 0):
                self._unread.ask(socket, datagram.process.name, spans)
            return
        if not spans or (datagram.address is not None and datagram.address.port):
            return
        self._unread.answer(socket, datagram.process.name, spans)
        if socket.protocol == NETLINK_USERSOCK:
            return
        datagram.is_error = spans[0].type == NLMSG_ERROR
        if socket.port is None:
            for span in (spans[0], spans[-1]):
                if span.type in {NLMSG_ERROR, NLMSG_DONE} and span.port and not span.broken:
                    socket.port = span.port

    @property
    def sockets(self) -> list[NetlinkSocket]:
        """All netlink sockets, as they were seen first."""
        return self._programs.sockets

    def finish(self) -> list[Datagram]:
        """All datagrams in the order of time."""
        self._number()
        self._put_answers_behind()
        self._learn_senders()
        self._found.sort(key=lambda it: (it.time_ns, it.place))
        for datagram in self._found:
            datagram.protocol = datagram.socket.protocol or 0
            datagram.delivery = self._delivery(datagram)
        found = _once(self._found)
        self._tell()
        return found

    def _put_answers_behind(self) -> None:
        """No answer stands before its request, though nobody knows to the microsecond when a call ended.

        They can only meet where one thread waits for what another one asks.
        """
        sends: dict[tuple[NetlinkSocket, bytes], list[int]] = defaultdict(list)
        for datagram in self._found:
            if datagram.sent:
                sends[datagram.socket, datagram.data[8:12]].append(datagram.time_ns)
        for times in sends.values():
            times.sort()
        for datagram in self._found:
            if not datagram.sent:
                times = sends.get((datagram.socket, datagram.data[8:12]), [])
                before = bisect_right(times, datagram.ended_ns)
                if before and times[before - 1] > datagram.time_ns:
                    datagram.time_ns = times[before - 1]

    def _learn_senders(self) -> None:
        """Find the port ids of sockets by what other programs of the logs received from them."""
        sent: dict[tuple[int | None, bytes], NetlinkSocket] = {}
        for datagram in self._found:
            if datagram.sent and datagram.socket.port is None and (datagram.address or datagram.socket.peer):
                sent[datagram.socket.protocol, datagram.data] = datagram.socket
        for datagram in self._found if sent else ():
            if not datagram.sent and datagram.address is not None and datagram.address.port:
                socket = sent.get((datagram.socket.protocol, datagram.data))
                if socket is not None and socket.port is None:
                    socket.port = datagram.address.port

    def _number(self) -> None:
        """Give each socket the number of its inode, or one that no other has."""
        free = max((socket.inode or 0 for socket in self._programs.sockets), default=0)
        for socket in self._programs.sockets:
            if socket.inode is None:
                free += 1
            socket.number = free if socket.inode is None else socket.inode

    def _delivery(self, datagram: Datagram) -> Delivery:
        socket = datagram.socket
        known = (socket.number, datagram.descriptor, datagram.process.name)
        if datagram.sent:
            peer = datagram.address or socket.peer or ((0, 0) if socket.made_ns is not None else None)
            port, mask = peer if peer is not None else (None, None)
            way: Way = "between" if port or mask else "to-kernel"
            return Delivery(way, socket.port, port, _group(mask), *known)
        sender, mask = datagram.address or (None, None)
        received: Way = "between" if sender else "to-user"
        if mask:
            return Delivery(received, sender, 0, _group(mask), *known)
        unicast = (
            datagram.is_error
            or (socket.made_ns is not None and self._programs.options and not socket.joined)
            or (mask == 0 and datagram.protocol not in _MANY_GROUPS)
        )
        destination, group = (socket.port, 0) if unicast else (None, None)
        return Delivery(received, sender, destination, group, *known)

    def _tell(self) -> None:
        """Make the notes."""
        said = self.notes
        for name, count in self._without.items():
            said.append(f"{name}: {count} datagrams are in the log only as strace reads them, without bytes; {_ADVICE}")
        for name, count in self._cut.items():
            said.append(f"{name}: {count} datagrams are cut, for strace cut the strings (-s); {_ADVICE}")
        for (what, why), count in self._failed.items():
            said.append(f"{what} failed{f' {count} times' if count > 1 else ''} with {why}")
        if self._programs.is_lossy:
            said.append(
                "programs are started with more sockets than can be followed: what some of them inherit is unknown"
            )
        for name in self._rings:
            said.append(f"{name} uses io_uring: what it sends and receives by it is not in the log")
        guessed = {it.socket: it for it in reversed(self._found) if it.socket.guessed}
        for socket, first in guessed.items():
            protocol = PROTOCOL_NAMES.get(socket.protocol or 0, str(socket.protocol))
            said.append(
                f"{first.process.name}: socket {socket.number} (fd {first.descriptor}) was opened before the log "
                f"begins; that it speaks {protocol} is a guess by what it says"
            )
        said += self._unread.notes()


def _group(mask: int | None) -> int | None:
    """The group of a mask, 0 for an empty one; None where it has several."""
    return mask.bit_length() if mask is not None and mask & (mask - 1) == 0 else None


def _messages(datagram: Datagram) -> list[Span]:
    data = datagram.data
    other: Order = ">" if NATIVE == "<" else "<"
    order = other if not plausible(data, 0, NATIVE) and plausible(data, 0, other) else NATIVE
    return list(walk_messages(data, 0, order, datagram.socket.protocol or 0))


def _once(found: list[Datagram]) -> list[Datagram]:
    """Leave out what one program of the logs received that another one sent."""
    sent: dict[tuple[int, bytes, int | None], deque[Datagram]] = defaultdict(deque)
    told: set[tuple[int, bytes, int | None, int | None]] = set()
    kept = []
    for datagram in found:
        delivery = datagram.delivery
        if delivery is None or delivery.way != "between":
            if not _is_told(datagram, told, sent):
                kept.append(datagram)
            continue
        if datagram.sent:
            kept.append(datagram)
            if delivery.destination:
                sent[datagram.protocol, datagram.data, delivery.destination].append(datagram)
            if delivery.group != 0:
                told.add((datagram.protocol, datagram.data, delivery.group, datagram.socket.port))
        elif not _is_told(datagram, told, sent):
            kept.append(datagram)
    return kept


def _is_told(
    datagram: Datagram,
    told: set[tuple[int, bytes, int | None, int | None]],
    sent: dict[tuple[int, bytes, int | None], deque[Datagram]],
) -> bool:
    """Whether a received datagram is one that was sent in the logs."""
    delivery = datagram.delivery
    if datagram.sent or delivery is None:
        return False
    port = datagram.socket.port
    waiting = sent.get((datagram.protocol, datagram.data, port)) if port else None
    if waiting and delivery.sender in {None, waiting[0].socket.port}:
        waiting.popleft()
        return True
    return bool(delivery.group) and (datagram.protocol, datagram.data, delivery.group, delivery.sender) in told
