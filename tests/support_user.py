"""An ordinary user's Python, for tests that run as root."""

from __future__ import annotations

import sys
import sysconfig
from contextlib import suppress
from functools import cache
from pathlib import Path

import nlsniff
from tests.live.tool import as_user
from tests.support_tools import lacking

CODE = f"{Path(nlsniff.__file__).parent.parent}:{sysconfig.get_paths()['purelib']}"


@cache
def users_python() -> str:
    """A Python that an ordinary user can run, and that has what nlsniff needs."""
    for python in (sys.executable, "/usr/bin/python3"):
        with suppress(OSError):
            if not as_user(
                [python, "-c", "import nlsniff.cli, dpkt, yaml"], env={"PYTHONPATH": CODE}, cwd="/"
            ).returncode:
                return python
    lacking("an ordinary user can run no Python here that has what nlsniff needs")
    raise AssertionError
