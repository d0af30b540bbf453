"""What the parts of a screen look like, by meaning; `theme/nlsniff.tcss` and `themes.py` give the colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.style import Style
    from textual.widget import Widget

# Component classes that every pane has: the stylesheet describes each once for all of them.
_WORDS = (
    "cursor cursor-blurred error warning note ack event request reply unknown padding name value resolved dim heading "
    "match mark header cooked other selected selected-header secret key rejected"
)
MEANINGS = frozenset("nl-" + word for word in _WORDS.split())


def style(widget: Widget, meaning: str) -> Style:
    """Only what the stylesheet says for this meaning, to be laid over a row's own style."""
    return widget.get_component_rich_style("nl-" + meaning, partial=True)


def clean(text: str) -> str:
    """Text that a capture brought, safe to print: no control characters, and none that turn the direction of text."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
