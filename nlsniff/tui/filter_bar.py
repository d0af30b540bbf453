"""One line to type in: a filter with live checking and completion, a text to find, or a number to go to."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar, Literal

from rich.cells import cell_len
from rich.text import Text
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

from nlsniff.filter.errors import FilterError
from nlsniff.terminal import one_line
from nlsniff.tui.actions import bindings
from nlsniff.tui.styles import style

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.filter.complete import Completion
    from nlsniff.spec.registry import Registry

Mode = Literal["filter", "find", "go_to"]
_PROMPTS: dict[Mode, str] = {"filter": "filter: ", "find": "find: ", "go_to": "go to: "}
_HINTS: dict[Mode, str] = {"filter": "press / to filter", "find": "text to find", "go_to": "number of a message"}

_DIGITS = 19  # more than any number of a message has; Python refuses to read thousands

# Completions on the screen at once.
_SHOWN = 8


class FilterLine(Input):
    """A line to type or paste into."""

    def validate_value(self, value: str) -> str:
        """Escape what a terminal must not have. In a quoted value an escape means the same."""
        return one_line(value)


class FilterBar(Widget):
    """The line, with hints below it while it is open.

    Args:
        registry: the dissectors, whose fields a filter may use.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("bar")]

    class Applied(Message):
        """The user entered this text; "" takes the filter away."""

        def __init__(self, mode: Mode, text: str) -> None:
            super().__init__()
            self.mode: Mode = mode
            self.text = text

    class Closed(Message):
        """The line was closed."""

    def __init__(self, registry: Registry, *, id: str | None = None) -> None:  # noqa: A002  textual's name
        super().__init__(id=id)
        self.mode: Mode = "filter"
        self.hints = Hints(id="hints")
        self._registry = registry
        self._applied: dict[Mode, str] = {"filter": "", "find": "", "go_to": ""}
        self._history: list[str] = []
        self._back = 0

    def compose(self) -> ComposeResult:
        """A prompt and the line."""
        with Horizontal():
            yield Label(_PROMPTS["filter"], id="prompt")
            line = FilterLine(placeholder=_HINTS["filter"], id="line", compact=True, select_on_focus=False)
            line.cursor_blink = False
            line.can_focus = False  # only while it is open; tab never lands here
            yield line

    @property
    def line(self) -> Input:
        """Where the user types."""
        return self.query_one("#line", Input)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.line.value

    # -- opening and closing -------------------------------------------------------------------------------------

    def open(self, mode: Mode) -> None:
        """Let the user type."""
        self.mode = mode
        self._back = 0
        self._show_mode()
        line = self.line
        line.can_focus = True
        line.value = self._applied[mode] if mode != "go_to" else ""
        line.cursor_position = len(line.value)
        self.add_class("-open")
        self.screen.set_focus(line)
        if self.screen.focused is not line:  # on a small screen the bar comes into view first
            self.call_after_refresh(self.screen.set_focus, line)
        self._check()

    def close(self) -> None:
        """Show the filter in force again."""
        self.mode = "filter"
        self._show_mode()
        self.remove_class("-open", "-invalid")
        self.hints.show(None, [], 0)
        self.line.value = self._applied["filter"]
        self.line.can_focus = False
        self.post_message(self.Closed())

    def show_applied(self, text: str) -> None:
        """Show the filter in force."""
        self._applied["filter"] = text
        if not self.has_class("-open"):
            self.line.value = text
        self.set_class(bool(text), "-applied")

    def _show_mode(self) -> None:
        self.query_one("#prompt", Label).update(_PROMPTS[self.mode])
        self.line.placeholder = _HINTS[self.mode]

    # -- typing --------------------------------------------------------------------------------------------------

    def on_input_changed(self) -> None:
        """Check and suggest with every character."""
        if self.has_class("-open"):
            self._check()

    def _check(self) -> None:
        line = self.line
        fault = self._fault(line.value)
        choices = self._completions(line) if self.mode == "filter" else []
        if fault is not None and choices and fault.column > choices[0].start:
            fault = None  # the word at the cursor is not complete yet
        # Where something is missing at the end, the line says so but does not turn red.
        self.set_class(fault is not None and fault.column <= len(line.value), "-invalid")
        self.hints.show(fault, choices, cell_len(_PROMPTS[self.mode]))

    def _completions(self, line: Input) -> list[Completion]:
        from nlsniff.filter.complete import complete

        return complete(line.value, line.cursor_position, self._registry)

    def _fault(self, text: str) -> FilterError | None:
        if not text.strip():
            return None
        if self.mode == "filter":
            from nlsniff.filter.compile import compile_filter

            try:
                compile_filter(text, self._registry)
            except FilterError as error:
                return error
        if self.mode == "go_to" and not (text.strip().isdecimal() and len(text) < _DIGITS):
            return FilterError(text, 1, "a number, as in the first column of the list")
        return None

    def on_input_submitted(self) -> None:
        """Enter."""
        self.action_apply()

    def action_apply(self) -> None:
        """Apply what is typed, unless it is wrong."""
        text, mode = self.text.strip(), self.mode
        fault = self._fault(text)
        if fault is not None:
            self.add_class("-invalid")
            self.app.bell()
            return
        self._applied[mode] = text
        if mode == "filter" and text and (not self._history or self._history[-1] != text):
            self._history.append(text)
        self.set_class(bool(self._applied["filter"]), "-applied")
        self.close()
        self.post_message(self.Applied(mode, text))

    def action_clear(self) -> None:
        """Close the line and take the filter away."""
        mode = self.mode
        self._applied[mode] = ""
        self.set_class(bool(self._applied["filter"]), "-applied")
        self.close()
        if mode != "go_to":
            self.post_message(self.Applied(mode, ""))

    def action_complete(self) -> None:
        """Insert the completion that is pointed at."""
        choice = self.hints.choice
        if choice is None:
            return
        line = self.line
        rest = line.value[line.cursor_position :]
        line.value = line.value[: choice.start] + choice.text + rest
        line.cursor_position = choice.start + len(choice.text)
        self._check()

    def action_point(self, step: int) -> None:
        """Point at the completion above (-1) or below (1); without one show an earlier or a later filter."""
        back = self._back - step
        if not self.hints.move(step) and self.mode == "filter" and 0 < back <= len(self._history):
            self._back = back
            self.line.value = self._history[-back]
            self.line.cursor_position = len(self.line.value)


