"""The tree of the selected message."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from nlsniff.tui.actions import bindings
from nlsniff.tui.line_view import LineView
from nlsniff.tui.outline import Line, Outline, Path, is_unknown, node_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.style import Style
    from textual.binding import BindingType

    from nlsniff.tui.rejection import Rejection

_LEAST_WORDS = 16  # characters on a line of words, however narrow the pane
_MARKS = {True: "▾ ", False: "▸ ", None: "  "}


class TreePane(LineView):
    """Nodes of one message, a line each, with the range of their bytes.

    Attributes:
        outline: what is shown, None where no message is selected.
        rejected: what the kernel rejected in this message, or None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("tree")]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  textual's name
        super().__init__(id=id)
        self.outline: Outline | None = None
        self.rejected: Rejection | None = None
        self._lines: list[Line] = []
        self._opened: dict[Path, bool] = {}
        self._preferred: Path = ()
        self._towards: Path = ()
        self._wrapped_at = 0  # the width for which the lines are

    # -- what is in it -------------------------------------------------------------------------------------------

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self._lines[self.cursor] if self.cursor < len(self._lines) else None

    def show(self, outline: Outline | None, rejected: Rejection | None = None) -> None:
        """Show another message.

        The cursor goes to what was rejected, else stays on the field of the same name, where there is one.
        """
        preferred = self._preferred
        self.outline, self.rejected = outline, rejected
        self._towards = ()
        if outline is not None and rejected is not None:
            self._towards = outline.path_of(rejected.start, rejected.end) or ()
        self._flatten()
        self._select(self._towards or preferred)
        self._preferred = preferred or self._preferred

    def reveal(self, path: Path) -> None:
        """Open what is around a node and put the cursor on it."""
        for depth in range(1, len(path)):
            self._opened[path[:depth]] = True
        self._flatten()
        self._select(path)

    def _flatten(self) -> None:
        self._wrapped_at = width = self._text_room
        lines = self.outline.lines(self._opened, self._towards) if self.outline is not None else ()
        self._lines = [piece for line in lines for piece in self._wrapped(line, width)]
        self.resize_to(len(self._lines))

    @property
    def _text_room(self) -> int:
        """The width for words: the scroll bar, which may come with them, left out."""
        return self.room - (not self.show_vertical_scrollbar)

    def _wrapped(self, line: Line, width: int) -> Iterator[Line]:
        """A line, or as many as its words need; a rejection that finds no room behind the node stands below it."""
        if not line.words:
            yield line
            if not self._is_rejected(line) or self.rejected is None or self._fits(line, width):
                return
            line = line._replace(depth=line.depth + 1, open=None, words=self.rejected.text)
        line = line._replace(depth=max(0, min(line.depth, (width - _LEAST_WORDS - 2) // 2)))
        room = max(_LEAST_WORDS, width - 2 * line.depth - 2)
        for piece in textwrap.wrap(line.words, room, subsequent_indent="  ", break_on_hyphens=False):
            yield line._replace(words=piece)

    def _fits(self, line: Line, width: int) -> bool:
        """Whether what the kernel says of a node finds room behind it."""
        if self.outline is None or self.rejected is None or width <= 0:
            return True
        return 2 * line.depth + 2 + cell_len(_rejected_text(line, self.outline, self.rejected)) <= width

    def on_resize(self) -> None:
        """Wrap for another width, with the cursor on the same node."""
        line = self.line
        if self._text_room != self._wrapped_at and self.outline is not None:
            self._flatten()
            self._select(line.path if line is not None else ())
        super().on_resize()

    def _select(self, path: Path) -> None:
        """Move to a path, or the nearest above it that is shown; without any, to the message itself."""
        row, depth = 1 if len(self._lines) > 1 else 0, 0
        for at, line in enumerate(self._lines):
            if depth < len(line.path) <= len(path) and line.path == path[: len(line.path)]:
                row, depth = at, len(line.path)
        moved = self.cursor == row
        self.bring_to(row)
        if moved:
            self.post_message(self.Moved(self))

    # -- drawing -------------------------------------------------------------------------------------------------

    def draw(self, row: int, width: int, base: Style) -> Strip:
        """One node, or one problem."""
        line = self._lines[row]
        node, outline = line.node, self.outline
        indent = " " * (2 * line.depth)
        if line.words:
            meaning = line.problem.severity if line.problem is not None else "rejected"
            shown = f"{indent}  {line.words}"[self.shift :]
            left = len(shown) - len(shown.lstrip())
            return Strip([Segment(shown[:left], base), Segment(shown[left:], base + self.style(meaning))])
        if outline is None:
            return Strip.blank(width, base)
        parts = [Segment(indent + _MARKS[line.open], base + self.style("dim"))]
        parts += self._text(line, outline, base)
        strip = Strip(parts)
        if self.shift:
            strip = strip.crop(self.shift, strip.cell_length)
        place = f" {node.start}-{node.end - 1}" if node.end > node.start else f" {node.start}"
        room = width - cell_len(place)
        if width < 30 or room < 10:
            return strip
        if strip.cell_length > room and self._is_rejected(line):
            return strip  # the reason matters more than the place
        dim = base + self.style("dim")
        if strip.cell_length > room:
            fitted = Strip([*strip.crop(0, room - 1), Segment("…", dim)]).adjust_cell_length(room, base)
        else:
            fitted = strip.extend_cell_length(room, base)
        return Strip([*fitted, Segment(place, dim)])

    def _is_rejected(self, line: Line) -> bool:
        return self.rejected is not None and (line.node.start, line.node.end) == self.rejected[:2]

    def _text(self, line: Line, outline: Outline, base: Style) -> list[Segment]:
        node = line.node
        text = node_text(node, outline.message)
        rejected = self.rejected
        if rejected is not None and self._is_rejected(line):
            return [
                Segment(
                    _rejected_text(line, outline, rejected if self._fits(line, self._wrapped_at) else None),
                    base + self.style("rejected"),
                )
            ]
        if node.kind == "padding":
            return [Segment(f"padding: {text}", base + self.style("padding"))]
        if is_unknown(node):
            look = base + self.style("unknown")
            size = node.end - node.payload
            tag = Segment(f"  {size} unknown", base + self.style("dim"))
            return [Segment(f"{node.name}{node.flag_text}: {text}", look), tag]
        name = base + self.style("branch" if line.open is not None or not text else "name")
        parts = [Segment(node.name, name)]
        if node.type_flags:
            parts.append(Segment(node.flag_text, base + self.style("dim")))
        if not text:
            return parts
        if node.secret:
            return [*parts, Segment(": ", base), Segment(text, base + self.style("secret"))]
        if node.kind != "value" and line.open:
            return parts  # its children are shown below
        meaning = "value" if node.kind == "value" else "dim"
        return [*parts, Segment(": ", base), Segment(text, base + self.style(meaning))]

    def empty_line(self, y: int, width: int, base: Style) -> Strip:
        """Draw that no message is selected."""
        if self.count or y != 1:
            return super().empty_line(y, width, base)
        line = Strip([Segment(set_cell_size("  no message selected", width), base + self.style("dim"))])
        return line.crop(0, width)

    # -- keys ----------------------------------------------------------------------------------------------------

    def watch_cursor(self, before: int, after: int) -> None:
        """Remember the field, for the next message."""
        super().watch_cursor(before, after)
        if self.has_focus and self.line is not None:
            self._preferred = self.line.path

    def _set_open(self, line: Line, *, to: bool) -> None:
        self._opened[line.path] = to
        self._flatten()
        self._select(line.path)

    def action_right(self) -> None:
        """Open the node; go to the first part of an open one; scroll a line that has nothing to open."""
        line = self.line
        if line is None or line.open is None:
            super().action_right()
        elif line.open:
            self.move(1)
        else:
            self._set_open(line, to=True)

    def action_left(self) -> None:
        """Close the node; go from a closed one to the node around it."""
        line = self.line
        if self.shift or line is None:
            super().action_left()
        elif line.open:
            self._set_open(line, to=False)
        elif len(line.path) > 1:
            self._select(line.path if line.words else line.path[:-1])

    def action_choose(self) -> None:
        """Open or close."""
        line = self.line
        if line is not None and line.open is not None:
            self._set_open(line, to=not line.open)

    def clicked(self, row: int, column: int) -> None:
        """A click on the mark opens or closes."""
        super().clicked(row, column)
        line = self._lines[row]
        if line.open is not None and column < 2 * line.depth + 2:
            self.action_choose()

    def expand_all(self) -> None:
        """Open everything, or, where everything is open, close all but the message itself."""
        if self.outline is None:
            return
        branches = list(self.outline.branches())
        shown = {line.path: line.open for line in self._lines if not line.words}
        is_open = all(shown.get(path) is not False for path in branches)
        for path in branches:
            self._opened[path] = not is_open or len(path) == 1
        here = self.line
        self._flatten()
        self._select(here.path if here else ())


def _rejected_text(line: Line, outline: Outline, rejected: Rejection | None) -> str:
    """A node that was rejected, with what the kernel says of it unless that stands below."""
    node = line.node
    text = node_text(node, outline.message)
    colon = f": {text}" if text and not line.open else ""
    return f"{node.name}{node.flag_text}{colon}  ◀" + (f" {rejected.text}" if rejected is not None else "")
