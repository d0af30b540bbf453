"""The line of keys: those of the pane or window that has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from nlsniff.tui.actions import Context, Hint, footer
from nlsniff.tui.contrast import legible
from nlsniff.tui.styles import style

if TYPE_CHECKING:
    from textual import events

_PANES: dict[str | None, Context] = {"messages": "list", "tree": "tree", "hex": "hex"}


class KeyLine(Widget):
    """Keys with a word each, as many as there is room for, the last one always. A click presses a key.

    Args:
        context: whose keys; None for those of the pane with the focus.
    """

    def __init__(self, context: Context | None = None) -> None:
        super().__init__()
        self._of = context

    def on_mount(self) -> None:
        """Show other keys when the focus moves."""
        if self._of is None:
            self.watch(self.screen, "focused", self._refocused, init=False)

    def _refocused(self) -> None:
        self.refresh()

    @property
    def hints(self) -> list[tuple[int, Hint]]:
        """What is shown, each with the cell at which it begins."""
        focused = self.screen.focused
        context = self._of or _PANES.get(focused.id if focused is not None else None, "bar")
        *most, last = footer(context)
        found, at, room = [], 1, self.size.width - _cells(last)
        for hint in most:
            if at + _cells(hint) > room:
                break
            found.append((at, hint))
            at += _cells(hint)
        return [*found, (at, last)]

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  it has one line
        """Draw it."""
        base = self.rich_style
        parts = [Segment(" ", base)]
        for _, (key, words, _) in self.hints:
            parts += [Segment(key, base + style(self, "key") + style(self, "heading")), Segment(f" {words}  ", base)]
        line = Strip(parts).adjust_cell_length(self.size.width, base)
        return line if self.app.current_theme.ansi else legible(line)

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        for at, hint in self.hints:
            if at <= event.x < at + _cells(hint):
                self.app.simulate_key(hint.action.keys[0])


def _cells(hint: Hint) -> int:
    return cell_len(hint.key) + cell_len(hint.words) + 3
