"""A window over the main screen."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.screen import ModalScreen

from nlsniff.tui.actions import Context, key_name, of

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """The base of all windows: it closes them, and names their keys for the last line."""

    context: ClassVar[Context]

    # A low terminal has room for one thing only.
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high")]  # noqa: RUF012  as textual declares it

    def action_close(self) -> None:
        """Back to the main screen."""
        self.dismiss(None)

    @classmethod
    def keys_line(cls) -> str:
        """The keys of this window in a line."""
        return "  ".join(f"{key_name(action.keys[0])} {action.help}" for action in of(cls.context))
