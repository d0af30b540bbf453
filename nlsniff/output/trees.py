"""Conversations and stories with every field: the conversation, its messages, their nodes, each deeper by one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.output.headline import headline
from nlsniff.output.text import tree as plain_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower
    from nlsniff.stories.story import ObjectStory, Story

    Tree = Callable[[NetlinkMessage], list[str]]


def conversation_tree(
    conversation: ConversationView, follower: Follower, source: Callable[[int], NetlinkMessage],
    tree: Tree = plain_tree,
) -> Iterator[str]:  # fmt: skip
    """A conversation as lines: its messages, then the events that its request caused with theirs.

    Args:
        conversation: any kind.
        follower: knows the events that it caused.
        source: gives a message by its number.
        tree: gives its tree as lines.
    """
    yield headline(conversation)
    yield from _messages(conversation.messages, source, tree)
    for number in conversation.effects:
        event = follower.conversation(number)
        yield f"  {headline(event)}"
        for line in _messages(event.messages, source, tree):
            yield f"  {line}"


def story_tree(
    story: Story | ObjectStory, source: Callable[[int], NetlinkMessage], tree: Tree = plain_tree
) -> Iterator[str]:
    """A story as lines, with the messages of each step below it; `tree` gives the lines of each."""
    return story.lines(lambda step: (f"  {line}" for line in _messages(step.messages, source, tree)))


def _messages(numbers: Iterable[int], source: Callable[[int], NetlinkMessage], tree: Tree) -> Iterator[str]:
    """The trees of messages; copies of what was just shown are named only."""
    shown = b""
    for number in numbers:
        message = source(number)
        data = message.data[message.start : message.end]
        if data == shown:
            yield f"  message {number}: the same bytes again"
            continue
        shown = data
        for part in tree(message):
            yield from (f"  {line}" for line in part.split("\n"))
