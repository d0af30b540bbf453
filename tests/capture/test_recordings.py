"""The shipped recordings: each is small, read alike by other tools, and has a line that says what it shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.referee import assert_tshark_agrees, rows

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
RECORDINGS = sorted(CAPTURES.glob("*.pcapng"))
LARGEST = 300_000


def test_every_scene_is_recorded_and_every_recording_has_a_scene() -> None:
    recorded = {path.name.partition(".")[0] for path in CAPTURES.glob("*.pcapng*")}
    assert recorded == {path.stem for path in (CAPTURES / "scenes").rglob("*.sh")} - {"lib"}


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_is_small_and_the_readme_says_what_it_shows(path: Path) -> None:
    assert path.stat().st_size <= LARGEST
    assert rows(path)
    assert f"`{path.name}`" in (CAPTURES / "README.md").read_text()


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_tshark_reads_a_recording_as_it_is(path: Path) -> None:
    if not shutil.which("tshark") and not os.environ.get("CI"):
        pytest.skip("tshark is not installed: run tests/install-system")
    assert assert_tshark_agrees(path) > 0


def test_the_recorder_knows_its_scenes() -> None:
    done = subprocess.run(
        [sys.executable, str(CAPTURES / "record"), "no-such-scene"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "first-route" in done.stderr
    assert "wireguard" in done.stderr
