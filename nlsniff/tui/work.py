"""The work behind the screen: the file is read, a filter is asked and a search walks, a slice at a time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.tui.panes import Panes

if TYPE_CHECKING:
    from nlsniff.capture.session import Session

# Seconds: how long a slice of work keeps the screen from the user, how long reading before the first screen may take,
# how often a file that stands still is looked at, and how often the screen tells of progress.
_SLICE, _FIRST, _REST, _TELL = 0.015, 0.05, 0.2, 0.1

# Bytes that are read before the first screen, where no more are left.
_SMALL = 1 << 18

# Frames to read before the screen is told; the file is read in larger chunks anyway.
_FRAMES = 1024


class Work(Panes):
    """The part of the main screen that reads on.

    Attributes:
        session: the live capture that writes the file, or None.
        still: the file will not grow.
        caught_up: the end of the file was reached once.
        settled: all that is in the file is shown; what comes from now on is new.
        home: the message on which the cursor belongs once the filter has got that far, or None.
        shown: the message that the tree and the bytes show, or None.
    """

    session: Session | None
    still: bool
    caught_up = False
    settled = False
    home: int | None = None
    shown: int | None = None
    _failed = ""
    _told = 0.0

    def show_current(self) -> None:
        """Show the message under the cursor in the tree and in bytes."""
        raise NotImplementedError

    def tell(self) -> None:
        """Say in the status line how things are."""
        raise NotImplementedError

    def read_first(self) -> None:
        """Read a small file to its end, and of a large one enough for the first screen."""
        stop = time.perf_counter() + _FIRST
        while time.perf_counter() < stop and not self.caught_up:
            read, size = self.capture.progress()
            if len(self.capture) and size - read > _SMALL:
                return
            self._took_over(self._read())

    async def read_on(self) -> None:
        """Read until the screen closes, in a thread: a chunk takes longer than the screen may stand still."""
        while True:
            news = self._took_over(await asyncio.to_thread(self._read))
            if news and self.caught_up and self.rows.ask_again():
                self.home = None if self.messages.pinned else self.messages.number
            await asyncio.sleep(0 if news else _REST)

    async def work(self) -> None:
        """Filter, search and tell until the screen closes."""
        while True:
            busy = False
            filter_ = self.rows.filter
            if self.caught_up or filter_ is None or not filter_.needs_conversation:
                # How a conversation ended is known when it has been read to its end.
                busy = self.rows.step(_SLICE)
            busy = self.work_search(_SLICE) or busy
            now = time.monotonic()
            if not busy or now - self._told > _TELL:
                self._told = now
                self.show_news()
            self.settled = self.settled or (self.caught_up and not busy)
            await asyncio.sleep(0.001 if busy else _TELL)

    def _read(self) -> int:
        """Read a piece of the file; returns how many messages are new."""
        try:
            if self.caught_up and self.still:
                return 0
            return self.capture.advance(_FRAMES)
        except NlsniffError as error:
            self._failed = str(error)
            return 0

    def _took_over(self, news: int) -> bool:
        """Note how far the file has been read; tell whether there was something."""
        if not news and not self.caught_up:
            if self.still and not self._failed:
                self._finish()
            self.caught_up = True
        if self._failed:
            self.say(self._failed, "error")
            self._failed = ""
        return news > 0

    def _finish(self) -> None:
        """Take what remains of a record that was cut, and what is wrong with the end of the file."""
        try:
            self.capture.load()
        except NlsniffError as error:
            self._failed = str(error)

    def show_news(self) -> None:
        """Show what the work has found."""
        self.messages.sync(news=self.settled)
        if self.home is not None and self.rows.scanned >= self.home:
            self.messages.bring(self.rows.row(self.home))
            self.home = None
        if not self.messages.count:
            self.messages.words_when_empty = self._why_empty()
        if self.shown is None and self.messages.count:
            self.show_current()
        self.tell()

    def _why_empty(self) -> str:
        if self.rows.filter is not None:
            return "no message matches the filter; esc takes it away" if self.rows.complete else ""
        if not self.caught_up:
            return "reading"
        others = self.capture.index.datagrams.others
        if others:
            return f"no netlink message; {sum(others.values())} frames of {', '.join(others)}"
        return "nothing was captured yet" if self.session is not None else "the file holds no message"
