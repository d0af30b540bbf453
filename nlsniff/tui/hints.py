"""What stands below the line while one types: the fault and its place, and what may be typed there."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text
from textual.message import Message
from textual.widget import Widget

from nlsniff.terminal import one_line
from nlsniff.tui.styles import style

if TYPE_CHECKING:
    from textual import events

    from nlsniff.filter.complete import Completion
    from nlsniff.filter.errors import FilterError

# Completions on the screen at once.
_SHOWN = 8


class Hints(Widget):
    """The fault with a caret below its place, then completions below the word that they complete."""

    class Taken(Message):
        """A completion was clicked; it is pointed at now."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._fault: FilterError | None = None
        self._choices: list[Completion] = []
        self._left = 0
        self._at = 0  # which choice tab takes
        self.pointed = False
        self.moved = False  # by the arrows

    @property
    def choice(self) -> Completion | None:
        """The completion that tab takes; where it is `pointed` at, enter takes it, too."""
        return self._choices[self._at] if self._choices else None

    def show(
        self, fault: FilterError | None, choices: list[Completion], left: int = 0, *, pointed: bool = False
    ) -> None:
        """Show these. The line's text begins at cell `left`; `pointed`: the first is pointed at without arrows."""
        self._fault, self._choices, self._left, self._at = fault, choices, left, 0
        self.pointed = pointed and bool(choices)
        self.moved = False
        self.display = fault is not None or bool(choices)
        self.refresh(layout=True)

    def move(self, step: int) -> None:
        """Point at the first completion, or at the last upward; from then on at the one above or below."""
        if self._choices:
            start = self._at if self.pointed else -1 if step > 0 else 0
            self._at = (start + step) % len(self._choices)
            self.pointed = self.moved = True
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Take the completion that was clicked."""
        row = event.y - len(self._fault_lines())
        visible = self._visible()
        if 0 <= row < len(visible):
            self._at, self.pointed = visible[row], True
            self.post_message(self.Taken())

    def render(self) -> Text:
        """Draw it."""
        return Text("\n", no_wrap=True).join([*self._fault_lines(), *self._choice_lines()])

    def _visible(self) -> range:
        """Which choices are on the screen."""
        first = max(0, min(self._at - _SHOWN // 2, len(self._choices) - _SHOWN))
        return range(first, min(first + _SHOWN, len(self._choices)))

    def _fault_lines(self) -> list[Text]:
        fault = self._fault
        if fault is None:
            return []
        room = self.container_size.width or 80
        at = min(self._left + fault.column - 1, max(0, room - 2))
        look = style(self, "error")
        if at + 2 + cell_len(fault.reason) <= room:
            return [Text(f"{' ' * at}^ {fault.reason}", look)]
        return [Text(line, look) for line in (f"{' ' * at}^", *textwrap.wrap(fault.reason, max(10, room - 1)))]

    def _choice_lines(self) -> list[Text]:
        if not self._choices:
            return []
        count, visible = len(self._choices), self._visible()
        width = max(cell_len(one_line(self._choices[number].text)) for number in visible)
        room = self.container_size.width or 80
        indent = max(0, min(self._left + self._choices[0].start - 1, room - width - 12))
        lines = []
        for number in visible:
            choice = self._choices[number]
            line = Text(" " * indent)
            picked = style(self, "cursor" if self.pointed and number == self._at else "name")
            line.append(f" {one_line(choice.text).ljust(width)} ", picked)
            line.append(f" {one_line(choice.doc)}", style(self, "dim"))
            line.truncate(room, overflow="ellipsis")
            lines.append(line)
        of = f"{self._at + 1} of {count}, " if count > len(visible) else ""
        takes = "tab or enter takes" if self.pointed else "tab takes"
        lines.append(Text(f"{' ' * indent} {of}↑↓ choose, {takes}, f1 explains", style(self, "dim")))
        return lines
