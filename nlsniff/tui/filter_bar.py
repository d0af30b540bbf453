"""One line to type in: a filter with live checking and completion, a text to find, or a number to go to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rich.cells import cell_len
from textual.containers import Horizontal
from textual.events import Key
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

from nlsniff.errors import NlsniffError
from nlsniff.filter.errors import FilterError
from nlsniff.save_name import why_not
from nlsniff.tui.actions import bindings
from nlsniff.tui.help_screen import LANGUAGE, HelpScreen
from nlsniff.tui.hints import Hints
from nlsniff.tui.history import History, history_file
from nlsniff.tui.jumps import message_at
from nlsniff.tui.key_names import key_of
from nlsniff.tui.opening import paths, why_not_open
from nlsniff.tui.seen import Seen
from nlsniff.tui.typed_line import TypedLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from nlsniff.filter.complete import Completion
    from nlsniff.reader import IndexedCapture

Mode = Literal["filter", "find", "go_to", "save", "open"]
_PROMPTS: dict[Mode, str] = {
    "filter": " filter: ", "find": " find: ", "go_to": " go to: ", "save": " save as: ", "open": " open: ",
}  # fmt: skip
_HINTS: dict[Mode, str] = {
    "filter": "press / to filter",
    "find": "text to find; or regex: hex: filter: and what is meant",
    "go_to": "number of a message, or a time: 12.5, 14:03:22",
    "save": "name of a new file",
    "open": "name of a capture; tab completes it, or one of those opened before",
}

_COUNT = 0.05  # seconds between two looks at the values of a large capture


class FilterBar(Widget):
    """The line, with hints below it while it is open.

    Args:
        capture: what a filter is for: its dissectors know the fields, and its messages their values.
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

    def __init__(self, capture: IndexedCapture, *, id: str | None = None) -> None:  # noqa: A002  textual's name
        super().__init__(id=id)
        self.mode: Mode = "filter"
        self.hints = Hints(id="hints")
        self.said: str | None = None  # None until it is known
        self._capture = capture
        self._seen = Seen(capture)
        self._applied: dict[Mode, str] = dict.fromkeys(_PROMPTS, "")
        self._history = History(history_file())
        self._earlier: list[str] = []  # filters that the arrows show, the oldest first
        self._back = 0  # which of them is in the line: 1 is the last one, 0 none
        self._given = ""  # what the bar itself put into the line

    def compose(self) -> ComposeResult:
        """A prompt and the line."""
        with Horizontal():
            yield Label(" ", id="prompt")
            line = TypedLine(placeholder=_HINTS["filter"], id="line", compact=True, select_on_focus=False)
            line.cursor_blink = False
            line.can_focus = False  # only while it is open; tab never lands here
            yield line

    def on_mount(self) -> None:
        """Be ready to count."""
        self._counting: Timer = self.set_interval(_COUNT, self._count_on, pause=True)

    @property
    def line(self) -> Input:
        """Where the user types."""
        return self.query_one("#line", Input)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.line.value

    def say(self, text: str) -> None:
        """Say what the file holds where there is no filter."""
        self.said = text
        self._show_mode()

    # -- opening and closing -------------------------------------------------------------------------------------

    def open(self, mode: Mode, text: str | None = None) -> None:
        """Let the user type, beginning with a text; by default what was applied."""
        self.mode = mode
        self._earlier = [text for text in self._history.items if text != self._applied["filter"]]
        self._back = 0
        self.add_class("-open")
        self._show_mode()
        line = self.line
        line.can_focus = True
        begin = "" if mode in {"go_to", "open"} else self._applied[mode]
        self._put(begin if text is None else text)
        self.screen.set_focus(line)
        if self.screen.focused is not line:  # on a small screen the bar comes into view first
            self.call_after_refresh(self.screen.set_focus, line)
        self._check()

    def close(self) -> None:
        """Show the filter in force again."""
        self.mode = "filter"
        self.remove_class("-open", "-invalid")
        self._show_mode()
        self.hints.show(None, [])
        self.line.value = self._applied["filter"]
        self.line.can_focus = False
        self.post_message(self.Closed())

    def show_applied(self, text: str) -> None:
        """Show the filter in force."""
        self._applied["filter"] = text
        if not self.has_class("-open"):
            self.line.value = text
        self.set_class(bool(text), "-applied")
        self._show_mode()

    def _put(self, text: str) -> None:
        """Put a text into the line, as if it had been typed."""
        self._given = text
        self.line.value = text
        self.line.cursor_position = len(text)

    def _show_mode(self) -> None:
        asks = self.has_class("-open") or self._applied["filter"]
        self.query_one("#prompt", Label).update(_PROMPTS[self.mode] if asks else " ")
        said = f"{self.said}  ·  " if self.said and self.mode == "filter" else ""
        self.line.placeholder = said + _HINTS[self.mode]

    # -- typing --------------------------------------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check and suggest with every character, unless more have been typed since."""
        if self.has_class("-open") and event.value == self.text:
            self._check()

    def _check(self) -> None:
        line = self.line
        fault = self._fault(line.value)
        choices = self._completions(line)
        # The word at the cursor is not complete yet: enter shall complete it, for it cannot apply it.
        partial = fault is not None and bool(choices) and fault.column > choices[0].start
        # Where something is missing at the end, the line says so but does not turn red.
        self.set_class(fault is not None and not partial and fault.column <= len(line.value), "-invalid")
        self.hints.show(
            None if partial else fault,
            choices,
            cell_len(_PROMPTS[self.mode]),
            pointed=partial and choices[0].start < line.cursor_position,
        )

    def _completions(self, line: Input) -> list[Completion]:
        if self.mode == "open":
            return paths(line.value) if line.cursor_position == len(line.value) else []
        if self.mode != "filter":
            return []
        from nlsniff.filter.complete import complete

        self._seen.begin()
        choices = complete(line.value, line.cursor_position, self._capture.decoder.registry, self._seen)
        if self._seen.busy:
            self._counting.resume()
        return choices

    def _count_on(self) -> None:
        """Count on while nothing is typed; once all is counted, show it, unless the user is choosing."""
        if self.has_class("-open") and self._seen.busy:
            self._seen.go_on()
            return
        self._counting.pause()
        if self.has_class("-open") and not self.hints.moved:
            self._check()

    def _fault(self, text: str) -> FilterError | None:
        if not text.strip():
            return None
        if self.mode == "filter":
            from nlsniff.filter.compile import compile_filter

            try:
                compile_filter(text, self._capture.decoder.registry)
            except FilterError as error:
                return error
        if self.mode == "go_to":
            try:
                message_at(text, self._capture)
            except NlsniffError as error:
                return FilterError(text, 1, str(error))
        judge = {"save": why_not, "open": why_not_open}.get(self.mode)
        reason = judge(text.strip()) if judge is not None else ""
        return FilterError(text, 1, reason) if reason else None

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter. What was typed behind it, before it came here, goes to where the focus is then."""
        behind = self.text.removeprefix(event.value) if self.text != event.value else ""
        if behind:
            self.line.value = event.value
            self._check()
        self.action_apply()
        if behind and not self.has_class("-open"):
            self.call_after_refresh(self._type, behind)

    def _type(self, text: str) -> None:
        for character in text:
            self.app.post_message(Key(key_of(character), character))

    def on_click(self) -> None:
        """Open the line."""
        if not self.has_class("-open"):
            self.open("filter")

    def action_apply(self) -> None:
        """Take the completion that is pointed at; else apply what is typed, unless it is wrong."""
        if self.hints.pointed:
            self.action_complete()
            return
        text, mode = self.text.strip(), self.mode
        fault = self._fault(text)
        if fault is not None:
            self.add_class("-invalid")
            self.app.bell()
            return
        self._applied[mode] = text
        if mode == "filter" and text:
            self._history.add(text)
        self.set_class(bool(self._applied["filter"]), "-applied")
        self.close()
        self.post_message(self.Applied(mode, text))

    def action_close(self) -> None:
        """Close the line; what was applied stays."""
        self.close()

    def action_help(self) -> None:
        """Show the language."""
        self.app.push_screen(HelpScreen(LANGUAGE))

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
        """Show an earlier filter (-1) or a later one (1) where nothing was typed; else point at a completion."""
        if not self.text:
            self._back = 0
        typed = self.text not in {"", self._given}
        if self.mode != "filter" or typed or not self._earlier or (step > 0 and not self._back):
            self.hints.move(step)
            return
        self._back = min(self._back - step, len(self._earlier))
        self._put(self._earlier[-self._back] if self._back else "")
