"""Columns that the user chose, and the file that keeps what was chosen."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from nlsniff.errors import NlsniffError
from nlsniff.output.columns import OWN
from nlsniff.tui.column_choice import column_of, keep, kept_columns, text_of
from nlsniff.tui.columns import GUTTER, STANDARD, layout
from nlsniff.tui.columns_screen import ColumnsScreen
from nlsniff.tui.config import Config, config_file
from tests.support import REGISTRY
from tests.tui.screens import OpenApp, row_text, settle

if TYPE_CHECKING:
    from pathlib import Path

NAMES = st.sampled_from(
    [*OWN, *(column.name for column in STANDARD), "route.dst", "genl.nlctrl.family-name", "link.mtu"]
)
TEXTS = st.builds(lambda name, width: f"{name}:{width}" if width else name, NAMES, st.integers(0, 200))


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return Config(config_file())


@given(TEXTS)
def test_a_column_and_its_text_are_each_other_s_inverse(text: str) -> None:
    assert text_of(column_of(text, REGISTRY)) == text


@pytest.mark.parametrize(
    "text",
    ["", "dst", "route.nothing", "route.dst:0", "route.dst:201", "type:x", "type:-1", "a.b\x1b[31m", "type:\u0663"],
)
def test_what_is_no_column_is_refused(text: str) -> None:
    with pytest.raises(NlsniffError):
        column_of(text, REGISTRY)


@given(st.lists(TEXTS, min_size=1, max_size=9), st.integers(60, 300))
def test_chosen_columns_never_need_more_than_the_width(texts: list[str], width: int) -> None:
    columns = list({column.name: column for column in (column_of(text, REGISTRY) for text in texts)}.values())
    found = layout(width, 1000, "since start", columns)
    assert found
    assert {column.name for column in found} <= {column.name for column in columns}
    if len(found) > 1 or "summary" in {column.name for column in columns}:
        assert GUTTER + sum(column.width + 1 for column in found) - 1 == width
    order = [column.name for column in columns]
    assert sorted(found, key=lambda column: order.index(column.name)) == found


def test_columns_are_kept_beside_what_else_stands_in_the_file(config: Config) -> None:
    config.path.parent.mkdir(parents=True)
    config.path.write_text('a = 1.5\n[screen]\ntheme = "x"\n"odd key" = [true, 2]\n')
    columns = [column_of(text, REGISTRY) for text in ("message", "route.dst:20", "summary")]
    assert keep(config, columns)
    assert kept_columns(config, REGISTRY) == columns
    assert tomllib.loads(config.path.read_text()) == {
        "a": 1.5,
        "screen": {"theme": "x", "odd key": [True, 2]},
        "list": {"columns": ["message", "route.dst:20", "summary"]},
    }
    assert keep(config, STANDARD)
    assert kept_columns(config, REGISTRY) is STANDARD


@pytest.mark.parametrize("text", [
    "[list]\ncolumns = 3\n", "[list]\ncolumns = []\n", "[list]\ncolumns = ['dst']\n", "[list", "list = 3", "\xff",
])  # fmt: skip
async def test_a_file_that_cannot_be_used_is_told_and_left(open_app: OpenApp, config: Config, text: str) -> None:
    config.path.parent.mkdir(parents=True)
    config.path.write_bytes(text.encode("latin-1"))
    with pytest.raises(NlsniffError):
        kept_columns(config, REGISTRY)
    async with open_app().run_test(size=(120, 40)) as pilot:
        screen = await settle(pilot)
        assert screen.browser.note.meaning == "warning"
        assert screen.messages.chosen is STANDARD
    assert config.path.read_bytes() == text.encode("latin-1")


def test_dates_are_not_lost_by_writing(config: Config) -> None:
    config.path.parent.mkdir(parents=True)
    config.path.write_text("day = 2026-01-31\n")
    with pytest.raises(NlsniffError, match="can be kept"):
        keep(config, STANDARD)
    assert config.path.read_text() == "day = 2026-01-31\n"


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))))
@example({"\x7f": '\x7f\U0001f600\\"\n\x00'})
def test_any_text_can_be_kept(tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]) -> None:
    config = Config(tmp_path_factory.mktemp("config") / "config.toml")
    for key, value in values.items():
        assert config.set("x", key, value)
    assert {key: config.get("x", key) for key in values} == values


def test_a_link_of_one_s_own_is_followed(config: Config, tmp_path: Path) -> None:
    config.path.parent.mkdir(parents=True)
    (tmp_path / "dotfiles").mkdir()
    target = tmp_path / "dotfiles/nlsniff.toml"
    target.write_text("[list]\ncolumns = ['type']\n")
    config.path.symlink_to(target)
    again = Config(config_file())
    assert [column.name for column in kept_columns(again, REGISTRY)] == ["type"]
    keep(again, [column_of("seq", REGISTRY)])
    assert config.path.is_symlink()
    assert "seq" in target.read_text()
    if not os.geteuid():
        os.lchown(config.path, 65534, 65534)
        assert kept_columns(Config(config_file()), REGISTRY) is STANDARD


@pytest.mark.usefixtures("config")
async def test_a_field_of_the_tree_becomes_a_column(open_app: OpenApp) -> None:
    app = open_app("routes")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await settle(pilot)
        browser = screen.browser
        number = next(m.number for m in browser.capture if m.type_name == "RTM_NEWROUTE" and m.nodes(("dst",)))
        screen.jump(number)
        dst = browser.capture.message(number).nodes(("dst",))[0]
        await pilot.press("tab", "x")
        tree = screen.details.tree_pane
        tree.go(next(row for row in range(tree.count) if tree._lines[row].node.name == "dst"))
        await pilot.press("plus")
        await pilot.pause()
        assert "column route.dst added" in browser.note.text
        assert dst.text in row_text(screen.messages, browser.cursor)
        assert " dst " in screen.header.render_line(0).text
        await pilot.press("plus")
        assert "there is a column" in browser.note.text
    async with open_app("routes").run_test(size=(120, 40)) as pilot:
        screen = await settle(pilot)
        assert "route.dst" in [column.name for column in screen.messages.columns(120)]


async def test_the_window_shows_moves_and_sizes_columns(open_app: OpenApp, config: Config) -> None:
    async with open_app().run_test(size=(120, 40)) as pilot:
        screen = await settle(pilot)
        await pilot.press("vertical_line", "escape")
        assert not config.path.exists()
        await pilot.press("vertical_line")
        window = pilot.app.screen
        assert isinstance(window, ColumnsScreen)
        await pilot.press("J", "plus", "plus", "down", "enter", "escape")
        await pilot.pause()
        names = [column.name for column in screen.messages.columns(115)]
        assert names == ["time", "message", "process", "type", "summary"]
        assert kept_columns(config, REGISTRY)[1]._asdict() | {"name": "", "title": ""} == {
            "name": "", "title": "", "width": 7, "needs": 0, "right": True, "sized": True,
        }  # fmt: skip
        await pilot.press("vertical_line", "r")
        await pilot.pause()
        assert screen.messages.chosen is STANDARD
        assert kept_columns(config, REGISTRY) is STANDARD


async def test_columns_that_are_chosen_fill_the_list(open_app: OpenApp, config: Config) -> None:
    keep(config, [column_of(text, REGISTRY) for text in ("summary", "link.ifname:9", "comment", "time")])
    async with open_app().run_test(size=(90, 40)) as pilot:
        screen = await settle(pilot)
        for row in range(20):
            assert cell_len(row_text(screen.messages, row)) == screen.messages.room
