"""The ladder of a conversation: notes in full, runs that unfold, and where a dump waited."""

from __future__ import annotations

from rich.style import Style

from nlsniff.output.pauses import with_pauses
from nlsniff.tui.follow_screen import FollowScreen, Ladder
from tests.tui.screens import CAPTURES, OpenApp, opened, settle


def _lines(ladder: Ladder) -> list[str]:
    return [ladder.draw(row, ladder.room, Style()).text for row in range(ladder.count)]


async def test_notes_are_wrapped(open_app: OpenApp) -> None:
    async with open_app().run_test(size=(60, 40)) as pilot:
        screen = await settle(pilot)
        screen.jump(33)
        await pilot.press("f")
        await pilot.pause()
        window = pilot.app.screen
        assert isinstance(window, FollowScreen)
        lines = _lines(window.ladder)
        assert not any("…" in line for line in lines if "│    " in line)
        words = " ".join(" ".join(lines).replace("│", " ").split())
        assert "rejected: priority 7 (bytes 44 to 49 of the request)" in words
        assert window.ladder.step is not None
        assert window.ladder.step.messages == (33,)


async def test_a_long_dump_unfolds_and_says_where_it_waited(open_app: OpenApp) -> None:
    async with open_app(CAPTURES / "at-once.pcapng.zst").run_test(size=(120, 40)) as pilot:
        screen = await settle(pilot)
        screen.jump(771)
        await pilot.press("f")
        await pilot.pause()
        window = pilot.app.screen
        assert isinstance(window, FollowScreen)
        ladder = window.ladder
        before = ladder.count
        assert sum("the program read on 1270" in line for line in _lines(ladder)) == 1
        assert [line.count("█") for line in _lines(ladder) if "NLMSG_DONE" in line] == [8]  # nearly all the time
        ladder.go(next(row for row, step in enumerate(ladder.items) if step.role == "more"))
        row = ladder.cursor
        await pilot.press("enter")
        await pilot.pause()
        assert ladder.count == before + 200
        assert ladder.step is not None
        assert (ladder.cursor, ladder.step.role) == (row, "part")
        for _ in range(3):
            ladder.go(next((row for row, step in enumerate(ladder.items) if step.role == "more"), 0))
            if ladder.cursor:
                await pilot.press("enter")
                await pilot.pause()
        assert not any(step.role == "more" for step in ladder.items)


def test_what_is_no_slow_dump_has_no_pause() -> None:
    with opened("rejected") as capture:
        for number in (15, 33):
            conversation = capture.conversation(number)
            assert with_pauses([], conversation, lambda number: capture.index.time_ns(number - 1)) == []
