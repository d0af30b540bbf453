"""The window that compares two messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from textual.containers import Vertical
from textual.strip import Strip
from textual.widgets import Static

from nlsniff.terminal import clip, fill
from nlsniff.tui.actions import Context, bindings
from nlsniff.tui.compare import Pair, compare
from nlsniff.tui.key_line import KeyLine
from nlsniff.tui.line_view import ItemView
from nlsniff.tui.window import Window

if TYPE_CHECKING:
    from rich.style import Style
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.decode.message import NetlinkMessage


class Pairs(ItemView[Pair]):
    """Fields with their two values."""

    def draw(self, row: int, width: int, base: Style) -> Strip:
        """One field: a sign where it differs, its name, left, right."""
        pair = self.items[row]
        look = base + self.style("dim") if pair.same else base
        changed = base + self.style("mark") if not pair.same else look
        name_width = min(30, max(12, width // 3))
        half = max(4, (width - name_width - 4) // 2)
        name = "  " * pair.depth + pair.name
        absent = base + self.style("padding")
        return Strip([
            Segment(" " if pair.same else "≠" if None not in {pair.left, pair.right} else "+", changed),
            Segment(" " + set_cell_size(name, name_width) + " ", look if pair.same else base + self.style("name")),
            self._side(pair.left, half, changed, absent), Segment(" ", base),
            self._side(pair.right, half, changed, absent),
        ])  # fmt: skip

    def _side(self, text: str | None, width: int, look: Style, absent: Style) -> Segment:
        if text is None:
            return Segment(set_cell_size("absent", width), absent)
        return Segment(fill(clip(text[self.shift :], width), width), look)

    def empty_line(self, y: int, width: int, base: Style) -> Strip:
        """Say that there is no difference."""
        if self.count or y:
            return super().empty_line(y, width, base)
        return Strip([Segment("  no field differs", base + self.style("dim"))]).extend_cell_length(width, base)


class CompareScreen(Window[None]):
    """Two messages side by side."""

    context: ClassVar[Context] = "compare"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("compare")]

    def __init__(self, left: NetlinkMessage, right: NetlinkMessage) -> None:
        super().__init__()
        self.left, self.right = left, right
        self.only_differences = False
        self._pairs = compare(left, right)
        self._lines = Pairs(self._pairs)

    def compose(self) -> ComposeResult:
        """The two messages, the fields, the keys."""
        differ = sum(not pair.same and bool(pair.left or pair.right) for pair in self._pairs)
        with Vertical(id="window"):
            yield Static(self._title(differ), id="title", markup=False)
            yield self._lines
            yield KeyLine(self.context)

    def _title(self, differ: int) -> str:
        sides = (
            f"{side} message {message.number} {message.type_name} {message.summary}"
            for side, message in (("left: ", self.left), ("right:", self.right))
        )
        return "\n".join([*sides, f"{differ} field{'s' * (differ != 1)} differ{'s' * (differ == 1)}"])

    def action_differences(self) -> None:
        """Show all fields, or only those that differ."""
        self.only_differences = not self.only_differences
        shown = [pair for pair in self._pairs if not pair.same] if self.only_differences else self._pairs
        self._lines.set_items(shown)
