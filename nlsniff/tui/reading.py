"""Background work of the screen: it reads the file, filters and searches, a slice at a time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

from textual.message import Message

from nlsniff.steps import some_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.browser import Browser
    from nlsniff.tui.density import Density

# Seconds: how long a slice of work may block the screen, how long reading before the first screen may take,
# how long to wait for a file that does not grow, and how often progress is posted.
_SLICE, _FIRST, _REST, _POST = 0.015, 0.05, 0.2, 0.1

# A file with so many bytes left is read to its end before the first screen.
_SMALL = 1 << 18
LOOK = 0.5  # seconds between two looks of an open window at whether there is more


Result = TypeVar("Result")


class Progress(Message):
    """The browser may have more to show."""

    def can_replace(self, message: Message) -> bool:
        """One look at the browser is enough for all that are queued."""
        return isinstance(message, Progress)


def read_first(browser: Browser) -> None:
    """Read a small file to its end, and of a large one enough for the first screen."""
    stop = time.perf_counter() + _FIRST
    while time.perf_counter() < stop and not browser.caught_up:
        read, size = browser.capture.progress()
        if len(browser.capture) and size - read > _SMALL:
            return
        browser.take_in(browser.read())


async def read_on(browser: Browser) -> None:
    """Read until the screen closes, in a thread: a piece takes longer than the screen may be blocked."""
    while True:
        new = await asyncio.to_thread(browser.read)
        browser.take_in(new)
        await asyncio.sleep(0 if new else _REST)


async def filter_and_search(
    browser: Browser, density: Density, post: Callable[[Progress], object], say: Callable[[str], object]
) -> None:
    """Filter and search until the screen closes, and post that there is progress, of reading as well.

    Then count how many messages came when. When there is nothing else to do, look the file over, and say what it holds.
    """
    posted = 0.0
    over = LookOver(browser, say)
    while True:
        counts = density.behind
        busy = browser.step(_SLICE) or density.step(_SLICE) or over.step(_SLICE)
        now = time.monotonic()
        changed = browser.changed or counts or browser.session is not None  # whose figures change by themselves
        if changed and (not busy or now - posted > _POST):
            posted = now
            post(Progress())
        await asyncio.sleep(0.001 if busy else _POST)


async def in_slices(work: Generator[None, None, Result]) -> Result:
    """Do a work that has steps while the screen stays alive."""
    while True:
        found = some_steps(work, _SLICE)
        if found is not None:
            return found
        await asyncio.sleep(0.001)


class LookOver:
    """Says what a file holds once it has been read; nothing of a recording that goes on, and nothing once it grows.

    Args:
        browser: over the file.
        say: gets the words, or "".
    """

    def __init__(self, browser: Browser, say: Callable[[str], object]) -> None:
        self._browser = browser
        self._say = say
        self._work: Generator[None, None, list[str]] | None = None
        self._size = 0  # messages that are counted
        self._done = self._over = False

    def step(self, seconds: float) -> bool:
        """Count for about so long; returns whether there is more to do."""
        capture = self._browser.capture
        if self._over or not self._browser.caught_up or (self._done and len(capture) == self._size):
            return False
        if self._work is None:
            from nlsniff.stats.health import health  # the first screen does without

            self._work, self._size = health(capture.follower, capture.lost_frames), len(capture)
        if self._browser.session is not None or len(capture) != self._size:
            self._over = True
            self._say("")
            return False
        words = some_steps(self._work, seconds)
        if words is not None:
            self._done = True
            self._say(", ".join(words))
        return not self._done


def of_what(capture: IndexedCapture, count: int) -> str:
    """What the title of a window says that was made of the first `count` messages; "" where these are all."""
    total = len(capture)
    read, size = capture.progress()
    if total > count:
        return f" of the first {count:,} of {total:,} messages, ctrl-r counts anew"
    return f" of the first {100 * read // size}% of the file" if read < size else ""
