"""iproute2 as referee, now: the kernel's answers of this moment, as the tools print them and as nlsniff reads them."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.iproute2.test_iproute2_files import LEAST, compare
from tests.live.tool import Capture, enter_private_network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAPPED = "iproute2-6.1"  # what the maps of names were made for
# Scenes of a newer kernel with newer tools are not played here.
SCENES = [name for name in LEAST if (ROOT / "captures" / "scenes" / f"{name}.sh").exists()]


@pytest.fixture
def _empty_network() -> Iterator[None]:
    """A network that has nothing of another scene, and leaves nothing to the next test."""
    enter_private_network()
    yield
    enter_private_network()


@pytest.mark.usefixtures("_empty_network")
@pytest.mark.parametrize("scene", SCENES)
def test_the_tools_say_what_we_say(scene: str, tmp_path: Path) -> None:
    version = subprocess.run(["ip", "-V"], capture_output=True, text=True, check=True).stdout
    if MAPPED not in version:
        pytest.skip(f"{version.strip()}: other versions print other fields, the maps are for {MAPPED}")
    play(scene, "before", tmp_path)
    path = tmp_path / f"{scene}.pcapng"
    with Capture("-w", str(path)):
        play(scene, "scene", tmp_path)
    comparison = compare(path)
    assert comparison.differences == []
    assert comparison.equal >= LEAST[scene]


def play(scene: str, part: str, share: Path) -> None:
    """Run one part of a recording's scene here."""
    script = f". captures/scenes/lib.sh; . captures/scenes/{scene}.sh; {part}"
    environment = {**os.environ, "NLSNIFF_SHARE": str(share)}
    subprocess.run(["sh", "-c", script], cwd=ROOT, env=environment, check=True, capture_output=True, timeout=60)
