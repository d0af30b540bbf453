"""Python source that is made while the program runs, such that tracebacks and debuggers show its lines."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_numbers = count(1)


class _Source:
    """Stands for a module's loader, which `linecache` asks for the lines of a frame; that is not imported for it."""

    def __init__(self, source: str) -> None:
        self._source = source

    def get_source(self, _: str) -> str:
        return self._source


def define(name: str, source: str, values: Mapping[str, Any]) -> Any:
    """Run source of our own making, and return what it defines by a name.

    Args:
        name: of a function that the source defines.
        source: Python, of which no part may come from a user or a file.
        values: what other names in it stand for, `__builtins__` among them.
    """
    file = f"nlsniff generated {next(_numbers)}: {name}"
    names = {**values, "__name__": file, "__loader__": _Source(source)}
    exec(compile(source, file, "exec"), names)  # noqa: S102  see `source`
    return names[name]
