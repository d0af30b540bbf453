"""Saving what is shown, marked, or all; and leaving a recording that is not kept."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, cast

import pytest
from textual.events import Paste

from nlsniff.capture.plan import Stats
from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.save import Saving
from nlsniff.save_name import why_not
from nlsniff.tui.save_screen import LeaveScreen
from tests.tui.screens import CAPTURES, OpenApp, filter_by, main, settle

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from nlsniff.tui.main_screen import MainScreen

REJECTED = CAPTURES / "rejected.pcapng"
ROUTES = [26, 32, 34, 44, 45, 46]


async def save_as(pilot: Pilot[None], key: str, path: Path) -> MainScreen:
    """Press what saves, name the file, and wait until it is there, or a note says why not."""
    screen = main(pilot)
    await pilot.press("w", key)
    await pilot.pause()
    assert screen.bar.has_class("-open")
    await pilot.press("ctrl+u")
    pilot.app.post_message(Paste(str(path)))
    await pilot.press("enter")
    for _ in range(200):
        await pilot.pause(0.05)
        if screen.browser.note.text and not screen.browser.note.text.startswith("saving"):
            break
    return screen


async def test_what_is_shown_is_saved_with_what_names_it(open_app: OpenApp, tmp_path: Path) -> None:
    path = tmp_path / "routes.pcapng"
    async with open_app().run_test(size=(120, 30)) as pilot:
        await filter_by(pilot, "type == RTM_NEWROUTE")
        screen = await save_as(pilot, "s", path)
        assert screen.browser.note == (f"saved 6 messages in 11 frames, which are whole, to {path}", "good")
    with IndexedCapture(str(REJECTED), make_decoder()) as before, IndexedCapture(str(path), make_decoder()) as after:
        wanted = [before.load().message(number) for number in ROUTES]
        got = [message for message in after if message.type_name == "RTM_NEWROUTE"]
        assert [message.summary for message in got] == [message.summary for message in wanted]
        assert "veth0" in got[0].summary  # the recorder's own said its name
        assert [message.time_ns for message in got] == [message.time_ns for message in wanted]
        assert [message.comment for message in got] == [message.comment for message in wanted]


async def test_the_name_proposed_and_why_it_may_be_none(open_app: OpenApp, tmp_path: Path) -> None:
    async with open_app().run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("w", "m")  # nothing is marked
        assert len(pilot.app.screen_stack) == 2
        await pilot.press("escape", "m", "w", "m")
        await pilot.pause()
        assert screen.bar.text == "rejected-marked.pcapng"
        await pilot.press("escape")
        assert screen.bar.text == ""
    there = tmp_path / "there.txt"
    there.touch()
    assert why_not(str(there)) == "is there already: another name"
    assert why_not(str(tmp_path / "absent/new.txt")) == f"there is no folder {tmp_path}/absent"
    assert why_not("new.doc") == why_not("") == "a name that ends in .pcapng, .pcap, .json or .txt"
    assert why_not(str(tmp_path / "new.pcap")) == ""


def saved(capture: IndexedCapture, numbers: list[int], path: Path) -> str:
    saving = Saving(capture, numbers, [], str(path))
    assert all(0 <= done <= 100 for done in saving.run())
    assert not path.exists()
    return saving.finish()


@pytest.mark.parametrize(("suffix", "option"), [("txt", ()), ("json", ("--json",))])
def test_text_and_json_are_those_of_show(suffix: str, option: tuple[str, ...], tmp_path: Path) -> None:
    with IndexedCapture(str(REJECTED), make_decoder()) as capture:
        capture.load()
        path = tmp_path / f"saved.{suffix}"
        assert saved(capture, list(range(1, len(capture) + 1)), path) == f"saved 49 messages to {path}"
    assert path.read_text() == run_show(*option, str(REJECTED))


def run_show(*arguments: str) -> str:
    command = [sys.executable, "-m", "nlsniff", "show", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("suffix", ["pcapng", "pcap"])
def test_all_of_a_capture_is_that_capture(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"saved.{suffix}"
    with IndexedCapture(str(REJECTED), make_decoder(show_secrets=True)) as capture:
        saved(capture.load(), list(range(1, len(capture) + 1)), path)
    before, after = list(FrameReader(str(REJECTED))), list(FrameReader(str(path)))
    assert [(frame.time_ns, frame.data, frame.length) for frame in after] == [
        (frame.time_ns, frame.data, frame.length) for frame in before
    ]
    assert suffix == "pcap" or [frame.comment for frame in after] == [frame.comment for frame in before]


@pytest.mark.parametrize("suffix", ["pcapng", "pcap", "txt", "json"])
def test_secrets_stay_behind(suffix: str, tmp_path: Path) -> None:
    with IndexedCapture(str(CAPTURES / "secrets.pcapng"), make_decoder(show_secrets=True)) as shown:
        keys = {
            node.raw
            for message in shown.load()
            for node in message.root.walk()
            if node.secret and isinstance(node.raw, bytes) and len(node.raw) >= 8 and any(node.raw)
        }
    assert keys
    path = tmp_path / f"saved.{suffix}"
    with IndexedCapture(str(CAPTURES / "secrets.pcapng"), make_decoder()) as capture:
        said = saved(capture.load(), list(range(1, len(capture) + 1)), path)
    data = path.read_bytes()
    assert not [key for key in keys if key in data or key.hex().encode() in data]
    assert ("secrets overwritten" in said) is suffix.startswith("pcap")


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with IndexedCapture(str(REJECTED), make_decoder()) as capture:
        capture.load()
        with pytest.raises(NlsniffError, match="cannot be written: No such file or directory"):
            Saving(capture, [1], [], str(tmp_path / "absent" / "new.txt"))
        path = tmp_path / "new.txt"
        saving = Saving(capture, [1], [], str(path))
        list(saving.run())
        path.mkdir()  # it came meanwhile
        with pytest.raises(NlsniffError, match="is a folder"):
            saving.finish()


class _Live:
    """A capture that runs."""

    def __init__(self, *, kept: bool = False) -> None:
        self.kept = kept

    def stats(self) -> Stats:
        return Stats()


async def live(open_app: OpenApp, pilot_keys: list[str], *, kept: bool = False) -> tuple[bool, list[type[Any]]]:
    app = open_app()
    app.session = cast("Any", _Live(kept=kept))
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        windows = []
        for key in pilot_keys:
            await pilot.press(key)
            await pilot.pause()
            windows.append(type(app.screen))
        return app._exit, windows


async def test_a_recording_that_is_not_kept_is_not_lost_by_one_key(open_app: OpenApp) -> None:
    gone, windows = await live(open_app, ["q", "escape"])
    assert windows[0] is LeaveScreen
    assert windows[1] is not LeaveScreen
    assert not gone
    assert (await live(open_app, ["q", "q"]))[0]
    assert (await live(open_app, ["q"], kept=True))[0]


async def test_a_recording_is_saved_before_leaving(open_app: OpenApp, tmp_path: Path) -> None:
    app = open_app()
    app.session = cast("Any", _Live())
    path = tmp_path / "all.json"
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("q", "w")
        await pilot.pause()
        assert screen.bar.text == "recording.pcapng"
        await pilot.press("escape")
        await save_as(pilot, "a", path)
        assert len([json.loads(line) for line in path.read_text().splitlines()]) == 49
        await pilot.press("q")
        await pilot.pause()
        assert app._exit
