"""Marks with letters, of messages in files, kept from one run to the next. M and a letter set one, ' goes there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from textual.containers import Vertical
from textual.widgets import Static

from nlsniff.terminal import escape
from nlsniff.tui import kept
from nlsniff.tui.actions import Context, bindings, footer
from nlsniff.tui.dialog import Dialog
from nlsniff.tui.history import History
from nlsniff.tui.opening import Opener

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.tui.main_screen import MainScreen

_LINE = re.compile(r"([a-zA-Z]) (\d{1,12}) (/.*)")
_MOST = 400  # that are remembered
_ROWS = 20  # of other files that are shown

Use = Literal["set", "go"]


class Letter(NamedTuple):
    """A letter that stands for a message of a file."""

    letter: str
    number: int
    path: str


class Letters:
    """The letters of all files, kept in ~/.local/state/nlsniff/marks. A file has each once; setting it again moves it.

    Args:
        path: of the file that is shown.
    """

    def __init__(self, path: str) -> None:
        self._path = str(Path(path).absolute())
        self._history = History(kept.folder("XDG_STATE_HOME", "~/.local/state") / "marks", _MOST)

    def all(self) -> list[Letter]:
        """Those of the file that is shown, then those of others, the last one set first."""
        found: dict[tuple[str, str], Letter] = {}
        for line in reversed(self._history.items):
            match = _LINE.fullmatch(line)
            if match is not None:
                found.setdefault((match[1], match[3]), Letter(match[1], int(match[2]), match[3]))
        return sorted(found.values(), key=lambda one: one.path != self._path)

    def find(self, letter: str) -> Letter | None:
        """What a letter stands for: in the file that is shown, else in the one where it was set last."""
        return next((one for one in self.all() if one.letter == letter), None)

    def is_here(self, one: Letter) -> bool:
        """Whether it is of the file that is shown."""
        return one.path == self._path

    def set(self, letter: str, number: int) -> None:
        """Let a letter stand for a message of the file that is shown."""
        self._history.add(f"{letter} {number} {self._path}")


class LettersScreen(Dialog[str]):
    """Shows what the letters stand for, and takes one: its result, or `'` for the next message that is marked.

    Args:
        letters: all of them.
        use: what the letter is for.
    """

    context: ClassVar[Context] = "letters"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("letters")]

    def __init__(self, letters: Letters, use: Use) -> None:
        super().__init__()
        self._use = use
        self._lines = [
            f"  {one.letter}  message {one.number}{'' if letters.is_here(one) else f' of {Path(one.path).name}'}"
            for one in letters.all()[:_ROWS]
        ]

    def compose(self) -> ComposeResult:
        """The letters that there are."""
        title = "Mark with a letter" if self._use == "set" else "Go to the mark of a letter"
        keys = "  ".join(f"{hint.key} {hint.words}" for hint in footer(self.context))
        with Vertical(id="window"):
            yield Static(title, id="title")
            yield Static("\n".join(map(escape, self._lines)) or "  no message has a letter yet", markup=False)
            yield Static(keys, id="keys", markup=False)

    def on_key(self, event: events.Key) -> None:
        """Take a letter."""
        if event.character and event.character.isascii() and event.character.isalpha():
            event.stop()
            self.dismiss(event.character)

    def action_next_mark(self) -> None:
        """To the next message that is marked without a letter."""
        self.dismiss("'")


class Marker:
    """Sets letters and goes to them.

    Args:
        screen: whose messages they stand for.
    """

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._letters = Letters(screen.browser.capture.path)
        self._show()

    def ask(self, use: Use) -> None:
        """Ask for a letter."""
        window = LettersScreen(self._letters, use)
        self._screen.app.push_screen(window, self._set if use == "set" else self._go)

    def _show(self) -> None:
        """Show them beside the list."""
        here = [one for one in self._letters.all() if self._letters.is_here(one)]
        self._screen.messages.letters = {one.number: one.letter for one in here}
        self._screen.messages.refresh()

    def _set(self, letter: str | None) -> None:
        browser = self._screen.browser
        if letter == "'":
            self._screen.note("' is for the next mark: a letter marks", "warning")
        elif letter is not None and browser.number is not None:
            self._letters.set(letter, browser.number)
            self._show()
            self._screen.note(f"message {browser.number} is {letter}: ' and {letter} go there")

    def _go(self, letter: str | None) -> None:
        screen, found = self._screen, self._letters.find(letter or "")
        if letter == "'":
            screen.action_next_mark(1)
        elif found is not None and self._letters.is_here(found):
            screen.jump(found.number)
        elif found is not None:
            Opener(screen).open(found.path, found.number)
        elif letter is not None:
            screen.note(f"{letter} stands for no message: M and {letter} mark one", "warning")
