"""The window over a conversation: a ladder between program and kernel, and below it the current message."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import on
from textual.containers import Vertical
from textual.strip import Strip
from textual.widgets import Static

from nlsniff.follow.conversation import ConversationView
from nlsniff.output.headline import ends, headline
from nlsniff.output.ladder import rows
from nlsniff.output.pauses import with_pauses
from nlsniff.output.rung import MEANINGS
from nlsniff.terminal import clip, columns, duration, fill
from nlsniff.tui.actions import Context, bindings
from nlsniff.tui.key_line import KeyLine
from nlsniff.tui.line_view import ItemView, LineView
from nlsniff.tui.outline import Outline
from nlsniff.tui.rejection import judge
from nlsniff.tui.tree import TreePane
from nlsniff.tui.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.style import Style
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.output.rung import Rung
    from nlsniff.reader import IndexedCapture

_NUMBER, _TIME, _NARROW = 7, 14, 60
_BAR, _ROOMY = 8, 100  # cells of the bar of time, and from which width on there is one
_EIGHTHS = " ▏▎▍▌▋▊▉█"

# Seconds after which a conversation is looked at again: it may have grown.
_REFRESH = 0.5
_UNFOLDED = 200  # rows that one row of `more` becomes


class Ladder(ItemView["Rung"]):
    """The steps of a conversation, a line each. Arrows of the program point right, those of the kernel left."""

    def __init__(self, steps: list[Rung], *, id: str | None = None) -> None:  # noqa: A002  textual's name
        super().__init__(steps, id=id)
        self._steps = steps
        self._passed = [0] * len(steps)  # nanoseconds before each line
        self._whole = 0

    def set_items(self, items: Sequence[Rung]) -> None:
        """Show these lines, and know how much time passed before each."""
        self._passed, before = [], 0
        for step in items:
            time = before if step.delta_ns is None else step.delta_ns
            self._passed.append(max(0, time - before))
            before = time
        self._whole = max((step.delta_ns or 0 for step in items), default=0)
        super().set_items(items)

    def show(self, steps: list[Rung]) -> None:
        """Show other steps; a note takes as many lines as it needs."""
        self._steps = steps
        room = max(16, self._inner(self.room) - 5)
        self.set_items([piece for step in steps for piece in _wrapped(step, room)])

    def on_resize(self) -> None:
        """Wrap for another width, with the cursor on the same step."""
        step = self.step
        self.show(self._steps)
        if step is not None and self.step != step and step.role != "note":
            self.go(self.find(step.messages[0]))
        super().on_resize()

    @staticmethod
    def _inner(width: int) -> int:
        """The cells between the two ends."""
        return max(4, width - _NUMBER - _right(width) - 2)

    def find(self, number: int) -> int:
        """The line of a message; the first line where the ladder leaves the message out."""
        return next((line for line, step in enumerate(self.items) if number in step.messages), 0)

    @property
    def step(self) -> Rung | None:
        """The step under the cursor."""
        return self.items[self.cursor] if self.cursor < len(self.items) else None

    def draw(self, row: int, width: int, base: Style) -> Strip:
        """One step."""
        step = self.items[row]
        look, faint = base + self.style(MEANINGS[step.role]), base + self.style("dim")
        time = 0 if width < _NARROW else _TIME
        inner = self._inner(width)
        number = "" if step.role in {"more", "note", "pause"} else str(step.messages[0])
        gap = f"  +{duration(step.delta_ns)}" if step.delta_ns and time else ""
        return Strip([
            Segment(f"{number:>{_NUMBER - 1}} ", faint), Segment("│", faint), *self._body(step, inner, look, faint),
            Segment("│", faint), Segment(self._bar(row) if width >= _ROOMY else "", look), Segment(gap, faint),
        ])  # fmt: skip

    def _bar(self, row: int) -> str:
        """How much of the conversation's time passed before a row."""
        passed = self._passed[row]
        eighths = round(8 * _BAR * passed / self._whole) if self._whole else 0
        full, rest = divmod(eighths, 8)
        return fill(" " + _EIGHTHS[8] * full + (_EIGHTHS[rest] if rest else ""), _BAR + 1)

    def _body(self, step: Rung, inner: int, look: Style, faint: Style) -> list[Segment]:
        """The text and an arrow; a double stroke is a notification, a broken one a guess."""
        text = step.text[self.shift :]
        if step.role in {"note", "pause"}:
            return [Segment(fill(clip(f"    {text}", inner), inner), look)]
        copies = f" (\N{MULTIPLICATION SIGN}{len(step.messages)})" if step.role == "event" and step.messages[1:] else ""
        text = clip(text, max(1, inner - 6 - columns(copies))) + copies
        stroke = "╌" if not step.certain else "═" if step.role == "event" else "─"
        dashes = stroke * (inner - 3 - columns(text))
        if step.side == "user":
            return [Segment(f" {text} ", look), Segment(f"{dashes}{stroke if step.role == 'datagram' else '▶'}", faint)]
        return [Segment(f"◀{dashes}", faint), Segment(f" {text} ", look)]


