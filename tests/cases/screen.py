"""The screen over a capture: opened, and a few keys pressed over its first messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.app import NlsniffApp
from tests.terminal.test_every_printer import check
from tests.tui.screens import settle

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

_FIRST = 4  # messages that are looked at
_KEYS = (("f", "j", "escape"), ("m", "j", "D", "escape"), ("c", "escape"))


async def visit(path: Path) -> int:
    """Open a capture on the screen and look around; gives the number of messages, 0 for what is refused.

    Raises:
        AssertionError: the screen shows a control character, or a line that is not its own.
    """
    try:
        capture = IndexedCapture(str(path), make_decoder())
    except NlsniffError:
        return 0
    with capture:
        app = NlsniffApp(capture, still=True, theme="nlsniff")
        async with app.run_test(size=(120, 40)) as pilot:
            screen = await settle(pilot)
            for row in range(min(_FIRST, len(capture))):
                screen.messages.go(row)
                await pilot.press("E")
                _look(pilot)
            for keys in _KEYS if len(capture) else ():
                for key in keys:
                    await pilot.press(key)
                    _look(pilot)
        return len(capture)


def _look(pilot: Pilot[None]) -> None:
    for strip in pilot.app.screen._compositor.render_strips():
        check("".join(segment.text for segment in strip))
