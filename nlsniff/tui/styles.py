"""How text gets onto the screen: looks by meaning, and safe characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.tui.themes import looks

if TYPE_CHECKING:
    from rich.style import Style
    from textual.widget import Widget


def style(widget: Widget, meaning: str) -> Style:
    """What a meaning looks like in the theme of the day; KeyError for one that there is not."""
    return looks(widget.app.current_theme)[meaning]


def clean(text: str) -> str:
    """Text that a capture brought, safe to print: no control characters, and none that turn the direction of text."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
