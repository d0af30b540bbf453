"""Which notification of nf_tables tells of which request of a batch."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.follow.extack import Requests
from nlsniff.follow.rules import errno_in
from nlsniff.stories.nftables import change_of, stem
from nlsniff.wire.constants import NFNL_MSG_BATCH_END, NLM_F_REPLACE, NLMSG_DONE, NLMSG_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.stories.nftables import Change

_Key = tuple[object, ...]


class Requested:
    """A request, and what the kernel said to it.

    Attributes:
        change: what it asks for; the name is the kernel's, where that made it and said so.
        told: what the kernel told everybody of it.
        errno: name of the error where the kernel refused it, else None.
        verdict: number of the message that refused it, else 0.
    """

    __slots__ = ("change", "errno", "told", "verdict")

    def __init__(self, change: Change) -> None:
        self.change = change
        self.told: list[Change] = []
        self.errno: str | None = None
        self.verdict = 0

    @property
    def numbers(self) -> list[int]:
        """The numbers of the messages."""
        found = [self.change.at, *(each.at for each in self.told)]
        return [*found, self.verdict] if self.verdict else found


class RulesetBatch(NamedTuple):
    """What a batch asks for, in order, with the errors of those that were refused.

    Without its end (`tried`) the kernel only says what it would refuse; or the capture lacks the end.
    """

    requests: list[Requested]
    tried: bool


def read(conversation: ConversationView, source: Callable[[int], NetlinkMessage]) -> RulesetBatch:
    """Read a batch of nf_tables."""
    found: dict[int, Requested] = {}
    ended = False
    requests = Requests(conversation, source)
    for number in conversation.messages:
        message = source(number)
        if message.direction == "to-kernel":
            ended = ended or message.type == NFNL_MSG_BATCH_END
            change = change_of(message)
            if change is not None:
                found[number] = Requested(change._replace(batch=conversation.id))
        elif message.type in {NLMSG_ERROR, NLMSG_DONE} and errno_in(message):
            request = requests.of(message)
            asked = found.get(request.number) if request is not None else None
            code = message.values.get("error")
            if asked is not None and code is not None:
                asked.errno, asked.verdict = code.resolved or code.text, number
    return RulesetBatch(list(found.values()), not ended)


def tie(asked: Iterable[Requested], told: Iterable[Change]) -> list[Change]:
    """Give each request what the kernel told everybody of it; returns what belongs to none.

    The kernel tells in the order of the requests. It tells of each element and each deleted rule by itself, though one
    request may be about many.
    """
    waiting = _Waiting(asked)
    return [change for change in told if not waiting.take(change)]


class _Waiting:
    """The requests of a batch, by what the kernel will say of them."""

    def __init__(self, asked: Iterable[Requested]) -> None:
        self._by: dict[_Key, deque[Requested]] = {}
        self._numbered: dict[
            _Key, list[Requested]
        ] = {}  # those that name a set or chain of the same batch, by its number
        for each in asked:
            change = each.change
            self._put(each)
            if change.number:
                key = (change.owner, change.family, change.table, change.number)
                self._numbered.setdefault(key, []).append(each)

    def _put(self, asked: Requested) -> None:
        change = asked.change
        key: _Key = (change.verb, change.kind, change.family, change.table, change.name)
        if change.kind == "rule" and change.verb == "delete" and change.handle is not None:
            key = (*key, change.handle)
        self._by.setdefault(key, deque()).append(asked)
        if change.kind == "rule" and change.flags & NLM_F_REPLACE and change.handle is not None:
            key = ("delete", "rule", change.family, change.table, change.name, change.handle)
            self._by.setdefault(key, deque()).append(asked)

    def take(self, told: Change) -> bool:
        """Give a notification to its request; False where there is none."""
        key: _Key = (told.verb, told.kind, told.family, told.table, told.name)
        if told.kind == "rule" and told.verb == "delete" and self._give(told, (*key, told.handle), once=True):
            return True
        # Elements come one by one, and rules go one by one where a request is about all.
        once = told.kind != "element" and (told.kind != "rule" or told.verb == "new")
        if self._give(told, key, once=once):
            return True
        name = stem(told.name)
        if name and told.verb == "new":
            return self._give(told, (*key[:4], name), once=once)
        return told.verb == "delete" and any(self._give(told, wide, once=False) for wide in _wider(told))

    def _give(self, told: Change, key: _Key, *, once: bool) -> bool:
        found = self._by.get(key)
        if not found:
            return False
        asked = found.popleft() if once else found[0]
        asked.told.append(told)
        if asked.change.allocated:
            self._name(asked.change, told.name)
        return True

    def _name(self, change: Change, name: str) -> None:
        """The kernel has told the name of a set or chain: all requests about it have that now."""
        for asked in self._numbered.pop((change.owner, change.family, change.table, change.number), ()):
            asked.change = asked.change._replace(name=name)
            if not asked.told:
                self._put(asked)


def _wider(told: Change) -> Iterator[_Key]:
    """What a request names that deletes more than what is told: all rules of a table, all tables."""
    if told.kind == "rule":
        yield ("delete", "rule", told.family, told.table, "")
    elif told.kind == "table":
        yield ("delete", "table", told.family, "", "")
        yield ("delete", "table", "unspec", "", "")
