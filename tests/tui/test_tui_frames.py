"""Panes and their titles: which has the focus, and where they stand."""

from __future__ import annotations

import pytest

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
