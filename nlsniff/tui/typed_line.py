"""A line to type or paste into."""

from __future__ import annotations

from textual.widgets import Input

from nlsniff.terminal import one_line


class TypedLine(Input):
    """What a terminal must not have is escaped; in a quoted value of a filter an escape means the same."""

    def validate_value(self, value: str) -> str:
        """Escape it."""
        return one_line(value)
