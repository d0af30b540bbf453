"""Figures of a capture: how much of what, how it ended, how long it took, and what is missing from it.

Messages are counted as they come, and a conversation when all of its messages have. So nothing is kept of what is over,
and a capture of any length is counted in one pass and constant memory, where the follower has a `PassingStore`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from nlsniff.follow.passing import PassingStore
from nlsniff.follow.rules import errno_in
from nlsniff.stats.askers import Askers
from nlsniff.stats.conversations import ConversationFigures, MessageSort
from nlsniff.stats.gaps import Gaps
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


class _Share:
    """What was counted of a conversation that is not over.

    Attributes:
        sort: of its first message.
        size: how many messages it has; 0 while more may join it.
        seen: how many of them have come here.
        wanted, bytes: how many of these were wanted, and their bytes.
        changed: how many of these say NLM_F_DUMP_INTR.
    """

    __slots__ = ("bytes", "changed", "seen", "size", "sort", "wanted")

    def __init__(self, sort: int, size: int) -> None:
        self.sort = sort
        self.size = size
        self.seen = self.wanted = self.bytes = self.changed = 0


class Statistics:
    """Counts the messages of a capture, and its conversations.

    Args:
        follower: has been fed every message before `feed` is; with a store of all, or with a `PassingStore`.
        top: how many of the slowest dumps, the unanswered requests and the skipped numbers are listed.
    """

    def __init__(self, follower: Follower, top: int = 10) -> None:
        self._follower = follower
        self._passing = follower.store if isinstance(follower.store, PassingStore) else None
        askers = Askers(follower)
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
        self._shares: dict[int, _Share] = {}  # by id of the conversation
        self._sizes: dict[int, int] = {}  # of those that were over before the first message came here
        self._figures = ConversationFigures(askers, self._names, top)
        self._gaps = Gaps(askers, top)
        if self._passing is not None:
            self._passing.in_order = lambda number: self._gaps.take(follower.conversation(number))

    def feed(self, message: NetlinkMessage, *, wanted: bool = True) -> None:
        """Take in the next message, all in the order of their numbers; count it where it is wanted."""
        conversation, end, type_, direction = message.conversation, message.end, message.type, message.direction
        share = self._shares.get(conversation)
        if wanted or share is None:
            sort = self._sure.get((message.protocol, type_, direction), -1)
            if sort < 0 or end < message.body:
                sort = self._sort(message)
            if share is None:
                share = self._shares[conversation] = _Share(sort, self._begin(conversation))
        share.seen += 1
        if message.broken:
            self._broken += 1
        if wanted:
            size = end - message.start
            share.wanted += 1
            share.bytes += size
            tally = self._tallies[sort]
            tally.messages += 1
            tally.bytes += size
            if direction == "to-user":
                tally.to_user += 1
            elif direction == "to-kernel":
                tally.to_kernel += 1
            if message.frame != self._frame:
                self._frame = message.frame
                self._note_frame(message.time_ns)
            if message.flags & NLM_F_DUMP_INTR and direction == "to-user":
                share.changed += 1
            if type_ in _ENDS and is_control(message.protocol, type_):
                self._note_end(message, share)
        if share.seen == share.size:
            self._end(conversation, share)

    def _note_frame(self, time_ns: int) -> None:
        """Count a frame, of this time."""
        self._frames += 1
        self._first = min(self._first, time_ns)
        self._last = max(self._last, time_ns)

    # -- conversations -------------------------------------------------------------------------------------------

    def _begin(self, number: int) -> int:
        """Take note of a new conversation. Returns how many messages it has, 0 while more may join it."""
        if self._passing is None:
            conversation = self._follower.conversation(number)
            self._gaps.take(conversation)
            return conversation.count
        over, shares = self._passing.over, self._shares
        while over:
            at, size = over.popleft()
            share = shares.get(at)
            if share is None:
                self._sizes[at] = size
            else:
                share.size = size
                if share.seen == size:
                    self._end(at, share)
        return self._sizes.pop(number, 0)

    def _end(self, number: int, share: _Share) -> None:
        """Count a conversation all of whose messages have come, or that stands so at the end, and forget it."""
        if share.wanted:
            conversation = self._follower.conversation(number)
            self._figures.take(conversation, share.sort, share.wanted, share.bytes)
            # The bit means this in the answers to a dump; elsewhere the same bit is another flag.
            if conversation.kind == "dump":
                self._changed += share.changed
        del self._shares[number]
        if self._passing is not None:
            self._passing.drop(number)

    # -- messages ------------------------------------------------------------------------------------------------

    def _sort(self, message: NetlinkMessage) -> int:
        header = (message.protocol, message.type, message.direction)
        key = MessageSort(message.protocol, message.family or "", message.type_name)
        found = self._sorts.get(key)
        if found is None:
            if len(self._sorts) >= _TYPES_LIMIT:
                key = MessageSort(message.protocol, "", _OTHER)
            found = self._sorts.setdefault(key, len(self._sorts))
            if found == len(self._tallies):
                self._names.append(key)
                self._tallies.append(_Tally())
        if header not in self._sure and len(self._sure) < _TYPES_LIMIT:
            constant = self._follower.decoder.layouts.constant(*header)
            self._sure[header] = found if constant == key.type and not key.family else -1
        return found

    def _note_end(self, message: NetlinkMessage, share: _Share) -> None:
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
        answered = message.answered_type or self._asked_type(message, share)
        key = (name, answered, text.text if text is not None else None, message.meaning)
        if len(self._refusals) >= _REFUSALS_LIMIT and key not in self._refusals:
            key = (key[0], _OTHER, None, "")
        self._refusals.setdefault(key, [0, message.number])[0] += 1

    def _asked_type(self, message: NetlinkMessage, share: _Share) -> str:
        """What an answer that copies no request is for: what its conversation began with."""
        found = self._follower.conversation(message.conversation)
        return self._names[share.sort].type if found.request is not None else ""

    # -- the report ----------------------------------------------------------------------------------------------

    def report(self) -> dict[str, Any]:
        """The object that `nlsniff stats --json` prints, but for what only the file says; times in seconds.

        No message may follow.
        """
        return finish(self.reporting())

    def reporting(self) -> Generator[None, None, dict[str, Any]]:
        """As `report`, a step for each conversation that is not over."""
        figures = self._figures
        if self._passing is not None:
            self._passing.tell_rest()
        for number, share in list(self._shares.items()):
            self._end(number, share)
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
                        **sort.to_json(), "messages": tally.messages, "bytes": tally.bytes,
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
            "unanswered": {"count": figures.unanswered_count, "first": figures.unanswered()},
            "rejected": self._rejected(),
            "interrupted": {"dumps": figures.interrupted, "messages": self._changed, "overruns": self._overruns},
            "gaps": {**self._gaps.to_json(), "cut_messages": self._broken},
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
