"""The windows over the whole capture: what they say, and where their lines lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.filter.compile import compile_filter
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.stats.health import SLOW_NS, health
from nlsniff.stats.statistics import Statistics
from nlsniff.steps import finish
from nlsniff.stories.stories import tell
from nlsniff.tui.browser import Browser
from nlsniff.tui.overview import statistics, stories
from nlsniff.tui.overview_screen import OverviewScreen
from nlsniff.tui.reading import LookOver
from tests.tui.screens import CAPTURES, opened, settle

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from nlsniff.tui.overview import Kind
    from tests.tui.screens import OpenApp


async def overview(pilot: Pilot[None], key: str) -> OverviewScreen:
    """Open an overview and wait until all is counted."""
    await pilot.press(key)
    for _ in range(500):
        await pilot.pause(0.01)
        window = pilot.app.screen
        if isinstance(window, OverviewScreen) and window.done:
            return window
    pytest.fail("the overview did not come")


@pytest.mark.parametrize("name", ["rejected.pcapng", "managers.pcapng.zst", "batches.pcapng.zst", "packets.pcapng"])
def test_statistics_are_those_of_the_command_and_each_line_leads_somewhere(name: str) -> None:
    with opened(CAPTURES / name) as capture:
        lines = finish(statistics(capture))
        figures = Statistics(capture.follower, 20)
        for number in range(1, len(capture) + 1):
            figures.feed(capture.message(number))
        report = figures.report()
        assert lines[0].text.startswith(f"{report['messages']:,} messages in {report['frames']:,} frames")
        shown = {line.number for line in lines if line.look == "error"}
        assert shown == {row["message"] for row in report["rejected"][:20]}
        assert [line.number for line in lines if "first after" in line.text] == [
            row["message"] for row in report["slowest_dumps"]
        ]
        dumps = [line.text[:80] for line in lines if "first after" in line.text]
        assert all((row["process"] or "") in text for row, text in zip(report["slowest_dumps"], dumps, strict=True))
        for line in lines:
            assert line.text.isprintable()
            if line.filter:
                compile_filter(line.filter, capture.decoder.registry)
            assert line.number <= len(capture)


@pytest.mark.parametrize("name", ["link-life.pcapng", "strongswan.pcapng", "ruleset-life.pcapng"])
def test_stories_are_those_of_follow(name: str) -> None:
    with opened(CAPTURES / name) as capture:
        lines = finish(stories(capture))
        told = tell(capture.follower, capture.message)
        assert not any(line.look == "heading" for line in lines)
        assert [line.text for line in lines if line.look == "name"] == [f"{one.title}{one.related}" for one in told]
        steps = [step for story in told for step in story.steps]
        linked = [line.number for line in lines if line.number and line.look != "name"]
        assert linked == [step.messages[0] for step in steps]


def test_health_counts_what_conversations_say() -> None:
    with opened(CAPTURES / "at-once.pcapng.zst") as capture:
        found = list(capture.follower.conversations)
        refused = sum(one.status == "error" for one in found)
        slow = sum(one.kind == "dump" and one.duration_ns > SLOW_NS for one in found)
        words = finish(health(capture.follower, 12))
        assert f"{refused} refused" in words
        assert "12 frames lost" in words
        assert f"{slow} dump{'s' if slow != 1 else ''} slow" in words
        programs = {(one.process or "[").rpartition("[")[0] for one in found} - {""}
        assert words[-1] == f"{len(programs)} programs"


async def test_the_first_line_says_what_the_file_holds(open_app: OpenApp) -> None:
    app = open_app("rejected")
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        found = list(screen.browser.capture.follower.conversations)
        refused = sum(one.status == "error" for one in found)
        assert screen.bar.said == f"{refused} refused, 1 program"
        assert screen.bar.line.placeholder.startswith(f"{refused} refused, 1 program")
        await pilot.press("ctrl+f")
        assert "refused" not in screen.bar.line.placeholder


def test_what_a_file_holds_is_counted_once_it_is_read_and_not_said_of_one_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "grows.pcapng"
    path.write_bytes((CAPTURES / "rejected.pcapng").read_bytes())
    said: list[str] = []
    with IndexedCapture(str(path), make_decoder()) as capture:
        browser = Browser(capture)
        over = LookOver(browser, said.append)
        assert not over.step(1)  # nothing was read
        while not browser.caught_up:
            browser.take_in(browser.read())
        while over.step(0.0001):
            pass
        assert len(said) == 1
        assert " refused, 1 program" in said[0]
        assert not over.step(1)
        with path.open("ab") as file:
            file.write((CAPTURES / "events.pcapng").read_bytes())
        browser.take_in(browser.read())
        assert not over.step(1)
        assert said[1:] == [""]
        assert not over.step(1)
        assert said[1:] == [""]


async def test_a_line_goes_to_its_message_even_where_a_filter_hides_it(open_app: OpenApp) -> None:
    app = open_app("rejected", filter_text="type == XFRM_MSG_NEWSA")
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        window = await overview(pilot, "s")
        line = window.lines.items[window.lines.cursor]
        assert line.number  # the first refusal
        await pilot.press("enter")
        await settle(pilot)
        assert screen.browser.number == line.number
        assert not screen.browser.filter_text


async def test_a_line_shows_what_it_counts(open_app: OpenApp) -> None:
    app = open_app("rejected")
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        window = await overview(pilot, "s")
        while not (line := window.lines.items[window.lines.cursor]).filter.startswith("errno"):
            await pilot.press("tab")
        await pilot.press("enter")
        await settle(pilot)
        assert screen.browser.filter_text == line.filter
        assert len(screen.browser.rows)


@pytest.mark.parametrize(("kind", "key"), [("statistics", "s"), ("stories", "S")])
async def test_overviews_close_by_their_key_and_leave_all_as_it_was(open_app: OpenApp, kind: Kind, key: str) -> None:
    app = open_app("events")
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        screen.jump(50)
        window = await overview(pilot, key)
        assert window.kind == kind
        await pilot.press(key)
        await settle(pilot)
        window._entitle(0)  # as its worker may, which ends after the parts of the window
        assert app.screen is screen
        assert screen.browser.number == 50
