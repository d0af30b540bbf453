"""What windows over lines have in common: a text is found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.events import Paste

from nlsniff.tui.help_screen import HelpLines
from nlsniff.tui.line_view import LineView
from nlsniff.tui.window import FindLine, Window
from tests.tui.screens import OpenApp, row_text, settle

if TYPE_CHECKING:
    from textual.pilot import Pilot


async def find(pilot: Pilot[None], text: str) -> LineView:
    """Find a text in the window that is open."""
    await pilot.press("slash")
    await pilot.pause()
    pilot.app.post_message(Paste(text))
    await pilot.press("enter")
    await pilot.pause(0.2)
    return pilot.app.screen.query_one(LineView)


async def test_a_text_is_found_in_every_window_of_lines(open_app: OpenApp) -> None:
    app = open_app("conversations")
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        for key, text in (("s", "processes"), ("S", "LINK"), ("C", "dump"), ("f", "newfamily")):
            await pilot.press(key)
            await pilot.pause(0.3)
            assert isinstance(app.screen, Window)
            view = await find(pilot, text)
            assert text.lower() in row_text(view, view.cursor).lower(), key
            assert not app.screen.query(FindLine)
            first = view.cursor
            await pilot.press("n", "N")
            await pilot.pause(0.1)
            assert view.cursor == first
            await pilot.press("escape")
            await pilot.pause()
        await pilot.press("C", "question_mark")
        await pilot.pause(0.1)
        page = app.screen.query_one(HelpLines)
        assert page.items[page.search_from][0] == "Conversations"
        await pilot.press("question_mark", "escape", "question_mark")
        await pilot.pause()
        view = await find(pilot, "conversation")
        assert isinstance(view, HelpLines)
        page = view
        first = page.search_from
        await pilot.press("n")
        await pilot.pause(0.1)
        assert page.search_from > first
        assert page.items[page.search_from][1].lower().count("conversation") or page.items[page.search_from][
            0
        ].lower().count("conversation")
        await find(pilot, "nothing of this kind")
        assert page.search_from > first
        await pilot.press("slash", "escape")
        assert isinstance(app.screen, Window)  # only the line was closed


async def test_what_was_found_is_pointed_out_in_the_tree(open_app: OpenApp) -> None:
    async with open_app().run_test(size=(120, 36)) as pilot:
        screen = await settle(pilot)
        for text, name in (("203.0.113", "dst"), ("regex: GATE.*254", "gateway"), ("hex: cb 00 71", "dst")):
            await pilot.press("ctrl+f", "ctrl+u")
            pilot.app.post_message(Paste(text))
            await pilot.press("enter")
            await settle(pilot)
            line = screen.details.tree_pane.line
            assert line is not None
            assert line.node.name == name, text
