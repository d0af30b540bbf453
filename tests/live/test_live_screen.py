"""`nlsniff live`: the traffic of this very kernel, on a screen and as lines."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.live.tool import NLSNIFF, ip, nlmons, nlsniff
from tests.tui.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


def _left_behind() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("nlsniff-live-*"))


def _until(lines: Iterator[str], text: str) -> str:
    """The first line that has a text."""
    return next(line for line in lines if text in line)


def test_live_on_a_terminal_shows_what_comes(request: pytest.FixtureRequest) -> None:
    request.addfinalizer(lambda: ip("link", "del", "livedummy0", check=False))
    before = _left_behind()
    terminal = Terminal([*NLSNIFF, "live"])
    terminal.wait_for("following", 120)
    ip("link", "add", "livedummy0", "type", "dummy")
    terminal.wait_for("livedummy0", 60)
    terminal.press("q")
    terminal.shows("go on, and lose them")
    terminal.press("q")
    assert terminal.end() == 0, terminal.said
    assert "0 dropped" in terminal.said
    assert "not kept" in terminal.said
    assert nlmons() == []
    assert _left_behind() == before


def test_live_without_a_terminal_prints_lines(request: pytest.FixtureRequest) -> None:
    request.addfinalizer(lambda: ip("link", "del", "livedummy1", check=False))
    before = _left_behind()
    process = subprocess.Popen(
        [*NLSNIFF, "live", "-Y", "type == RTM_NEWLINK"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = iter(process.stdout)
    _until(lines, "RTM_NEWLINK")  # the dump at the start, so the capture runs
    ip("link", "add", "livedummy1", "type", "dummy")
    line = _until(lines, "livedummy1")
    assert line.split()[3] == "RTM_NEWLINK"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "not kept" in said
    assert nlmons() == []
    assert _left_behind() == before


def _refused(*options: str) -> list[str]:
    """What `live` prints into a pipe until the kernel says that there is no such link."""
    process = subprocess.Popen([*NLSNIFF, "live", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = iter(process.stdout)
    printed = [next(lines)]  # of what is asked at the start, so the capture runs
    ip("link", "del", "nosuchlink", check=False)
    while "ENODEV" not in printed[-1]:
        printed.append(next(lines))
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return printed + rest.splitlines(keepends=True)


def test_live_into_a_pipe_prints_what_show_prints_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.pcapng"
    printed = _refused("-w", str(path))
    shown = nlsniff("show", str(path)).stdout.splitlines(keepends=True)
    # What came last may have got into the file only.
    assert printed == shown[: len(printed)]


def test_live_into_a_pipe_filters_by_conversations(tmp_path: Path) -> None:
    path = tmp_path / "kept.pcapng"
    filter_ = "status == error or type == RTM_NEWLINK"
    printed = _refused("-w", str(path), "-Y", filter_)
    shown = nlsniff("show", "-Y", filter_, str(path)).stdout.splitlines(keepends=True)
    # The request is wanted, too, where its refusal had come when it was looked at.
    assert set(printed) <= set(shown)
    assert any("NLMSG_ERROR" in line for line in printed)


def test_live_keeps_the_file_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "kept.pcapng"
    process = subprocess.Popen(
        [*NLSNIFF, "live", "-w", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    _until(iter(process.stdout), "RTM_NEWLINK")
    time.sleep(0.2)
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert str(path) in said
    shown = nlsniff("show", str(path))
    assert shown.returncode == 0, shown.stderr
    assert "RTM_NEWLINK" in shown.stdout


def test_live_refuses_a_device_that_is_not_there() -> None:
    before = _left_behind()
    result = nlsniff("live", "-i", "nosuchdevice")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "nosuchdevice" in result.stderr
    assert _left_behind() == before
