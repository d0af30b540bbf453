"""The bracket in the list's gutter: around a conversation and what it caused, from its request to its last answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nlsniff.follow.follower import Follower


class Bracket(NamedTuple):
    """From which message to which one a conversation goes, what it caused included.

    `conversation` is its id.
    """

    conversation: int
    first: int
    last: int

    def sign(self, follower: Follower, first: int, last: int) -> str:
        """What a row has in the gutter that holds the messages from one number to another; they belong together."""
        if last < self.first or first > self.last or self.first == self.last:
            return " "
        if not self._has(follower, first):
            return "│"
        if first == self.first:
            return "┌" if last < self.last else "╶"
        return "└" if last >= self.last else "├"

    def _has(self, follower: Follower, number: int) -> bool:
        owner = follower.conversation_of(number)
        return owner == self.conversation or follower.conversation(owner).cause == self.conversation


def bracket(follower: Follower, number: int) -> Bracket:
    """The bracket around what a message belongs to: of an event, the conversation that caused it."""
    owner = follower.conversation_of(number)
    view = follower.conversation(owner)
    view = view.causing or view
    # What was caused last is what comes last of it, but for copies that were read late.
    ends = [view.last_message, *(follower.conversation(id_).last_message for id_ in {*view.effects[-1:], owner})]
    return Bracket(view.id, view.first_message, max(ends))
