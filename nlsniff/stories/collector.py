"""What those who collect stories of one kind have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.stories.story import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.paths import MessageValues
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower
    from nlsniff.stories.story import ObjectStory, Story


class Collector:
    """Collects stories from conversations that are fed to it in order.

    Args:
        stories: where they go, those of other kinds among them.
        follower: knows what a request caused.
        source: gives a message by its number.
    """

    def __init__(
        self, stories: list[Story | ObjectStory], follower: Follower, source: Callable[[int], NetlinkMessage]
    ) -> None:
        self._stories = stories
        self._follower = follower
        self._source = source


class RequestCollector(Collector):
    """Collects them where a request is about one object."""

    def _effect(
        self, conversation: ConversationView, message: NetlinkMessage, fits: Callable[[MessageValues], bool]
    ) -> NetlinkMessage | None:  # fmt: skip
        """The first event that a request caused about the same object; it has more attributes than the request."""
        for number in conversation.effects:
            notified = self._source(self._follower.conversation(number).first_message)
            if notified.type >> 2 == message.type >> 2 and fits(notified.values):
                return notified
        return None

    def _step(self, conversation: ConversationView, message: NetlinkMessage, verb: str, text: str) -> Step:
        cause = conversation.cause
        asker = conversation.process if cause is None else self._follower.conversation(cause).process
        numbers = list(conversation.messages)
        return Step(message.time_ns, verb, text, numbers, conversation.id, conversation.errno, cause, asker,
                    conversation.certain)  # fmt: skip
