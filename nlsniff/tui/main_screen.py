"""The main screen: three linked panes, the bar and the status line."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal

from nlsniff.tui import query
from nlsniff.tui.actions import Context, bindings
from nlsniff.tui.columns import TIME_FORMATS
from nlsniff.tui.filter_bar import Choice, Fault, FilterBar
from nlsniff.tui.hexview import HexPane
from nlsniff.tui.message_list import ListHeader, MessageList
from nlsniff.tui.outline import Outline
from nlsniff.tui.rejection import rejection
from nlsniff.tui.rows import Rows
from nlsniff.tui.status import Status, count_text
from nlsniff.tui.tree import TreePane
from nlsniff.tui.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.capture.session import Session
    from nlsniff.reader import IndexedCapture


class MainScreen(Work):
    """Messages, tree, bytes.

    Args:
        capture: what to show; read on behind the screen.
        session: the live capture that writes the file, or None.
        filter_text: the filter to begin with, known to be right.
        still: the file will not grow, so what remains of a cut last record is shown, too.
    """

    context: ClassVar[Context] = "main"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("main")]

    def __init__(
        self, capture: IndexedCapture, session: Session | None = None, *, filter_text: str = "", still: bool = False
    ) -> None:
        super().__init__()
        self.capture = capture
        self.session = session
        self.still = still
        self.rows = Rows(capture)
        self.marked: set[int] = set()
        self.filter_text = ""
        self._begin_with = filter_text
        self.messages = MessageList(self.rows, self.marked, id="messages")
        self.header = ListHeader(self.messages)
        self.tree_pane = TreePane(id="tree")
        self.hex_pane = HexPane(self._secrets_of, show_secrets=capture.decoder.show_secrets, id="hex")
        self.bar = FilterBar(self._check, self._suggest, id="bar")
        self.status = Status(id="status")
        self._said = ("", "")

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield self.bar
        yield self.header
        yield self.messages
        with Horizontal(id="lower"):
            yield self.tree_pane
            yield self.hex_pane
        yield self.status
        yield self.bar.hints

    def on_mount(self) -> None:
        """Read as much as takes no time, show it, and read on behind the screen."""
        if self.session is not None:
            self.messages.pinned = True
        self.read_first()
        if self._begin_with:
            self.set_filter(self._begin_with)
        self.show_news()
        self.messages.focus()
        self.place_panes()
        self.run_worker(self.read_on(), name="reading")
        self.run_worker(self.work(), name="working")

    # -- panes, linked -------------------------------------------------------------------------------------------

    @on(MessageList.Moved, "#messages")
    def _message_moved(self) -> None:
        self._said = ("", "")
        self.show_current()

    def show_current(self) -> None:
        """Show the message under the cursor in the tree and in bytes."""
        number = self.messages.number
        if number != self.shown or number is None:
            self.shown = number
            outline = Outline.of(self.capture, number) if number is not None else None
            rejected = rejection(self.capture, outline.message) if outline is not None else None
            self.messages.at_hand = outline.message if outline is not None else None
            self.hex_pane.show(outline, rejected)
            self.tree_pane.show(outline, rejected)
        self.tell()

    @on(TreePane.Moved, "#tree")
    def _node_moved(self) -> None:
        line = self.tree_pane.line
        if line is not None:
            self.hex_pane.highlight(line.node)
        self.tell()

    @on(HexPane.At)
    def _byte_pointed(self, event: HexPane.At) -> None:
        outline = self.tree_pane.outline
        found = outline.at(event.offset) if outline is not None else None
        if found is not None:
            self.tree_pane.reveal(found[1])
            return
        other = self._neighbour(event.offset)
        if other is not None and self.jump(other):
            self.show_current()
            outline = self.tree_pane.outline
            found = outline.at(event.offset) if outline is not None else None
            if found is not None:
                self.hex_pane.place = event.offset
                self.tree_pane.reveal(found[1])

    @on(MessageList.Chosen, "#messages")
    def _message_chosen(self) -> None:
        self.focus_pane("tree")

    def _neighbour(self, offset: int) -> int | None:
        """The message of the selected message's frame that covers a byte; the last one what follows it."""
        index = self.capture.index
        if self.shown is None:
            return None
        rows = index.rows_of(index.frame_numbers[self.shown - 1])
        at = bisect_right(rows, offset, key=lambda row: index.starts[row])
        return rows[at - 1] + 1 if at else None

    def _secrets_of(self, offset: int) -> tuple[int, list[tuple[int, int]]]:
        number = self._neighbour(offset)
        if number is None:
            return offset + 1, []
        message = self.capture.message(number)
        return max(message.end, offset + 1), [(node.payload, node.end) for node in message.root.walk() if node.secret]

    # -- the bar -------------------------------------------------------------------------------------------------

    def _check(self, text: str) -> Fault | None:
        found = query.check(text, self.capture.decoder.registry)
        return Fault(*found) if found is not None else None

    def _suggest(self, text: str, cursor: int) -> list[Choice]:
        return [Choice(*found) for found in query.suggest(text, cursor, self.capture.decoder.registry)]

    @on(FilterBar.Applied)
    def _applied(self, event: FilterBar.Applied) -> None:
        if event.mode == "filter":
            self.set_filter(event.text)
        elif event.mode == "find":
            self.find(event.text)
        else:
            self.jump(int(event.text))

    @on(FilterBar.Closed)
    def _bar_closed(self) -> None:
        self.focus_pane("messages")

    def set_filter(self, text: str, known: Iterable[int] | None = None) -> None:
        """Show only what a filter matches; "" shows all. `known` are the messages that it matches, if that is known."""
        self.filter_text = text
        self.bar.show_applied(text)
        self.search = None
        number = self.messages.number
        self.rows.choose(query.read(text, self.capture.decoder.registry, self.marked) if text else None, known)
        self.rows.step(0.05)
        self.messages.replace(number)
        self.home = number
        self.settled = False
        self.shown = None
        self.show_news()
        if not self.messages.count:
            self.show_current()

    # -- the rest of the keys ------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Ask for a filter."""
        self.bar.open("filter")

    def action_time_format(self) -> None:
        """The next of the three."""
        after = TIME_FORMATS.index(self.messages.time) + 1
        self.messages.time = TIME_FORMATS[after % len(TIME_FORMATS)]
        self.header.refresh()
        self.say(f"time {self.messages.time}")

    def action_expand_all(self) -> None:
        """Open or close the tree."""
        self.tree_pane.expand_all()

    def action_cancel(self) -> None:
        """Stop what runs; else leave the zoom; else take the filter away."""
        if self.search is not None:
            self.search = None
            self.say("stopped")
        elif self.zoomed:
            self.action_zoom()
        elif self.filter_text:
            self.set_filter("")
        elif self.messages.needle:
            self.find("")

    def action_quit(self) -> None:
        """Leave."""
        self.app.exit()

    # -- the status line -----------------------------------------------------------------------------------------

    def say(self, words: str, meaning: str = "") -> None:
        """Tell the user something, until the cursor moves on."""
        self._said = (words, meaning)
        self.tell()

    def tell(self) -> None:
        """Say in the status line how things are."""
        capture, messages = self.capture, self.messages
        read, size = capture.progress()
        pieces = [(count_text(len(self.rows), len(capture), read, size, complete=self.caught_up), "heading")]
        if self._said[0]:
            pieces.append(self._said)
        if self.search is not None:
            pieces.append((f"{self.searching} {self.search.share}%, esc stops", "note"))
        if not self.rows.complete:
            pieces.append((f"filtering {100 * self.rows.scanned // max(1, len(capture))}%", "note"))
        if messages.pinned:
            pieces.append(("following", "good"))
        elif messages.unseen:
            pieces.append((f"+{messages.unseen} new", "match"))
        if self.session is not None:
            pieces += self._live_words(self.session)
        if capture.problems:
            pieces.append((f"the file: {capture.problems[0]}", "warning"))
        if self.marked:
            pieces.append((f"{len(self.marked)} marked", "mark"))
        pieces.append((Path(capture.path).name, ""))
        self.status.say(pieces, self._place_text())

    @staticmethod
    def _live_words(session: Session) -> list[tuple[str, str]]:
        stats = session.stats()
        if stats.error:
            return [(stats.error, "error")]
        words = [("live" if stats.alive else "ended", "good" if stats.alive else "dim")]
        if stats.dropped:
            words.append((f"{stats.dropped} dropped", "error"))
        return words

    def _place_text(self) -> str:
        outline, line = self.tree_pane.outline, self.tree_pane.line
        if outline is None or line is None:
            return "? help"
        node = line.node
        size = node.end - node.start
        return f"frame {outline.message.frame}  bytes {node.start}-{max(node.start, node.end - 1)} ({size})  ? help"
