"""The windows over the whole capture: statistics and stories, whose lines lead to a message or a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import on
from textual.containers import Vertical
from textual.strip import Strip
from textual.widgets import Static

from nlsniff.follow.conversation import ConversationView
from nlsniff.tui.actions import Context, bindings
from nlsniff.tui.key_line import KeyLine
from nlsniff.tui.line_view import ItemView, LineView
from nlsniff.tui.reading import in_slices
from nlsniff.tui.window import Window

if TYPE_CHECKING:
    from rich.style import Style
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.overview import Kind, Lead


class Leads(ItemView["Lead"]):
    """The lines."""

    def draw(self, row: int, width: int, base: Style) -> Strip:  # noqa: ARG002  the caller cuts it
        """One line."""
        line = self.items[row]
        look = base + self.style(line.look) if line.look else base
        return Strip([Segment(line.text[self.shift :], look)])


class OverviewScreen(Window[int | str | ConversationView]):
    """Lines about the capture. Its result is a message to go to, or a filter to apply.

    Args:
        capture: what has been read of it is counted.
        kind: what to show.
    """

    context: ClassVar[Context] = "overview"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("overview")]

    def __init__(self, capture: IndexedCapture, kind: Kind) -> None:
        super().__init__()
        self.lines = Leads([], id="lines")
        self.capture = capture
        self.kind: Kind = kind
        self.done = False

    def compose(self) -> ComposeResult:
        """Title, lines, keys."""
        with Vertical(id="window"):
            yield Static(f"{self.kind}, reading", id="title")
            yield self.lines
            yield KeyLine(self.context)

    def on_mount(self) -> None:
        """Count behind the window."""
        self.lines.focus()
        self.run_worker(self._gather(), name="overview")

    async def _gather(self) -> None:
        from nlsniff.tui.overview import KINDS  # takes a while to load, and most who open a file do without

        read, size = self.capture.progress()
        self.lines.set_items(await in_slices(KINDS[self.kind](self.capture)))
        self.done = True
        self.action_table(1)
        so_far = f" of the first {100 * read // size}% of the file" if read < size else ""
        self.query_one("#title", Static).update(self.kind + so_far)

    def action_table(self, step: int) -> None:
        """Go to the first line of the next table, or of the one before, that leads anywhere."""
        items, at = self.lines.items, self.lines.cursor
        firsts = [
            row
            for row, line in enumerate(items)
            if (line.number or line.filter) and row and not (items[row - 1].number or items[row - 1].filter)
        ]
        chosen = [row for row in firsts if (row > at if step > 0 else row < at)]
        if chosen:
            self.lines.bring_to(chosen[0] if step > 0 else chosen[-1])

    @on(LineView.Chosen, "#lines")
    def _chosen(self) -> None:
        line: Lead = self.lines.items[self.lines.cursor]
        if line.number or line.filter:
            self.dismiss(line.number or line.filter)
