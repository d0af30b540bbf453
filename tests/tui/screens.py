"""Driving a screen in a test: its parts, what is typed, and waiting until nothing moves any more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from textual.events import Paste

from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.main_screen import MainScreen

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from nlsniff.tui.app import NlsniffApp
    from nlsniff.tui.line_view import LineView

CAPTURES = Path(__file__).resolve().parent.parent.parent / "captures"


def opened(name: str | Path) -> IndexedCapture:
    """A recording of captures/ or any file, read to its end."""
    path = name if isinstance(name, Path) else CAPTURES / f"{name}.pcapng"
    return IndexedCapture(str(path), make_decoder()).load()


class OpenApp(Protocol):
    """Makes an application over a recording of captures/ or any file."""

    def __call__(
        self, name: str | Path = ..., *, still: bool = ..., filter_text: str = ..., show_secrets: bool = ...
    ) -> NlsniffApp: ...


def main(pilot: Pilot[None]) -> MainScreen:
    """The main screen, also where a window is open over it."""
    screen = next(screen for screen in pilot.app.screen_stack if isinstance(screen, MainScreen))
    assert isinstance(screen, MainScreen)
    return screen


def row_text(view: LineView, row: int) -> str:
    return "".join(segment.text for segment in view.render_line(row - view.scroll_offset.y))


async def settle(pilot: Pilot[None]) -> MainScreen:
    """Wait until the file is read, the filter asked and the search over."""
    screen = main(pilot)
    for _ in range(500):
        await pilot.pause()
        browser = screen.browser
        if browser.caught_up and not browser.rows.busy and browser.search is None and screen.bar.said is not None:
            break
        await pilot.pause(0.02)
    else:
        pytest.fail("the screen did not come to rest within 10 s")
    screen.show()
    await pilot.pause()
    return screen


_NAMES = {
    " ": "space", "=": "equals_sign", ".": "full_stop", "_": "underscore", "/": "slash", '"': "quotation_mark",
    "<": "less_than_sign", ">": "greater_than_sign", ":": "colon", "-": "minus", "{": "left_curly_bracket",
    "}": "right_curly_bracket", ",": "comma", "'": "apostrophe", "?": "question_mark",
}  # fmt: skip


async def type_text(pilot: Pilot[None], text: str) -> None:
    """Type characters one by one."""
    await pilot.press(*(_NAMES.get(char, char) for char in text))


async def filter_by(pilot: Pilot[None], text: str) -> MainScreen:
    """Paste a filter into the bar and apply it: each key that is typed takes a twentieth of a second."""
    await pilot.press("slash")
    pilot.app.post_message(Paste(text))
    await pilot.press("enter")
    return await settle(pilot)
