"""What the user chose for the screen: `config.toml` under the user's configuration directory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.tui import kept

if TYPE_CHECKING:
    from pathlib import Path

_LIMIT = 1 << 16  # bytes of the file


def config_file() -> Path:
    """Where choices are kept: ~/.config/nlsniff/config.toml, or as XDG_CONFIG_HOME says."""
    return kept.folder("XDG_CONFIG_HOME", "~/.config") / "config.toml"


class Config:
    """Values by table and key, as TOML has them. The user may write the file, too; its comments are not kept.

    Args:
        path: the file. It is read when something is asked or set, for another screen may have written meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self.path = kept.real(path)  # people keep such files elsewhere and link to them

    def get(self, table: str, key: str) -> object:
        """A value; None where there is none.

        Raises:
            NlsniffError: the file cannot be read as TOML, or the table is none.
        """
        return self.table(table).get(key)

    def table(self, name: str) -> dict[str, object]:
        """All values of a table; none where there is no such table.

        Raises:
            NlsniffError: as those of `get`.
        """
        return self._table(self._read(), name)

    def set(self, table: str, key: str, value: str | list[str] | None) -> bool:
        """Keep a value, or with None forget it; False where the disk does not allow it.

        Raises:
            NlsniffError: the file cannot be read as TOML, or holds what would be lost; it stays as it is.
        """
        data = self._read()
        data[table] = {**self._table(data, table), key: value}
        top = _lines({name: item for name, item in data.items() if not isinstance(item, dict)}, self.path)
        tables = {name: item for name, item in data.items() if isinstance(item, dict)}
        parts = [top, *(f"[{_key(name)}]\n{_lines(inside, self.path)}" for name, inside in tables.items())]
        return kept.write(self.path, "\n".join(filter(None, parts)).encode())

    def _table(self, data: dict[str, object], name: str) -> dict[str, object]:
        found = data.get(name, {})
        if not isinstance(found, dict):
            raise NlsniffError(f"{self.path}: {name} is no table")
        return found

    def _read(self) -> dict[str, object]:
        try:
            data = kept.read(self.path, _LIMIT)
        except OSError:
            return {}
        import tomllib  # most have no such file

        try:
            return tomllib.loads(data.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NlsniffError(f"{self.path}: {error}") from None


def _lines(values: dict[str, object], path: Path) -> str:
    return "".join(f"{_key(key)} = {_text(item, path)}\n" for key, item in values.items() if item is not None)


def _text(value: object, path: Path) -> str:
    """A value as TOML, which writes strings as JSON does."""
    if isinstance(value, list):
        return f"[{', '.join(_text(item, path) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_key(key)} = {_text(item, path)}' for key, item in value.items())}}}"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, str):
        return _quoted(value)
    raise NlsniffError(f"{path}: only texts, numbers, lists and tables of them can be kept")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else _quoted(name)
