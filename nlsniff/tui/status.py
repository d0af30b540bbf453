"""The last line: how much is shown, what is going on, where the cursor is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.filesize import decimal
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from nlsniff.terminal import clip, one_line
from nlsniff.tui.rates import Rate
from nlsniff.tui.styles import style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.style import Style
    from textual import events

    from nlsniff.capture.session import Session
    from nlsniff.tui.browser import Browser
    from nlsniff.tui.tree import TreePane

_HELP = "? help"

# A text and its meaning in the stylesheet; "" is plain.
Piece = tuple[str, str]


class Status(Widget):
    """Pieces of text, the most important first; what finds no room is cut."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.pieces: list[Piece] = []
        self.right = ""
        self._rate = Rate()

    def show(self, browser: Browser, tree: TreePane) -> None:
        """Show the state of a browser, and the place of the tree's cursor."""
        pieces, right = list(_pieces(browser, self._rate)), _place(tree)
        if (pieces, right) != (self.pieces, self.right):
            self.pieces, self.right = pieces, right
            self.refresh()

    @property
    def text(self) -> str:
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

    async def on_click(self, event: events.Click) -> None:
        """What is clicked leads on: the counts to the statistics, the place to another place, help to help."""
        from_right = self.size.width - 1 - event.x
        if self.right.endswith(_HELP) and from_right <= len(_HELP):
            await self.screen.run_action("help")
        elif from_right <= cell_len(one_line(self.right)):
            await self.screen.run_action("open_bar('go_to')")
        elif self.pieces and event.x <= cell_len(one_line(self.pieces[0][0])):
            await self.screen.run_action("overview('statistics')")

    def _look(self, meaning: str, base: Style) -> Style:
        return base + style(self, meaning) if meaning else base


def _pieces(browser: Browser, rate: Rate) -> Iterator[Piece]:
    capture, rows = browser.capture, browser.rows
    yield _counts(browser), "heading"
    if browser.fate:
        yield f"the file was {browser.fate}, ctrl-r reads it anew", "warning"
    if browser.note.text:
        yield browser.note
    if browser.search is not None:
        yield f"{browser.search.what} {browser.search.share}%, esc stops", "note"
    if rows.stopped or not rows.complete:
        share = f"{100 * rows.scanned // max(1, len(capture))}%"
        yield f"stopped at {share}, / enter goes on" if rows.stopped else f"filtering {share}, esc stops", "note"
    if rows.sorting and rows.by is not None:
        done = f" {rows.sorter.share}%" if rows.sorter is not None else ""
        yield f"sorting by {rows.by.name}{done}, esc stops", "note"
    elif rows.by is not None:
        below = f", {rows.unsorted:,} new below" if rows.unsorted else ""
        yield f"by {rows.by.name} {rows.by.sign}{below}", "note"
    if browser.pinned and (browser.session is None or browser.session.stats().alive):
        yield "following", "good"
    elif browser.unseen:
        yield f"+{browser.unseen} new", "match"
    if browser.session is not None:
        yield from _live(browser.session, rate, capture.progress()[1])
    if browser.caught_up and not browser.still and capture.index.reader.pending:
        yield "waiting for the rest of a frame", "note"
    if capture.problems:
        yield f"the file: {capture.problems[0]}", "warning"
    if browser.marked:
        yield f"{len(browser.marked)} marked", "mark"
    conversation, number = browser.conversation, browser.number
    if number is not None and (rule := browser.colours.of(number)) is not None:
        yield f"colour: {rule.name}", "note"
    if browser.colours.slow:
        yield f"colour {browser.colours.slow} took too long and is off", "warning"
    if conversation is not None and (who := conversation.author):
        yield who, "key"
    yield Path(capture.path).name, ""


def _counts(browser: Browser) -> str:
    """Messages shown of messages read, and how much of the file has been read where there is more: `3/49 · 43%`."""
    counts = f"{browser.rows.messages:,}/{len(browser.capture):,}"
    read, size = browser.capture.progress()
    if browser.caught_up or not size:  # the size of a pipe is 0
        return counts
    return f"{counts} · {min(99, 100 * read // size)}%"


def _live(session: Session, rate: Rate, size: int) -> Iterator[Piece]:
    """How the recording stands: its rate, what the kernel dropped, the bytes of its file."""
    stats = session.stats()
    if stats.error:
        yield stats.error, "error"
        return
    if stats.alive:
        yield f"live {rate.of(stats.messages):,}/s", "good"
    else:
        yield "stopped, ctrl-e records anew", "warning"
    if stats.dropped:
        yield f"{stats.dropped:,} dropped", "error"
    yield decimal(size), ""


def _place(tree: TreePane) -> str:
    outline, line = tree.outline, tree.line
    if outline is None or line is None:
        return _HELP
    node = line.node
    size = node.end - node.start
    help_ = f"  {_HELP}" if tree.app.size.height < 24 else ""  # the line of keys has it
    place = f"message {outline.message.number}  frame {outline.message.frame}"
    return f"{place}  bytes {node.start}-{max(node.start, node.end - 1)} ({size}){help_}"


def why_empty(browser: Browser) -> str:
    """Why the list shows nothing."""
    rows = browser.rows
    if rows.filter is not None:
        where = f" among the first {rows.scanned:,}" if rows.stopped else ""
        return f"no message matches the filter{where}; esc takes it away" if rows.complete else ""
    if not browser.caught_up:
        return "reading"
    others = browser.capture.index.datagrams.others
    if others:
        return f"no netlink message; {sum(others.values())} frames of {', '.join(others)}"
    return "nothing was captured yet" if browser.session is not None else "the file holds no message"
