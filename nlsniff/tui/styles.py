"""Looks by meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.tui.themes import looks

if TYPE_CHECKING:
    from rich.style import Style
    from textual.widget import Widget


def style(widget: Widget, meaning: str) -> Style:
    """What a meaning looks like in the theme of the day; KeyError for one that there is not."""
    return looks(widget.app.current_theme)[meaning]
