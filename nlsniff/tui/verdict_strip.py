"""The strip over the details: what is to be said of the current message, wrapped."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from nlsniff.terminal import clip
from nlsniff.tui.styles import style

if TYPE_CHECKING:
    from nlsniff.output.verdict import Verdict


class VerdictStrip(Widget):
    """A few lines of text; as many as the stylesheet gives it, so that nothing moves when the message changes."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  textual's name
        super().__init__(id=id)
        self.verdict: Verdict | None = None

    def show(self, verdict: Verdict | None) -> None:
        """Show what is to be said, or nothing."""
        if verdict != self.verdict:
            self.verdict = verdict
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line; what finds no room on the last one is cut."""
        width, base = self.size.width, self.rich_style
        lines = (
            textwrap.wrap(self.verdict.text, max(1, width - 2), break_on_hyphens=False)
            if self.verdict is not None
            else []
        )
        last = self.size.height - 1
        text = " ".join(lines[y:]) if y == last else lines[y] if y < len(lines) else ""
        look = base + style(self, self.verdict.severity) if self.verdict is not None and self.verdict.severity else base
        return Strip([Segment(" ", base), Segment(clip(text, max(0, width - 2)), look)]).adjust_cell_length(width, base)
