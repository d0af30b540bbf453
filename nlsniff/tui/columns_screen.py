"""The window of columns: which the list shows, in which order and how wide."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rich.segment import Segment
from textual import on
from textual.containers import Vertical
from textual.strip import Strip
from textual.widgets import Static

from nlsniff.errors import NlsniffError
from nlsniff.tui.actions import Context, bindings
from nlsniff.tui.column_choice import WIDEST, keep, kept_columns, with_field
from nlsniff.tui.columns import STANDARD, Column
from nlsniff.tui.config import Config, config_file
from nlsniff.tui.dialog import Dialog
from nlsniff.tui.key_line import KeyLine
from nlsniff.tui.line_view import ItemView, LineView
from nlsniff.tui.sorting import toggled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.style import Style
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.tui.main_screen import MainScreen


Change = Literal["choose", "add"]


class ColumnLines(ItemView[Column]):
    """The columns, first those that are shown, in their order."""

    def __init__(self, columns: Sequence[Column], shown: Sequence[Column]) -> None:
        super().__init__(columns, id="lines")
        self.shown = {column.name for column in shown}

    def draw(self, row: int, width: int, base: Style) -> Strip:  # noqa: ARG002  short lines
        """One column."""
        column = self.items[row]
        shown = column.name in self.shown
        look = base if shown else base + self.style("dim")
        size = "what is left" if column.name == "summary" else f"{column.width} cells" if column.sized else ""
        return Strip([Segment(f" {'[x]' if shown else '[ ]'} {column.name:<32} {size}", look)])


class ColumnsScreen(Dialog["Sequence[Column]"]):
    """Its result is what the list shows from now on; None where that is as before.

    Args:
        columns: what the list may show now.
        in_view: of these what it shows.
        sort: called with the name of a column to sort by.
    """

    context: ClassVar[Context] = "columns"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("columns")]

    def __init__(
        self, columns: Sequence[Column], in_view: Sequence[Column], sort: Callable[[str], object]
    ) -> None:  # fmt: skip
        super().__init__()
        self._sort = sort
        names = {column.name for column in columns}
        self._before = in_view
        self.lines = ColumnLines([*columns, *(column for column in STANDARD if column.name not in names)], in_view)

    def compose(self) -> ComposeResult:
        """Title, columns, keys."""
        with Vertical(id="window"):
            yield Static("Columns", id="title")
            yield self.lines
            yield KeyLine(self.context)

    def on_mount(self) -> None:
        """The keys go to the columns."""
        self.lines.focus()

    @property
    def _here(self) -> Column:
        return self.lines.items[self.lines.cursor]

    def _put(self, columns: Sequence[Column], row: int) -> None:
        self.lines.set_items(columns)
        self.lines.go(row)

    @on(LineView.Chosen, "#lines")
    def _toggled(self) -> None:
        if self.lines.shown != {self._here.name}:  # one stays
            self.lines.shown ^= {self._here.name}
            self.lines.refresh()

    def action_shift(self, step: int) -> None:
        """Move the column down by 1 or up by -1."""
        row, columns = self.lines.cursor, list(self.lines.items)
        if 0 <= row + step < len(columns):
            columns.insert(row + step, columns.pop(row))
            self._put(columns, row + step)

    def action_widen(self, cells: int) -> None:
        """Give the column so many cells more."""
        row, here, columns = self.lines.cursor, self._here, list(self.lines.items)
        columns[row] = here._replace(width=min(max(1, here.width + cells), WIDEST), sized=True)
        self._put(columns, row)

    def action_sort(self) -> None:
        """Sort by this column, whether the list shows it or not."""
        self._sort(self._here.name)
        self.action_keep()

    def action_reset(self) -> None:
        """Back to what every width chooses by itself."""
        self.dismiss(STANDARD)

    def action_keep(self) -> None:
        """Show these from now on."""
        chosen = [column._replace(needs=0) for column in self.lines.items if column.name in self.lines.shown]
        self.dismiss(chosen if chosen != self._before else None)


class ColumnChoice:
    """What the user does with the columns of a screen's list, which shows first those that were kept."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._config = Config(config_file())
        self._registry = screen.browser.capture.decoder.registry
        try:
            screen.messages.choose(kept_columns(self._config, self._registry))
        except NlsniffError as error:
            screen.browser.warn(str(error))

    def change(self, what: Change) -> None:
        """Open the window, or add a column for what the tree's cursor is on."""
        if what == "choose":
            self._ask()
        else:
            self._add()

    def _ask(self) -> None:
        messages = self._screen.messages
        window = ColumnsScreen(
            messages.chosen, messages.in_view, lambda name: messages.sort(toggled(messages.browser.rows.by, name))
        )
        self._screen.app.push_screen(window, self._answered)

    def _add(self) -> None:
        outline, line, messages = (
            self._screen.details.outline,
            self._screen.details.tree_pane.line,
            self._screen.messages,
        )
        conversation = self._screen.browser.conversation
        if outline is None or line is None or conversation is None:
            self._screen.note("there is no message", "warning")
            return
        try:
            columns, name = with_field(messages.in_view, outline.message, conversation, line.node, self._registry)
        except NlsniffError as error:
            self._screen.note(str(error), "warning")
        else:
            self._show(columns, f"column {name} added")

    def _answered(self, columns: Sequence[Column] | None) -> None:
        if columns is not None:
            self._show(columns, "columns changed")

    def _show(self, columns: Sequence[Column], note: str) -> None:
        screen = self._screen
        screen.messages.choose(columns)
        screen.header.refresh()
        try:
            where = self._config.path if keep(self._config, columns) else "nowhere: the disk does not allow it"
        except NlsniffError as error:
            screen.note(str(error), "warning")
        else:
            screen.note(f"{note}, kept in {where}; | changes them")
