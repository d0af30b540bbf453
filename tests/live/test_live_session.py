"""A session as a screen holds it: figures, growing file, end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from nlsniff.capture import session
from nlsniff.errors import NlsniffError
from tests.live.tool import eventually, ip, nlmons
from tests.referee import types

if TYPE_CHECKING:
    from pathlib import Path

RTM_NEWLINK = 16


def test_a_session_grows_its_file_while_it_runs_and_ends_in_order(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    running = session.start(path)
    try:
        assert nlmons() == [running.device]
        assert running.path == path
        assert eventually(lambda: running.stats().frames >= 6)
        before = running.stats().frames
        ip("link", "show", "lo")
        said = time.monotonic()
        size = path.stat().st_size
        assert eventually(lambda: path.stat().st_size > size or types(path)[-1] == RTM_NEWLINK)
        assert time.monotonic() - said < 1
        assert eventually(lambda: running.stats().frames >= before + 2)
        assert running.stats().alive
    finally:
        final = running.stop()
    assert (final.alive, final.error, final.dropped) == (False, "", 0)
    assert final.messages == sum(1 for _ in types(path)) + len(types(path, 16))
    assert nlmons() == []
    assert running.stop() == final


def test_a_session_records_again_and_again(tmp_path: Path) -> None:
    running = session.start(tmp_path / "x.pcapng")
    assert running.finish().alive is False
    assert nlmons() == []
    running.begin()
    assert nlmons() == [running.device]
    ip("link", "show", "lo")
    assert eventually(lambda: running.stats().frames > 6)
    running.stop()
    assert nlmons() == []
    assert running.earlier == [(tmp_path / "x.pcapng", running.earlier[0][1])]
    assert types(running.path)[-1] == RTM_NEWLINK


def test_a_screen_that_dies_takes_the_device_with_it(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    code = f"from nlsniff.capture import session; s = session.start({str(path)!r}); print('up', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as screen:
        assert screen.stdout
        assert screen.stdout.readline() == b"up\n"
        assert len(nlmons()) == 1
        ip("link", "show", "lo")
        screen.send_signal(signal.SIGKILL)
        screen.wait()
    assert eventually(lambda: nlmons() == [])
    assert types(path)[-1] == RTM_NEWLINK


def test_a_session_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(NlsniffError, match="there is no device nlmon9"):
        session.start(tmp_path / "x.pcapng", device="nlmon9")
    with pytest.raises(NlsniffError, match="cannot write"):
        session.start(tmp_path / "nowhere" / "x.pcapng")
    assert nlmons() == []


def test_a_session_whose_device_goes_away_says_so(tmp_path: Path) -> None:
    running = session.start(tmp_path / "x.pcapng")
    ip("link", "del", running.device)
    assert eventually(lambda: not running.stats().alive)
    assert "went away" in running.stats().error
    running.stop()
    assert os.path.getsize(tmp_path / "x.pcapng") > 1000  # noqa: PTH202  one number
