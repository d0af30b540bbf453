"""The list of messages: a line each, decoded when it comes into view."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.cache import LRUCache
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from nlsniff.tui.actions import bindings
from nlsniff.tui.brackets import Bracket, bracket
from nlsniff.tui.colour_choice import read_rules
from nlsniff.tui.column_choice import reader_of
from nlsniff.tui.columns import (
    FAINT,
    GUTTER,
    NO_NAME,
    OWN_NAMES,
    REFUSED,
    SIGNS,
    STANDARD,
    TIME_FORMATS,
    Column,
    ListRow,
    TimeFormat,
    describe,
    describe_fold,
    layout,
    time_text,
)
from nlsniff.tui.config import Config, config_file
from nlsniff.tui.line_view import LineView
from nlsniff.tui.sorting import SortedBy, after, toggled
from nlsniff.tui.status import why_empty
from nlsniff.tui.themes import colour_look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual import events
    from textual.binding import BindingType

    from nlsniff.tui.browser import Browser
    from nlsniff.tui.columns import Reader
    from nlsniff.tui.outline import Outline


class MessageList(LineView):
    """Messages of a capture, one a line.

    Attributes:
        outline: the current message as the tree shows it, decoded already; its tree may be large.
        empty_text: the text of an empty list.
        letters: what stands for a message, by its number.
        chosen: the columns that it may show.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list")]

    time: reactive[TimeFormat] = reactive("since start")
    empty_text = reactive("")

    def __init__(self, browser: Browser, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.browser = browser
        self.outline: Outline | None = None
        self.letters: dict[int, str] = {}
        self._described: LRUCache[int, ListRow] = LRUCache(2048)
        self._version = browser.rows.version
        self._bracket: Bracket | None = None
        self.chosen: Sequence[Column] = STANDARD
        self._readers: dict[str, Reader] = {}  # of those among these that are no columns of the list's own
        self._columns: list[Column] = []
        self._columns_for: tuple[int, int, TimeFormat] | None = None

    # -- what is in it -------------------------------------------------------------------------------------------

    async def on_mount(self) -> None:
        """Read the user's own colours, behind the first screen."""
        self.call_after_refresh(self.run_worker, self._read_colours, name="colours")

    async def _read_colours(self) -> None:
        await read_rules(Config(config_file()), self.browser)
        self._described.clear()
        self.refresh()
        self.post_message(self.Moved(self))

    def sync(self) -> None:
        """Show what the browser has in view, and its cursor."""
        browser = self.browser
        if browser.count != self.count or browser.rows.version != self._version:
            self._version = browser.rows.version
            self.resize_to(browser.count)
        if browser.pinned:
            super().go(browser.cursor)
        elif browser.cursor != self.cursor:
            self.bring_to(browser.cursor)
        self.needle = browser.needle
        self._set_bracket()
        if not browser.count:
            self.empty_text = why_empty(browser)

    def _set_bracket(self) -> None:
        """Put the bracket around what the current message belongs to, and draw the rows anew that it had or gets."""
        rows, number = self.browser.rows, self.browser.number
        new = bracket(self.browser.capture.follower, number) if number is not None else None
        if new == self._bracket:
            return
        old, self._bracket = self._bracket, new
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        for around in (old, new):
            if around is not None:
                first, last = max(top, rows.row(around.first)), min(top + height, rows.row(around.last) + 1)
                self.refresh_lines(first, max(0, last - first))

    def replace(self) -> None:
        """Show other rows, and scroll as little as needed."""
        self.resize_to(self.browser.count)
        super().go(self.browser.cursor)
        self.show_cursor()

    def described(self, number: int) -> ListRow:
        """The texts of a message's row, kept for when it comes into view again."""
        row = self._described.get(number)
        if row is None:
            capture = self.browser.capture
            conversation = capture.conversation(number)
            known = self.outline.message if self.outline is not None else None
            message = known if known is not None and known.number == number else capture.message(number)
            row = describe(message, conversation, self._readers)
            self._described[number] = row = row._replace(rule=self.browser.colours.of(number))
        elif self.browser.colours.change:
            row = row._replace(rule=self.browser.colours.of(number))
        fold = self.browser.rows.fold(number)
        if fold is None:
            return row
        return describe_fold(row, self.browser.rows.folded.kind(fold), fold.hidden + 1, "o")

    # -- drawing -------------------------------------------------------------------------------------------------

    def columns(self, width: int) -> list[Column]:
        """The columns for a width."""
        basis = (width, len(self.browser.capture), self.time)
        if basis != self._columns_for:
            self._columns, self._columns_for = layout(*basis, self.chosen), basis
        return self._columns

    def next_time(self) -> TimeFormat:
        """Show times in the next of the formats; returns which."""
        self.time = TIME_FORMATS[(TIME_FORMATS.index(self.time) + 1) % len(TIME_FORMATS)]
        return self.time

    @property
    def in_view(self) -> Sequence[Column]:
        """The columns that were chosen; of those that a width chooses by itself the ones that there is room for."""
        names = {column.name for column in self.columns(self.room)}
        of_width = [column._replace(needs=0) for column in STANDARD if column.name in names]
        return of_width if self.chosen is STANDARD else self.chosen

    def choose(self, columns: Sequence[Column]) -> None:
        """Show other columns, one at least."""
        self.chosen, self._columns_for = columns, None
        registry = self.browser.capture.decoder.registry
        self._readers = {one.name: reader_of(one.name, registry) for one in columns if one.name not in OWN_NAMES}
        self._described.clear()
        self.refresh()

    def draw(self, row: int, width: int, base: Style) -> Strip:
        """One message; nothing where the filter has dropped it since."""
        if row >= len(self.browser.rows):
            return Strip.blank(width, base)
        number = self.browser.rows.number(row)
        about = self.described(number)
        look = base + self.style(about.look)
        dim = look + self.style("dim") if about.look != "error" else look
        if about.rule is not None:
            dim = look = look + colour_look(about.rule.colour, self.app.current_theme)
        gutter = look + self.style(about.worst) if about.worst else look
        letter = self.letters.get(number, "*" if number in self.browser.marked else "")
        mark = Segment(letter, look + self.style("mark")) if letter else Segment(" ", look)
        sign = REFUSED if about.look == "error" and about.worst != "error" else SIGNS[about.worst]
        parts = [mark, Segment(sign, gutter), Segment(self._bracket_sign(number), look + self.style("key"))]
        columns = self.columns(width)
        for column in columns:
            text = self._time(row, about.time_ns) if column.name == "time" else about.cells[column.name]
            plain = column.name not in FAINT
            if column.name == "summary":
                text = set_cell_size(_cut(text[self.shift :], column.width), column.width)
                parts.append(Segment(text + ("" if column is columns[-1] else " "), look))
            else:
                named = column.name == "process" and not text.startswith(NO_NAME)
                own = look + self.style("key") if named else look if plain and column.name != "process" else dim
                parts.append(Segment(fit(text, column) + " ", own))
        return Strip(parts)

    def _bracket_sign(self, number: int) -> str:
        if self._bracket is None:
            return " "
        fold = self.browser.rows.fold(number)
        return self._bracket.sign(self.browser.capture.follower, number, fold.last if fold is not None else number)

    def empty_line(self, y: int, width: int, base: Style) -> Strip:
        """Draw why the list is empty."""
        if self.count or y != 1:
            return super().empty_line(y, width, base)
        return Strip([Segment("  " + self.empty_text, base + self.style("dim"))]).extend_cell_length(width, base)

    def _time(self, row: int, time_ns: int) -> str:
        capture, since_above = self.browser.capture, self.time == "since row above"
        above = capture.index.time_ns(self.browser.rows.number(row - 1) - 1) if row and since_above else None
        return time_text(time_ns, self.time, capture.start_ns, above)

    # -- keys and mouse ------------------------------------------------------------------------------------------

    def go(self, row: int) -> None:
        """The browser knows where the cursor is."""
        self.browser.go(row)
        super().go(self.browser.cursor)

    def action_bottom(self) -> None:
        """Go to the last message, and stay on the last while more come."""
        super().action_bottom()
        self._pin(True)

    def on_mouse_scroll_up(self) -> None:
        """The user looks back: stay here while messages come."""
        self._pin(False)

    def sort(self, by: SortedBy | None) -> None:
        """Sort by a column, or by None not at all."""
        self.browser.sort(by)
        self.post_message(self.Moved(self))

    def action_sort(self, step: int) -> None:
        """Sort by the column that stands next."""
        names = [column.name for column in self.columns(self.room)]
        self.sort(after(self.browser.rows.by, names, step))

    def action_reverse(self) -> None:
        """Sort by the same the other way round."""
        by = self.browser.rows.by
        if by is not None:
            self.sort(by._replace(descending=not by.descending))

    def _pin(self, pinned: bool) -> None:
        self.browser.pinned = pinned
        self.post_message(self.Moved(self))


class ListHeader(Widget):
    """The titles over the columns; that by which the rows are sorted has a sign. A click sorts."""

    by: reactive[SortedBy | None] = reactive(None)

    def __init__(self, messages: MessageList) -> None:
        super().__init__()
        self.messages = messages

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  it has one line
        """Draw the titles as wide as the list is, its scroll bar left out."""
        width = self.messages.room
        titles = [" " * GUTTER, *(self._title(column) + " " for column in self.messages.columns(width))]
        return Strip([Segment("".join(titles), self.rich_style)]).adjust_cell_length(self.size.width, self.rich_style)

    def _title(self, column: Column) -> str:
        by = self.by
        if by is None or by.name != column.name:
            return fit(column.title, column)
        return fit(_cut(column.title, column.width - 1) + by.sign if column.width > 1 else by.sign, column)

    def on_click(self, event: events.Click) -> None:
        """Sort by the column that was clicked: up, down, not at all."""
        offset = event.get_content_offset(self)
        end = GUTTER
        for column in self.messages.columns(self.messages.room):
            end += column.width + 1
            if offset is not None and GUTTER <= offset.x < end:
                self.messages.sort(toggled(self.messages.browser.rows.by, column.name))
                return


def fit(text: str, column: Column) -> str:
    """A text in exactly the width of a column; what is too long ends in an ellipsis, a process in its number."""
    name, bracket, pid = text.rpartition("[")
    if column.name == "process" and name and cell_len(text) > column.width > len(pid) + 2:
        text = _cut(name, column.width - len(pid) - 1) + bracket + pid
    text = _cut(text, column.width)
    if column.right:
        return " " * (column.width - cell_len(text)) + text
    return set_cell_size(text, column.width)


def _cut(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    # Half of a wide character is a blank.
    return set_cell_size(text, width - 1) + "…" if width > 1 else set_cell_size(text, width)
