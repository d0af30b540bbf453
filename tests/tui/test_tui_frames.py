"""Panes and their titles: which has the focus, and where they stand."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.style import Style

from nlsniff.tui.actions import FOOTERS, TOGETHER, Context, footer, of
from nlsniff.tui.key_line import KeyLine
from tests.tui.screens import OpenApp, settle


@pytest.mark.parametrize("theme", ["nlsniff", "nlsniff-light", "nlsniff-16"])
@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_the_pane_with_the_focus_is_the_only_one_whose_title_is_lit(
    open_app: OpenApp, theme: str, size: tuple[int, int]
) -> None:
    app = open_app()
    app.theme = theme
    async with app.run_test(size=size) as pilot:
        screen = await settle(pilot)
        panes = [screen.query_one(name) for name in ("#upper", "#tree", "#hex")]
        for at in range(3):
            await pilot.pause()
            assert [pane.styles.border_title_style.reverse or False for pane in panes] == [
                at == own for own in range(3)
            ]
            await pilot.press("tab")


async def test_titles_name_message_and_frame(open_app: OpenApp) -> None:
    async with open_app().run_test(size=(120, 36)) as pilot:
        screen = await settle(pilot)
        screen.jump(45)
        await pilot.pause()
        titles = [screen.query_one(name).border_title for name in ("#upper", "#tree", "#hex")]
        assert titles == ["Messages", "Message 45", "Frame 32, 196 bytes"]


async def test_a_very_wide_screen_has_the_message_beside_the_list(open_app: OpenApp) -> None:
    async with open_app().run_test(size=(200, 50)) as pilot:
        screen = await settle(pilot)
        assert screen.messages.region.height > 40
        tree, frame = screen.details.tree_pane.region, screen.details.hex_pane.region
        assert tree.x == frame.x > screen.messages.region.right
        assert tree.bottom == frame.y
        await pilot.resize_terminal(120, 36)
        await pilot.pause()
        tree, frame = screen.details.tree_pane.region, screen.details.hex_pane.region
        assert tree.y == frame.y > screen.messages.region.bottom
        assert tree.right == frame.x


@pytest.mark.parametrize("context", FOOTERS)
def test_the_line_of_keys_names_actions_that_are_active(context: Context) -> None:
    active = {action.name for together in TOGETHER if context in together for part in together for action in of(part)}
    assert set(FOOTERS[context]) <= active
    assert all(hint.key and hint.words for hint in footer(context))


async def test_the_line_of_keys_changes_with_the_pane_and_the_window(open_app: OpenApp) -> None:
    async with open_app().run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        line = screen.query_one(KeyLine)
        for context in ("list", "tree", "hex"):
            await pilot.pause()
            assert [hint for _, hint in line.hints] == [*footer(context)[: len(line.hints) - 1], footer(context)[-1]]
            await pilot.press("tab")
        await pilot.press("slash")
        assert [hint.action.context for _, hint in line.hints] == ["bar"] * 6
        await pilot.press("escape", "f")
        assert [hint.words for _, hint in pilot.app.screen.query_one(KeyLine).hints][-1] == "back"


async def test_a_click_on_a_key_presses_it(open_app: OpenApp) -> None:
    async with open_app().run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        at = next(at for at, hint in screen.query_one(KeyLine).hints if hint.words == "mark")
        await pilot.click(KeyLine, offset=(at, 0))
        await pilot.pause()
        assert screen.browser.marked == {1}
        await pilot.resize_terminal(80, 23)
        await pilot.press("down")
        assert not screen.query_one(KeyLine).display
        assert screen.status.right.endswith("? help")


@pytest.mark.parametrize("width", [200, 120, 80, 64, 40])
async def test_what_is_wrong_is_shown_whole_however_narrow_the_tree(open_app: OpenApp, width: int) -> None:
    async with open_app().run_test(size=(width, 40)) as pilot:
        screen = await settle(pilot)
        reasons = ("Attribute failed policy validation; expects u32", "priority has 2 bytes, a u32 has 4")
        for number, said in ((33, reasons), (31, ("Invalid source port range",))):
            screen.jump(number)
            await pilot.press("tab")
            await pilot.pause()
            tree = screen.details.tree_pane
            shown = [tree.draw(row, tree.room, Style()).text for row in range(tree.count)]
            assert all(cell_len(line) <= tree.room for line in shown if "warning" in line)
            words = " ".join(" ".join(shown).split())
            assert all(one in words for one in said), words
            assert tree.line is not None
            assert tree.line.node.end - tree.line.node.start < 50
            await pilot.press("shift+tab")


async def test_long_lines_of_the_tree_are_cut_with_an_ellipsis_and_scroll(open_app: OpenApp) -> None:
    async with open_app().run_test(size=(80, 40)) as pilot:
        screen = await settle(pilot)
        screen.jump(35)
        await pilot.press("tab", "home", "down")
        tree = screen.details.tree_pane
        row = next(row for row in range(tree.count) if "…" in tree.draw(row, tree.room, Style()).text)
        before = tree.draw(row, tree.room, Style()).text
        await pilot.press("shift+right")
        assert tree.line is not None
        assert tree.draw(row, tree.room, Style()).text[:8] == before[8:16]
        await pilot.press("shift+left")
        assert tree.draw(row, tree.room, Style()).text == before


@pytest.mark.parametrize("size", [(120, 36), (220, 50)])
async def test_the_lines_between_panes_move(open_app: OpenApp, size: tuple[int, int]) -> None:
    async with open_app().run_test(size=size) as pilot:
        screen = await settle(pilot)
        tree, frame, messages = screen.details.tree_pane, screen.details.hex_pane, screen.messages
        wide, high = (messages, tree) if size[0] >= 200 else (tree, messages)
        before = wide.region.width, high.region.height
        await pilot.press("ctrl+left", "ctrl+up")
        await pilot.pause()
        assert (wide.region.width, high.region.height) == (before[0] - 4, before[1] - 2)
        await pilot.press("ctrl+right", "ctrl+down")
        await pilot.pause()
        assert (wide.region.width, high.region.height) == before
        upper, right = (tree, frame) if wide is messages else (screen.query_one("#upper"), frame)
        lying = (upper.region.x + 9, upper.region.bottom - 1)
        upright = (screen.query_one("#side").region.x if wide is messages else right.region.x, right.region.y + 3)
        for (x, y), (across, down) in ((lying, (0, 3)), (upright, (-5, 0))):
            await pilot.mouse_down(offset=(x, y))
            await pilot.hover(offset=(x + across, y + down))
            await pilot.mouse_up(offset=(x + across, y + down))
            await pilot.hover(offset=(x, y))  # the line is not held any more
        await pilot.pause()
        assert abs(wide.region.width - before[0] + 5) <= 1
        assert abs(high.region.height - before[1] - 3) <= 1
        await pilot.press(*["ctrl+right"] * 60, *["ctrl+down"] * 30)
        await pilot.pause()
        assert all(pane.region.width >= 8 and pane.region.height >= 1 for pane in (tree, frame, messages))
        screen.focus_pane("messages")
        await pilot.press("z")
        await pilot.pause()
        assert messages.region.width == size[0]
