"""The line of time: what is counted, what is drawn, and where it leads."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.follow.rules import errno_in
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.browser import Browser
from nlsniff.tui.config import Config, config_file
from nlsniff.tui.density import Density
from nlsniff.wire.constants import NLMSG_DONE, NLMSG_ERROR
from tests.tui.screens import CAPTURES, filter_by, opened, settle

if TYPE_CHECKING:
    from nlsniff.tui.timeline import Timeline
    from tests.tui.screens import OpenApp

FRAME = next(iter(FrameReader(str(CAPTURES / "rejected.pcapng"))))


def counted(browser: Browser) -> Density:
    """Count all, a step at a time."""
    density = Density(browser.capture, browser.rows)
    density.wanted = True
    while browser.rows.step(1) or density.step(0.0001):
        pass
    density.step(1)
    return density


@pytest.mark.parametrize(("name", "wanted"), [("rejected.pcapng", ""), ("managers.pcapng.zst", "errno")])
def test_each_message_is_counted_in_its_cell(name: str, wanted: str) -> None:
    with opened(CAPTURES / name) as capture:
        browser = Browser(capture)
        browser.take_in(0)
        browser.set_filter(wanted)
        density = counted(browser)
        cells = density.cells(100)
        messages, refused, shown = ([0] * 100 for _ in range(3))
        for number in range(1, len(capture) + 1):
            cell = density.cell_of(number, 100)
            assert cell is not None
            message = capture.message(number)
            exact = (message.time_ns - density.first) * 100 // (density.last - density.first + 1)
            assert exact - 1 <= cell <= exact
            messages[cell] += 1
            ends = message.type in {NLMSG_ERROR, NLMSG_DONE}
            refused[cell] += ends and capture.conversation(number).errno is not None
            shown[cell] += browser.rows.has(number) if wanted else 1
        assert [cell.messages for cell in cells] == messages
        assert [cell.refused for cell in cells] == refused
        assert [cell.shown for cell in cells] == shown
        assert sum(refused) >= sum(errno_in(one) != 0 for one in capture if one.type == NLMSG_ERROR) > 0


@settings(max_examples=20)
@given(st.lists(st.integers(0, (1 << 62) - 1), min_size=1, max_size=300))
def test_any_times_are_counted(times: list[int]) -> None:
    with tempfile.NamedTemporaryFile(suffix=".pcapng") as file:
        with open_writer(Path(file.name)) as writer:
            for time_ns in times:
                writer.write(time_ns, FRAME.data)
        with IndexedCapture(file.name, make_decoder()) as capture:
            capture.load()
            density = counted(Browser(capture))
            assert (density.first, density.last) == (min(times), max(times))
            cells = density.cells(60)
            assert sum(cell.messages for cell in cells) == len(times)
            for at, cell in enumerate(cells):
                found = density.message_in(at, 60)
                assert (found is None) == (cell.messages == 0)
                if found is not None and times == sorted(times):
                    assert density.cell_of(found, 60) == at


def drawn(line: Timeline) -> str:
    return line.render_line(0).text


async def test_the_line_leads_to_times_and_is_hidden_for_good(open_app: OpenApp) -> None:
    app = open_app("rejected")
    app.theme = "nlsniff-16"
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await settle(pilot)
        line = screen.timeline
        await pilot.pause(0.3)
        assert drawn(line).startswith(" ▲")
        assert drawn(line).count("!") == 3
        assert drawn(line).rstrip().endswith("≤ 19 in 27.7 ms")
        await pilot.click(line, offset=(drawn(line).index("!"), 0))
        await pilot.pause(0.1)
        assert screen.browser.number == 28
        here = drawn(line)
        assert here[1] != "▲"
        await pilot.press("right_parenthesis")
        assert (screen.browser.number or 0) > 28
        await pilot.press("left_parenthesis")
        assert (screen.browser.number, drawn(line)) == (28, here)
        await filter_by(pilot, "type == RTM_NEWADDR")
        await pilot.pause(0.2)
        await pilot.press("left_parenthesis")
        assert screen.browser.number == 22
        await pilot.press("left_parenthesis")
        assert screen.browser.number == 22  # there is nothing before it
        await pilot.press("T")
        await pilot.pause(0.1)
        assert not line.display
        await pilot.press("right_parenthesis")
        assert "T shows it" in screen.status.text
        assert Config(config_file()).get("screen", "timeline") == "off"
    app = open_app("rejected")
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await settle(pilot)
        assert not screen.timeline.display
        assert not screen.timeline.density.behind
        await pilot.press("T")
        await pilot.pause(0.3)
        assert "▇" in drawn(screen.timeline)
        await pilot.resize_terminal(120, 24)
        assert not screen.timeline.display
