"""Figures of a capture: how much of what, how it ended, how long it took, and what is missing from it.

Messages are counted as they come. Everything about conversations is read from the follower's store at the end, beside
which 14 bytes are kept of each conversation, so that a capture of any length can be counted in one pass.
"""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.follow.rules import errno_in
from nlsniff.follow.store import KINDS, STATUSES
from nlsniff.stats.gaps import Gaps
from nlsniff.wire.constants import NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN
from nlsniff.wire.names import protocol_name
from nlsniff.wire.nlmsg import is_control

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower

PERCENTILES = (50, 90, 99)

# A hostile capture may hold as many types or texts as messages: beyond so many different ones they count as one.
_TYPES_LIMIT = 50_000
_REFUSALS_LIMIT = 10_000
_OTHER = "other"


class _Sort(NamedTuple):
    """What messages are of: a row of the table of types."""

    protocol: int
    family: str
    type: str


class _Tally:
    """Messages, their bytes, and which way they go."""

    __slots__ = ("bytes", "messages", "to_kernel", "to_user")

    def __init__(self) -> None:
        self.messages = self.bytes = self.to_kernel = self.to_user = 0


class Statistics:
    """Counts the messages of a capture, and at its end its conversations.

    Args:
        follower: has been fed every message before `feed` is.
    """

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._sorts: dict[_Sort, int] = {}
        self._names: list[_Sort] = []  # by their numbers
        # By protocol, type and direction: the sort where these decide it, else -1.
        self._sure: dict[tuple[int, int, str], int] = {}
        self._tallies: list[_Tally] = []
        self._errors: Counter[str] = Counter()
        self._error_bytes: Counter[str] = Counter()
        self._refusals: dict[tuple[str, str, str | None, str], list[int]] = {}  # how many, the first message
        self._frames = self._frame = self._changed = self._overruns = self._broken = 0
        self._first, self._last = 1 << 63, -1 << 63
        # By id of the conversation: the sort of its first message; messages that were wanted, and their bytes.
        self._sort_of, self._wanted, self._bytes = array("H", [0]), array("I", [0]), array("Q", [0])

    def feed(self, message: NetlinkMessage, *, wanted: bool = True) -> None:
        """Take in the next message, all in the order of their numbers; count it where it is wanted."""
        sort = -1
        conversation = message.conversation
        if conversation == len(self._wanted):
            sort = self._sort(message)
            self._sort_of.append(sort)
            self._wanted.append(0)
            self._bytes.append(0)
        self._broken += message.broken
        if not wanted:
            return
        size = message.end - message.start
        self._wanted[conversation] += 1
        self._bytes[conversation] += size
        tally = self._tallies[sort if sort >= 0 else self._sort(message)]
        tally.messages += 1
        tally.bytes += size
        if message.direction == "to-kernel":
            tally.to_kernel += 1
        elif message.direction == "to-user":
            tally.to_user += 1
        if message.frame != self._frame:
            self._frames += 1
            self._frame = message.frame
            self._first = min(self._first, message.time_ns)
            self._last = max(self._last, message.time_ns)
        if message.flags & NLM_F_DUMP_INTR and message.direction == "to-user":
            self._note_change(message)
        if message.type in _ENDS and is_control(message.protocol, message.type):
            self._end(message)

    def _sort(self, message: NetlinkMessage) -> int:
        header = (message.protocol, message.type, message.direction)
        sort = self._sure.get(header)
        if sort is not None and sort >= 0 and message.end >= message.body:
            return sort
        key = _Sort(message.protocol, message.family or "", message.type_name)
        found = self._sorts.get(key)
        if found is None:
            if len(self._sorts) >= _TYPES_LIMIT:
                key = _Sort(message.protocol, "", _OTHER)
            found = self._sorts.setdefault(key, len(self._sorts))
            if found == len(self._tallies):
                self._names.append(key)
                self._tallies.append(_Tally())
        if sort is None and len(self._sure) < _TYPES_LIMIT:
            constant = self._follower.decoder.layouts.constant(*header)
            self._sure[header] = found if constant == key.type and not key.family else -1
        return found

    def _note_change(self, message: NetlinkMessage) -> None:
        # The bit means this in the answers to a dump; elsewhere the same bit is another flag.
        kind = self._follower.conversation(message.conversation).kind
        self._changed += kind == "dump"

    def _end(self, message: NetlinkMessage) -> None:
        """An ACK, an error, the end of a dump, or an overrun."""
        if message.type == NLMSG_OVERRUN:
            self._overruns += 1
            return
        errno = errno_in(message)
        if not errno:
            return
        code = message.root.get("error")
        name = code.resolved if code is not None else ""
        if len(self._errors) >= _REFUSALS_LIMIT and name not in self._errors:
            name = _OTHER
        self._errors[name] += 1
        self._error_bytes[name] += message.end - message.start
        said = message.root.get("msg")
        answered = message.answered_type or self._follower_type(message)
        key = (name, answered, said.text if said is not None else None, message.meaning)
        if len(self._refusals) >= _REFUSALS_LIMIT and key not in self._refusals:
            key = (key[0], _OTHER, None, "")
        self._refusals.setdefault(key, [0, message.number])[0] += 1

    def _follower_type(self, message: NetlinkMessage) -> str:
        """What an answer that copies no request is for: what its conversation began with."""
        found = self._follower.conversation(message.conversation)
        return self._names[self._sort_of[found.id]].type if found.request is not None else ""

    # -- the report ----------------------------------------------------------------------------------------------

    def report(self, top: int = 10) -> dict[str, Any]:
        """The object that `nlsniff stats --json` prints, but for what only the file says; times in seconds.

        Args:
            top: how many of the slowest dumps, the unanswered requests and the skipped numbers are listed.
        """
        told = _Told(self._names, self._sort_of, top)
        for conversation in self._follower.conversations:
            told.gaps.take(conversation)
            messages = self._wanted[conversation.id]
            if messages:
                told.take(conversation, messages, self._bytes[conversation.id])
        rows = [(sort, self._tallies[number]) for sort, number in self._sorts.items() if self._tallies[number].messages]
        span = self._last - self._first if rows else 0
        return {
            "start": self._first / 10**9 if rows else None,
            "start_ns": self._first if rows else None,
            "duration": span / 1e9,
            "frames": self._frames,
            "messages": sum(tally.messages for _, tally in rows),
            "bytes": sum(tally.bytes for _, tally in rows),
            "protocols": _added("protocol", ((protocol_name(sort.protocol), tally) for sort, tally in rows)),
            "families": _added("family", ((sort.family, tally) for sort, tally in rows if sort.family)),
            "types": sorted(
                (
                    {
                        "protocol": protocol_name(sort.protocol), "family": sort.family or None, "type": sort.type,
                        "messages": tally.messages, "bytes": tally.bytes,
                        "to_kernel": tally.to_kernel, "to_user": tally.to_user,
                    }
                    for sort, tally in rows
                ),
                key=lambda row: (-row["messages"], row["protocol"], row["type"]),
            ),
            "programs": told.programs(),
            "processes": told.processes(),
            "errors": [
                {"errno": name, "messages": count, "bytes": self._error_bytes[name]}
                for name, count in self._errors.most_common()
            ],
            "conversations": told.kinds(),
            "latency": told.latencies(),
            "slowest_dumps": told.slowest(),
            "unanswered": {"count": told.unanswered_count, "first": told.unanswered},
            "rejected": self._rejected(),
            "interrupted": {"dumps": told.interrupted, "messages": self._changed, "overruns": self._overruns},
            "gaps": {**told.gaps.to_json(), "cut_messages": self._broken},
        }  # fmt: skip

    def _rejected(self) -> list[dict[str, Any]]:
        """What was refused and why, the most frequent first."""
        rows = [
            {"type": type_, "errno": errno, "text": text, "meaning": own or None, "count": count, "message": first}
            for (errno, type_, text, own), (count, first) in self._refusals.items()
        ]
        return sorted(rows, key=lambda row: (-row["count"], row["message"]))


