"""Saving, seen from the screen: what to save, under which name, and whether to leave what is not kept."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.widgets import Static

from nlsniff.errors import NlsniffError
from nlsniff.tui.actions import Context, bindings, of
from nlsniff.tui.dialog import Dialog
from nlsniff.tui.key_names import key_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.tui.browser import Browser
    from nlsniff.tui.main_screen import MainScreen


class Choice:
    """Messages to save, and the name that is proposed for the file."""

    def __init__(self, numbers: Sequence[int], name: str) -> None:
        self.numbers = numbers
        self.name = name


class SaveScreen(Dialog[Choice]):
    """Asks which messages to save.

    Args:
        browser: knows what is shown and marked.
    """

    context: ClassVar[Context] = "save"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("save")]

    def __init__(self, browser: Browser) -> None:
        super().__init__()
        self._chosen: dict[str, Sequence[int]] = {
            "shown": browser.rows.numbers(),
            "marked": sorted(browser.marked),
            "all": range(1, len(browser.capture) + 1),
        }
        self._stem = Path(browser.capture.path).name.partition(".")[0] if browser.session is None else "recording"

    def compose(self) -> ComposeResult:
        """The keys with what they save."""
        lines = []
        for action in of("save"):
            numbers = self._chosen.get(action.name.partition("'")[2].rstrip("')"))
            if numbers is not None:
                lines.append(f"{key_name(action.keys[0]):>4}  {action.help}: {len(numbers):,}")
        with Vertical(id="window"):
            yield Static("Save", id="title")
            yield Static("\n".join(lines), markup=False)
            yield Static("esc saves nothing", id="keys")

    def action_save(self, what: str) -> None:
        """Take these, where there are any."""
        if self._chosen[what]:
            self.dismiss(Choice(self._chosen[what], f"{self._stem}-{what}.pcapng"))
        else:
            self.app.bell()


class LeaveScreen(Dialog[str]):
    """Asks whether to go on where a recording would be lost; its result is "save" or "leave".

    Args:
        question: what to ask.
    """

    context: ClassVar[Context] = "leave"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("leave")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The keys with what they do."""
        lines = [f"{key_name(action.keys[0]):>4}  {action.help}" for action in of("leave")]
        with Vertical(id="window"):
            yield Static(self._question, id="title")
            yield Static("\n".join(lines), markup=False)

    def action_save(self) -> None:
        """Save first."""
        self.dismiss("save")

    def action_leave(self) -> None:
        """Leave."""
        self.dismiss("leave")


class Saver:
    """Asks, saves, and knows what is saved.

    Args:
        screen: whose messages are saved.
    """

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._numbers: Sequence[int] = ()
        self._saved = 0  # how many messages were saved at once

    def ask(self) -> None:
        """Ask which messages, then for a name."""
        self._screen.app.push_screen(SaveScreen(self._screen.browser), self._chosen)

    def _chosen(self, choice: Choice | None) -> None:
        if choice is not None:
            self._numbers = choice.numbers
            self._screen.bar.open("save", choice.name)

    async def save(self, name: str) -> None:
        """Save under a name, while the screen stays alive, and note what came of it."""
        from nlsniff.save import Saving

        screen, numbers = self._screen, self._numbers
        browser = screen.browser
        try:
            saving = Saving(browser.capture, numbers, browser.own.description(), name)
            for done in saving.run():
                screen.note(f"saving {done}%")
                await asyncio.sleep(0)
            screen.note(await asyncio.to_thread(saving.finish), "good")
        except NlsniffError as error:
            screen.note(str(error), "error")
        else:
            self._saved = max(self._saved, len(numbers))

    def save_all(self) -> None:
        """Ask for a name for all that was recorded."""
        self._chosen(Choice(range(1, len(self._screen.browser.capture) + 1), "recording.pcapng"))

    def leave(self, go: Callable[[], object], verb: str = "Leave", save: Callable[[], object] | None = None) -> None:
        """Leave, by `go`; ask first where a recording would be lost.

        Args:
            go: leaves it.
            verb: what the user does thereby.
            save: what to do instead where the user wants to save first; by default `save_all`.
        """
        browser = self._screen.browser
        session = browser.session

        def leaving(answer: str | None) -> None:
            if answer == "save":
                (save or self.save_all)()
            elif answer:
                go()

        if session is None or session.kept or self._saved >= len(browser.capture):
            go()
        else:
            self._screen.app.push_screen(LeaveScreen(f"{verb}? This recording is not kept"), leaving)
