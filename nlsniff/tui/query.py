"""Filters as the screen uses them: checked and completed while they are typed.

What reads filters and the list of all fields take a tenth of a second to load, once, so nothing of them is imported
before the first filter is typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.filter.compile import Filter
    from nlsniff.spec.registry import Registry


def read(text: str, registry: Registry, marked: set[int]) -> Filter:
    """A filter from its text.

    Raises:
        FilterError: it cannot be used.
    """
    from nlsniff.filter.compile import compile_filter  # noqa: PLC0415

    return compile_filter(text, registry, marks=marked)


def check(text: str, registry: Registry) -> tuple[int, str] | None:
    """Why a filter cannot be used: the column from 1, and the reason; None where it can."""
    from nlsniff.filter.errors import FilterError  # noqa: PLC0415

    try:
        read(text, registry, set())
    except FilterError as error:
        return error.column, error.reason
    return None


def suggest(text: str, cursor: int, registry: Registry) -> list[tuple[str, int, str]]:
    """Completions: the text from a position to the cursor becomes another; with what it is, in words."""
    from nlsniff.filter.complete import complete  # noqa: PLC0415

    return [(found.text, found.start, found.doc) for found in complete(text, cursor, registry)]
