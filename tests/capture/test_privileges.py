"""What each process may do under `sudo`, with multicast groups on this machine's own kernel.

tests/live/test_live_privileges.py has the same with an nlmon device.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support_sudo import browse, check_lines, close_window, closed_python, is_unprivileged

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="sudo is tried as root")

GROUPS = ("--groups", "link")


def test_the_screen_runs_as_the_invoking_user(tmp_path: Path) -> None:
    browse(tmp_path, GROUPS)


def test_a_closed_window_leaves_nothing() -> None:
    close_window(GROUPS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
def test_lines_are_printed_as_the_invoking_user_and_leave_nothing(tmp_path: Path, number: int) -> None:
    check_lines(tmp_path, GROUPS, number)


@pytest.mark.parametrize("turns", [(), ("-b", "duration:0.2", "-a", "files:3")])
def test_a_capture_is_written_by_the_invoking_user(tmp_path: Path, turns: Sequence[str]) -> None:
    python, environment = closed_python(tmp_path)
    target = tmp_path / "x.pcapng"
    limits = turns or ("-a", "duration:0.5")
    with subprocess.Popen(
        [python, "-P", "-m", "nlsniff", "capture", "-w", str(target), *GROUPS, *limits],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        assert process.stderr.readline().startswith("capturing on")
        reader, *_ = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert is_unprivileged(int(reader))
        said = process.stderr.read()
    assert process.returncode == 0, said
    assert "0 dropped" in said
    assert all(path.stat().st_size for path in tmp_path.glob("x*.pcapng"))
