"""Every text of the screen can be read: 4.5 to 1 at least, in our themes, on every ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from nlsniff.tui.contrast import LEAST, contrast, legible
from tests.tui.screens import OpenApp, settle, type_text

if TYPE_CHECKING:
    from textual.app import App

TRIPLETS = st.builds(ColorTriplet, *[st.integers(0, 255)] * 3)


def faint(app: App[None]) -> set[tuple[str, str, str]]:
    """What is on the screen too close in colour to its ground: text, colour, ground."""
    found = set()
    window = next(iter(app.screen.query("#window")), None)  # what is behind it is dim
    area = window.region if window is not None else app.screen.region
    for strip in app.screen._compositor.render_strips()[area.y : area.bottom]:
        for text, look, _ in strip.crop(area.x, area.right):
            if look is None or not text.strip() or look.color is None or look.bgcolor is None:
                continue
            one, other = look.color.triplet, look.bgcolor.triplet
            if any(char.isalnum() for char in text) and one and other and contrast(one, other) < LEAST - 0.05:
                found.add((text.strip(), one.hex, other.hex))
    return found


@pytest.mark.parametrize("theme", ["nlsniff", "nlsniff-light"])
@pytest.mark.parametrize("keys", [
    ("j",), ("tab", "x", "j", "j"), ("tab", "tab", "right"), ("f",), ("question_mark",), ("slash", "s", "down"),
    ("e",), ("m", "j", "m", "D"), ("w",),
])  # fmt: skip
async def test_all_text_can_be_read(open_app: OpenApp, theme: str, keys: tuple[str, ...]) -> None:
    app = open_app()
    app.theme = theme
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await settle(pilot)
        for number in (31, 38):
            screen.jump(number)
            await pilot.press(*keys)
            await pilot.pause()
            assert faint(app) == set()
            while len(app.screen_stack) > 1 or screen.bar.has_class("-open"):
                await pilot.press("escape")


async def test_what_is_found_and_filtered_can_be_read(open_app: OpenApp) -> None:
    app = open_app()
    app.theme = "nlsniff-light"
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+f")
        await type_text(pilot, "veth")
        await pilot.press("enter", "slash")
        await type_text(pilot, "type = 3")
        assert faint(app) == set()


@given(TRIPLETS, TRIPLETS)
def test_any_two_colours_are_told_apart(one: ColorTriplet, other: ColorTriplet) -> None:
    look = Style(color=Color.from_triplet(one), bgcolor=Color.from_triplet(other), bold=True)
    ((text, better, _),) = legible(Strip([Segment("text", look)]))
    assert text == "text"
    assert better is not None
    assert better.bold
    assert better.bgcolor == look.bgcolor
    assert better.color is not None
    assert better.color.triplet is not None
    assert contrast(better.color.triplet, other) >= LEAST
    assert contrast(one, other) < LEAST or better == look


def test_colours_of_the_terminal_stay_as_they_are() -> None:
    line = Strip([Segment("text", Style(color="red", reverse=True)), Segment("more", None)])
    assert legible(line) == line


async def test_titles_can_be_read_in_a_light_theme_of_textual(open_app: OpenApp) -> None:
    app = open_app()
    app.theme = "textual-light"
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert app.theme_variables["nl-bar"] == "#e6ebf1"
        await pilot.press("C")
        await pilot.pause()
        assert faint(app) == set()
