"""The bar: filters checked and completed while they are typed, applied and taken away."""

from __future__ import annotations

from textual.widgets import Input

from nlsniff.tui.overview_screen import OverviewScreen
from nlsniff.tui.status import why_empty
from tests.tui.screens import OpenApp, filter_by, settle, type_text


async def test_a_filter_shows_only_what_matches_and_keeps_the_place(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        screen.jump(30)
        await filter_by(pilot, "type == RTM_NEWROUTE")
        assert screen.focused is screen.messages
        shown = [screen.browser.rows.number(row) for row in range(len(screen.browser.rows))]
        assert shown == [26, 32, 34, 44, 45, 46]
        assert screen.browser.number == 32
        assert screen.status.text.lstrip().startswith(f"6/{len(screen.browser.capture)}")
        await pilot.press("escape")
        assert screen.browser.rows.messages == len(screen.browser.capture)
        assert screen.browser.number == 32
        assert screen.bar.text == ""


async def test_a_wrong_filter_is_not_applied_and_says_where(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("slash")
        await type_text(pilot, "type = RTM_NEWROUTE")
        words = str(screen.bar.hints.render())
        assert words.index("^") == len(" filter: type ")
        assert "==" in words
        assert screen.bar.has_class("-invalid")
        await pilot.press("enter")
        assert screen.browser.rows.filter is None
        assert screen.bar.has_class("-open")


async def test_what_is_typed_behind_enter_is_not_of_the_filter(open_app: OpenApp) -> None:
    """Keys that came before the bar heard of enter are in its line by then."""
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("slash")
        screen.bar.line.value = "errnos"
        screen.bar.post_message(Input.Submitted(screen.bar.line, "errno"))
        await settle(pilot)
        await pilot.pause()
        assert screen.browser.rows.filter is not None
        assert screen.browser.rows.filter.text == "errno"
        assert not screen.bar.has_class("-open")
        assert screen.bar.text == "errno"
        assert isinstance(app.screen, OverviewScreen)  # by s


async def test_what_is_not_finished_is_not_red(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("slash")
        await type_text(pilot, "type ==")
        assert not screen.bar.has_class("-invalid")
        await type_text(pilot, " RTM_NEWR")
        assert not screen.bar.has_class("-invalid")


async def test_completion(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("slash")
        await type_text(pilot, "conv")
        await pilot.press("tab")
        assert screen.bar.text == "conversation"
        await type_text(pilot, " == 6 and type == RTM_NEWROU")
        await pilot.press("tab", "enter")
        await settle(pilot)
        assert screen.browser.filter_text == "conversation == 6 and type == RTM_NEWROUTE"
        assert [screen.browser.rows.number(row) for row in range(len(screen.browser.rows))] == [26]


async def test_arrows_choose_among_completions(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("slash", "s")
        first = screen.bar.hints.choice
        await pilot.press("down")
        second = screen.bar.hints.choice
        assert first is not None
        assert second is not None
        assert first != second
        await pilot.press("up", "up")
        assert screen.bar.hints.choice not in {first, second}


async def test_earlier_filters_come_back(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        for text in ("seq == 101", "seq == 102"):
            await filter_by(pilot, text)
            await pilot.press("escape")
        await pilot.press("slash", "up")
        assert screen.bar.text == "seq == 102"
        await pilot.press("up")
        assert screen.bar.text == "seq == 101"
        await pilot.press("up", "up", "up", "down")
        assert screen.bar.text
        for _ in range(5):
            await pilot.press("down")
        assert screen.bar.hints.pointed
        await pilot.press("escape", "slash", "up", "down")
        assert screen.bar.text == ""
        await pilot.press("up", "enter")
        await settle(pilot)
        assert screen.browser.filter_text == "seq == 102"
        # That which is applied need not come back.
        await pilot.press("slash", "up")
        assert screen.bar.text == "seq == 101"


async def test_filters_are_kept_for_the_next_run(open_app: OpenApp) -> None:
    async with open_app().run_test() as pilot:
        await filter_by(pilot, "seq == 103")
    async with open_app().run_test() as pilot:
        screen = await settle(pilot)
        await pilot.press("slash", "up")
        assert screen.bar.text == "seq == 103"


async def test_arrows_choose_completions_once_something_is_typed(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await filter_by(pilot, "seq == 101")
        await pilot.press("escape", "slash", "s", "up")
        assert screen.bar.text == "s"
        assert screen.bar.hints.pointed


async def test_escape_closes_the_bar_and_what_was_applied_stays(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await filter_by(pilot, "type == RTM_NEWROUTE")
        rows = len(screen.browser.rows)
        await pilot.press("slash")
        await type_text(pilot, " and seq")
        await pilot.press("escape")
        assert screen.browser.filter_text == screen.bar.text == "type == RTM_NEWROUTE"
        assert len(screen.browser.rows) == rows
        assert screen.focused is screen.messages
        assert not screen.bar.hints.display
        await pilot.press("slash", "ctrl+u", "enter")
        await settle(pilot)
        assert screen.browser.rows.filter is None


async def test_enter_takes_the_completion_that_is_pointed_at(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("slash")
        await type_text(pilot, "errn")  # is no field, so that the first completion is what is meant
        assert "tab or enter takes" in str(screen.bar.hints.render())
        await pilot.press("enter")
        assert screen.bar.text == "errno"
        assert screen.bar.has_class("-open")
        await pilot.press("enter")  # is a filter
        await settle(pilot)
        assert screen.browser.filter_text == "errno"
        await pilot.press("escape", "slash")
        await type_text(pilot, "seq")
        assert not screen.bar.hints.pointed
        await pilot.press("ctrl+u", "s", "down", "down")
        choice = screen.bar.hints.choice
        assert choice is not None
        await pilot.press("enter")
        assert screen.bar.text == choice.text
        assert screen.browser.rows.filter is None


async def test_a_click_opens_the_bar_and_takes_a_completion(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.click("#line")
        assert screen.bar.has_class("-open")
        await type_text(pilot, "errn")
        assert await pilot.click("#hints", offset=(12, 0))
        await pilot.pause()
        assert screen.bar.text == "errno"
        await pilot.click("#hints", offset=(12, screen.bar.hints.size.height - 1))  # what is no completion
        await pilot.pause()
        assert screen.bar.text == "errno"
        await pilot.press("enter")
        await settle(pilot)
        assert screen.browser.filter_text == "errno"


async def test_a_filter_to_begin_with(open_app: OpenApp) -> None:
    app = open_app(filter_text="type == RTM_NEWROUTE")
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        assert screen.bar.text == "type == RTM_NEWROUTE"
        assert len(screen.browser.rows) == 6


async def test_a_filter_that_nothing_matches(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await filter_by(pilot, "seq == 1 and seq == 2")
        assert "no message matches" in why_empty(screen.browser)
        assert screen.details.tree_pane.outline is None
        assert screen.details.hex_pane.data == b""
        for key in (
            "n",
            "e",
            "p",
            "m",
            "f",
            "F",
            "c",
            "D",
            "apostrophe",
            "x",
            "j",
            "G",
            "tab",
            "enter",
            "tab",
            "j",
            "x",
        ):
            await pilot.press(key)
            if key == "n":
                await pilot.press("escape")
                await filter_by(pilot, "seq == 1 and seq == 2")


async def test_what_the_cursor_is_on_becomes_a_filter(open_app: OpenApp) -> None:
    """= on a value of the tree, then ! on a row of the list: each is added to the filter in force."""
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await settle(pilot)
        screen.jump(30)
        await pilot.press("equals_sign")
        assert screen.bar.text == "type == RTM_NEWLINK"
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("tab")
        tree = screen.details.tree_pane
        assert screen.details.outline is not None
        message = screen.details.outline.message
        (name,) = [node for node in message.root.walk() if node.name == "ifname"]
        tree.reveal(next(line.path for line in tree._lines if line.node is name))
        await pilot.press("exclamation_mark")
        assert screen.bar.text == f"type == RTM_NEWLINK and not link.ifname == {name.text}"
        before = screen.browser.rows.messages
        await pilot.press("enter")
        await settle(pilot)
        assert 0 < screen.browser.rows.messages < before


async def test_a_filter_with_or_in_it_keeps_its_meaning(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await settle(pilot)
        screen.jump(30)
        await filter_by(pilot, "type == RTM_NEWLINK or type == RTM_NEWROUTE")
        await pilot.press("equals_sign")
        assert screen.bar.text.startswith("(type == RTM_NEWLINK or type == RTM_NEWROUTE) and type == ")
