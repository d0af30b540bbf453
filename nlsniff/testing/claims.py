"""Which test owns which golden, over all workers of pytest-xdist: no two tests may mean one file."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from pathlib import Path


class Claims:
    """Says who came first.

    Args:
        folder: that all workers share; None where there are none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._owners: dict[Path, str] = {}

    def claim(self, golden: Path, test: str) -> None:
        """Say that a golden is that of a test.

        Raises:
            NlsniffError: it is that of another one.
        """
        owner = self._owners.get(golden)
        if owner is None:
            owner = self._owners[golden] = self._shared(golden, test)
        if owner != test:
            raise NlsniffError(
                f"{golden}: is the golden of {owner} and of {test}: rename one, or give the golden a name: "
                'netlink_golden("name")'
            )

    def _shared(self, golden: Path, test: str) -> str:
        """The first test that claimed it, in any worker."""
        if self._folder is None:
            return test
        self._folder.mkdir(parents=True, exist_ok=True)
        mark = self._folder / hashlib.sha256(str(golden).encode(errors="surrogateescape")).hexdigest()[:32]
        mine = mark.with_suffix(f".{hashlib.sha256(test.encode(errors='surrogateescape')).hexdigest()[:32]}")
        mine.write_text(test, encoding="utf-8", errors="surrogateescape")
        with suppress(FileExistsError):
            mark.hardlink_to(mine)  # whole from the start, and only one can be first
        return mark.read_text(encoding="utf-8", errors="surrogateescape")
