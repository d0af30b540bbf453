"""The cases that others made (`../shared/cases`): extras beside the bytes that tests build themselves.

A test that must not be missing builds its own bytes; what stands on these files alone is skipped, by name, where the
folder is absent. That holds in CI, too, which has no such folder.
"""

from __future__ import annotations

from pathlib import Path

import pytest

CASES = Path(__file__).resolve().parent.parent.parent / "shared" / "cases"


def case(name: str) -> Path:
    """The file of a case, such as `hostile/stale.pcap`; skips the test that asks where the folder is absent.

    A file that is absent from a folder that is there is an error: it was renamed, and the test with it would be lost.
    """
    if not CASES.is_dir():
        pytest.skip(f"../shared/cases is absent: {name}")
    path = CASES / name
    assert path.is_file(), f"{path} is absent"
    return path
