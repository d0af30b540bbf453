"""Which pane has the keys, and which are on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.tui.windows import Windows

if TYPE_CHECKING:
    from textual import events

_PANES = ("messages", "tree", "hex")

# Below so many lines there is one pane at a time; below so many columns tree and bytes share a place, or are narrow.
_LOW, _NARROW, _MEDIUM = 18, 64, 118


class Panes(Windows):
    """The part of the main screen that moves the focus and fits the panes to the size of the terminal.

    The stylesheet does the fitting, by the classes that are set here.
    """

    zoomed = False

    def on_resize(self, event: events.Resize) -> None:
        """Choose a layout that fits."""
        self.place_panes(event.size.width, event.size.height)

    def on_descendant_focus(self) -> None:
        """Where there is one pane at a time, it is the one with the focus."""
        self.place_panes()

    def place_panes(self, width: int | None = None, height: int | None = None) -> None:
        """Set the classes for a size, the present one by default."""
        width, height = width or self.size.width, height or self.size.height
        self.set_class(width < _MEDIUM, "-medium")
        self.set_class(width < _NARROW, "-narrow")
        self.set_class(self.zoomed or height < _LOW, "-one")
        focused = self.focused.id if self.focused is not None else None
        if focused in _PANES:
            self._name_pane(focused)

    def focus_pane(self, wanted: str) -> None:
        """Give the keys to a pane, from the very next one on."""
        pane = self.query_one(f"#{wanted}")
        self.set_focus(pane)
        if self.focused is not pane:
            # It is hidden on a small screen. It comes into view first, because what is hidden takes no focus.
            self._name_pane(wanted)
            self.call_after_refresh(self.set_focus, pane)

    def _name_pane(self, wanted: str | None) -> None:
        for pane in _PANES:
            self.set_class(pane == wanted, f"-at-{pane}")

    def _step_pane(self, step: int) -> None:
        focused = self.focused.id if self.focused is not None else None
        at = _PANES.index(focused) if focused in _PANES else 0
        self.focus_pane(_PANES[(at + step) % len(_PANES)])

    def action_next_pane(self) -> None:
        """Messages, tree, bytes, and round."""
        self._step_pane(1)

    def action_previous_pane(self) -> None:
        """The other way round."""
        self._step_pane(-1)

    def action_zoom(self) -> None:
        """One pane at a time, or all."""
        self.zoomed = not self.zoomed
        self.place_panes()
