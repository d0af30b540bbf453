"""The links, addresses and routes whose stories go on, by what ends them."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.stories.routes import Key
    from nlsniff.stories.story import ObjectStory

_METRIC = 5  # where a route's key has it
_Place = tuple[int | None, bool]


class Opened:
    """Stories by key, by the link that they are on, and of routes by destination."""

    def __init__(self) -> None:
        self._stories: dict[Key, ObjectStory] = {}
        # By the index of the link, and whether they end when it goes down.
        self._on: dict[_Place, dict[Key, ObjectStory]] = {}
        self._places: dict[Key, _Place] = {}
        # Routes by all but TOS and metric, by their metrics; some are over already.
        self._metrics: dict[Key, list[tuple[int, int, Key]]] = {}
        self._count = 0

    def __contains__(self, key: Key) -> bool:
        return key in self._stories

    def get(self, key: Key) -> ObjectStory | None:
        """The story with this key."""
        return self._stories.get(key)

    def put(self, key: Key, story: ObjectStory) -> None:
        """A story begins, or has another key from here on."""
        self._stories[key] = story
        if story.kind == "route":
            self._count += 1
            heapq.heappush(self._metrics.setdefault(key[:4], []), (key[_METRIC], self._count, key))
        self.settle(key)

    def pop(self, key: Key) -> ObjectStory | None:
        """A story ends."""
        place = self._places.pop(key, None)
        if place is not None:
            del self._on[place][key]
        return self._stories.pop(key, None)

    def settle(self, key: Key) -> None:
        """Note on which link a story is now, and whether it ends when that goes down."""
        story = self._stories.get(key)
        if story is None or story.kind == "link" or story.index is None:
            return
        # The kernel takes routes of IPv4 from a link that goes down, but for those to its own addresses.
        falls = key[:2] == ("route", "inet") and story.now is not None and not story.now[0].startswith("local")
        place, old = (story.index, falls), self._places.get(key)
        if place != old:
            if old is not None:
                del self._on[old][key]
            self._places[key] = place
            self._on.setdefault(place, {})[key] = story

    def on(self, index: int | None, *, falling: bool = False) -> list[tuple[Key, ObjectStory]]:
        """What is on a link, or of that what ends when it goes down."""
        found = self._on.get((index, True), {}) if index is not None else {}
        return [*found.items(), *(() if falling else self._on.get((index, False), {}).items())]

    def nearest(self, key: Key) -> Key:
        """The key of the route with the least metric that differs from a key in TOS and metric only; else that key."""
        metrics = self._metrics.get(key[:4], [])
        while metrics and metrics[0][2] not in self._stories:
            heapq.heappop(metrics)
        return metrics[0][2] if metrics else key
