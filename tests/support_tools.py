"""Tools that a test needs beside Python: skipped by name where absent, a failure in CI."""

from __future__ import annotations

import os
import shutil

import pytest


def need(tool: str, path: str | None = None) -> None:
    """Skip the test when `tool` is not installed, on PATH or on another `path`; in CI that is a failure."""
    if shutil.which(tool, path=path) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{tool} is not installed: tests/install-system installs it")
        pytest.skip(f"{tool} is not installed")