class _Told:
    """What the conversations tell, one after the other."""

    def __init__(self, sorts: list[_Sort], sort_of: array[int], top: int) -> None:
        self._sorts = sorts
        self._sort_of = sort_of
        self._top = top
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._guessed: Counter[str] = Counter()
        self._latencies: dict[int, array[int]] = {}
        self._slow: list[tuple[int, int, dict[str, Any]]] = []
        self._processes: dict[str, list[int]] = {}  # conversations, messages, bytes, errors
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
            {"program": name, "processes": row[0], "conversations": row[1], "messages": row[2], "bytes": row[3],
             "errors": row[4]}
            for name, row in found.items() if name
        ]  # fmt: skip
        return sorted(rows, key=lambda row: (-row["messages"], row["program"]))

    def processes(self) -> list[dict[str, Any]]:
        """Who asked, with what was answered; those that nobody knows stand last. Events belong to nobody."""
        rows = [
            {"process": name or None, "conversations": row[0], "messages": row[1], "bytes": row[2], "errors": row[3]}
            for name, row in self._processes.items()
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


_ENDS = frozenset({NLMSG_ERROR, NLMSG_DONE, NLMSG_OVERRUN})


def _added(name: str, rows: Iterable[tuple[str, _Tally]]) -> list[dict[str, Any]]:
    """Messages and bytes by something that several types share."""
    messages: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for key, tally in rows:
        messages[key] += tally.messages
        size[key] += tally.bytes
    return [{name: key, "messages": count, "bytes": size[key]} for key, count in messages.most_common()]
