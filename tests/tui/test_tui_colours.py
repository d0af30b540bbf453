"""Colours of the user's own: filters in config.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.errors import NlsniffError
from nlsniff.tui.config import Config, config_file
from nlsniff.tui.themes import THEMES, colour_look, colour_of
from tests.tui.screens import main, settle
from tests.tui.test_tui_contrast import faint

if TYPE_CHECKING:
    from pathlib import Path

    from rich.color import Color
    from textual.pilot import Pilot

    from tests.tui.screens import OpenApp

RULES = """
[list]
columns = ["message", "type", "summary"]
[[list.colours]]
name = "refused"
filter = "errno"
colour = "#112233"
[[list.colours]]
filter = "type =="
colour = "red"
[[list.colours]]
name = "marked by me"
filter = "marked"
colour = "dark_orange"
[[list.colours]]
filter = "type == RTM_NEWROUTE"
colour = "mauve-ish"
"""


def colour(pilot: Pilot[None], number: int) -> Color | None:
    """That of a message's type in the list."""
    screen = main(pilot)
    line = screen.messages.render_line(screen.browser.rows.row(number) - screen.messages.scroll_offset.y)
    return next(look.color for text, look, _ in line if look and "_" in text)


@pytest.mark.parametrize("theme", ["nlsniff", "nlsniff-light"])
async def test_the_first_rule_that_matches_colours_a_row_and_wrong_ones_are_said(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    config_file().parent.mkdir(parents=True)
    config_file().write_text(RULES)
    app = open_app()
    app.theme = theme
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await settle(pilot)
        for _ in range(100):
            await pilot.pause(0.02)
            if "colours of config.toml" in screen.status.text:
                break
        assert "rule 2: filter: column 8" in screen.status.text
        assert "1 more wrong" in screen.status.text
        screen.jump(29)
        await pilot.press("j")
        await pilot.pause()
        assert "colour: refused" in screen.status.text
        assert faint(app) == set(), "a colour that cannot be read on its ground moves away from it"
        await pilot.press("j")
        await pilot.pause()
        before = colour(pilot, 30)
        await pilot.press("k", "m", "j")
        await pilot.pause()
        assert colour(pilot, 30) == before, "the first rule counts"
        screen.jump(10)
        await pilot.press("j")
        await pilot.pause()
        other = colour(pilot, 10)
        await pilot.press("k", "m", "j")
        await pilot.pause()
        assert colour(pilot, 10) not in {other, before}
    config = Config(config_file())
    assert config.set("screen", "theme", "nlsniff")
    rules = config.get("list", "colours")
    assert isinstance(rules, list)
    assert [rule["colour"] for rule in rules] == ["#112233", "red", "dark_orange", "mauve-ish"]


def test_colours_have_names_or_numbers_and_none_is_lost_on_sixteen() -> None:
    for name in ("nosuch", "default", "#12", "on red", "bold", ""):
        with pytest.raises(NlsniffError, match="no colour"):
            colour_of(name)
    sixteen = next(theme for theme in THEMES if theme.ansi)
    assert colour_look("#ff0000", sixteen).color is not None
    assert colour_look("black", sixteen).color is None, "the ground may be black"
    assert colour_look("error", sixteen).bold
