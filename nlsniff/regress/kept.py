"""What of a capture expectations are about: all but what is the recorder's own, and what rules leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.follow.own import Own
from nlsniff.wire.constants import NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.follow.conversation import ConversationView
    from nlsniff.reader import IndexedCapture
    from nlsniff.regress.ruling import Ruling

_FRAME_OF_BATCH = (NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END)


class Kept:
    """Tells which conversations and messages count, as in a transcript of the same rules with `news`.

    Args:
        capture: that was read to its end.
        ruling: whose rules `only` and `ignore` choose.
    """

    def __init__(self, capture: IndexedCapture, ruling: Ruling) -> None:
        self._capture = capture
        self._ruling = ruling
        self._own = Own(capture.follower, capture.interfaces)
        self._only = ruling.matched(capture, "only")
        self._ignore = ruling.matched(capture, "ignore")
        self._known: dict[int, bool] = {}  # conversations, by id

    def conversations(self) -> Iterator[ConversationView]:
        """The conversations that count, in order."""
        return filter(self.conversation, self._capture.follower.conversations)

    def conversation(self, view: ConversationView) -> bool:
        """Whether a conversation counts: an event that a request caused, if that does and the event is not ignored."""
        known = self._known.get(view.id)
        if known is None:
            known = self._known[view.id] = self._counts(view)
        return known

    def message(self, number: int) -> bool:
        """Whether a message counts: each but the copies of an event or datagram for further listeners."""
        view = self._capture.conversation(number)
        if not self.conversation(view):
            return False
        message = self._capture.message(number)
        if view.kind in {"event", "datagram"}:
            return number == view.first_message or (
                view.kind == "datagram" and message.datagram == self._capture.message(view.first_message).datagram
            )
        if message.direction == "to-kernel":
            return True
        return not self._own.message(message) and not self._ignored({number})

    def _counts(self, view: ConversationView) -> bool:
        if self._own.conversation(view):
            return False
        if view.cause is not None:
            cause = self._capture.follower.conversation(view.cause)
            return self.conversation(cause) and not self._ignored({view.first_message})
        opening = self._opening(view)
        matching = [rule for rule, numbers in self._only.items() if not opening.isdisjoint(numbers)]
        for rule in matching:
            self._ruling.use(rule)
        return (not self._only or bool(matching)) and not self._ignored(opening)

    def _ignored(self, numbers: set[int]) -> bool:
        """Whether a rule matches all of some messages."""
        found = next((rule for rule, matched in self._ignore.items() if numbers <= matched), None)
        if found is not None:
            self._ruling.use(found)
        return found is not None

    def _opening(self, view: ConversationView) -> set[int]:
        """The numbers of the requests of a conversation, or that of its first message."""
        if view.kind != "batch":
            return {view.first_message}
        types = self._capture.index.types
        asked = [number for number in view.messages if self._capture.message(number).direction == "to-kernel"]
        return {number for number in asked if types[number - 1] not in _FRAME_OF_BATCH} or {view.first_message}
