"""Background work of the screen: it reads the file, filters and searches, a slice at a time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.tui.browser import Browser

# Seconds: how long a slice of work may block the screen, how long reading before the first screen may take,
# how long to wait for a file that does not grow, and how often progress is posted.
_SLICE, _FIRST, _REST, _POST = 0.015, 0.05, 0.2, 0.1

# A file with so many bytes left is read to its end before the first screen.
_SMALL = 1 << 18


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


async def filter_and_search(browser: Browser, post: Callable[[Progress], object]) -> None:
    """Filter and search until the screen closes, and post that there is progress, of reading as well."""
    posted = 0.0
    while True:
        busy = browser.step(_SLICE)
        now = time.monotonic()
        changed = browser.changed or browser.session is not None  # whose figures change by themselves
        if changed and (not busy or now - posted > _POST):
            posted = now
            post(Progress())
        await asyncio.sleep(0.001 if busy else _POST)
