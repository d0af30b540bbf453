"""The screen over a capture whose names would steer a terminal: each window, and what is typed into the filter bar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import Input

from tests.terminal.hostile import WORDS, make
from tests.terminal.test_every_printer import check
from tests.tui.screens import OpenApp, settle

if TYPE_CHECKING:
    from textual.pilot import Pilot


def shown(pilot: Pilot[None]) -> str:
    """All that stands on the terminal now."""
    lines = ["".join(segment.text for segment in strip) for strip in pilot.app.screen._compositor.render_strips()]
    for line in lines:
        check(line)
    return "\n".join(lines)


async def test_no_window_draws_what_steers_a_terminal(open_app: OpenApp, tmp_path: Path) -> None:
    app = open_app(Path(make(tmp_path).capture))
    async with app.run_test(size=(180, 50)) as pilot:
        screen = await settle(pilot)
        seen = ""
        # The messages of one text come one behind another, and the last text holds all.
        for row in range(len(screen.browser.capture) * 11 // 12, len(screen.browser.capture)):
            screen.messages.go(row)
            screen.action_find_problem(-1)
            await pilot.pause()
            seen += shown(pilot)
        assert "\\x1b[2J" in seen
        for keys in (
            ("f", "j", "j", "escape"),
            ("m", "k", "k", "D", "escape"),
            ("c", "escape"),
            ("question_mark", "escape"),
        ):
            for key in keys:
                await pilot.press(key)
                seen += shown(pilot)
        for opens in ("slash", "ctrl+f"):
            await pilot.press(opens)
            bar = screen.query_one(Input)
            bar.value = f"{WORDS.encode('utf-8', 'replace').decode()} =="
            await pilot.pause(0.3)
            shown(pilot)
            await pilot.press("enter")
            await pilot.pause(0.1)
            shown(pilot)
            await pilot.press("escape")
