"""Which process owned a port id, as the capture tells it: a frame's comment `process: ip[412]` names its port.

`process: ip[412] (by pid)` says that the process had that pid, and the socket was closed before it could be looked up;
`process: unknown`, that the port id is another's from here on, and nobody knows whose.
"""

from __future__ import annotations

from bisect import bisect_right

_PREFIX = "process: "
_BY_PID = " (by pid)"
_UNKNOWN = "unknown"


def process_in(comment: str) -> str | None:
    """The process that a frame's comment names, "" where it says that it is unknown, None where it says nothing."""
    for line in comment.split("\n"):
        if line.startswith(_PREFIX):
            name = line.removeprefix(_PREFIX).strip().removesuffix(_BY_PID)
            return "" if name == _UNKNOWN else name
    return None


class Processes:
    """Port ids of a protocol to processes, by time: a port id is used again when its process has ended."""

    def __init__(self) -> None:
        self._facts: dict[tuple[int, int], tuple[list[int], list[str]]] = {}
        self._askers: dict[int, str] = {}

    def learn(self, protocol: int, port: int, name: str, message: int) -> None:
        """From this message on, the port is that process's, or an unknown one's. Messages come in order."""
        times, names = self._facts.setdefault((protocol, port), ([], []))
        if not names or names[-1] != name:
            times.append(message)
            names.append(name)

    def learn_asker(self, message: int, name: str) -> None:
        """A request that hides its port was sent by this process."""
        self._askers[message] = name

    def find(self, protocol: int, port: int, first: int, last: int) -> str | None:
        """Who asked in a conversation from one message to another: whom the port last named till then, else next."""
        asker = self._askers.get(first)
        if asker is not None or (protocol, port) not in self._facts:
            return asker
        times, names = self._facts[protocol, port]
        return names[max(bisect_right(times, last) - 1, 0)] or None
