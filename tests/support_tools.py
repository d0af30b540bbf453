"""Tools that a test needs beside Python: skipped by name where absent, a failure in CI."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def need(tool: str, path: str | None = None) -> None:
    """Skip the test when `tool` is not installed, on PATH or on another `path`; in CI that is a failure."""
    if shutil.which(tool, path=path) is None:
        lacking(f"{tool} is not installed: tests/install-system installs it")


def need_file(path: Path, package: str) -> None:
    """Skip the test when a file of a package is not there; in CI that is a failure."""
    if not path.exists():
        lacking(f"{path} is absent: {package} has it")


def lacking(words: str) -> None:
    """Skip the test, for these reasons; in CI fail it."""
    if os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(words)
