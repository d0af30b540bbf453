"""What the tests that compile need from the machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

INSTALLED = Path("/usr/include")


def need_compiler() -> None:
    """Skip, or fail where CI promises one, without gcc, readelf and the installed headers."""
    lacking = [tool for tool in ("gcc", "readelf") if shutil.which(tool) is None]
    if not (INSTALLED / "linux/rtnetlink.h").exists():
        lacking.append("linux-libc-dev")
    if lacking:
        reason = f"reading C headers needs {', '.join(lacking)}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
