"""The windows over the whole capture: statistics and stories, whose lines lead to a message or a filter."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import on
from textual.containers import Vertical
from textual.strip import Strip
from textual.widgets import Static

from nlsniff.follow.conversation import ConversationView
from nlsniff.terminal import clip
from nlsniff.tui.actions import Context, bindings
from nlsniff.tui.key_line import KeyLine
from nlsniff.tui.line_view import ItemView, LineView
from nlsniff.tui.reading import LOOK, in_slices, of_what
from nlsniff.tui.window import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.overview import Kind, Lead


# Statistics of a capture that grows are counted again after so many seconds, and so many times as long as it took.
_LEAST, _SHARE = 1.0, 20


class Leads(ItemView["Lead"]):
    """The lines."""

    def draw(self, row: int, width: int, base: Style) -> Strip:
        """One line."""
        line = self.items[row]
        look = base + self.style(line.look) if line.look else base
        return Strip([Segment(clip(line.text[self.shift :], width), look)])


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
        self._title = Static(f"{kind.capitalize()}, reading", id="title")
        self._again = asyncio.Event()

    def compose(self) -> ComposeResult:
        """Title, lines, keys."""
        with Vertical(id="window"):
            yield self._title
            yield self.lines
            yield KeyLine(self.context)

    def on_mount(self) -> None:
        """Count behind the window."""
        self.lines.focus()
        self.run_worker(self._gather(), name="overview")

    async def _gather(self) -> None:
        from nlsniff.tui.overview import KINDS  # takes a while to load, and most who open a file do without

        while self.is_attached:
            self._again.clear()
            count, begun = len(self.capture), time.process_time()
            self._show(await in_slices(KINDS[self.kind](self.capture)))
            await self._wait_for_more(count, max(_LEAST, _SHARE * (time.process_time() - begun)))

    async def _wait_for_more(self, count: int, seconds: float) -> None:
        """Wait until the user wants to have it again, or, of statistics, for so long and until there is more."""
        end = time.monotonic() + seconds
        while self.is_attached and not self._again.is_set():  # a window that closes loses its parts before its worker
            self._entitle(count)
            if self.kind == "statistics" and len(self.capture) > count and time.monotonic() >= end:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._again.wait(), LOOK)

    def _show(self, lines: Sequence[Lead]) -> None:
        """Show lines, with the cursor on the one that leads to the same as before."""
        view = self.lines
        before = view.items[view.cursor][2:] if self.done else None
        view.set_items(lines)
        if before is None:
            self.done = True
            self.action_table(1)
        elif any(before):
            view.go(next((row for row, line in enumerate(lines) if line[2:] == before), view.cursor))

    def _entitle(self, count: int) -> None:
        """Say of what it is, where that is not all."""
        self._title.update(self.kind.capitalize() + of_what(self.capture, count))

    def action_recount(self) -> None:
        """Count what has come since."""
        self._again.set()

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
