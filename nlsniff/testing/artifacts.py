"""What a failed test leaves for people and for `nlsniff accept`: what the golden would be, a diff, a report."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from nlsniff.regress.files import CAPTURES, FAILED, NEW, TEXT, leave_capture, write_all
from nlsniff.regress.report import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

    from nlsniff.regress.checks import Result
    from nlsniff.testing.settings import Settings

_IGNORE = "*\n"
_DIFF, _REPORT = ".diff", ".report.json"


class Artifacts:
    """The files of one golden. Captures among them have no keys.

    Args:
        settings: of the test run.
        item: the test.
        golden: the text of the golden.
    """

    def __init__(self, settings: Settings, item: pytest.Item, golden: Path) -> None:
        self._root = settings.artifacts
        module = item.path.with_suffix("")
        inside = module.relative_to(settings.root) if module.is_relative_to(settings.root) else module.name
        self.folder = self._root / inside
        self._stem = golden.name.removesuffix(TEXT)
        self._files: list[Path] = []

    def clear(self) -> None:
        """Remove what an earlier run left."""
        for ending in (f"{TEXT}{NEW}", *(f"{ending}{NEW}" for ending in CAPTURES), _DIFF, _REPORT):
            self._path(ending).unlink(missing_ok=True)

    def clear_failed(self) -> None:
        """Remove the capture that an earlier run left."""
        for ending in CAPTURES:
            self._path(f"{FAILED}{ending}").unlink(missing_ok=True)

    def told(self, files: Iterable[Path]) -> None:
        """Take note of files that were written here: what the golden would be."""
        self._files += files

    def captures(self) -> list[Path]:
        """The captures among them."""
        return [path for path in self._files if path.name.endswith(tuple(f"{ending}{NEW}" for ending in CAPTURES))]

    def failed(self, data: bytes) -> list[Path]:
        """Write the capture, which has no keys, of which something else was expected; returns the file."""
        path = leave_capture(self.folder, self._stem, data)
        self._ignore()
        return [path]

    def diff(self, text: str) -> Path:
        """Write a diff; returns its file."""
        path = self._path(_DIFF)
        write_all({path: text.encode("utf-8", "backslashreplace")})
        return path

    def report(self, result: Result) -> None:
        """Write what came of a check, as `nlsniff check --json` tells it."""
        write_all({self._path(_REPORT): json.dumps(to_json(result), indent=1).encode() + b"\n"})
        self._ignore()

    def _ignore(self) -> None:
        """See to it that git passes over the folder."""
        with suppress(FileExistsError), (self._root / ".gitignore").open("x") as file:
            file.write(_IGNORE)

    def _path(self, ending: str) -> Path:
        return self.folder / f"{self._stem}{ending}"
