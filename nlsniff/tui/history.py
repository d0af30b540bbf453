"""The filters that were applied before, kept from one run to the next under the user's state directory."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from nlsniff.spec.cache import HAS_USERS, open_itself

_MOST = 200  # filters that are kept
_LONGEST = 2000  # characters of one


def history_file() -> Path:
    """Where filters are kept: ~/.local/state/nlsniff/filters, or as XDG_STATE_HOME says."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path("~/.local/state").expanduser()) / "nlsniff/filters"


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
            with open(self._path, "rb", opener=open_itself) as file:
                data = file.read(_MOST * _LONGEST) if _is_ours(file.fileno()) else b""
        except OSError:
            return []
        lines = data.decode(errors="replace").splitlines()[-_MOST:]
        return list(dict.fromkeys(line for line in lines if 0 < len(line) <= _LONGEST and line.isprintable()))

    def _write(self) -> None:
        """Write all, where the disk allows it; never into somebody else's folder, for sudo may keep HOME."""
        import tempfile

        folder = self._path.parent
        with contextlib.suppress(OSError):
            if not _is_in_our_folder(folder):
                return
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder)
            with os.fdopen(handle, "wb") as file:
                lines = (item for item in self.filters if len(item) <= _LONGEST and item.isprintable())
                file.write("".join(f"{line}\n" for line in lines).encode(errors="replace"))
            Path(name).replace(self._path)


def _is_in_our_folder(path: Path) -> bool:
    """Whether a folder, or the one in which it would be made, is ours."""
    while not path.is_dir():
        path = path.parent
    return not HAS_USERS or path.stat().st_uid == os.geteuid()


def _is_ours(descriptor: int) -> bool:
    found = os.fstat(descriptor)
    return stat.S_ISREG(found.st_mode) and (not HAS_USERS or found.st_uid in {os.geteuid(), 0})
