"""Files with nothing to see, damaged files, and terminals of any size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nlsniff.file.write import open_writer
from nlsniff.tui import themes
from nlsniff.tui.follow_screen import FollowScreen
from nlsniff.tui.status import why_empty
from tests.tui.screens import CAPTURES, OpenApp, settle

if TYPE_CHECKING:
    from nlsniff.tui.main_screen import MainScreen

Damage = Callable[[Callable[[bytes], bytes]], Path]

ALL_KEYS = "jkhlgGnNeEpm'DcqtxzF?f"


def draw(screen: MainScreen) -> None:
    """Draw every line of every part, without the time that a terminal takes."""
    details = screen.details
    for part in (screen.header, screen.messages, details.tree_pane, details.hex_pane, screen.status):
        for y in range(part.size.height):
            part.render_line(y)


@pytest.fixture
def damaged(tmp_path: Path) -> Damage:
    """Writes a changed copy of a recording."""

    def change(how: Callable[[bytes], bytes]) -> Path:
        path = tmp_path / "damaged.pcapng"
        path.write_bytes(how((CAPTURES / "rejected.pcapng").read_bytes()))
        return path

    return change


async def test_a_file_without_messages(open_app: OpenApp, tmp_path: Path) -> None:
    path = tmp_path / "empty.pcap"
    with open_writer(path):
        pass
    app = open_app(path, still=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settle(pilot)
        assert why_empty(screen.browser) == "the file holds no message"
        for key in (
            "j",
            "G",
            "g",
            "e",
            "p",
            "m",
            "right_curly_bracket",
            "D",
            "c",
            "f",
            "F",
            "x",
            "tab",
            "j",
            "tab",
            "j",
            "t",
        ):
            await pilot.press(key)
        assert app.screen is screen


async def test_frames_that_are_not_netlink(open_app: OpenApp, corpus: Path) -> None:
    app = open_app(corpus / "pcap" / "nldecap-not-netlink.pcap")
    async with app.run_test(size=(100, 24)) as pilot:
        screen = await settle(pilot)
        words = why_empty(screen.browser) + screen.status.text
        assert "no netlink" in words
        assert len(screen.browser.capture) == 0


async def test_a_file_that_is_cut(open_app: OpenApp, damaged: Damage) -> None:
    app = open_app(damaged(lambda data: data[:5000]))
    async with app.run_test(size=(100, 24)) as pilot:
        screen = await settle(pilot)
        assert 0 < len(screen.browser.capture) < 49
        assert "the file:" in screen.status.text


@pytest.mark.parametrize("position", range(40, 14000, 2749))
async def test_a_damaged_file_can_be_walked_through(open_app: OpenApp, damaged: Damage, position: int) -> None:
    app = open_app(damaged(lambda data: data[:position] + b"\xff\x00\x01\xfe\x7f\x03" + data[position + 6 :]))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        for number in range(1, len(screen.browser.capture) + 1):
            screen.jump(number)
            draw(screen)
        screen.details.tree_pane.expand_all()
        await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (20, 5), (10, 3), (1, 1), (300, 80)])
async def test_every_size_works(open_app: OpenApp, size: tuple[int, int]) -> None:
    app = open_app()
    async with app.run_test(size=size) as pilot:
        screen = await settle(pilot)
        for key in ALL_KEYS:
            await pilot.press({"'": "apostrophe", "?": "question_mark"}.get(key, key), "escape")
            if app.screen is not screen:
                await pilot.press("escape")
            if not app.is_running:
                return
        for _ in range(4):
            await pilot.press("tab", "down", "right", "G", "pageup")


async def test_a_small_screen_shows_one_pane_at_a_time(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(40, 10)) as pilot:
        screen = await settle(pilot)
        panes = {"messages": screen.messages, "tree": screen.details.tree_pane, "hex": screen.details.hex_pane}
        for wanted in ("messages", "tree", "hex", "messages"):
            assert [name for name, pane in panes.items() if pane.region.height > 0] == [wanted]
            assert screen.focused is panes[wanted]
            await pilot.press("tab")
            await pilot.pause()
        await pilot.press("f")
        assert isinstance(app.screen, FollowScreen)
        assert app.screen.ladder.region.height >= 3


async def test_resizing(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await settle(pilot)
        screen.jump(30)
        for size in ((80, 24), (40, 10), (160, 50), (64, 18)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            await pilot.pause()
            top, height = screen.messages.scroll_offset.y, screen.messages.scrollable_content_region.height
            assert height > 0
            assert top <= screen.messages.cursor < top + height
            assert screen.browser.number == 30


async def test_zoom(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await settle(pilot)
        await pilot.press("tab", "z")
        await pilot.pause()
        assert screen.details.tree_pane.region.height > 30
        assert screen.messages.region.height == 0
        await pilot.press("escape")
        await pilot.pause()
        assert screen.messages.region.height > 10


async def test_the_bytes_of_secrets_are_masked_in_every_message_of_the_frame(open_app: OpenApp) -> None:
    key = bytes.fromhex("00112233445566778899aabbccddeeff")
    for show in (False, True):
        app = open_app(show_secrets=show)
        async with app.run_test(size=(140, 40)) as pilot:
            screen = await settle(pilot)
            holders = [message.number for message in screen.browser.capture if key in message.data]
            assert holders
            for number in holders:
                screen.jump(number)
                lines = [
                    screen.details.hex_pane.draw(row, 74, screen.details.hex_pane.rich_style).text
                    for row in range(screen.details.hex_pane.count)
                ]
                text = "".join(line[5:54].replace(" ", "") for line in lines)
                assert (key.hex() in text) == show
                assert ("··" in text) != show


@pytest.mark.parametrize(
    ("environment", "theme"),
    [
        ({"TERM": "xterm-256color"}, "nlsniff"),
        ({"TERM": "linux"}, "nlsniff-16"),
        ({"TERM": "xterm"}, "nlsniff-16"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "nlsniff"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "nlsniff-16"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "nlsniff"),
        ({}, "nlsniff-16"),
    ],
)
def test_the_theme_fits_the_terminal(environment: dict[str, str], theme: str) -> None:
    assert themes.choose(environment) == theme


@pytest.mark.parametrize("theme", [theme.name for theme in themes.THEMES] + ["dracula", "ansi-light"])
async def test_every_theme_has_every_look(open_app: OpenApp, theme: str) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        app.theme = theme
        await pilot.pause()
        assert set(themes.looks(app.current_theme)) == themes.MEANINGS
