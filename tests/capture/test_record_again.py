"""One recording after the other, with multicast groups on this machine's own kernel: the session and the screen.

tests/live/test_live_session.py has it with an nlmon device.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nlsniff.capture import session
from nlsniff.capture.groups import MulticastGroup
from nlsniff.errors import NlsniffError
from nlsniff.reader import IndexedCapture, make_decoder
from tests.live.tool import eventually
from tests.support_sudo import children
from tests.tui.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

LINK = (MulticastGroup("route.rtnlgrp-link", 0, 1, optional=False),)


def _messages(path: Path) -> int:
    with IndexedCapture(path, make_decoder()) as capture:
        return len(capture.load())


def test_each_recording_has_a_whole_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    running = session.start(path, groups=LINK)
    try:
        assert eventually(lambda: running.stats().frames >= 4)
        first = running.finish()
        assert (first.alive, first.error, _messages(path)) == (False, "", first.messages)
        assert running.finish() is first
        running.begin()
        assert running.earlier == [(path, first)]
        assert running.path.name.startswith("x_00002_")
        assert eventually(lambda: running.stats().frames >= 4)
        second = running.finish()
        assert _messages(running.path) == second.messages == first.messages
        tmp_path.joinpath("kept").mkdir()
        shutil.move(path, tmp_path / "kept")
        shutil.move(running.path, tmp_path / "kept")
    finally:
        running.stop()
    with pytest.raises(NlsniffError, match="the capture process is gone"):
        running.begin()
    assert sorted(tmp_path.iterdir()) == [tmp_path / "kept"]  # what could not begin left no file
    assert running.stats() is second


def test_a_recording_follows_one_whose_writer_was_killed() -> None:
    running = session.start(None, groups=LINK)
    try:
        (engine,) = children(os.getpid())[-1:]
        os.kill(children(engine)[0], signal.SIGKILL)
        assert eventually(lambda: not running.stats().alive)
        assert "killed" in running.stats().error
        running.begin()
        assert running.stats().error == ""
        assert eventually(lambda: running.stats().frames >= 4)
        assert running.name == "not kept"
    finally:
        assert running.stop().error == ""


@pytest.mark.skipif(shutil.which("unshare") is None or os.geteuid() != 0, reason="makes a network namespace")
def test_a_recording_is_stopped_and_begun_anew_on_the_screen(tmp_path: Path) -> None:
    command = f"{sys.executable} -m nlsniff live --groups link; echo $? > {tmp_path}/code"
    terminal = Terminal(["unshare", "-n", "sh", "-c", command])

    def change() -> None:
        (shell,) = children(terminal.pid) or [terminal.pid]
        inside = ["nsenter", "-n", "-t", str(shell), "ip", "link", "set", "lo"]
        subprocess.run([*inside, "up"], check=True)
        subprocess.run([*inside, "down"], check=True)

    terminal.shows("live")
    change()
    terminal.shows("RTM_NEWLINK")
    terminal.press("\x05")
    terminal.shows("stopped, ctrl-e records anew")
    terminal.settle()
    change()
    terminal.press("\x05")
    terminal.shows("Record anew? This recording is not kept")
    terminal.press("w")
    terminal.shows("recording.pcapng")
    terminal.press("\x15")
    terminal.shows("name of a new file")
    terminal.press(f"{tmp_path}/kept.pcapng\r")
    terminal.shows("saved")
    terminal.press("\x05")
    # What came while nothing recorded is in neither.
    assert eventually(lambda: not terminal.settle() and "lo <" not in terminal.shown)
    terminal.shows("live")
    change()
    terminal.shows("RTM_NEWLINK")
    terminal.press("\x12")  # while it runs
    terminal.shows("Record anew?")
    terminal.press("d")
    assert eventually(lambda: not terminal.settle() and "lo <" not in terminal.shown)
    terminal.shows("recorder's own")
    terminal.press("q")
    terminal.shows("Leave?")
    terminal.press("q")
    terminal.end()
    assert (tmp_path / "code").read_text() == "0\n", terminal.said
    assert "0 dropped, not kept" in terminal.said
    assert _messages(tmp_path / "kept.pcapng") > 2
