"""Files that grow while they are looked at, and large ones that are read behind the screen."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from nlsniff.capture.plan import Stats
from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.reader import IndexedCapture, make_decoder
from tests.tui.screens import CAPTURES, OpenApp, filter_by, main, settle
from tests.tui.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from textual.pilot import Pilot
    from textual.screen import Screen

    from nlsniff.file.frame import Frame
    from nlsniff.file.write import Writer
    from nlsniff.tui.main_screen import MainScreen

# Without the first seven, which are the recorder's own and have one row.
FRAMES: list[Frame] = list(FrameReader(str(CAPTURES / "rejected.pcapng")))[7:]


def messages_in(frames: list[Frame]) -> int:
    """How many messages some frames hold."""
    with IndexedCapture(str(CAPTURES / "rejected.pcapng"), make_decoder()).load() as capture:
        wanted = {frame.number for frame in frames}
        return sum(message.frame in wanted for message in capture)


def write(writer: Writer, frames: list[Frame]) -> None:
    for frame in frames:
        writer.write(frame.time_ns, frame.data)
    writer.flush()


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Wait until something holds, 10 s at most."""
    for _ in range(200):
        await pilot.pause(0.05)
        if condition():
            break
    assert condition()


def shown(screen: MainScreen) -> list[int]:
    """The messages in the list."""
    return [screen.browser.rows.number(row) for row in range(len(screen.browser.rows))]


async def test_a_growing_file_is_followed_until_the_user_looks_back(open_app: OpenApp, tmp_path: Path) -> None:
    path = tmp_path / "grows.pcapng"
    with open_writer(path) as writer:
        write(writer, FRAMES[:1])
        app = open_app(path, still=False)
        async with app.run_test(size=(100, 24)) as pilot:
            screen = await settle(pilot)
            assert len(screen.browser.capture) == 1
            await pilot.press("G")
            assert screen.browser.pinned
            write(writer, FRAMES[1:5])
            count = messages_in(FRAMES[:5])
            await until(pilot, lambda: screen.browser.number == count)
            assert "following" in screen.status.text
            await pilot.press("k")
            assert not screen.browser.pinned
            write(writer, FRAMES[5:9])
            more = messages_in(FRAMES[5:9])
            await until(pilot, lambda: f"+{more} new" in screen.status.text)
            assert screen.browser.number == count - 1
            write(writer, FRAMES[9:10])
            await until(pilot, lambda: f"+{more + 1} new" in screen.status.text)
            await pilot.press("end")
            assert screen.browser.number == count + more + 1
            await until(pilot, lambda: "new" not in screen.status.text)


async def test_a_description_that_comes_bit_by_bit_keeps_one_row(open_app: OpenApp, tmp_path: Path) -> None:
    path = tmp_path / "grows.pcapng"
    described = list(FrameReader(str(CAPTURES / "rejected.pcapng")))[:7]
    with open_writer(path) as writer:
        write(writer, described[:1])
        app = open_app(path, still=False)
        async with app.run_test(size=(100, 24)) as pilot:
            screen = await settle(pilot)
            assert "CTRL_CMD_GETFAMILY" in screen.messages.render_line(0).text
            write(writer, described[1:4])
            await until(pilot, lambda: f"{messages_in(described[:4])} messages" in _drawn(screen))
            write(writer, described[4:])
            await until(pilot, lambda: f"{messages_in(described)} messages" in _drawn(screen))
            assert screen.messages.count == 1


def _drawn(screen: MainScreen) -> str:
    """The first row of the list as the terminal has it."""
    strips = screen._compositor.render_strips()
    return next((strip.text for strip in strips if "recorder's own" in strip.text), "")


async def test_scrolling_with_the_wheel_lets_go_of_the_end(open_app: OpenApp, tmp_path: Path) -> None:
    path = tmp_path / "grows.pcapng"
    with open_writer(path) as writer:
        write(writer, FRAMES[:13])
        app = open_app(path, still=False)
        async with app.run_test(size=(100, 24)) as pilot:
            screen = await settle(pilot)
            await pilot.press("G")
            await pilot._post_mouse_events([_wheel_up()], "#messages", offset=(5, 3))
            assert not screen.browser.pinned
            top = screen.messages.scroll_offset.y
            write(writer, FRAMES[13:])
            await until(pilot, lambda: screen.browser.rows.messages == messages_in(FRAMES))
            assert screen.messages.scroll_offset.y == top


