"""docs/screen.md says what is so: its keys and names are those of the table of actions."""

from __future__ import annotations

import re

from nlsniff.tui.actions import ACTIONS
from nlsniff.tui.key_names import key_name
from tests.conftest import ROOT

_ROW = re.compile(r"^\| .* \| (`.*`) \| ([a-z-]+) \|$", re.MULTILINE)


def test_the_page_has_every_key_of_the_main_screen() -> None:
    page = (ROOT / "docs/screen.md").read_text()
    said = {name: keys.replace("\\|", "|") for keys, name in _ROW.findall(page)}
    known = {
        action.setting: " ".join(f"`{key_name(key)}`" for key in action.keys)
        for action in ACTIONS
        if action.setting and action.context in {"main", "lines", "list"}
    }
    assert said == known
