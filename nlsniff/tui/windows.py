"""The windows over the main screen that show messages, and where their answers lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.tui.compare_screen import CompareScreen
from nlsniff.tui.conversations_screen import ConversationsScreen
from nlsniff.tui.copy_screen import CopyScreen
from nlsniff.tui.follow_screen import FollowScreen
from nlsniff.tui.overview_screen import OverviewScreen

if TYPE_CHECKING:
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.tui.main_screen import MainScreen
    from nlsniff.tui.overview import Kind


class Windows:
    """Opens them.

    Args:
        screen: below the windows; it goes where they lead.
    """

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    def copy(self) -> None:
        """Ask what to copy."""
        screen = self._screen
        number, line = screen.browser.number, screen.details.tree_pane.line
        if number is None or line is None:
            screen.note("there is no message to copy", "warning")
        else:
            screen.app.push_screen(CopyScreen(screen.browser.capture, number, line.node), self._copied)

    def _copied(self, text: str | None) -> None:
        if text is not None:
            self._screen.app.copy_to_clipboard(text)
            self._screen.note(f"copied {len(text)} characters")

    def compare(self) -> None:
        """Compare two marked messages."""
        chosen = self._screen.browser.marked_pair()
        self._screen.show_status()
        if chosen is not None:
            self._screen.app.push_screen(CompareScreen(*chosen))

    def follow(self) -> None:
        """Show the conversation of the message as a ladder."""
        browser = self._screen.browser
        if browser.number is None:
            self._screen.note("there is no message to follow", "warning")
        else:
            self._screen.app.push_screen(FollowScreen(browser.capture, browser.number), self._led)

    def overview(self, kind: Kind) -> None:
        """Show figures of the whole capture, what became of each object, or all conversations."""
        capture = self._screen.browser.capture
        window = ConversationsScreen(capture) if kind == "conversations" else OverviewScreen(capture, kind)
        self._screen.app.push_screen(window, self._led)

    def _led(self, answer: int | str | ConversationView | None) -> None:
        """Go to a message, also one that the filter hides, apply a filter, or show a conversation alone."""
        browser = self._screen.browser
        if isinstance(answer, str):
            browser.set_filter(answer)
        elif isinstance(answer, int):
            if browser.filter_text and not browser.rows.has(answer):
                browser.set_filter("")
            self._screen.jump(answer)
        elif answer is not None:
            browser.toggle_conversation(answer)
        self._screen.show()
