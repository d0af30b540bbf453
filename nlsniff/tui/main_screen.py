"""The main screen: three linked panes, the bar and the status line."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal

from nlsniff.errors import NlsniffError
from nlsniff.tui import query
from nlsniff.tui.actions import Context, bindings
from nlsniff.tui.columns import TIME_FORMATS
from nlsniff.tui.filter_bar import FilterBar
from nlsniff.tui.hexview import HexPane
from nlsniff.tui.message_list import ListHeader, MessageList
from nlsniff.tui.outline import Outline
from nlsniff.tui.rows import Rows
from nlsniff.tui.status import Status, count_text
from nlsniff.tui.tree import TreePane
from nlsniff.tui.windows import Windows

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.capture.session import Session
    from nlsniff.reader import Capture

# Seconds: how long a slice of work may keep the screen from the user, and how often a file that stands still is looked at.
_SLICE, _FIRST, _REST = 0.015, 0.1, 0.2
_PANES = ("messages", "tree", "hex")
_LOW, _NARROW, _MEDIUM = 18, 64, 118


class MainScreen(Windows):
    """Messages, tree, bytes.

    Args:
        capture: what to show; read on behind the screen.
        session: the live capture that writes the file, or None.
    """

    context: ClassVar[Context] = "main"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("main")]

    def __init__(self, capture: Capture, session: Session | None = None) -> None:
        super().__init__()
        self.capture = capture
        self.session = session
        self.rows = Rows(capture)
        self.marked: set[int] = set()
        self.filter_text = ""
        self.messages = MessageList(self.rows, self.marked, id="messages")
        self.header = ListHeader(self.messages)
        self.tree_pane = TreePane(id="tree")
        self.hex_pane = HexPane(self._secrets_of, show_secrets=capture.decoder.show_secrets, id="hex")
        self.bar = FilterBar(self._check, self._suggest, id="bar")
        self.status = Status(id="status")
        self._said = ("", "")
        self._zoomed = False
        self._frames = 512
        self._shown: int | None = None
        self._drawn = 0.0
        self._home: int | None = None
        self.caught_up = False
        self._settled = False

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
        stop = time.perf_counter() + _FIRST
        while self._read() and time.perf_counter() < stop:
            pass
        self._refresh_rows()
        self.messages.focus()
        self._place_panes()
        self.run_worker(self._work(), name="reading", exit_on_error=True)

    # -- work behind the screen ----------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            busy = self._read()
            busy = self.rows.step(_SLICE) or busy
            busy = self.work_search(_SLICE) or busy
            now = time.monotonic()
            if not busy or now - self._drawn > 0.1:
                self._drawn = now
                self._refresh_rows()
            self._settled = self._settled or not busy
            await asyncio.sleep(0.001 if busy else _REST)

    def _read(self) -> bool:
        """Read a slice of the file; tell whether there was something."""
        began = time.perf_counter()
        try:
            news = self.capture.advance(self._frames)
        except NlsniffError as error:
            self.say(str(error), "error")
            return False
        took = time.perf_counter() - began
        if news:
            self._frames = max(64, min(65536, int(self._frames * _SLICE / max(took, 1e-4))))
        else:
            self.caught_up = True
        return bool(news)

    def _refresh_rows(self) -> None:
        before = len(self.capture)
        self.messages.sync(news=self._settled)
        if self._home is not None and self.rows.scanned >= self._home:
            self.messages.go(self.rows.row(self._home))
            self.messages.centre_cursor()
            self._home = None
        if not self.messages.count:
            self.messages.words_when_empty = self._why_empty()
        if self._shown is None and self.messages.count:
            self._show_current()
        self._tell(before)

    def _why_empty(self) -> str:
        if self.rows.wanted is not None:
            return "no message matches the filter; esc takes it away" if self.rows.scanned >= len(self.capture) else ""
        if not self.caught_up:
            return "reading"
        others = self.capture.index.datagrams.others
        if others:
            return f"no netlink message; {sum(others.values())} frames of {', '.join(others)}"
        return "nothing was captured yet" if self.session is not None else "the file holds no message"

    # -- panes, linked -------------------------------------------------------------------------------------------

    @on(MessageList.Moved, "#messages")
    def _message_moved(self) -> None:
        self._said = ("", "")
        self._show_current()

    def _show_current(self) -> None:
        number = self.messages.number
        if number != self._shown or number is None:
            self._shown = number
            outline = None
            if number is not None:
                message = self.capture.message(number)
                outline = Outline(message, self.capture.frame(message.frame).linktype)
            self.hex_pane.show(outline)
            self.tree_pane.show(outline, self._rejected(number))
        self._tell()

    def _rejected(self, number: int | None) -> None:
        return None

    @on(TreePane.Moved, "#tree")
    def _node_moved(self) -> None:
        line = self.tree_pane.line
        if line is not None:
            self.hex_pane.highlight(line.node)
        self._tell()

    @on(HexPane.At)
    def _byte_pointed(self, event: HexPane.At) -> None:
        outline = self.tree_pane.outline
        found = outline.at(event.offset) if outline is not None else None
        if found is not None:
            self.tree_pane.reveal(found[1])
            return
        other = self._neighbour(event.offset)
        if other is not None and self.jump(other):
            self._show_current()
            outline = self.tree_pane.outline
            found = outline.at(event.offset) if outline is not None else None
            if found is not None:
                self.hex_pane.place = event.offset
                self.tree_pane.reveal(found[1])

    @on(MessageList.Chosen, "#messages")
    def _message_chosen(self) -> None:
        self.focus_pane("tree")

    def _neighbour(self, offset: int) -> int | None:
        """The message of the selected message's frame that covers a byte, its alignment included."""
        index = self.capture.index
        if self._shown is None:
            return None
        for row in index.rows_of(index.frame_numbers[self._shown - 1]):
            span = index.span(row)
            if span.start <= offset < span.start + ((span.end - span.start + 3) & ~3):
                return row + 1
        return None

    def _secrets_of(self, offset: int) -> tuple[int, list[tuple[int, int]]]:
        number = self._neighbour(offset)
        if number is None:
            return offset + 1, []
        message = self.capture.message(number)
        return message.end, [(node.payload, node.end) for node in message.root.walk() if node.secret]

    # -- the bar -------------------------------------------------------------------------------------------------

    def _check(self, text: str) -> query.Fault | None:
        return query.check(self.capture, text)

    def _suggest(self, text: str, cursor: int) -> list[query.Choice]:
        return query.suggest(self.capture, text, cursor)

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

    def set_filter(self, text: str) -> None:
        """Show only what a filter matches; "" shows all."""
        if text == self.filter_text:
            return
        self.filter_text = text
        self.bar.show_applied(text)
        self.search = None
        number = self.messages.number
        self.rows.choose(query.wanted(self.capture, text, self.marked) if text else None)
        self.rows.step(0.05)
        self.messages.replace(number)
        self._home = number
        self._settled = False
        self._shown = None
        self._refresh_rows()
        if not self.messages.count:
            self._show_current()

    # -- which pane ----------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Choose a layout that fits: one pane on a small screen, fewer bytes a line on a narrow one."""
        self._place_panes(event.size.width, event.size.height)

    def on_descendant_focus(self) -> None:
        """Where there is one pane at a time, it is the one with the focus."""
        self._place_panes()

    def _place_panes(self, width: int | None = None, height: int | None = None) -> None:
        width, height = width or self.size.width, height or self.size.height
        self.set_class(width < _MEDIUM, "-medium")
        self.set_class(width < _NARROW, "-narrow")
        self.set_class(self._zoomed or height < _LOW, "-one")
        focused = self.focused.id if self.focused is not None else None
        if focused in _PANES:
            for pane in _PANES:
                self.set_class(pane == focused, f"-at-{pane}")

    def action_next_pane(self) -> None:
        """Messages, tree, bytes, and round."""
        self._step_pane(1)

    def action_previous_pane(self) -> None:
        """The other way round."""
        self._step_pane(-1)

    def _step_pane(self, step: int) -> None:
        focused = self.focused.id if self.focused is not None else None
        at = _PANES.index(focused) if focused in _PANES else 0
        wanted = _PANES[(at + step) % len(_PANES)]
        self.focus_pane(wanted)

    def focus_pane(self, wanted: str) -> None:
        """Give the keys to a pane, from the very next one on."""
        pane = self.query_one(f"#{wanted}")
        self.set_focus(pane)
        if self.focused is not pane:
            # It is hidden on a small screen. It comes into view first, because what is hidden takes no focus.
            for name in _PANES:
                self.set_class(name == wanted, f"-at-{name}")
            self.call_after_refresh(self.set_focus, pane)

    def action_zoom(self) -> None:
        """One pane at a time, or all."""
        self._zoomed = not self._zoomed
        self._place_panes()

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
        elif self._zoomed:
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
        self._tell()

    def _tell(self, _known: int = 0) -> None:
        capture, messages = self.capture, self.messages
        read, size = capture.progress()
        pieces = [(count_text(len(self.rows), len(capture), read, size, complete=self.caught_up), "heading")]
        if self._said[0]:
            pieces.append(self._said)
        if self.search is not None:
            pieces.append((f"{self.searching} {self.search.share}%, esc stops", "note"))
        if self.rows.wanted is not None and self.rows.scanned < len(capture):
            pieces.append((f"filtering {100 * self.rows.scanned // max(1, len(capture))}%", "note"))
        if messages.pinned:
            pieces.append(("following", "resolved"))
        elif messages.unseen:
            pieces.append((f"+{messages.unseen} new", "match"))
        if self.session is not None:
            pieces += self._live_words(self.session)
        if self.marked:
            pieces.append((f"{len(self.marked)} marked", "mark"))
        pieces.append((Path(capture.path).name, ""))
        self.status.say(pieces, self._place_text())

    @staticmethod
    def _live_words(session: Session) -> list[tuple[str, str]]:
        stats = session.stats()
        if stats.error:
            return [(stats.error, "error")]
        words = [("live" if stats.alive else "ended", "resolved" if stats.alive else "dim")]
        if stats.dropped:
            words.append((f"{stats.dropped} dropped", "error"))
        return words

    def _place_text(self) -> str:
        outline, line = self.tree_pane.outline, self.tree_pane.line
        if outline is None or line is None:
            return "? help"
        node = line.node
        size = node.end - node.start
        return f"frame {outline.message.frame}  bytes {node.start}–{max(node.start, node.end - 1)} ({size})  ? help"
