"""What the user typed before, such as filters, kept from one run to the next under the user's state directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.tui import kept

if TYPE_CHECKING:
    from pathlib import Path

_MOST = 200  # lines that are kept
_LONGEST = 2000  # characters of one


def history_file() -> Path:
    """Where filters are kept: ~/.local/state/nlsniff/filters, or as XDG_STATE_HOME says."""
    return kept.folder("XDG_STATE_HOME", "~/.local/state") / "filters"


class History:
    """Lines of text, the oldest first, each once. What cannot be kept is remembered until the screen closes.

    Args:
        path: the file. It is read when it is first needed, and written with every new line.
        most: how many lines are kept.
    """

    def __init__(self, path: Path, most: int = _MOST) -> None:
        self._path = path
        self._most = most
        self._new: list[str] = []
        self._items: list[str] | None = None

    @property
    def items(self) -> list[str]:
        """All of them."""
        if self._items is None:
            self._items = self._read()
        return self._items

    def add(self, text: str) -> None:
        """Remember a text as the last one."""
        self._new = [*(item for item in self._new if item != text), text]
        # Another screen may have written meanwhile.
        items = [item for item in self._read() if item not in self._new]
        self._items = [*items, *self._new][-self._most :]
        if len(text) <= _LONGEST and text.isprintable():
            self._write()

    def _read(self) -> list[str]:
        try:
            data = kept.read(self._path, self._most * _LONGEST)
        except OSError:
            return []
        lines = data.decode(errors="replace").splitlines()[-self._most :]
        return list(dict.fromkeys(line for line in lines if 0 < len(line) <= _LONGEST and line.isprintable()))

    def _write(self) -> None:
        """Write all, where the disk allows it."""
        lines = (item for item in self.items if len(item) <= _LONGEST and item.isprintable())
        kept.write(self._path, "".join(f"{line}\n" for line in lines).encode(errors="replace"))
