"""Another file in the place of the one that is shown."""

from __future__ import annotations

import asyncio
import gc
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from textual.events import Paste

from nlsniff.capture.plan import Stats
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui import app as app_module
from nlsniff.tui.app import NlsniffApp, run
from nlsniff.tui.opening import paths, recent_files, remember, why_not_open
from nlsniff.tui.save_screen import LeaveScreen
from tests.tui.screens import CAPTURES, OpenApp, settle

if TYPE_CHECKING:
    import pytest
    from textual.pilot import Pilot


async def name_file(pilot: Pilot[None], text: str) -> None:
    """Say which file to open."""
    await pilot.press("L")
    pilot.app.post_message(Paste(text))
    await pilot.press("enter")
    await pilot.pause()


async def test_what_cannot_be_read_leaves_the_file_that_is_shown(open_app: OpenApp, tmp_path: Path) -> None:
    text = tmp_path / "notes.pcap"
    text.write_text("no capture at all")
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        await name_file(pilot, str(tmp_path / "absent.pcap"))
        assert screen.bar.has_class("-open", "-invalid")
        await pilot.press("escape")
        await name_file(pilot, str(text))
        assert screen.browser.note.meaning == "error"
        assert "notes.pcap" in screen.browser.note.text
        assert app.reopened is None
        assert screen.browser.number == 1
        await name_file(pilot, str(CAPTURES / "basics.pcapng"))
    assert app.reopened is not None
    with app.reopened.capture as other:
        assert other.path == str(CAPTURES / "basics.pcapng")


async def test_a_recording_that_is_not_kept_is_asked_about(open_app: OpenApp) -> None:
    class Session:
        kept = False

        def stats(self) -> Stats:
            return Stats(alive=False)

    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        screen.browser.session = Session()  # type: ignore[assignment]
        await name_file(pilot, str(CAPTURES / "basics.pcapng"))
        assert isinstance(app.screen, LeaveScreen)
        await pilot.press("escape")
        assert app.reopened is None
        await name_file(pilot, str(CAPTURES / "basics.pcapng"))
        await pilot.press("d")
        await pilot.pause()
    assert app.reopened is not None
    app.reopened.capture.close()


def test_nothing_of_the_old_file_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[weakref.ref[object]] = []

    def go_through(app: NlsniffApp) -> None:
        """What the user does, without a terminal."""

        async def use() -> None:
            async with app.run_test(size=(120, 30)) as pilot:
                screen = await settle(pilot)
                if not kept:
                    kept.extend(map(weakref.ref, (screen.browser, screen.browser.capture.index)))
                    await name_file(pilot, str(CAPTURES / "basics.pcapng"))
                else:
                    gc.collect()
                    kept.append(weakref.ref(screen.browser.capture))
                    assert [item() for item in kept[:2]] == [None, None]

        asyncio.run(use())

    monkeypatch.setattr(app_module.NlsniffApp, "run", go_through)
    with IndexedCapture(str(CAPTURES / "rejected.pcapng"), make_decoder()) as first:
        run(first, still=True)
        assert len(first) == 0
    assert len(kept) == 3
    assert [Path(path).name for path in recent_files().items[-2:]] == ["rejected.pcapng", "basics.pcapng"]


def test_names_are_completed_and_recent_files_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    for name in ("one.pcap", "two.pcap", ".hidden", "o\x1b[31m"):
        (tmp_path / name).write_bytes(b"1")
    assert [(one.text, one.doc) for one in paths("")] == []
    assert [(one.text, one.doc) for one in paths("o")] == [("one.pcap", "1 bytes")]
    assert [one.text for one in paths("stat")] == []  # nothing was kept yet
    for name in ("one.pcap", "two.pcap", "-"):
        remember(name)
    assert [one.text for one in paths("")] == [f"{tmp_path}/two.pcap", f"{tmp_path}/one.pcap"]
    assert [one.text for one in paths("stat")] == ["state/"]
    assert [one.text for one in paths(f"{tmp_path}/.")] == [f"{tmp_path}/.hidden"]
    assert paths("~nobody-of-this-name/") == paths("\0") == paths("absent/") == []
    assert why_not_open("one.pcap") == ""
    assert why_not_open("absent") == why_not_open("one.pcap/x") == "no such file"
    assert why_not_open("/dev/null") == "is no regular file"
    assert why_not_open(str(tmp_path)).startswith("is a folder")
