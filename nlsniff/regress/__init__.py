"""Captures as regression tests: transcripts, what differs between two of them, and goldens that are kept.

    from nlsniff import regress

    found = regress.compare("route_add.nlt", "new.pcapng", rules="nl.toml")
    if found:
        print(found.words())

What `__all__` lists is public, and docs/python.md explains it. Each name is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from nlsniff.regress.api import compare as compare
    from nlsniff.regress.api import expect as expect
    from nlsniff.regress.api import transcript as transcript

__all__ = ["compare", "expect", "transcript"]


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module 'nlsniff.regress' has no attribute {name!r}")
        from nlsniff.regress import api

        found = globals()[name] = getattr(api, name)
        return found
