"""The list of messages: a line each, decoded when it comes into view."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.cache import LRUCache
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from nlsniff.tui.actions import bindings
from nlsniff.tui.columns import Column, ListRow, TimeFormat, describe, layout, time_text
from nlsniff.tui.line_view import LineView

if TYPE_CHECKING:
    from rich.style import Style
    from textual.binding import BindingType

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.tui.rows import Rows

_WORST = {"error": "!", "warning": "?", "": " "}


class MessageList(LineView):
    """Messages of a capture, one a line.

    Attributes:
        marked: numbers of the marked messages, shared with the screen.
        needle: text to point out in summaries, lower case; "" for none.
        pinned: the cursor stays on the last message while more come.
        at_hand: a message that is decoded already, for its tree may be large.
        unseen: how many messages came since the user left the end; 0 while pinned or where nothing grows.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list")]

    time: var[TimeFormat] = var("since start")
    needle = var("")
    pinned = var(False)

    def __init__(self, rows: Rows, marked: set[int], *, words_when_empty: str = "", id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.rows = rows
        self.marked = marked
        self.words_when_empty = words_when_empty
        self.unseen = 0
        self.at_hand: NetlinkMessage | None = None
        self._described: LRUCache[int, ListRow] = LRUCache(2048)
        self._columns: list[Column] = []
        self._columns_for: tuple[int, int, TimeFormat] | None = None

    # -- what is in it -------------------------------------------------------------------------------------------

    @property
    def number(self) -> int | None:
        """The message under the cursor."""
        return self.rows.number(self.cursor) if self.cursor < len(self.rows) else None

    def go_to(self, number: int) -> bool:
        """Put the cursor on a message; False where the filter hides it."""
        if not self.rows.has(number):
            return False
        self.pinned = False
        self.bring(self.rows.row(number))
        return True

    def sync(self, *, news: bool) -> None:
        """Take over that there are more messages than before; `news` says that they are new, not only read late."""
        count = len(self.rows)
        if count == self.count:
            return
        more = count - self.count
        if self.pinned:
            self.resize_to(count)
            self.go(count - 1)
        else:
            if news:
                self.unseen += max(0, more)
            self.resize_to(count)

    def replace(self, number: int | None) -> None:
        """Take over other rows altogether, and stay on the same message or the next that is shown."""
        self.count = 0
        self.unseen = 0
        self.resize_to(len(self.rows))
        row = 0 if number is None else min(self.rows.row(number), max(0, self.count - 1))
        moved = row == self.cursor
        self.go(row)
        self.show_cursor()
        if moved:
            self.post_message(self.Moved(self))

    def forget(self) -> None:
        """Describe all messages anew: more is known of conversations now."""
        self._described.clear()
        self.at_hand = None
        self.refresh()

    def described(self, number: int) -> ListRow:
        """A message's row, from memory where it was in view before."""
        row = self._described.get(number)
        if row is None:
            capture = self.rows.capture
            conversation = capture.conversation(number)
            known = self.at_hand
            message = known if known is not None and known.number == number else capture.message(number)
            row = describe(message, conversation.id, event=conversation.kind == "event")
            self._described[number] = row
        return row

    # -- drawing -------------------------------------------------------------------------------------------------

    def columns(self, width: int) -> list[Column]:
        """The columns as they are now."""
        wanted = (width, len(self.rows.capture), self.time)
        if wanted != self._columns_for:
            self._columns, self._columns_for = layout(*wanted), wanted
        return self._columns

    def draw(self, row: int, width: int, base: Style) -> Strip:
        """One message."""
        number = self.rows.number(row)
        about = self.described(number)
        look = base + self.style(about.look)
        dim = look + self.style("dim") if about.look != "error" else look
        gutter = look + self.style(about.worst) if about.worst else look
        mark = Segment("*", look + self.style("mark")) if number in self.marked else Segment(" ", look)
        parts = [mark, Segment(_WORST[about.worst], gutter)]
        for column in self.columns(width):
            text = self._time(row, about.time_ns) if column.name == "time" else about.cells[column.name]
            plain = column.name in {"arrow", "type", "summary"}
            if column.name == "summary":
                parts += self._summary(text, look, column.width)
            else:
                parts.append(Segment(fit(text, column) + " ", look if plain else dim))
        return Strip(parts)

    def empty_line(self, y: int, width: int, base: Style) -> Strip:
        """Say why there is nothing."""
        if self.count or y != 1:
            return super().empty_line(y, width, base)
        return Strip([Segment("  " + self.words_when_empty, base + self.style("dim"))]).extend_cell_length(width, base)

    def _time(self, row: int, time_ns: int) -> str:
        capture, since_above = self.rows.capture, self.time == "since row above"
        above = capture.index.time_ns(self.rows.number(row - 1) - 1) if row and since_above else None
        return time_text(time_ns, self.time, capture.start_ns, above)

    def _summary(self, text: str, look: Style, width: int) -> list[Segment]:
        if self.shift:
            text = text[self.shift :]
        at = text.lower().find(self.needle) if self.needle else -1
        if at < 0:
            return [Segment(_cut(text, width), look)]
        stop = at + len(self.needle)
        return [
            Segment(text[:at], look), Segment(text[at:stop], look + self.style("match")), Segment(text[stop:], look),
        ]  # fmt: skip

    def watch_time(self) -> None:
        """Draw the times anew."""
        self.refresh()

    def watch_needle(self) -> None:
        """Point out other text."""
        self.refresh()

    def watch_pinned(self) -> None:
        """Count what is new from here on."""
        self.unseen = 0

    # -- the end of a list that grows ----------------------------------------------------------------------------

    def go(self, row: int) -> None:
        """Going up takes the pin out; arriving at the end only clears the count of new messages."""
        if row < self.count - 1:
            self.pinned = False
        super().go(row)
        if self.cursor >= self.count - 1:
            self.unseen = 0

    def action_bottom(self) -> None:
        """To the end, and stay there while messages come."""
        super().action_bottom()
        self.pinned = True

    def on_mouse_scroll_up(self) -> None:
        """Looking back takes the pin out, or the view would jump away."""
        self.pinned = False


class ListHeader(Widget):
    """The titles over the columns."""

    def __init__(self, messages: MessageList) -> None:
        super().__init__()
        self.messages = messages

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  it has one line
        """Draw the titles as wide as the list is, its scroll bar left out."""
        width = self.messages.room
        titles = "".join(fit(column.title, column) + " " for column in self.messages.columns(width))
        return Strip([Segment("  " + titles, self.rich_style)]).adjust_cell_length(self.size.width, self.rich_style)


def fit(text: str, column: Column) -> str:
    """A text in exactly the width of a column; what is too long ends in an ellipsis."""
    text = _cut(text, column.width)
    if column.right:
        return " " * (column.width - cell_len(text)) + text
    return set_cell_size(text, column.width)


def _cut(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    # Half of a wide character is a blank.
    return set_cell_size(text, width - 1) + "…" if width > 1 else set_cell_size(text, width)
