"""The help page: made from the table of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.containers import Vertical
from textual.strip import Strip

from nlsniff.tui.actions import TITLES, Context, bindings, of
from nlsniff.tui.key_line import KeyLine
from nlsniff.tui.key_names import key_name
from nlsniff.tui.line_view import ItemView
from nlsniff.tui.window import Window

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
    ("✗", "error", "an error answer, with its errno"),
    ("blue-green", "event", "an event, which nobody asked for"),
    ("grey", "ack", "an ACK, or the end of a dump"),
    ("▲ ▼", "", "the list is sorted by this column: the smallest above, the largest above"),
    (
        "colour: ...",
        "note",
        "a colour of your own, by its name: [[list.colours]] in config.toml, see the README",
    ),
    ("··", "secret", "bytes of a secret; nlsniff open --show-secrets shows them"),
    ("◀", "rejected", "the attribute that the kernel rejected"),
)

# The language of filters: (example, what it finds).
FILTERS = (
    ("errno", "what was refused, requests beside their errors; errno == ENODEV for one error"),
    ("type == RTM_NEWROUTE", "messages of a type; type contains DEL for all that delete"),
    ("route.dst == 10.0.0.0/8", "a field of a body, of a route in that network; tab completes fields and values"),
    ("route.oif == veth0", "by the names that the capture has"),
    ("link.ifname ~ '^veth'", "a regular expression; contains for a part of a text"),
    ("errno in {EPERM, EACCES}", "one of several; ranges are 1..5, and not in is none of them"),
    ("process == ip", "what a process asked, or caused: by its name, its pid, or as ip[412]"),
    ("flags.dump and latency > 5ms", "and, or, not, parentheses; times with their unit"),
    ("not flags.request", "the opposite; != asks for another value, so that the field must be there"),
    ("route", "any message of a family, or of a protocol: route, nftables, genl.nl80211, xfrm"),
    ("conversation == 7", "a conversation; cause == 7 for what it caused"),
    ("time < 2s", "the first two seconds"),
    ("summary contains 192.0.2.1", "whatever shows a text in its line"),
    ("marked", "what you marked"),
    ("problem", "messages whose bytes are wrong"),
)
LANGUAGE = "Filters, by example"


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
        if context == "bar":
            yield LANGUAGE, "", "heading"
            yield from ((example, explanation, "value") for example, explanation in FILTERS)
            yield "", "", ""
    yield "Signs", "", "heading"
    for sign, meaning, explanation in _SIGNS:
        yield sign, explanation, meaning


class HelpLines(ItemView[tuple[str, str, str]]):
    """The page, to scroll through; it has no cursor.

    Args:
        heading: where to begin; "" is the start.
    """

    def __init__(self, heading: str = "") -> None:
        super().__init__(list(help_lines()))
        self.set_reactive(HelpLines.cursor, -1)
        self._heading = heading
        self._top = 0

    def on_show(self) -> None:
        """Begin at the heading."""
        if self._heading:
            self.go([line[0] for line in self.items].index(self._heading))

    @property
    def search_from(self) -> int:
        """The line that was put at the top."""
        return self._top

    def go(self, row: int) -> None:
        """Put a line at the top."""
        self._top = row
        self.scroll_to(y=row, animate=False, force=True)

    def move(self, step: int) -> None:
        """Scroll by so many lines."""
        self.go(self.scroll_offset.y + step)

    def show_cursor(self) -> None:
        """There is none."""

    def draw(self, row: int, width: int, base: Style) -> Strip:
        """One action, an example, or a heading."""
        keys, explanation, meaning = self.items[row]
        look = base + self.style(meaning) if meaning else base
        if not explanation:
            return Strip([Segment(keys, look)])
        left = 30 if meaning == "value" and width >= 60 else 10 if width < 60 else 16
        return Strip([Segment(f"  {keys:<{left}} ", look), Segment(explanation[self.shift :], base)])


class HelpScreen(Window[None]):
    """All keys, and the language of filters.

    Args:
        heading: where to begin; "" is the start.
    """

    context: ClassVar[Context] = "help"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("help")]

    def __init__(self, heading: str = "") -> None:
        super().__init__()
        self._heading = heading

    def compose(self) -> ComposeResult:
        """A page and a line."""
        with Vertical(id="window"):
            yield HelpLines(self._heading)
            yield KeyLine(self.context)

    async def action_help(self) -> None:
        """It was asked for a second time: back."""
        self.dismiss(None)
