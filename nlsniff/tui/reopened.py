"""Another file in the place of the one that is shown, or the same as it is now: it was cut or replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.browser import Browser


class Reopened(Message):
    """A file was opened: it shall be shown in the place of the screen.

    Args:
        capture: the file.
        filter_text: the filter to begin with.
        still: the file will not grow.
        home: the message to begin on; None for the first.
    """

    def __init__(
        self, capture: IndexedCapture, filter_text: str, *, still: bool = False, home: int | None = None
    ) -> None:
        super().__init__()
        self.capture = capture
        self.filter_text = filter_text
        self.still = still
        self.home = home


def reopen(browser: Browser) -> Reopened:
    """Open the file of a browser anew.

    Raises:
        NlsniffError: it cannot be opened, or is none.
    """
    if browser.session is not None:
        raise NlsniffError("a recording is shown as it grows")
    return Reopened(browser.capture.again(), browser.filter_text)
