"""Which process a port id belongs to, as the reader knows it: what the namer told, by time, and what the file says."""

from __future__ import annotations

import os
import select
import socket
import time
from typing import TYPE_CHECKING, Final

from nlsniff.capture.naming import Fact, PortKey, pack, unpack
from nlsniff.wire.comments import OWN, process_comment

if TYPE_CHECKING:
    from collections.abc import Callable

# How long one block of the ring waits for names, how many questions it puts, and after how long a question that got no
# answer is put again. Whoever says a new port id in each message must not hold up the reader.
_PATIENCE: Final = 0.05
_QUESTIONS: Final = 32
_ASK_AGAIN: Final = 1.0
_SOCKETS: Final = 65536
_FACTS: Final = 4


class Ports:
    """The comments that tell a file which process is behind a port id.

    Args:
        channel: the reader's end of the channel to the namer, not blocking; -1 where there is none.
        own: the capture's own sockets, and their name; all that they say and hear is marked.
        hurried: whether frames wait to be read, so that there is no time for an answer.

    Attributes:
        settled: (protocol in network order, port id) of which nothing new can be said at present; for these `comment`
            need not be called.
    """

    def __init__(self, channel: int, own: dict[PortKey, str], hurried: Callable[[], bool]) -> None:
        self._channel = channel
        self._own = own
        self._hurried = hurried
        self.settled: set[tuple[int, int]] = set()
        self._facts: dict[PortKey, list[Fact]] = {}
        self._told: dict[PortKey, str] = {}
        self._asked: set[PortKey] = set()
        self._ask_again = 0.0
        self._until = 0.0
        self._questions = 0

    def begin(self) -> None:
        """Take what the namer told; called before each block of frames."""
        now = time.monotonic()
        self._until = now + _PATIENCE
        self._questions = _QUESTIONS
        if now >= self._ask_again:
            self._asked.clear()
            self._ask_again = now + _ASK_AGAIN
        if len(self.settled) > _SOCKETS or len(self._facts) > _SOCKETS:
            self._facts.clear()
            self.forget_told()
        self._take()

    def forget_told(self) -> None:
        """A file is begun, which says nothing yet."""
        self._told.clear()
        self.settled.clear()

    def comment(self, tag: int, port: int, time_ns: int) -> str:
        """Return what is to be written beside a frame, mostly "".

        Args:
            tag: the netlink protocol in network order.
            port: the port id of its first message, not 0.
            time_ns: when it was sent, in nanoseconds since 1970.
        """
        key = PortKey(socket.ntohs(tag), port)
        name, last = self._name(key, time_ns)
        if last and key not in self._own:
            self.settled.add((tag, port))
        comment = ""
        if name is not None and name != self._told.get(key, ""):
            self._told[key] = name
            comment = process_comment(name)
        if key not in self._own:
            return comment
        return f"{comment}\n{OWN}" if comment else OWN

    def _name(self, key: PortKey, time_ns: int) -> tuple[str | None, bool]:
        """Return the name at a time, None where it is not known yet, and whether it holds until further notice."""
        if key in self._own:
            return self._own[key], True
        facts = self._facts.get(key)
        if facts is None or (facts[-1].name is None and facts[-1].since <= time_ns):
            self._ask(key, time_ns)
            facts = self._facts.get(key) or []
        for fact in reversed(facts):
            if fact.since <= time_ns:
                return fact.name, fact is facts[-1] and fact.name is not None
        return None, self._channel < 0

    def _ask(self, key: PortKey, time_ns: int) -> None:
        """Ask the namer, and wait for the answer while there is time."""
        if self._channel < 0 or key in self._asked or not self._questions:
            return
        self._questions -= 1
        try:
            os.write(self._channel, pack([Fact(key, time_ns)]))
        except BlockingIOError:
            return
        except OSError:
            self._channel = -1
            return
        self._asked.add(key)
        while key in self._asked and self._channel >= 0 and not self._hurried():
            left = self._until - time.monotonic()
            if left <= 0 or not select.select([self._channel], [], [], left)[0]:
                return
            self._take()

    def _take(self) -> None:
        while self._channel >= 0:
            try:
                data = os.read(self._channel, 1 << 16)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._channel = -1  # what was told before stays true until its end, of which nobody will tell
                self._facts.clear()
                self.settled.clear()
                return
            for fact in unpack(data):
                self._facts.setdefault(fact.key, []).append(fact)
                del self._facts[fact.key][:-_FACTS]
                self._asked.discard(fact.key)
                self.settled.discard((socket.htons(fact.key.protocol), fact.key.port))
