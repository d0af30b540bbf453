"""The work behind the screen: the file is read, a filter is asked and a search walks, a slice at a time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.tui.panes import Panes

if TYPE_CHECKING:
    from nlsniff.capture.session import Session

# Seconds: how long a slice of work keeps the screen from the user, how long the first may take, how often a file
# that stands still is looked at, and how often the screen tells of progress.
_SLICE, _FIRST, _REST, _TELL = 0.015, 0.1, 0.2, 0.1


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
    _frames = 512
    _told = 0.0

    def show_current(self) -> None:
        """Show the message under the cursor in the tree and in bytes."""
        raise NotImplementedError

    def tell(self) -> None:
        """Say in the status line how things are."""
        raise NotImplementedError

    def read_first(self) -> None:
        """Read as much as takes no time, so that the first screen is full and a small file is all there."""
        stop = time.perf_counter() + _FIRST
        while self._read() and time.perf_counter() < stop:
            pass

    async def work(self) -> None:
        """Work until the screen closes."""
        while True:
            busy = self._read()
            filter_ = self.rows.filter
            if self.caught_up or filter_ is None or not filter_.needs_conversation:
                # How a conversation ended is known when it has been read to its end.
                busy = self.rows.step(_SLICE) or busy
            busy = self.work_search(_SLICE) or busy
            now = time.monotonic()
            if not busy or now - self._told > _TELL:
                self._told = now
                self.show_news()
            self.settled = self.settled or not busy
            await asyncio.sleep(0.001 if busy else _REST)

    def _read(self) -> bool:
        """Read a slice of the file; tell whether there was something."""
        began = time.perf_counter()
        try:
            news = self.capture.advance(self._frames)
        except NlsniffError as error:
            self.say(str(error), "error")
            return False
        took = time.perf_counter() - began
        if news:
            self._frames = max(64, min(65536, int(self._frames * _SLICE / max(took, 1e-4))))
        elif not self.caught_up:
            self.caught_up = True
            if self.still:
                return self._finish()
        return bool(news)

    def _finish(self) -> bool:
        """Take what remains of a record that was cut, and what is wrong with the end of the file."""
        before = len(self.capture)
        try:
            self.capture.load()
        except NlsniffError as error:
            self.say(str(error), "error")
        return len(self.capture) > before

    def show_news(self) -> None:
        """Show what the work has found."""
        self.messages.sync(news=self.settled)
        if self.home is not None and self.rows.scanned >= self.home:
            self.messages.go(self.rows.row(self.home))
            self.messages.centre_cursor()
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
