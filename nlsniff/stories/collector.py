"""What those who collect stories of one kind have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
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