async def test_rows_that_a_filter_has_dropped_are_drawn_blank(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 24)) as pilot:
        screen = await settle(pilot)
        screen.browser.set_filter("seq == 1 and seq == 2")
        assert screen.messages.count == 31  # the list has not been told
        assert screen.messages.render_line(0).text.isspace()


async def test_an_open_ladder_goes_on(open_app: OpenApp, tmp_path: Path) -> None:
    from nlsniff.tui.follow_screen import FollowScreen

    path = tmp_path / "grows.pcapng"
    with open_writer(path) as writer:
        write(writer, FRAMES[:11])
        app = open_app(path, still=False)
        async with app.run_test(size=(100, 24)) as pilot:
            screen = await settle(pilot)
            await pilot.press("G", "f")
            window = app.screen
            assert isinstance(window, FollowScreen)
            assert window.ladder.count == 1
            write(writer, FRAMES[11:])
            roles = ["request", "pause", "error", "note", "note"]
            await until(pilot, lambda: [step.role for step in window.ladder.items] == roles)
            assert screen.browser.pinned


async def test_open_statistics_count_on(open_app: OpenApp, tmp_path: Path) -> None:
    from nlsniff.tui.overview_screen import OverviewScreen

    path = tmp_path / "grows.pcapng"
    with open_writer(path) as writer:
        write(writer, FRAMES[:11])
        async with open_app(path, still=False).run_test(size=(100, 24)) as pilot:
            await settle(pilot)
            await pilot.press("s")
            window = pilot.app.screen
            assert isinstance(window, OverviewScreen)
            await until(pilot, lambda: window.done)
            before, lead = window.lines.items[0].text, window.lines.items[window.lines.cursor]
            write(writer, FRAMES[11:20])
            count = messages_in(FRAMES[:20])
            await until(pilot, lambda: window.lines.items[0].text.startswith(f"{count} messages"))
            assert window.lines.items[0].text != before
            assert window.lines.items[window.lines.cursor].filter == lead.filter
            await pilot.press("escape", "S")
            stories = pilot.app.screen
            assert isinstance(stories, OverviewScreen)
            await until(pilot, lambda: stories.done)
            write(writer, FRAMES[20:])
            words = f"Stories of the first {count} of {messages_in(FRAMES)} messages, ctrl-r counts anew"
            await until(pilot, lambda: str(stories.query_one("#title").render()) == words)
            await pilot.press("ctrl+r")
            await until(pilot, lambda: str(stories.query_one("#title").render()) == "Stories")


async def test_open_conversations_say_that_there_are_more(open_app: OpenApp, tmp_path: Path) -> None:
    from nlsniff.tui.conversations_screen import ConversationsScreen

    path = tmp_path / "grows.pcapng"
    with open_writer(path) as writer:
        write(writer, FRAMES[:11])
        async with open_app(path, still=False).run_test(size=(100, 24)) as pilot:
            await settle(pilot)
            await pilot.press("C")
            window = pilot.app.screen
            assert isinstance(window, ConversationsScreen)
            await until(pilot, lambda: window.done)
            title, before = window.query_one("#title"), window.rows.count
            write(writer, FRAMES[11:])
            words = f"of the first {messages_in(FRAMES[:11])} of {messages_in(FRAMES)} messages, ctrl-r counts anew"
            await until(pilot, lambda: str(title.render()) == f"{before} conversations, as they began {words}")
            await pilot.press("ctrl+r")
            await until(pilot, lambda: window.done and "ctrl-r" not in str(title.render()))
            assert window.rows.count > before


async def test_a_large_file_is_on_the_screen_before_it_is_read(open_app: OpenApp, tmp_path: Path) -> None:
    path = tmp_path / "large.pcap"
    rounds = 300
    with open_writer(path) as writer:
        for _ in range(rounds):
            write(writer, FRAMES)
    total = messages_in(FRAMES) * rounds
    app = open_app(path)
    async with app.run_test(size=(100, 24)) as pilot:
        screen = main(pilot)
        assert screen.messages.count > 0
        await settle(pilot)
        assert len(screen.browser.capture) == total
        assert screen.status.text.lstrip().startswith(f"{total:,}/{total:,}")
        await pilot.press("G")
        assert screen.browser.number == total
        await filter_by(pilot, "type == RTM_NEWROUTE")
        assert len(screen.browser.rows) == 6 * rounds


def _wheel_up() -> type:
    from textual.events import MouseScrollUp

    return MouseScrollUp


