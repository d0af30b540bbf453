"""Load all that a screen may need before the privileges are given up: then the files can still be read.

Python under `sudo` may come from a folder that the invoking user cannot read (root's own pyenv, a virtual environment
below /root). Without root the process can import nothing there, and read no dissector.
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

# What functions import when they are called, beside modules of nlsniff, rich and textual. A test finds what is missing.
LATE: Final = (
    "concurrent.futures.thread",
    "ctypes.util",
    "datetime",
    "difflib",
    "orjson",
    "tempfile",
    "traceback",
    "yaml",
)
# Not for the screen: commands, the Python API, readers of other files, and modules for another system.
APART: Final = (
    "nlsniff.__main__", "nlsniff.api", "nlsniff.cli", "nlsniff.crosscheck", "nlsniff.pytest_plugin", "nlsniff.testing",
    "rich.__main__", "rich._win", "textual.__main__", "textual._sleep", "textual.drivers.win",
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
