"""A file that is shown as it is now, because it was cut or replaced since it was opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.browser import Browser


class Reopened(Message):
    """The file was opened anew: it shall be shown in the place of the screen, filtered in the same way."""

    def __init__(self, capture: IndexedCapture, filter_text: str) -> None:
        super().__init__()
        self.capture = capture
        self.filter_text = filter_text


def reopen(browser: Browser) -> Reopened:
    """Open the file of a browser anew.

    Raises:
        NlsniffError: it cannot be opened, or is none.
    """
    if browser.session is not None:
        raise NlsniffError("a recording is shown as it grows")
    return Reopened(browser.capture.again(), browser.filter_text)
