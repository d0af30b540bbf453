"""Recording, seen from the screen: it is stopped, begun again, or begun anew; and a file is read anew."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from nlsniff.errors import NlsniffError
from nlsniff.tui.reopened import reopen

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.tui.main_screen import MainScreen

Step = Literal["stop", "anew"]

_REST = 2.0  # seconds to wait until the screen has read what was recorded last
_LOOK = 0.05


class RecordingControl:
    """Stops the recording of a screen, and begins another, in whose place the screen then shows it.

    Args:
        screen: over the recording, or over a file.
    """

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._busy = False  # a process is waited for

    def change(self, step: Step) -> None:
        """Stop, or begin again what was stopped; or begin anew, where a file is read anew."""
        screen = self._screen
        session = screen.browser.session
        if self._busy:
            return
        if session is None:
            if step == "stop":
                screen.note("this is a file; `nlsniff live` records", "warning")
            else:
                self._reopen()
        elif step == "stop" and session.stats().alive:
            self._work("stopping", session.finish)
        else:
            screen.saver.leave(
                lambda: self._work("a recording begins", session.begin, self._reopen),
                "Record anew",
                lambda: self._work("stopping", session.finish, self._save_all),
            )

    def _work(self, words: str, work: Callable[[], object], after: Callable[[], object] = lambda: None) -> None:
        self._busy = True
        self._screen.note(words)
        self._screen.run_worker(self._wait_for(work, after), name="recording")

    async def _wait_for(self, work: Callable[[], object], after: Callable[[], object]) -> None:
        """Wait for the processes that record, while the screen stays alive."""
        try:
            await asyncio.to_thread(work)
            self._screen.note("")
            after()
        except NlsniffError as error:
            self._screen.note(str(error), "error")
        finally:
            self._busy = False

    def _save_all(self) -> None:
        self._screen.run_worker(self._save_rest(), name="saving")

    async def _save_rest(self) -> None:
        """Save all, once the screen has read all of the recording."""
        for _ in range(round(_REST / _LOOK)):
            read, size = self._screen.browser.capture.progress()
            if read >= size:
                break
            await asyncio.sleep(_LOOK)
        self._screen.saver.save_all()

    def _reopen(self) -> None:
        """Show the file as it is now, or the recording that began."""
        try:
            self._screen.post_message(reopen(self._screen.browser))
        except NlsniffError as error:
            self._screen.note(str(error), "error")
