"""Load all that a screen may need while the files can still be read: before the privileges go.

Python under `sudo` may come from a folder that the invoking user cannot read (root's own pyenv, a virtual environment
below /root). Whoever gave up root there can import nothing any more, and read no dissector.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Final

import rich
import textual

import nlsniff
from nlsniff.filter.complete import complete

if TYPE_CHECKING:
    from nlsniff.spec.registry import Registry

# What is imported no earlier than it is used, beside modules of ours and of the libraries of the screen. A test finds
# what is missing here.
LATE: Final = (
    "concurrent.futures.thread",
    "ctypes.util",
    "datetime",
    "difflib",
    "orjson",
    "tempfile",
    "textwrap",
    "traceback",
    "yaml",
)
# Programs of their own, what programs in Python use, what reads other files than a capture of ours, and what is for
# another system.
APART: Final = (
    "nlsniff.__main__", "nlsniff.api", "nlsniff.cli", "nlsniff.crosscheck", "rich.__main__", "rich._win",
    "textual.__main__", "textual._sleep", "textual.drivers.win",
)  # fmt: skip


def load_all(registry: Registry) -> None:
    """Import the modules of nlsniff and what they import late, load every dissector, and what filters need."""
    for package in (nlsniff, rich, textual):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(APART):
                importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)
    for name in registry.names:
        registry.family(name)
    complete("type", 4, registry)
