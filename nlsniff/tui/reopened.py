"""Another file in the place of the one that is shown, or the same as it is now: it was cut or replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from nlsniff.capture.session import Session
    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.browser import Browser


class Reopened(Message):
    """A file was opened: it shall be shown in the place of the screen.

    Args:
        capture: the file.
        filter_text: the filter to begin with.
        still: the file will not grow.
        home: the message to begin on; None for the first.
        session: the live capture that writes the file, or None.
    """

    def __init__(
        self, capture: IndexedCapture, filter_text: str, *, still: bool = False, home: int | None = None,
        session: Session | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.capture = capture
        self.filter_text = filter_text
        self.still = still
        self.home = home
        self.session = session


def reopen(browser: Browser) -> Reopened:
    """Open the file of a browser anew, or the one that its session writes now.

    Raises:
        NlsniffError: it cannot be opened, or is none.
    """
    session = browser.session
    if session is None:
        return Reopened(browser.capture.again(), browser.filter_text)
    capture = browser.capture.again(str(session.path))
    capture.path = session.name
    return Reopened(capture, browser.filter_text, session=session)
