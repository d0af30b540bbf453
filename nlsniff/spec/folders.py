"""Where dissectors are: those that came with nlsniff, and the user's own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def shipped_dir() -> Path:
    """The dissectors that came with nlsniff: inside the installed package, else beside it in a checkout."""
    from pathlib import Path

    return Path(shipped_folder())


def shipped_folder() -> str:
    """As `shipped_dir`, as text: the registry does without pathlib."""
    package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    inside = os.path.join(package, "_dissectors")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "dissectors")


def user_dir() -> str:
    """The user's own dissectors: ~/.config/nlsniff/dissectors, or as XDG_CONFIG_HOME says."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "nlsniff", "dissectors")