def _right(width: int) -> int:
    """The cells to the right of the kernel: its times, and the bars of time where there is room."""
    return 0 if width < _NARROW else _TIME if width < _ROOMY else _TIME + _BAR + 1


def _wrapped(step: Rung, room: int) -> Iterator[Rung]:
    """A step; a note in as many pieces as it takes."""
    if step.role != "note":
        yield step
        return
    for piece in textwrap.wrap(step.text, room, subsequent_indent="  ", break_on_hyphens=False):
        yield step._replace(text=piece)


class FollowScreen(Window[int | str | ConversationView]):
    """One conversation. Its result is a message to go to, or the conversation to show alone.

    Args:
        capture: where the messages are.
        number: the message on which the cursor begins. An event is shown in the conversation that caused it.
    """

    context: ClassVar[Context] = "follow"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("follow")]

    def __init__(self, capture: IndexedCapture, number: int) -> None:
        super().__init__()
        self.capture = capture
        conversation = capture.conversation(number)
        self.event = conversation.id if conversation.cause is not None else 0
        self.conversation = conversation.causing or conversation
        self.number = number
        self.further = 0  # rows of long runs that were unfolded
        self.ladder = Ladder(self._steps(), id="ladder")
        self.tree_pane = TreePane(id="tree")
        self._shown = self._extent(self.conversation)

    def compose(self) -> ComposeResult:
        """Title, the two ends, the ladder, the message, the keys."""
        with Vertical(id="window"):
            yield Static(headline(self.conversation), id="title", markup=False)
            yield Ends(self.conversation)
            yield self.ladder
            yield self.tree_pane
            yield KeyLine(self.context)

    def on_mount(self) -> None:
        """Put the cursor on the message that the user came from."""
        self.ladder.go(self.ladder.find(self.number))
        self.ladder.focus()
        self._show()
        self.set_interval(_REFRESH, self._refresh_steps)

    def _steps(self) -> list[Rung]:
        steps = rows(self.conversation, self.capture.follower, self.capture.message, self.event, self.further)
        return with_pauses(steps, self.conversation, lambda number: self.capture.index.time_ns(number - 1))

    @staticmethod
    def _extent(conversation: ConversationView) -> tuple[int, int]:
        return conversation.count, len(conversation.effects)

    def _is_read(self, conversation: ConversationView) -> bool:
        """Whether all its messages can be had: the thread that reads follows them before it counts them."""
        view = self.capture.follower.conversation
        lasts = [conversation.messages[-1], *(view(number).messages[-1] for number in conversation.effects[-1:])]
        return max(lasts) <= len(self.capture)

    def _refresh_steps(self) -> None:
        """Show the messages that the conversation has got since."""
        conversation = self.capture.follower.conversation(self.conversation.id)
        if self._extent(conversation) == self._shown or not self._is_read(conversation):
            return
        self.conversation, self._shown = conversation, self._extent(conversation)
        self.query_one("#title", Static).update(headline(conversation))
        self.ladder.show(self._steps())

    @on(LineView.Moved, "#ladder")
    def _show(self) -> None:
        """Show the message of the step; for a note on a request this is the request, with what was rejected."""
        step = self.ladder.step
        if step is None:
            return
        number = step.messages[0]
        outline = Outline.of(self.capture, number)
        self.tree_pane.show(outline, judge(self.capture, outline.message)[1])

    @on(LineView.Chosen, "#ladder")
    def _chosen(self) -> None:
        step = self.ladder.step
        if step is not None and step.role == "more":
            self.further += _UNFOLDED
            self.ladder.show(self._steps())
        elif step is not None:
            self.dismiss(step.messages[0])

    def action_filter_conversation(self) -> None:
        """Back, with only this conversation in the list."""
        self.dismiss(self.conversation)


class Ends(Static):
    """The names of the ladder's two ends."""

    def __init__(self, conversation: ConversationView) -> None:
        super().__init__(markup=False, id="ends")
        self._ends = ends(conversation)

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  it has one line
        """Draw the names over the two sides."""
        width, base = self.size.width, self.rich_style
        left, right = self._ends
        reach = width - _right(width) - 1
        gap = max(1, reach - _NUMBER - columns(left) - columns(right))
        return Strip([Segment(f"{'':{_NUMBER}}{left}{' ' * gap}{right}", base)]).adjust_cell_length(width, base)
