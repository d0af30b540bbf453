"""What the screen got wrong once."""

from __future__ import annotations

import sys

import pytest
from rich.cells import cell_len
from rich.color import Color

from nlsniff.tui.columns import GUTTER
from tests.tui.screens import CAPTURES, OpenApp, filter_by, row_text, settle, type_text
from tests.tui.terminal import Terminal


async def test_a_row_with_a_found_text_is_cut_with_an_ellipsis(open_app: OpenApp) -> None:
    async with open_app().run_test(size=(70, 30)) as pilot:
        screen = await settle(pilot)
        screen.jump(33)
        await pilot.pause()
        before = row_text(screen.messages, screen.messages.cursor)
        assert before.rstrip().endswith("…")
        await pilot.press("ctrl+f")
        await type_text(pilot, "inval")
        await pilot.press("enter")
        await settle(pilot)
        after = row_text(screen.messages, screen.browser.rows.row(33))
        assert after[GUTTER:] == before[GUTTER:]


@pytest.mark.parametrize(("width", "least"), [(100, 57), (119, 57), (120, 57), (133, 57), (134, 57), (200, 57)])
async def test_a_wider_terminal_has_no_narrower_tree_than_100_columns(
    open_app: OpenApp, width: int, least: int
) -> None:
    async with open_app().run_test(size=(width, 30)) as pilot:
        screen = await settle(pilot)
        assert screen.details.tree_pane.size.width >= least


async def test_the_row_under_the_cursor_has_one_ground_in_sixteen_colours(open_app: OpenApp) -> None:
    app = open_app()
    app.theme = "nlsniff-16"
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await filter_by(pilot, "type == NLMSG_ERROR and errno")
        line = screen.messages.render_line(0)
        styles = [segment.style for segment in line if segment.style is not None]
        assert all(look.reverse for look in styles)
        assert {(look.color, look.bgcolor) for look in styles} == {(Color.default(), Color.default())}


async def test_an_error_is_not_told_by_colour_alone(open_app: OpenApp) -> None:
    async with open_app().run_test(size=(100, 30)) as pilot:
        screen = await filter_by(pilot, "type == NLMSG_ERROR")
        for row in range(len(screen.browser.rows)):
            number = screen.browser.rows.number(row)
            code = screen.browser.capture.message(number).root.get("error")
            refused = code is not None and bool(code.raw)
            text = row_text(screen.messages, row)
            assert (text[1] == "✗") is refused
            assert cell_len(text) == screen.messages.room


def test_ctrl_l_draws_all_anew() -> None:
    terminal = Terminal([sys.executable, "-m", "nlsniff", "open", str(CAPTURES / "rejected.pcapng")])
    terminal.wait_for("49/49")
    terminal.wait_for("summary")
    terminal.settle(1)
    terminal.said = ""
    terminal.press("j")
    terminal.settle(1)
    assert "prefix" not in terminal.said  # only what has changed
    assert "summary" not in terminal.said
    terminal.press("\x0c")
    terminal.wait_for("summary")
    terminal.press("q")
    assert terminal.end() == 0


def test_a_dumb_terminal_is_refused_in_words() -> None:
    terminal = Terminal([sys.executable, "-m", "nlsniff", "open", str(CAPTURES / "rejected.pcapng")], TERM="dumb")
    assert terminal.end() == 2
    assert "TERM=dumb names a terminal that has no screen; `nlsniff show " in terminal.said
    assert "\x1b" not in terminal.said


async def test_all_marks_go_at_once(open_app: OpenApp) -> None:
    async with open_app().run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("m", "j", "m", "j", "m")
        assert screen.status.text.count("marked") == 1
        await pilot.press("quotation_mark")
        assert screen.browser.cursor == 1
        await pilot.press("U")
        assert not screen.browser.marked
