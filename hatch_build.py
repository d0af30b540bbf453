"""Makes the manual pages when a wheel is built, from what `--help` says: they go to share/man/man1."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualPages(BuildHookInterface[Any]):
    """Adds a page for nlsniff and one for each command; none to an editable wheel, where they would grow old."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the pages; no command needs a library to say what it takes."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from nlsniff.cli import PROGRAM  # noqa: PLC0415  found only now
        from nlsniff.cli.manual import pages  # noqa: PLC0415

        self._folder = TemporaryDirectory()
        for name, text in pages(PROGRAM):
            path = Path(self._folder.name) / f"{name}.1"
            path.write_text(text, encoding="utf-8")
            build_data["shared_data"][str(path)] = f"share/man/man1/{path.name}"