class Hints(Widget):
    """The hints below the line: the fault and its place, and completions."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._fault: FilterError | None = None
        self._choices: list[Completion] = []
        self._left = 0
        self._picked = 0

    @property
    def choice(self) -> Completion | None:
        """The completion that is pointed at."""
        return self._choices[self._picked] if self._choices else None

    def show(self, fault: FilterError | None, choices: list[Completion], left: int) -> None:
        """Show these. The line's text begins at cell `left`."""
        self._fault, self._choices, self._left, self._picked = fault, choices, left, 0
        self.display = fault is not None or bool(choices)
        self.refresh(layout=True)

    def move(self, step: int) -> bool:
        """Point at another completion; returns False where there are fewer than two."""
        if len(self._choices) < 2:
            return False
        self._picked = (self._picked + step) % len(self._choices)
        self.refresh()
        return True

    def render(self) -> Text:
        """A caret with the reason, then completions under the word that they complete."""
        lines = []
        if self._fault is not None:
            lines.append(self._fault_line(self._fault))
        if self._choices:
            lines += self._choice_lines()
        return Text("\n", no_wrap=True).join(lines)

    def _fault_line(self, fault: FilterError) -> Text:
        room = self.container_size.width or 80
        at = min(self._left + fault.column - 1, max(0, room - 2))
        look = style(self, "error")
        if at + 2 + cell_len(fault.reason) <= room:
            return Text(f"{' ' * at}^ {fault.reason}", look)
        caret = f"{' ' * at}^"
        return Text("\n".join([caret, *textwrap.wrap(fault.reason, max(10, room - 1))]), look)

    def _choice_lines(self) -> list[Text]:
        count = len(self._choices)
        first = max(0, min(self._picked - _SHOWN // 2, count - _SHOWN))
        visible = self._choices[first : first + _SHOWN]
        width = max(cell_len(one_line(choice.text)) for choice in visible)
        room = self.container_size.width or 80
        indent = max(0, min(self._left + self._choices[0].start - 1, room - width - 12))
        lines = []
        for number, choice in enumerate(visible, first):
            line = Text(" " * indent)
            picked = style(self, "cursor") if number == self._picked else style(self, "name")
            line.append(f" {one_line(choice.text).ljust(width)} ", picked)
            line.append(f" {one_line(choice.doc)}", style(self, "dim"))
            line.truncate(room, overflow="ellipsis")
            lines.append(line)
        if count > len(visible):
            count_line = f"{' ' * indent} {self._picked + 1} of {count}, ↑↓ choose, tab takes"
            lines.append(Text(count_line, style(self, "dim")))
        return lines
