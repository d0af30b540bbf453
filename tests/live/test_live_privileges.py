"""What each process of a live session may do under `sudo`, with an nlmon device."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.live.tool import eventually, nlmons
from tests.support_sudo import browse, check_lines, close_window

if TYPE_CHECKING:
    from pathlib import Path


def test_the_screen_runs_as_the_invoking_user(tmp_path: Path) -> None:
    browse(tmp_path, ())
    assert nlmons() == []


def test_lines_end_with_a_hang_up(tmp_path: Path) -> None:
    check_lines(tmp_path, (), signal.SIGHUP)
    assert nlmons() == []


def test_a_closed_window_leaves_no_device() -> None:
    close_window(())
    assert eventually(lambda: nlmons() == [])
