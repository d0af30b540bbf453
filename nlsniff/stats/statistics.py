"""Figures of a capture: how much of what, how it ended, how long it took, and what is missing from it.

Messages are counted as they come. Everything about conversations is read from the follower's store at the end, beside
which 14 bytes are kept of each conversation, so that a capture of any length can be counted in one pass.
"""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING, Any

from nlsniff.follow.rules import errno_in
from nlsniff.stats.conversations import ConversationFigures, MessageSort
from nlsniff.steps import finish
from nlsniff.wire.constants import NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN
from nlsniff.wire.names import protocol_name
from nlsniff.wire.nlmsg import is_control

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.follower import Follower

# A hostile capture may hold as many types or texts as messages: beyond so many different ones they count as one.
_TYPES_LIMIT = 50_000
_REFUSALS_LIMIT = 10_000
_OTHER = "other"


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
        self._sorts: dict[MessageSort, int] = {}
        self._names: list[MessageSort] = []  # by their numbers
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
        key = MessageSort(message.protocol, message.family or "", message.type_name)
        found = self._sorts.get(key)
        if found is None:
            if len(self._sorts) >= _TYPES_LIMIT:
                key = MessageSort(message.protocol, "", _OTHER)
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
        text = message.root.get("msg")
        answered = message.answered_type or self._follower_type(message)
        key = (name, answered, text.text if text is not None else None, message.meaning)
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
        return finish(self.reporting(top))

    def reporting(self, top: int) -> Generator[None, None, dict[str, Any]]:
        """As `report`, a step a conversation."""
        figures = ConversationFigures(self._names, self._sort_of, top)
        for conversation in self._follower.conversations:
            figures.gaps.take(conversation)
            messages = self._wanted[conversation.id]
            if messages:
                figures.take(conversation, messages, self._bytes[conversation.id])
            yield
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
            "programs": figures.programs(),
            "processes": figures.processes(),
            "errors": [
                {"errno": name, "messages": count, "bytes": self._error_bytes[name]}
                for name, count in self._errors.most_common()
            ],
            "conversations": figures.kinds(),
            "latency": figures.latencies(),
            "slowest_dumps": figures.slowest(),
            "unanswered": {"count": figures.unanswered_count, "first": figures.unanswered},
            "rejected": self._rejected(),
            "interrupted": {"dumps": figures.interrupted, "messages": self._changed, "overruns": self._overruns},
            "gaps": {**figures.gaps.to_json(), "cut_messages": self._broken},
        }  # fmt: skip

    def _rejected(self) -> list[dict[str, Any]]:
        """What was refused and why, the most frequent first."""
        rows = [
            {"type": type_, "errno": errno, "text": text, "meaning": own or None, "count": count, "message": first}
            for (errno, type_, text, own), (count, first) in self._refusals.items()
        ]
        return sorted(rows, key=lambda row: (-row["count"], row["message"]))


_ENDS = frozenset({NLMSG_ERROR, NLMSG_DONE, NLMSG_OVERRUN})


def _added(name: str, rows: Iterable[tuple[str, _Tally]]) -> list[dict[str, Any]]:
    """Messages and bytes by something that several types share."""
    messages: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for key, tally in rows:
        messages[key] += tally.messages
        size[key] += tally.bytes
    return [{name: key, "messages": count, "bytes": size[key]} for key, count in messages.most_common()]
