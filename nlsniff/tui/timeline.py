"""The line of time: how many messages came when, where the kernel refused something, and where the cursor is."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from nlsniff.errors import NlsniffError
from nlsniff.terminal import duration
from nlsniff.tui.config import Config, config_file
from nlsniff.tui.contrast import legible
from nlsniff.tui.density import Density
from nlsniff.tui.reading import Progress
from nlsniff.tui.styles import style

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events

    from nlsniff.tui.browser import Browser
    from nlsniff.tui.density import Slice

_KEPT = ("screen", "timeline")  # table and key of `config.toml`
_OFF = "off"
_BARS = " ▁▂▃▄▅▆▇"  # no full block, which would hide the ground that marks the cursor
# Where colours may be lacking.
_REFUSED, _HERE = "!", "▲"
_LABEL, _ROOM = 25, 96  # cells of the words at the right, and of the line that has them


class Timeline(Widget):
    """A cell for each piece of the capture's time, its height by the logarithm of how many messages came in it.

    Cells with a refusal have the colour of errors, and where there is no room for colours a mark. Those whose messages
    the filter hides are dim. A click goes to the first message of a cell.

    Args:
        browser: whose messages.

    Attributes:
        density: how many of them came when.
    """

    def __init__(self, browser: Browser) -> None:
        super().__init__()
        self._browser = browser
        self.density = Density(browser.capture, browser.rows)
        self._state: object = None
        self._cells: list[Slice] = []
        self._here: int | None = None

    def on_mount(self) -> None:
        """Stay hidden where the user wants that."""
        with contextlib.suppress(NlsniffError):  # what is wrong with the file is said of its columns
            self.set_class(Config(config_file()).get(*_KEPT) == _OFF, "-off")

    def on_resize(self) -> None:
        """Show it in the cells that there are now."""
        self.sync()

    def sync(self) -> None:
        """Show what is counted, and the cursor."""
        browser, density, width = self._browser, self.density, self._width
        density.wanted = self.display
        if not self.display or not width:
            return
        state = density.state, width
        here = density.cell_of(browser.number, width) if browser.number else None
        if state != self._state:
            self._cells = density.cells(width)
        if (state, here) != (self._state, self._here):
            self._state, self._here = state, here
            self.refresh()

    @property
    def _width(self) -> int:
        """How many cells there are."""
        width = self.size.width - 2
        return max(0, width - _LABEL if width >= _ROOM else width)

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  it has one line
        """Draw it."""
        base, most = self.rich_style, max((cell.messages for cell in self._cells), default=0)
        parts = [Segment(" ", base)]
        parts += [self._draw(cell, most, base, here=at == self._here) for at, cell in enumerate(self._cells)]
        if self.size.width - 2 >= _ROOM and most:
            density = self.density
            span = _short((density.last - density.first) // max(1, len(self._cells)))
            parts.append(Segment(f"{f'≤ {most:,} in {span}':>{_LABEL}}", base + style(self, "dim")))
        line = Strip(parts).adjust_cell_length(self.size.width, base)
        return line if self.app.current_theme.ansi else legible(line)

    def _draw(self, cell: Slice, most: int, base: Style, *, here: bool) -> Segment:
        text = _BARS[_level(cell.messages, most)]
        look = base + style(self, "error" if cell.refused else "key" if cell.shown else "dim")
        ansi = self.app.current_theme.ansi
        if ansi and (cell.refused or here):
            text = _REFUSED if cell.refused else _HERE
        if here and (cell.refused or not ansi):
            look += style(self, "rejected" if cell.refused else "selected")
        return Segment(text, look)

    # -- going to a time -----------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Go to the first message of the cell, or of the nearest one that has any."""
        cell = event.x - 1
        self._go(sorted(range(len(self._cells)), key=lambda at: abs(at - cell)))

    def move(self, step: int) -> None:
        """Go to the next cell that has messages by 1, to the one before by -1."""
        if not self.display:
            self._browser.warn("the line of time is hidden; T shows it where the terminal is high enough")
        elif self._here is not None:
            self._go(range(self._here + step, len(self._cells) if step > 0 else -1, step))
        self.post_message(Progress())

    def _go(self, cells: range | list[int]) -> None:
        """Go to the first of these cells that has a message in view."""
        browser, width = self._browser, self._width
        at = next((at for at in cells if 0 <= at < len(self._cells) and self._cells[at].shown), None)
        number = self.density.message_in(at, width) if at is not None else None
        if number is not None:
            browser.jumps.left(browser.number)
            browser.go(browser.rows.row(number))
        self.post_message(Progress())

    def toggle(self) -> None:
        """Hide it, or show it where the terminal is high enough; this is kept, where the disk allows it."""
        self.toggle_class("-off")
        off = self.has_class("-off")
        with contextlib.suppress(NlsniffError):
            Config(config_file()).set(*_KEPT, _OFF if off else None)
        self.post_message(Progress())


def _short(nanoseconds: int) -> str:
    """A time span in three digits."""
    number, _, unit = duration(round(nanoseconds, 3 - len(str(nanoseconds)))).partition(" ")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {unit}"


def _level(count: int, most: int) -> int:
    """The height of a bar: 0 for nothing, else from 1 on."""
    if not count:
        return 0
    top = len(_BARS) - 1
    return top if count == most else 1 + round((top - 2) * math.log(count) / math.log(most))
