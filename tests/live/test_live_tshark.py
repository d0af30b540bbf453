"""tshark as referee: what nlsniff wrote is what tshark reads."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.live.tool import Capture, ip
from tests.referee import assert_tshark_agrees, rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module", params=["x.pcapng", "x.pcap"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of `ip` at work. The kernel is right here, so what was done can be compared with what is decoded."""
    path: Path = tmp_path_factory.mktemp("tshark") / request.param
    with Capture("-w", str(path)):
        ip("link", "add", "d0", "type", "dummy")
        ip("link", "set", "d0", "up")
        ip("addr", "add", "192.0.2.1/24", "dev", "d0")
        ip("route", "add", "198.51.100.0/24", "via", "192.0.2.254")
        ip("route", "add", "203.0.113.0/24", "via", "10.9.9.9", check=False)
        ip("xfrm", "state", "flush")
        ip("route", "show", "table", "all")
        ip("rule", "show")
        ip("link", "del", "d0")
    return path


def test_tshark_agrees_on_frames_lengths_types_and_sequence_numbers(recorded: Path) -> None:
    assert assert_tshark_agrees(recorded) > 20


def test_capinfos_finds_nothing_wrong(recorded: Path) -> None:
    if not shutil.which("capinfos"):
        pytest.fail("capinfos is not installed: run tests/install-system")
    done = subprocess.run(["capinfos", "-M", str(recorded)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Linux Netlink" in done.stdout
    assert "nanoseconds" in done.stdout
    assert f"Number of packets:   {len(rows(recorded))}" in done.stdout
    if recorded.suffix == ".pcapng":
        assert "Capture application: nlsniff" in done.stdout
        assert "Number of stat entries = 1" in done.stdout
