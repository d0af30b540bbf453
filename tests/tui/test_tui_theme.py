"""The theme that the user chose is there again in the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.tui.app import NlsniffApp, kept_theme
from nlsniff.tui.config import config_file
from tests.tui.screens import OpenApp, opened, settle, type_text

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


async def test_a_theme_that_was_chosen_is_kept(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        assert kept_theme() is None
        app.action_change_theme()
        await pilot.pause(0.2)
        await type_text(pilot, "nlsniff-light")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await pilot.pause(0.5)
        assert app.theme == "nlsniff-light"
    assert kept_theme() == "nlsniff-light"


def test_what_is_kept_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    config_file().parent.mkdir(parents=True)
    for text, theme in (
        ('[screen]\ntheme = "dracula"\n', "dracula"), ('[screen]\ntheme = "none such"\n', "nlsniff"),
        ("[screen]\ntheme = 7\n", "nlsniff"), ("[screen\n", "nlsniff"), ("screen = 1\n", "nlsniff"),
    ):  # fmt: skip
        config_file().write_text(text)
        with opened("rejected") as capture:
            assert NlsniffApp(capture, theme=kept_theme()).theme == theme
    config_file().write_text('[screen]\ntheme = "dracula"\n')
    monkeypatch.setenv("NO_COLOR", "1")
    assert kept_theme() is None
