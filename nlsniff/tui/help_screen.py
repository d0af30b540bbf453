"""The help page: made from the table of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.containers import Vertical
from textual.strip import Strip
from textual.widgets import Static

from nlsniff.tui.actions import TITLES, Context, bindings, key_name, of
from nlsniff.tui.dialog import Dialog
from nlsniff.tui.line_view import ItemView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.style import Style
    from textual.app import ComposeResult
    from textual.binding import BindingType

# The signs of the screen: (sign, meaning in the stylesheet, explanation).
_SIGNS = (
    ("→ ←", "", "to the kernel, to user space (inferred: no capture file says it)"),
    ("*", "mark", "marked"),
    ("! ?", "error", "bytes with an error, with a warning"),
    ("red", "error", "an error answer, with its errno"),
    ("blue-green", "event", "an event, which nobody asked for"),
    ("grey", "ack", "an ACK, or the end of a dump"),
    ("··", "secret", "bytes of a secret; nlsniff open --show-secrets shows them"),
    ("◀", "rejected", "the attribute that the kernel rejected"),
)


def help_lines() -> Iterator[tuple[str, str, str]]:
    """The page as (keys, explanation, meaning of the keys); a heading has no explanation."""
    for context, title in TITLES.items():
        actions = list(of(context))
        if not actions:
            continue
        yield title, "", "heading"
        for action in actions:
            yield " ".join(key_name(key) for key in action.keys), action.help, "name"
        if context == "main":
            yield "ctrl-p", "all actions by name", "name"
        yield "", "", ""
    yield "Signs", "", "heading"
    for sign, meaning, explanation in _SIGNS:
        yield sign, explanation, meaning


class HelpLines(ItemView[tuple[str, str, str]]):
    """The page, to scroll through."""

    def draw(self, row: int, width: int, base: Style) -> Strip:
        """One action, or a heading."""
        keys, explanation, meaning = self.items[row]
        look = base + self.style(meaning) if meaning else base
        if not explanation:
            return Strip([Segment(keys, look)])
        narrow = width < 60
        return Strip([Segment(f"  {keys:<{10 if narrow else 16}} ", look), Segment(explanation[self.shift :], base)])


class HelpScreen(Dialog[None]):
    """All keys."""

    context: ClassVar[Context] = "help"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("help")]

    def compose(self) -> ComposeResult:
        """A page and a line."""
        with Vertical(id="window"):
            yield HelpLines(list(help_lines()))
            yield Static("esc closes", id="keys")
