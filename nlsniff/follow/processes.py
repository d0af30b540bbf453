"""Which process owned a port id, as the capture tells it: a frame's comment `process: ip[412]` names its port."""

from __future__ import annotations

from bisect import bisect_right

_PREFIX = "process: "


def process_in(comment: str) -> str:
    """The process that a frame's comment names, or ""."""
    for line in comment.split("\n"):
        if line.startswith(_PREFIX):
            return line.removeprefix(_PREFIX).strip()
    return ""


class Processes:
    """Port ids to processes, by time: a port id is used again when its process has ended."""

    def __init__(self) -> None:
        self._facts: dict[int, tuple[list[int], list[str]]] = {}
        self._askers: dict[int, str] = {}

    def learn(self, port: int, name: str, message: int) -> None:
        """From this message on, the port is that process's. Messages come in order."""
        times, names = self._facts.setdefault(port, ([], []))
        if not names or names[-1] != name:
            times.append(message)
            names.append(name)

    def learn_asker(self, message: int, name: str) -> None:
        """A request that hides its port was sent by this process."""
        self._askers[message] = name

    def find(self, port: int, first: int, last: int) -> str | None:
        """Who asked in a conversation from one message to another: whom the port last named till then, else next."""
        asker = self._askers.get(first)
        if asker is not None or port not in self._facts:
            return asker
        times, names = self._facts[port]
        return names[max(bisect_right(times, last) - 1, 0)]
