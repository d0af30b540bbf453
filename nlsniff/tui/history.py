"""The filters that were applied before, kept from one run to the next under the user's state directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.tui import kept

if TYPE_CHECKING:
    from pathlib import Path

_MOST = 200  # filters that are kept
_LONGEST = 2000  # characters of one


def history_file() -> Path:
    """Where filters are kept: ~/.local/state/nlsniff/filters, or as XDG_STATE_HOME says."""
    return kept.folder("XDG_STATE_HOME", "~/.local/state") / "filters"


class History:
    """Filters, the oldest first, each once. What cannot be kept is remembered until the screen closes.

    Args:
        path: the file, a filter a line. It is read when it is first needed, and written with every new filter.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._new: list[str] = []
        self._filters: list[str] | None = None

    @property
    def filters(self) -> list[str]:
        """All of them."""
        if self._filters is None:
            self._filters = self._read()
        return self._filters

    def add(self, text: str) -> None:
        """Remember a filter as the last one."""
        self._new = [*(item for item in self._new if item != text), text]
        # Another screen may have written meanwhile.
        filters = [item for item in self._read() if item not in self._new]
        self._filters = [*filters, *self._new][-_MOST:]
        if len(text) <= _LONGEST and text.isprintable():
            self._write()

    def _read(self) -> list[str]:
        try:
            data = kept.read(self._path, _MOST * _LONGEST)
        except OSError:
            return []
        lines = data.decode(errors="replace").splitlines()[-_MOST:]
        return list(dict.fromkeys(line for line in lines if 0 < len(line) <= _LONGEST and line.isprintable()))

    def _write(self) -> None:
        """Write all, where the disk allows it."""
        lines = (item for item in self.filters if len(item) <= _LONGEST and item.isprintable())
        kept.write(self._path, "".join(f"{line}\n" for line in lines).encode(errors="replace"))
