"""Figures of conversations: how they ended, how long they took, and who asked."""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.follow.kinds import KINDS, STATUSES
from nlsniff.stats.gaps import Gaps
from nlsniff.wire.names import protocol_name

if TYPE_CHECKING:
    from nlsniff.follow.conversation import ConversationView

PERCENTILES = (50, 90, 99)
COUNTED = ("conversations", "messages", "bytes", "errors")


class MessageSort(NamedTuple):
    """What messages are of: a row of the table of types."""

    protocol: int
    family: str
    type: str


class ConversationFigures:
    """Counts conversations, one after the other.

    Args:
        sorts: of messages, by number.
        sort_of: by id of the conversation, the number of the sort of its first message.
        top: how many places each list has.
    """

    def __init__(self, sorts: list[MessageSort], sort_of: array[int], top: int) -> None:
        self._sorts = sorts
        self._sort_of = sort_of
        self._top = top
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._guessed: Counter[str] = Counter()
        self._latencies: dict[int, array[int]] = {}
        self._slow: list[tuple[int, int, dict[str, Any]]] = []
        self._processes: dict[str, list[int]] = {}  # of each what COUNTED names
        self.unanswered: list[dict[str, Any]] = []
        self.unanswered_count = self.interrupted = 0
        self.gaps = Gaps(top)

    def take(self, conversation: ConversationView, messages: int, size: int) -> None:
        """The next conversation, and how many of its messages and bytes are wanted."""
        kind, status = conversation.kind, conversation.status
        self._kinds[kind, status] += 1
        self._guessed[kind] += not conversation.certain
        if kind == "event":
            return
        process = conversation.process
        row = self._processes.setdefault(process or "", [0, 0, 0, 0])
        for at, more in enumerate((1, messages, size, status == "error")):
            row[at] += more
        if kind == "dump":
            self.interrupted += conversation.interrupted
        if conversation.request is None:
            return
        sort = self._sort_of[conversation.id]
        if conversation.latency_ns is not None:
            self._latencies.setdefault(sort, array("q")).append(conversation.latency_ns)
        if status == "unanswered":
            self.unanswered_count += 1
            if len(self.unanswered) < self._top:
                self.unanswered.append(self._row(conversation, process))
        if kind == "dump":
            self._note_dump(conversation, process)

    def _note_dump(self, conversation: ConversationView, process: str | None) -> None:
        took = conversation.duration_ns
        if len(self._slow) == self._top and took <= self._slow[0][0]:
            return
        latency = conversation.latency_ns
        row = self._row(conversation, process) | {
            "parts": conversation.parts,
            "bytes": conversation.bytes,
            "latency": None if latency is None else latency / 1e9,
            "duration": took / 1e9,
            "status": conversation.status,
        }
        # Of two that took the same time the first comes first.
        heapq.heappush(self._slow, (took, -conversation.id, row))
        if len(self._slow) > self._top:
            heapq.heappop(self._slow)

    def _row(self, conversation: ConversationView, process: str | None) -> dict[str, Any]:
        return {
            "conversation": conversation.id,
            "message": conversation.request,
            "type": self._sorts[self._sort_of[conversation.id]].type,
            "process": process,
        }

    # -- parts of the report -------------------------------------------------------------------------------------

    def kinds(self) -> dict[str, dict[str, int]]:
        """How many conversations there are of each kind, by how they ended."""
        found: dict[str, dict[str, int]] = {}
        for kind in KINDS:
            ends: dict[str, int] = {status: self._kinds[kind, status] for status in STATUSES}
            found[kind] = {"count": sum(ends.values()), **ends, "uncertain": self._guessed[kind]}
        return found

    def programs(self) -> list[dict[str, Any]]:
        """The same by the name of the program, with how many processes ran it."""
        found: dict[str, list[int]] = {}
        for name, row in self._processes.items():
            program = name.rpartition("[")[0] or name
            total = found.setdefault(program, [0, 0, 0, 0, 0])
            for at, more in enumerate((1, *row)):
                total[at] += more
        rows = [
            {"program": name, "processes": row[0], **dict(zip(COUNTED, row[1:], strict=True))}
            for name, row in found.items()
            if name
        ]
        return sorted(rows, key=lambda row: (-row["messages"], row["program"]))

    def processes(self) -> list[dict[str, Any]]:
        """Who asked, with what was answered; those that nobody knows stand last. Events belong to nobody."""
        rows = [
            {"process": name or None, **dict(zip(COUNTED, row, strict=True))} for name, row in self._processes.items()
        ]
        return sorted(rows, key=lambda row: (row["process"] is None, -row["messages"], row["process"]))

    def latencies(self) -> list[dict[str, Any]]:
        """How long the first answer took, by type of the request."""
        rows = []
        for number, found in self._latencies.items():
            sort, times = self._sorts[number], sorted(found)
            rows.append(
                {
                    "protocol": protocol_name(sort.protocol), "family": sort.family or None, "type": sort.type,
                    "count": len(times), "min": times[0] / 1e9,
                    **{f"p{share}": times[max(-(-share * len(times) // 100), 1) - 1] / 1e9 for share in PERCENTILES},
                    "max": times[-1] / 1e9,
                }
            )  # fmt: skip
        return sorted(rows, key=lambda row: (-row["count"], row["protocol"], row["type"]))

    def slowest(self) -> list[dict[str, Any]]:
        """The dumps that took longest, from request to end."""
        return [row for _, _, row in sorted(self._slow, reverse=True, key=lambda item: item[:2])]
