"""What keys and the mouse do, in the running application."""

from __future__ import annotations

import pytest
from textual.events import Paste

from nlsniff.tui.compare_screen import CompareScreen
from nlsniff.tui.copy_screen import CopyScreen
from nlsniff.tui.follow_screen import FollowScreen
from nlsniff.tui.help_screen import HelpScreen
from tests.tui.screens import OpenApp, settle, type_text


async def test_arrows_and_vim_keys_move_alike(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        for down, up in (("down", "up"), ("j", "k"), ("ctrl+d", "ctrl+u"), ("pagedown", "pageup")):
            await pilot.press(down)
            assert screen.browser.number not in {1, None}, down
            await pilot.press(up)
            assert screen.browser.number == 1, up
        await pilot.press("G")
        assert screen.browser.number == len(screen.browser.capture)
        await pilot.press("g", "g")
        assert screen.browser.number == 1


async def test_all_three_panes_show_the_same_message(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await settle(pilot)
        await pilot.press("colon", "2", "6", "enter")
        await settle(pilot)
        assert screen.browser.number == 26
        assert screen.details.tree_pane.outline is not None
        assert screen.details.tree_pane.outline.message.number == 26
        assert screen.details.hex_pane.data == screen.browser.capture.message(26).data


async def test_tab_goes_round_from_the_next_key_on(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await settle(pilot)
        order = []
        for _ in range(4):
            order.append(screen.focused.id if screen.focused else None)
            await pilot.press("tab")
        assert order == ["messages", "tree", "hex", "messages"]
        await pilot.press("shift+tab")
        assert screen.focused is screen.messages


async def test_a_node_points_out_its_bytes_and_a_byte_its_node(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await settle(pilot)
        screen.jump(26)
        await pilot.press("tab")
        while screen.details.tree_pane.line is None or screen.details.tree_pane.line.node.name != "gateway":
            await pilot.press("down")
        gateway = screen.details.tree_pane.line.node
        assert screen.details.hex_pane.node is gateway
        await pilot.press("tab", "home")
        assert screen.details.tree_pane.line.node.name == "packet-type"
        for _ in range(16):
            await pilot.press("right")
        assert screen.details.tree_pane.line.node.name == "len"
        screen.details.hex_pane._point(gateway.payload)
        await pilot.pause()
        assert screen.details.tree_pane.line.node.name == "gateway"
        await pilot.press("left")  # into the header of the attribute, which is still the attribute
        assert screen.details.tree_pane.line.node.name == "gateway"
        await pilot.press("left", "left", "left", "left")
        assert screen.details.tree_pane.line.node.name != "gateway"


async def test_a_byte_of_another_message_of_the_frame_leads_to_that(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await settle(pilot)
        screen.jump(45)  # the second part of a dump of three
        await pilot.pause()
        other = screen.browser.capture.message(46)
        assert other.frame == screen.browser.capture.message(45).frame
        screen.details.hex_pane._point(other.start + 4)
        await pilot.pause()
        assert screen.browser.number == 46
        assert screen.details.tree_pane.line is not None
        assert screen.details.tree_pane.line.node.name == "type"
        assert screen.details.hex_pane.place == other.start + 4


async def test_clicks(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await settle(pilot)
        await pilot.click("#messages", offset=(20, 4))
        assert screen.browser.number == 23  # 1 to 19 have one row
        screen.jump(26)
        await pilot.pause()
        await pilot.click("#tree", offset=(9, 3))
        assert screen.details.tree_pane.cursor == 2
        await pilot.click("#hex", offset=(6 + 3 * 2 + 1, 1))  # past the frame: the third byte
        assert screen.details.hex_pane.place == 2
        await pilot.click("#hex", offset=(5 + 3 * 16 + 3 + 1 + 9, 2))  # the tenth character of the second line
        assert screen.details.hex_pane.place == 25


async def test_the_tree_opens_and_closes(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await settle(pilot)
        screen.jump(26)
        await pilot.press("tab", "home")
        tree = screen.details.tree_pane
        count = tree.count
        await pilot.press("right")
        assert tree.count == count + 5
        await pilot.press("left")
        assert tree.count == count
        await pilot.press("enter", "enter")
        assert tree.count == count
        await pilot.press("x")
        opened = tree.count
        assert opened > count
        await pilot.press("x")
        assert tree.count < count


async def test_the_tree_stays_on_the_same_field(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await settle(pilot)
        screen.jump(44)
        await pilot.press("tab")
        while screen.details.tree_pane.line is None or screen.details.tree_pane.line.node.name != "dst":
            await pilot.press("down")
        await pilot.press("shift+tab", "down")
        assert screen.browser.number == 45
        assert screen.details.tree_pane.line.node.name == "dst"


async def test_what_was_rejected_is_in_view(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(120, 34)) as pilot:
        screen = await settle(pilot)
        screen.jump(38)  # a short tree, without a scroll bar
        await pilot.pause()
        screen.jump(30)
        await pilot.pause()
        tree = screen.details.tree_pane
        assert tree.line is not None
        assert tree.line.node.name == "port-range"
        top, height = tree.scroll_offset.y, tree.scrollable_content_region.height
        assert top <= tree.cursor < top + height <= tree.count
        assert top > 0


async def test_finding(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("ctrl+f")
        await type_text(pilot, "VXLAN")
        await pilot.press("enter")
        await settle(pilot)
        assert screen.browser.number == 30
        await pilot.press("n")
        await settle(pilot)
        assert screen.browser.number == 31
        await pilot.press("N")
        await settle(pilot)
        assert screen.browser.number == 30
        await pilot.press("ctrl+f", *["backspace"] * 5)
        await type_text(pilot, "no such text")
        await pilot.press("enter")
        await settle(pilot)
        assert "none" in screen.status.text
        assert screen.browser.number == 30


async def test_errors_one_after_the_other(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        visited = []
        for key in ("e", "e", "E"):
            await pilot.press(key)
            await settle(pilot)
            visited.append(screen.browser.number)
        assert visited == [29, 31, 29]


async def test_pairs(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        screen.jump(30)
        await pilot.press("p")
        assert screen.browser.number == 31
        await pilot.press("p")
        assert screen.browser.number == 30


async def test_marks_and_comparison(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("D")
        assert "mark two" in screen.status.text
        for number in (26, 32):
            screen.jump(number)
            await pilot.press("m")
        assert screen.browser.marked == {26, 32}
        await pilot.press("right_curly_bracket")
        assert screen.browser.number == 26
        await pilot.press("right_curly_bracket")
        assert screen.browser.number == 32
        await pilot.press("D")
        window = app.screen
        assert isinstance(window, CompareScreen)
        pairs = {pair.name: pair for pair in window._pairs}
        assert (pairs["dst"].left, pairs["dst"].right) == ("203.0.113.0", "10.8.0.0")
        assert pairs["gateway"].same
        assert (pairs["oif"].left, pairs["oif"].right) == ("3 (veth0)", None)
        assert (pairs["priority"].left, pairs["priority"].right) == (None, "7")
        everything = window._lines.count
        await pilot.press("d")
        assert 0 < window._lines.count < everything
        await pilot.press("escape")
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize(
    ("key", "begins"),
    [
        ("t", "   26    0.84"),
        ("e", "frame "),
        ("j", '{"frame":'),
        ("h", "34000000180005"),
    ],
)
async def test_copying(open_app: OpenApp, key: str, begins: str) -> None:
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        screen.jump(26)
        await pilot.press("c")
        assert isinstance(app.screen, CopyScreen)
        await pilot.press(key)
        assert len(app.screen_stack) == 1
        assert app.clipboard.startswith(begins)
        assert "copied" in screen.status.text


async def test_copying_a_value(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        screen.jump(26)
        await pilot.press("tab")
        while screen.details.tree_pane.line is None or screen.details.tree_pane.line.node.name != "gateway":
            await pilot.press("down")
        await pilot.press("c", "v")
        assert app.clipboard == "192.0.2.254"


async def test_following(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        screen.jump(31)
        await pilot.press("f")
        window = app.screen
        assert isinstance(window, FollowScreen)
        assert window.ladder.step is not None
        assert list(window.ladder.step.messages) == [31]
        await pilot.press("g")
        assert window.tree_pane.line is not None
        assert window.tree_pane.line.node.name == "port-range"  # the request opens on what was rejected
        await pilot.press("enter")
        assert len(app.screen_stack) == 1
        assert screen.browser.number == 30
        await pilot.press("f", "F")
        assert len(app.screen_stack) == 1
        assert [screen.browser.rows.number(row) for row in range(len(screen.browser.rows))] == [30, 31]
        await pilot.press("F")
        assert screen.browser.rows.messages == len(screen.browser.capture)


async def test_only_a_number_is_gone_to(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("colon", "enter")
        assert screen.focused is screen.messages
        for text in ("9" * 5000, "x"):
            await pilot.press("colon")
            app.post_message(Paste(text))
            await pilot.press("enter")
            assert screen.bar.has_class("-invalid")
            await pilot.press("escape")
        assert screen.browser.number == 1


async def test_time_formats_go_round(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        seen = []
        for _ in range(4):
            seen.append(screen.messages.time)
            await pilot.press("t")
        assert seen == ["since start", "since row above", "time of day", "since start"]


async def test_help_and_quit(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("q")
        assert len(app.screen_stack) == 1
        await pilot.press("q")
        await pilot.pause()
    assert not app.is_running
