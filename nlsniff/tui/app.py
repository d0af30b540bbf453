"""The application: themes, palette, and the screen over a capture."""

from __future__ import annotations

import contextlib
import gc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.app import App, SystemCommand

from nlsniff.errors import NlsniffError
from nlsniff.tui import themes
from nlsniff.tui.actions import Context, choose_keys, of
from nlsniff.tui.config import Config, config_file
from nlsniff.tui.help_screen import HelpScreen
from nlsniff.tui.key_choice import chosen_keys
from nlsniff.tui.key_names import key_name
from nlsniff.tui.main_screen import MainScreen
from nlsniff.tui.memory import map_large_blocks
from nlsniff.tui.opening import remember
from nlsniff.tui.reopened import Reopened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.screen import Screen

    from nlsniff.capture.session import Session
    from nlsniff.reader import IndexedCapture

_THEME = ("screen", "theme")  # table and key of `config.toml`


class NlsniffApp(App[None]):
    """Browse a capture, which may grow.

    Args:
        capture: what to show.
        session: the live capture that writes it, or None; the caller stops it.
        filter_text: the filter to begin with.
        still: the file will not grow.
        home: the message to begin on; None for the first.
        theme: a name; None, or one that there is not, for what this terminal can show.

    Attributes:
        reopened: what to show next, in an application of its own; None where the user left.
    """

    TITLE = "nlsniff"
    # Not CSS_PATH: without root the process may not be able to read the file.
    CSS = (Path(__file__).parent / "theme/nlsniff.tcss").read_text()
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(
        self, capture: IndexedCapture, session: Session | None = None, *, filter_text: str = "", still: bool = False,
        home: int | None = None, theme: str | None = None,
    ) -> None:  # fmt: skip
        chosen = theme or themes.choose()  # before textual takes NO_COLOR out of the environment
        # Textual decides here how it obeys NO_COLOR, before our theme is set. By itself it would make the terminal's
        # default colours black on black.
        super().__init__(ansi_color=True if chosen == "nlsniff-16" else None)
        self.capture = capture
        self.session = session
        self.reopened: Reopened | None = None
        self._first_filter = filter_text
        self._still, self._home = still, home
        for known in themes.THEMES:
            self.register_theme(known)
        self._chooses = False
        self.theme = chosen if chosen in self.available_themes else themes.choose()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our colours under the names that the stylesheet uses, for textual's own themes."""
        return dict(themes.DEFAULTS[self.current_theme.dark])

    def action_change_theme(self) -> None:
        """Let the user choose a theme, which is kept."""
        self._chooses = True
        super().action_change_theme()

    def watch_theme(self, name: str) -> None:
        """Keep what the user chose, where the disk allows it."""
        if self._chooses:
            with contextlib.suppress(NlsniffError):  # what is wrong with the file is said of its columns
                Config(config_file()).set(*_THEME, name)

    def get_default_screen(self) -> Screen[None]:
        """The main screen is the only one below the windows."""
        screen = MainScreen(
            self.capture, self.session, filter_text=self._first_filter, still=self._still, home=self._home
        )
        try:
            chosen = chosen_keys(Config(config_file()))
        except NlsniffError as error:
            chosen = {}
            screen.browser.warn(str(error))
        choose_keys(chosen)
        self.set_keymap({name: ",".join(keys) for name, keys in chosen.items()})
        return screen

    def action_help_at(self, heading: str) -> None:
        """Show the help page from a heading on."""
        self.push_screen(HelpScreen(heading))

    @on(Reopened)
    def _reopened(self, event: Reopened) -> None:
        self.reopened = event
        self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The commands of the palette: the actions of the screen it was opened on, and the theme."""
        context: Context = getattr(screen, "context", "main")
        for action in of(context):
            if action.palette:
                help_ = f"{action.help}  ({key_name(action.keys[0])})"
                yield SystemCommand(action.title, help_, partial(screen.run_action, action.name))
        yield SystemCommand("Theme", "change the colours", self.action_change_theme)


def kept_theme() -> str | None:
    """The theme that the user chose before; None without one, or where this terminal has no colours for it."""
    if themes.choose() == "nlsniff-16":
        return None
    with contextlib.suppress(NlsniffError):
        name = Config(config_file()).get(*_THEME)
        return name if isinstance(name, str) else None
    return None


def run(capture: IndexedCapture, session: Session | None = None, *, filter_text: str = "", still: bool = False) -> None:
    """Show a capture until the user leaves, and what the user opens in its place; see `NlsniffApp`."""
    map_large_blocks()
    gc.set_threshold(100_000, 50, 50)  # widgets hold cycles; the bound of the command line would keep them too long
    home: int | None = None
    while True:
        if session is None or session.kept:
            remember(capture.path)
        app = NlsniffApp(capture, session, filter_text=filter_text, still=still, home=home, theme=kept_theme())
        app.run()
        again = app.reopened
        if again is None:
            capture.close()
            return
        if session is not None and again.session is not session:
            session.stop()
        capture.clear()  # the caller holds the first
        capture, session, filter_text = again.capture, again.session, again.filter_text
        still, home = again.still, again.home
        del app, again  # which knows the screen that sent it
        gc.collect()
