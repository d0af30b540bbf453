"""Dissectors are data: they must be found in a wheel, an sdist, an editable install and a bare checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from nlsniff.cli import COMMANDS
from tests.conftest import ROOT

pytestmark = pytest.mark.xdist_group("packages")


NAMES = {path.name for path in (ROOT / "dissectors").glob("*.yaml")}
COUNT = (
    "from nlsniff.spec.folders import shipped_dir; from nlsniff.spec.registry import Registry; "
    "print(len(Registry().names), shipped_dir())"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True)
    return folder


def count(path: Path) -> tuple[int, Path]:
    """How many dissectors a copy of the package finds, and where."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT], cwd=path.anchor, env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    number, _, where = done.stdout.strip().partition(" ")
    return int(number), Path(where)


def test_a_wheel_carries_them(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
        names = archive.namelist()
    assert {name.rpartition("/")[2] for name in names if name.startswith("nlsniff/_dissectors/")} >= NAMES
    assert {"nlsniff/py.typed", "nlsniff/wire/errnos.txt"} <= set(names)
    manuals = {name.rpartition("/")[2] for name in names if "/share/man/man1/" in name}
    assert {"nlsniff.1", *(f"nlsniff-{command}.1" for command in COMMANDS)} <= manuals
    assert count(tmp_path) == (len(NAMES), tmp_path / "nlsniff" / "_dissectors")


def test_an_sdist_carries_them(built: Path, tmp_path: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    subprocess.run(["tar", "-xzf", sdist, "-C", tmp_path], check=True)  # tarfile's filters are newer than Debian 12
    (folder,) = tmp_path.iterdir()
    assert {path.name for path in (folder / "dissectors").glob("*.yaml")} == NAMES
    assert count(folder) == (len(NAMES), folder / "dissectors")


def test_the_newest_version_of_the_changelog_is_what_is_built(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    versions = re.findall(r"^## (\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert wheel.name == f"nlsniff-{versions[0]}-py3-none-any.whl"


def test_a_checkout_has_them() -> None:
    assert count(ROOT) == (len(NAMES), ROOT / "dissectors")
