"""A window over the main screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.screen import ModalScreen

if TYPE_CHECKING:
    from nlsniff.tui.actions import Context

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """The base of all windows: it closes them."""

    context: ClassVar[Context]

    # A low terminal has room for one thing only.
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high")]  # noqa: RUF012  as textual declares it

    def action_close(self) -> None:
        """Back to the main screen."""
        self.dismiss(None)
