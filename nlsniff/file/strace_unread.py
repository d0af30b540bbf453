"""What was due to a program and never read by it: the ACK of a request, the end of a dump."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.wire.constants import NLM_F_ACK, NLM_F_MULTI, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR

if TYPE_CHECKING:
    from nlsniff.file.strace_programs import NetlinkSocket
    from nlsniff.wire.nlmsg import Span


class Unread:
    """Keeps account of each socket's requests."""

    def __init__(self) -> None:
        self._asked: dict[NetlinkSocket, dict[int, tuple[str, int]]] = {}  # by sequence number: who, and the type
        self._dumps: dict[NetlinkSocket, dict[int, tuple[str, int]]] = {}
        self._lost: set[NetlinkSocket] = set()

    def ask(self, socket: NetlinkSocket, process: str, spans: list[Span]) -> None:
        """A datagram went to the kernel."""
        for span in spans:
            if span.flags & NLM_F_REQUEST and span.flags & NLM_F_ACK and not span.broken:
                self._asked.setdefault(socket, {})[span.seq] = (process, span.type)

    def answer(self, socket: NetlinkSocket, process: str, spans: list[Span]) -> None:
        """A datagram came from the kernel."""
        asked = self._asked.get(socket)
        for span in spans:
            if asked and span.type in {NLMSG_ERROR, NLMSG_DONE}:
                asked.pop(span.seq, None)
            if span.type in {NLMSG_ERROR, NLMSG_DONE}:
                self._dumps.get(socket, {}).pop(span.seq, None)
            elif span.flags & NLM_F_MULTI:
                self._dumps.setdefault(socket, {})[span.seq] = (process, span.type)

    def lose(self, socket: NetlinkSocket) -> None:
        """The log lacks the bytes of a datagram, so that nothing is known any more."""
        self._lost.add(socket)

    def notes(self) -> list[str]:
        """A line for each socket that something was left of."""
        found = []
        for socket, asked in self._asked.items():
            if asked and socket not in self._lost:
                (process, type_), *rest = asked.values()
                more = f" and {len(rest)} more" if rest else ""
                found.append(
                    f"{process} never read the ACK of its request of type {type_}{more} (socket {socket.number}); "
                    "what the kernel answered is not in the log"
                )
        for socket, dumps in self._dumps.items():
            if dumps and socket not in self._lost:
                process, type_ = next(iter(dumps.values()))
                found.append(f"{process} never read the end of a dump of type {type_} (socket {socket.number})")
        return found
