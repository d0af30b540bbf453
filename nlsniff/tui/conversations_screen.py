"""The window of conversations: a row each, in an order of choice; a row is read when it comes into view."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import on
from textual.containers import Vertical
from textual.strip import Strip
from textual.widgets import Static

from nlsniff.follow.conversation import ConversationView
from nlsniff.tui.actions import Context, bindings
from nlsniff.tui.columns import Column
from nlsniff.tui.conversation_list import ORDERS, cells, in_order
from nlsniff.tui.key_line import KeyLine
from nlsniff.tui.line_view import ItemView, LineView
from nlsniff.tui.message_list import fit
from nlsniff.tui.reading import LOOK, in_slices, of_what
from nlsniff.tui.window import Window

if TYPE_CHECKING:
    from rich.style import Style
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.reader import IndexedCapture

# The last takes what is left; a narrow window leaves out those that need more.
_COLUMNS = (
    Column("message", "message", 7, 0, right=True),
    Column("kind", "kind", 8, 90),
    Column("process", "who", 20, 0),
    Column("took", "took", 11, 0, right=True),
    Column("parts", "parts", 7, 90, right=True),
    Column("events", "events", 6, 104, right=True),
    Column("result", "result", 13, 0),
    Column("what", "what", 0, 0),
)
_NARROW, _NARROWER = 90, {"process": 16, "result": 10}


class ConversationRows(ItemView[int]):
    """The rows; an item is the id of a conversation."""

    def __init__(self, capture: IndexedCapture, *, id: str | None = None) -> None:  # noqa: A002  textual's name
        super().__init__([], id=id)
        self.capture = capture

    def conversation(self, row: int) -> ConversationView:
        """That of a row, as it stands now."""
        return self.capture.follower.conversation(self.items[row])

    def draw(self, row: int, width: int, base: Style) -> Strip:
        """One conversation."""
        found = self.conversation(row)
        texts = cells(found, self.capture.message(found.first_message))
        texts["process"] = texts["who"]
        texts["what"] = texts["what"][self.shift :]
        looks = {"error": "error", "ok": "event" if found.kind == "event" else ""}
        meaning = looks.get(found.status, "warning")
        look = base + self.style(meaning) if meaning else base
        return Strip([Segment(fit(texts[column.name], column) + " ", look) for column in self.columns(width)])

    @staticmethod
    def columns(width: int) -> list[Column]:
        """Those that there is room for."""
        narrower = _NARROWER if width < _NARROW else {}
        found = [
            column._replace(width=narrower.get(column.name, column.width))
            for column in _COLUMNS
            if width >= column.needs
        ]
        left = width - sum(column.width + 1 for column in found[:-1])
        return [*found[:-1], found[-1]._replace(width=max(1, left))]


class ConversationsScreen(Window[int | str | ConversationView]):
    """All conversations. Its result is a message to go to, or a conversation to show alone."""

    context: ClassVar[Context] = "conversations"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("conversations")]

    def __init__(self, capture: IndexedCapture) -> None:
        super().__init__()
        self.capture = capture
        self.rows = ConversationRows(capture, id="rows")
        self.order = next(iter(ORDERS))
        self.done = False
        # Kept, for a window that closes loses its parts before its worker ends.
        self._title = Static("conversations, reading", id="title", markup=False)
        self._columns = Static("", id="columns", markup=False)

    def compose(self) -> ComposeResult:
        """Title, titles of the columns, rows, keys."""
        with Vertical(id="window"):
            yield self._title
            yield self._columns
            yield self.rows
            yield KeyLine(self.context)

    def on_mount(self) -> None:
        """Sort behind the window."""
        self.rows.focus()
        self._sort()

    def on_resize(self) -> None:
        """The titles stand over the columns."""
        titles = (fit(column.title, column) for column in self.rows.columns(self.rows.room))
        self._columns.update(" ".join(titles))

    def _sort(self) -> None:
        self.done = False
        self.run_worker(self._in_order(self.order), name="sorting", exclusive=True)

    async def _in_order(self, order: str) -> None:
        count = len(self.capture)
        self.rows.set_items(await in_slices(in_order(self.capture.follower, order)))
        self.rows.go(0)
        self.on_resize()
        self.done = True
        while self.is_attached:  # until it sorts anew, or the window closes
            self._title.update(f"{self.rows.count:,} conversations, {order}{of_what(self.capture, count)}")
            await asyncio.sleep(LOOK)

    def action_next_order(self) -> None:
        """Sort by something else."""
        orders = list(ORDERS)
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]
        self._sort()

    def action_recount(self) -> None:
        """Sort anew, with what has come since."""
        self._sort()

    def action_filter_conversation(self) -> None:
        """Back, with only this conversation in the list."""
        if self.rows.count:
            self.dismiss(self.rows.conversation(self.rows.cursor))

    @on(LineView.Chosen, "#rows")
    def _chosen(self) -> None:
        self.dismiss(self.rows.conversation(self.rows.cursor).first_message)
