"""Golden text: what something printed once, and was read by a person."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def check_golden(path: Path, text: str) -> None:
    """Compare a text with a file; with NLSNIFF_UPDATE in the environment the file is written anew first."""
    if os.environ.get("NLSNIFF_UPDATE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()
