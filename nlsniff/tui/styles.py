"""Styles by meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.tui.themes import looks

if TYPE_CHECKING:
    from rich.style import Style
    from textual.widget import Widget


def style(widget: Widget, meaning: str) -> Style:
    """The style of a meaning in the current theme; KeyError for an unknown one."""
    return looks(widget.app.current_theme)[meaning]
