"""Windows over a list of lines: a text is found in them as in the main screen, by `/`, `n` and `N`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.containers import Vertical
from textual.widgets import Input

from nlsniff.terminal import escape
from nlsniff.tui.actions import TITLES, bindings
from nlsniff.tui.dialog import Dialog
from nlsniff.tui.line_view import LineView
from nlsniff.tui.reading import in_slices
from nlsniff.tui.typed_line import TypedLine

if TYPE_CHECKING:
    from collections.abc import Generator

    from textual.binding import BindingType

Result = TypeVar("Result")

_TOGETHER = 32  # rows that are looked at between two looks at the clock
_WIDE = 500  # cells of the lines that are looked through, whatever the window shows of them


class FindLine(TypedLine):
    """Where the user types what to find."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("find")]

    def action_close(self) -> None:
        """Back to the lines."""
        self.screen.query_one(LineView).focus()
        self.remove()


class Window(Dialog[Result]):
    """The base of windows whose first part is a list of lines."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("window")]

    needle = ""
    _found = (-1, -1)  # where the list was after the last search, and the row that was found

    async def action_help(self) -> None:
        """Show all keys, from those of this window on."""
        await self.run_action(f"app.help_at({TITLES[self.context]!r})")

    def action_find(self) -> None:
        """Ask for a text."""
        if not self.query(FindLine):
            line = FindLine(self.needle, placeholder="text to find", id="find", compact=True)
            line.cursor_blink = False
            self.query_one("#window", Vertical).mount(line, before=-1)
            self.call_after_refresh(line.focus)

    @on(Input.Submitted, "#find")
    def _typed(self, event: Input.Submitted) -> None:
        self.needle = event.value
        self.query_one(FindLine).action_close()
        self._found = (-1, -1)
        self.query_one(LineView).needle = event.value
        if event.value:
            self.action_find_next(1)

    def action_find_next(self, step: int) -> None:
        """Go to the next line that has the text, or by -1 to the one before; behind the end from the start."""
        if self.needle:
            self.run_worker(self._look(step), name="find", exclusive=True)
        else:
            self.action_find()

    async def _look(self, step: int) -> None:
        view = self.query_one(LineView)
        place, row = self._found
        at = await in_slices(self._rows(view, row if place == view.search_from else view.search_from, step))
        if at < 0:
            self.app.bell()
            self.notify(f"nothing here has {escape(self.needle)!r}", timeout=3, markup=False)
            return
        view.bring_to(at)
        self._found = (view.search_from, at)

    def _rows(self, view: LineView, start: int, step: int) -> Generator[None, None, int]:
        """Look from behind a row on, and at that row last; gives the row, -1 for none."""
        wanted = self.needle.lower()
        for distance in range(1, view.count + 1):
            row = (start + step * distance) % view.count
            if wanted in view.draw(row, _WIDE, view.rich_style).text.lower():
                return row
            if distance % _TOGETHER == 0:
                yield
        return -1
