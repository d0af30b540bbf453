"""The last line: how much is shown, what is going on, where the cursor stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from nlsniff.terminal import clip, one_line
from nlsniff.tui.styles import style

if TYPE_CHECKING:
    from rich.style import Style


class Status(Widget):
    """Pieces of text with a meaning each, the most important first; what finds no room is cut.

    `pieces` are (text, meaning) pairs; "" means plain.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.pieces: list[tuple[str, str]] = []
        self.right = ""

    def say(self, pieces: list[tuple[str, str]], right: str) -> None:
        """Show other words."""
        if (pieces, right) != (self.pieces, self.right):
            self.pieces, self.right = pieces, right
            self.refresh()

    @property
    def words(self) -> str:
        """All of it as text."""
        return "  ".join(text for text, _ in self.pieces) + "  " + self.right

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  it has one line
        """Draw it."""
        base, width = self.rich_style, self.size.width
        segments = [Segment(" ", base)]
        used = 1
        for text, meaning in self.pieces:
            shown = one_line(text)
            cells = cell_len(shown) + 2
            if used + cells > width:
                segments.append(Segment(clip(shown, width - used), self._look(meaning, base)))
                used = width
                break
            segments.append(Segment(shown + "  ", self._look(meaning, base)))
            used += cells
        right = one_line(self.right)
        if used + cell_len(right) + 1 <= width:
            segments += [Segment(" " * (width - used - cell_len(right) - 1), base), Segment(right + " ", base)]
        return Strip(segments).adjust_cell_length(width, base)

    def _look(self, meaning: str, base: Style) -> Style:
        return base + style(self, meaning) if meaning else base


def count_text(shown: int, total: int, read: int, size: int, *, complete: bool) -> str:
    """`shown/total · 43%`: messages shown of messages known, and how much of the file has been read.

    The share is left out once the file is read; a size of 0 is unknown.
    """
    counts = f"{shown:,}/{total:,}"
    if complete or not size:
        return counts
    return f"{counts} · {min(99, 100 * read // size)}%"
