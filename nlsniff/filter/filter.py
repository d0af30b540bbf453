"""A filter that is ready to use, over the columns of an index and over messages."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from nlsniff.filter.codegen import columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.file.index import Index
    from nlsniff.filter.codegen import HeaderCode
    from nlsniff.filter.plan import FilterPlan
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower


class Filter:
    """A filter that is ready to use.

    Attributes:
        text: the filter as written.
        header_only: the columns of the index alone decide, so that `candidates` and `header_predicate` are exact.
        needs_conversation: it depends on how a conversation ended, so that `matches` needs the conversation.
        condition: source of `header_predicate`, over the names of `nlsniff.filter.codegen.COLUMNS`.
        values: the values of the other names in `condition`.
    """

    def __init__(self, text: str, plan: FilterPlan, source: HeaderCode, origin: list[int]) -> None:
        self.text = text
        self.header_only = plan.bounds.exact
        self.needs_conversation = plan.conversation
        self.condition = plan.bounds.upper
        self.values = source.values
        self._origin = origin
        self._source = source
        self._test = None if self.header_only else plan.test

    def __repr__(self) -> str:
        return f"<Filter {self.text!r}>"

    @cached_property
    def header_predicate(self) -> Callable[..., bool]:
        """A function of the columns, in the order of `nlsniff.filter.codegen.COLUMNS`.

        False means that the message cannot match; True that it may, or, with `header_only`, that it does.
        """
        return self._source.predicate(self.condition)

    @cached_property
    def _selector(self) -> tuple[tuple[str, ...], Callable[..., list[int]]]:
        return self._source.selector(self.condition)

    def begin(self, time_ns: int) -> None:
        """Set the time of the first message, in ns since 1970: `time < 2s` counts from it. Call it before `matches`."""
        self._origin[0] = time_ns

    def matches(self, message: NetlinkMessage, conversation: ConversationView | None = None) -> bool:
        """Whether a message matches. Its body is decoded only where its header does not decide."""
        if not self.header_predicate(*columns_of(message)):
            return False
        return self._test is None or self._test(message, conversation)

    def candidates(self, index: Index, start: int, stop: int, follower: Follower | None = None) -> list[int]:
        """The numbers of the messages in rows [start, stop) that may match; with `header_only`, that do match.

        Row 0 is message 1. A follower, which knows what failed, leaves out more.
        """
        if stop <= start:
            return []
        self.begin(index.time_ns(0))
        columns, select = self._selector
        given = [_column(index, follower, name, start, stop) for name in columns]
        return select(range(start + 1, stop + 1), *given)


_COLUMN = {
    "protocol": "protocols", "type_": "types", "flags": "flags", "seq": "seqs", "port": "ports", "length": "lengths",
    "frame": "frame_numbers",
}  # fmt: skip


def _column(index: Index, follower: Follower | None, name: str, start: int, stop: int) -> Sequence[int]:
    if name == "failed":
        return follower.failed(start, stop) if follower is not None else [True] * (stop - start)
    if name == "comment":
        commented = index.commented
        return [commented[frame - 1] for frame in index.frame_numbers[start:stop]]
    if name == "time":
        times = index.times
        return [times[frame - 1] for frame in index.frame_numbers[start:stop]]
    found: Sequence[int] = getattr(index, _COLUMN[name])
    return found[start:stop]
