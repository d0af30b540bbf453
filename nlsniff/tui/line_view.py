"""A list of lines of any length: only those on the screen are drawn, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive, var
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from nlsniff.tui.actions import bindings
from nlsniff.tui.contrast import legible
from nlsniff.tui.styles import style
from nlsniff.tui.themes import looks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events
    from textual.binding import BindingType
    from textual.geometry import Region

Item = TypeVar("Item")

_PLAIN = Style(color="default", bgcolor="default")  # where the terminal's own colours are used


class LineView(ScrollView, can_focus=True, inherit_bindings=False):
    """The base of every pane: a cursor over `count` lines, the keys that move it, and the mouse.

    A subclass draws a line in `draw` and calls `resize_to` when their number changes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines")]
    SIDEWAYS = 8

    cursor = var(0, always_update=False)
    needle = reactive("")  # a text to point out, in any case
    shift = var(0)

    class Moved(Message):
        """The cursor of a view is on another line."""

        def __init__(self, view: LineView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> LineView:
            """The view, which `@on(..., "#id")` selects by."""
            return self.view

    class Chosen(Moved):
        """Enter or a second click on the line under the cursor."""

    count = 0
    _drawn: tuple[Style, Mapping[str, Style]] | None = None  # style and looks, while lines are drawn

    # -- for subclasses ------------------------------------------------------------------------------------------

    def draw(self, row: int, width: int, base: Style) -> Strip:
        """One line; what is wider than `width` is cut. `base` is the style below that of the text."""
        raise NotImplementedError

    def style(self, meaning: str) -> Style:
        """The style of a meaning."""
        return self._drawn[1][meaning] if self._drawn is not None else style(self, meaning)

    @property
    def base(self) -> Style:
        """The style below that of the text."""
        return self._drawn[0] if self._drawn is not None else self.rich_style

    def resize_to(self, count: int) -> None:
        """Set the number of lines."""
        self.count = count
        shown, always = self.show_vertical_scrollbar, self.styles.overflow_y == "scroll"
        if self.container_size and (always or shown == (count > self.container_size.height)):
            # Textual would lay out the whole screen, for a line of the tree more.
            self.set_reactive(LineView.virtual_size, Size(1, count))
            if shown:
                self._tell_scrollbar(count)
            self.scroll_y = self.validate_scroll_y(self.scroll_y)
        else:
            self.virtual_size = Size(1, count)
        if self.cursor >= count:
            self.cursor = max(0, count - 1)
        self.refresh()

    def _tell_scrollbar(self, count: int) -> None:
        """Tell the scroll bar of how many lines it is; where it has and had nothing to scroll, it stays as it is."""
        bar = self.vertical_scrollbar
        if max(count, bar.window_virtual_size) <= self.container_size.height:
            bar.set_reactive(ScrollBar.window_virtual_size, count)
        else:
            bar.window_virtual_size = count

    @property
    def room(self) -> int:
        """The width in cells, without the scroll bar."""
        return self.scrollable_content_region.width

    @property
    def search_from(self) -> int:
        """The line from which a search begins."""
        return self.cursor

    # -- drawing -------------------------------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw several lines, for which textual is asked but once what is the same for all."""
        self._drawn = self.rich_style, looks(self.app.current_theme)
        try:
            return super().render_lines(crop)
        finally:
            self._drawn = None

    def render_line(self, y: int) -> Strip:
        """Draw the line at `y` of the screen."""
        row = self.scroll_offset.y + y
        width, base = self.room, self.base
        if row >= self.count:
            return self.empty_line(y, width, base)
        at = row == self.cursor
        if at:
            base += self.style("cursor" if self.has_focus else "cursor-blurred")
        line = self.draw(row, width, base).extend_cell_length(width, base).crop(0, width)
        if self.needle:
            line = _pointed_out(line, self.needle.lower(), self.style("match"))
        if not self.app.current_theme.ansi:
            return legible(line)
        return _one_ground(line, base) if at else line

    def empty_line(self, y: int, width: int, base: Style) -> Strip:  # noqa: ARG002  subclasses use it
        """Draw what stands below the last line."""
        return Strip.blank(width, base)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw the lines anew, and the scroll bar where its thumb moves: in a long list it seldom does."""
        if self.show_vertical_scrollbar and self._thumb(old_value) == self._thumb(new_value):
            self.vertical_scrollbar.set_reactive(ScrollBar.position, new_value)
            self.refresh(self.size.region)
        else:
            super().watch_scroll_y(old_value, new_value)

    def _thumb(self, top: float) -> int:
        """Where the thumb of the scroll bar begins, in the eighths of a line in which it is drawn."""
        height = self.container_size.height
        rest = self.count - height
        return int(8 * (height - max(1, height * height / self.count)) * top / rest) if rest > 0 else 0

    def watch_cursor(self, before: int, after: int) -> None:
        """Redraw the two lines and post that the cursor moved."""
        self.refresh_lines(before)
        self.refresh_lines(after)
        self.show_cursor()
        self.post_message(self.Moved(self))

    def watch_shift(self) -> None:
        """Draw all lines at their new place."""
        self.refresh()

    def on_focus(self) -> None:
        """The cursor looks different with and without the focus."""
        self.refresh_lines(self.cursor)

    def on_blur(self) -> None:
        """The cursor looks different with and without the focus."""
        self.refresh_lines(self.cursor)

    def on_resize(self) -> None:
        """Keep the cursor on the screen."""
        self.show_cursor()

    def show_cursor(self) -> None:
        """Scroll as little as needed for the cursor to be seen.

        Forced, because the scroll bar that would allow it may only come with the next layout.
        """
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if height <= 0:
            return
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)

    def bring_to(self, row: int) -> None:
        """Put the cursor on a line; one that is out of view comes to the middle."""
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if height > 0 and not top <= row < top + height:
            self.scroll_to(y=max(0, row - height // 2), animate=False, force=True)
        self.go(row)

    # -- keys and mouse ------------------------------------------------------------------------------------------

    def move(self, step: int) -> None:
        """Move the cursor by so many lines, as far as there are any."""
        self.go(self.cursor + step)

    def go(self, row: int) -> None:
        """Put the cursor on a line, or the nearest there is."""
        self.cursor = min(max(0, row), max(0, self.count - 1))

    @property
    def page(self) -> int:
        """How many lines a page moves: all but one, which stays in view."""
        return max(1, self.scrollable_content_region.height - 1)

    def action_move(self, lines: int) -> None:
        """Lines down, or up where there are less than none."""
        self.move(lines)

    def action_left(self) -> None:
        """Show what is to the left."""
        self.action_sideways(-1)

    def action_right(self) -> None:
        """Show what is to the right."""
        self.action_sideways(1)

    def action_sideways(self, steps: int) -> None:
        """Show what is to the right, or to the left where there are less than none."""
        self.shift = max(0, self.shift + steps * self.SIDEWAYS)

    def action_move_page(self, pages: int) -> None:
        """Pages down or up."""
        self.move(pages * self.page)

    def action_move_half(self, halves: int) -> None:
        """Half pages down or up."""
        self.move(halves * max(1, self.page // 2))

    def action_top(self) -> None:
        """To the first line."""
        self.go(0)

    def action_bottom(self) -> None:
        """To the last line."""
        self.go(self.count - 1)

    def action_choose(self) -> None:
        """Post that this line was chosen."""
        if self.count:
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the line that was clicked; a double click chooses it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        row = self.scroll_offset.y + offset.y
        if row < self.count:
            self.clicked(row, offset.x)
            if event.chain > 1:
                self.action_choose()

    def clicked(self, row: int, column: int) -> None:  # noqa: ARG002  where only the line matters
        """React to a click on a line."""
        self.go(row)


class ItemView(LineView, Generic[Item]):
    """A view of items, a line each."""

    def __init__(self, items: Sequence[Item], *, id: str | None = None) -> None:  # noqa: A002  textual's name
        super().__init__(id=id)
        self.items = items

    def on_mount(self) -> None:
        """Set the number of lines."""
        self.resize_to(len(self.items))

    def set_items(self, items: Sequence[Item]) -> None:
        """Show other items."""
        self.items = items
        self.resize_to(len(items))


def _one_ground(line: Strip, base: Style) -> Strip:
    """A line without its colours: reversed, they would be as many grounds."""
    return Strip([Segment(text, (look or base) + _PLAIN) for text, look, _ in line], line.cell_length)


def _pointed_out(line: Strip, needle: str, look: Style) -> Strip:
    """A line with a text, in lower case, shown in a look wherever it stands."""
    text, done, parts = line.text.lower(), 0, []
    while (at := text.find(needle, done)) >= 0:
        ends = (cell_len(line.text[:done]), cell_len(line.text[:at]), cell_len(line.text[: at + len(needle)]))
        found = (Segment(part, (style or Style()) + look) for part, style, _ in line.crop(*ends[1:]))
        parts += [line.crop(*ends[:2]), Strip(found)]
        done = at + len(needle)
    return Strip.join([*parts, line.crop(cell_len(line.text[:done]))]) if parts else line