async def test_below_a_dialog_nothing_is_drawn_while_nothing_changes(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a live capture, whose figures are looked at all the time."""
    drawn: list[str] = []
    app = open_app("rejected", still=False)
    display = app._display

    def noted(screen: Screen[Any], drawing: Any) -> None:
        drawn.append(str(screen))
        display(screen, drawing)

    monkeypatch.setattr(app, "_display", noted)
    async with app.run_test() as pilot:
        screen = await settle(pilot)
        screen.browser.session = RUNNING
        await pilot.press("question_mark")
        await pilot.pause(0.5)
        drawn.clear()
        await pilot.pause(1)
        assert not drawn
        screen.browser.marked.add(1)
        await pilot.press("escape")
        await pilot.pause(0.5)
        assert drawn


class _Running:
    """A live capture that goes on, and to which nothing comes."""

    device = "nlmon0"
    kept = True

    def stats(self) -> Stats:
        return Stats(device=self.device)

    def begin(self) -> None:
        raise NlsniffError("cannot make an nlmon device")


RUNNING: Any = _Running()


async def test_a_file_that_was_cut_says_so(open_app: OpenApp, tmp_path: Path) -> None:
    path = tmp_path / "ring.pcapng"
    path.write_bytes((CAPTURES / "rejected.pcapng").read_bytes())
    app = open_app(path, still=False, filter_text="errno")
    async with app.run_test(size=(140, 24)) as pilot:
        screen = await settle(pilot)
        assert "the file was" not in screen.status.text
        path.write_bytes(b"")
        await until(pilot, lambda: "the file was cut, ctrl-r reads it anew" in screen.status.text)
        with open_writer(path) as writer:
            write(writer, FRAMES[:3])
        await pilot.press("ctrl+r")
        await pilot.pause()
    assert app.reopened is not None
    with app.reopened.capture as again:
        assert app.reopened.filter_text == "errno"
        assert again.advance() == messages_in(FRAMES[:3])


async def test_a_file_that_was_replaced_says_so(open_app: OpenApp, tmp_path: Path) -> None:
    path = tmp_path / "ring.pcapng"
    path.write_bytes((CAPTURES / "rejected.pcapng").read_bytes())
    async with open_app(path).run_test(size=(140, 24)) as pilot:
        screen = await settle(pilot)
        path.unlink()
        await pilot.pause(0.5)
        assert "the file was" not in screen.status.text
        await pilot.press("ctrl+r")
        assert "no such file" in screen.status.text
        with open_writer(path) as writer:
            write(writer, FRAMES[:2])
        await until(pilot, lambda: "the file was replaced, ctrl-r" in screen.status.text)
        count = len(screen.browser.capture)
        assert screen.browser.capture.message(count).summary  # the old one is still open


async def test_a_frame_that_is_not_whole_is_waited_for_in_words(open_app: OpenApp, tmp_path: Path) -> None:
    path = tmp_path / "grows.pcapng"
    whole = (CAPTURES / "rejected.pcapng").read_bytes()
    path.write_bytes(whole[:5000])
    async with open_app(path, still=False).run_test(size=(140, 24)) as pilot:
        screen = await settle(pilot)
        await until(pilot, lambda: "waiting for the rest of a frame" in screen.status.text)
        path.write_bytes(whole)
        await until(pilot, lambda: "waiting" not in screen.status.text)
        assert len(screen.browser.capture) == 49


async def test_a_recording_that_cannot_begin_again_says_why(open_app: OpenApp) -> None:
    app = open_app()
    app.session = RUNNING
    async with app.run_test(size=(140, 24)) as pilot:
        screen = await settle(pilot)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "cannot make an nlmon device" in screen.status.text)
        assert main(pilot) is screen
    async with open_app().run_test(size=(140, 24)) as pilot:
        await pilot.press("ctrl+e")
        assert "this is a file" in main(pilot).status.text


def test_a_file_is_read_anew_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "ring.pcapng"
    path.write_bytes((CAPTURES / "rejected.pcapng").read_bytes())
    terminal = Terminal([sys.executable, "-m", "nlsniff", "open", str(path)])
    terminal.wait_for("49/49")
    path.unlink()
    with open_writer(path) as writer:
        write(writer, FRAMES[:2])
        terminal.wait_for("the file was replaced")
        terminal.press("\x12")
        count = messages_in(FRAMES[:2])
        terminal.wait_for(f"{count}/{count}")
        write(writer, FRAMES[2:4])
        count = messages_in(FRAMES[:4])
        terminal.wait_for(f"{count}/{count}")
    terminal.press("q")
    assert terminal.end() == 0
