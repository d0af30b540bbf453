"""Figures of conversations: how they ended, how long they took, and who asked."""

from __future__ import annotations

import heapq
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.follow.kinds import KINDS, STATUSES
from nlsniff.stats.latencies import Latencies
from nlsniff.wire.names import protocol_name

if TYPE_CHECKING:
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.stats.askers import Asker, Askers

# A hostile capture may hold as many askers, or types of requests, as messages: beyond so many they count as one.
_ASKERS_LIMIT = 50_000
_LATENCIES_LIMIT = 1_000
_OTHER = "other"
_OTHERS: dict[str, Any] = {"protocol": _OTHER, "family": None, "type": _OTHER}
PERCENTILES = (50, 90, 99)
COUNTED = ("conversations", "messages", "bytes", "errors")


class MessageSort(NamedTuple):
    """What messages are of: a row of the table of types."""

    protocol: int
    family: str
    type: str

    def to_json(self) -> dict[str, Any]:
        """As rows of the report have it."""
        return {"protocol": protocol_name(self.protocol), "family": self.family or None, "type": self.type}


class ConversationFigures:
    """Counts conversations, in any order.

    Args:
        askers: who asked.
        sorts: of messages, by number.
        top: how many places each list has.
    """

    def __init__(self, askers: Askers, sorts: list[MessageSort], top: int) -> None:
        self._askers = askers
        self._sorts = sorts
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._guessed: Counter[str] = Counter()
        self._latencies: dict[int, Latencies] = {}
        self._rows: dict[Asker, list[int]] = {}  # of each what COUNTED names
        self._slow = _Best(top)
        self._unanswered = _Best(top)
        self.unanswered_count = self.interrupted = 0

    def take(self, conversation: ConversationView, sort: int, messages: int, size: int) -> None:
        """One more conversation that is over, the sort of its first message, and how much of it is wanted."""
        kind, status = conversation.kind, conversation.status
        self._kinds[kind, status] += 1
        self._guessed[kind] += not conversation.certain
        if kind == "event":
            return
        asker = self._askers.of(conversation)
        if asker not in self._rows and len(self._rows) >= _ASKERS_LIMIT:
            asker = _OTHER
        row = self._rows.setdefault(asker, [0, 0, 0, 0])
        row[0] += 1
        row[1] += messages
        row[2] += size
        row[3] += status == "error"
        if kind == "dump":
            self.interrupted += conversation.interrupted
        if conversation.request is None:
            return
        latency = conversation.latency_ns
        if latency is not None:
            self._latency(sort, conversation.id).add(latency, conversation.id, conversation.request, asker)
        if status == "unanswered":
            self.unanswered_count += 1
            if self._unanswered.wants((-conversation.id,)):
                self._unanswered.add((-conversation.id,), self._row(conversation, sort, asker))
        # Of two that took the same time the first comes first.
        key = (conversation.duration_ns, -conversation.id)
        if kind == "dump" and self._slow.wants(key):
            dump = self._row(conversation, sort, asker) | {
                "parts": conversation.parts,
                "bytes": conversation.bytes,
                "latency": None if latency is None else latency / 1e9,
                "duration": conversation.duration_ns / 1e9,
                "status": conversation.status,
            }
            self._slow.add(key, dump)

    def _latency(self, sort: int, conversation: int) -> Latencies:
        """The times of a sort of requests."""
        found = self._latencies.get(sort)
        if found is None:
            if len(self._latencies) >= _LATENCIES_LIMIT:
                sort = -1
            found = self._latencies.setdefault(sort, Latencies(conversation))
        return found

    def _row(self, conversation: ConversationView, sort: int, asker: Asker) -> dict[str, Any]:
        return {
            "conversation": conversation.id,
            "message": conversation.request,
            "type": self._sorts[sort].type,
            "process": asker,
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
        for name, row in self._named().items():
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

    def _named(self) -> dict[str, list[int]]:
        """What COUNTED names by the names of processes, "" of those that nobody knows."""
        found: dict[str, list[int]] = {}
        for asker, row in self._rows.items():
            total = found.setdefault(self._askers.name(asker) or "", [0, 0, 0, 0])
            for at, more in enumerate(row):
                total[at] += more
        return found

    def processes(self) -> list[dict[str, Any]]:
        """Who asked, with what was answered; those that nobody knows stand last. Events belong to nobody."""
        rows = [
            {"process": name or None, **dict(zip(COUNTED, row, strict=True))} for name, row in self._named().items()
        ]
        return sorted(rows, key=lambda row: (row["process"] is None, -row["messages"], row["process"]))

    def latencies(self) -> list[dict[str, Any]]:
        """How long the first answer took, by type of the request, and which request waited longest."""
        rows: list[dict[str, Any]] = []
        for number, found in sorted(self._latencies.items(), key=lambda item: item[1].first):
            shares = zip(PERCENTILES, found.percentiles(PERCENTILES), strict=True)
            rows.append(
                {
                    **(self._sorts[number].to_json() if number >= 0 else _OTHERS),
                    "count": found.count, "min": found.least / 1e9,
                    **{f"p{share}": time / 1e9 for share, time in shares},
                    "max": found.greatest / 1e9,
                    "slowest": found.slowest,
                    "process": found.asker,
                }
            )  # fmt: skip
        return self._askers.named(sorted(rows, key=lambda row: (-row["count"], row["protocol"], row["type"])))

    def slowest(self) -> list[dict[str, Any]]:
        """The dumps that took longest, from request to end."""
        return self._askers.named(self._slow.rows())

    def unanswered(self) -> list[dict[str, Any]]:
        """The first requests that were not answered."""
        return self._askers.named(self._unanswered.rows())


class _Best:
    """The rows of the greatest keys, so many at most. Keys differ."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._heap: list[tuple[tuple[int, ...], dict[str, Any]]] = []

    def wants(self, key: tuple[int, ...]) -> bool:
        """Whether a key is among the greatest so far."""
        return len(self._heap) < self._count or key > self._heap[0][0]

    def add(self, key: tuple[int, ...], row: dict[str, Any]) -> None:
        """Take in a row, and forget one where there are too many."""
        if len(self._heap) < self._count:
            heapq.heappush(self._heap, (key, row))
        else:
            heapq.heapreplace(self._heap, (key, row))

    def rows(self) -> list[dict[str, Any]]:
        """The rows, of the greatest key first."""
        return [row for _, row in sorted(self._heap, key=lambda item: item[0], reverse=True)]
