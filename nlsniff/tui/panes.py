"""Which pane of the main screen has the keys, and which panes there is room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from nlsniff.tui import splits
from nlsniff.tui.timeline import Timeline

if TYPE_CHECKING:
    from textual import events

_PANES = ("messages", "tree", "hex")


class PaneScreen(Screen[None]):
    """A screen of three panes, of which a small terminal shows some or one."""

    # A narrow terminal has room for the tree or the bytes, a low one for one pane only.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (64, "-medium"), (134, "-wide"), (200, "-vast")]  # noqa: RUF012  as textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high"), (24, "-footed"), (32, "-tall")]  # noqa: RUF012

    _dragged: splits.Split | None = None  # the line between panes that the mouse holds

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the line between two panes."""
        x, y = event.screen_x, event.screen_y
        self._dragged = next((split for split in splits.splits(self) if split.is_at(x, y)), None)
        if self._dragged is not None:
            self.query_one("#panes").capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the line."""
        if self._dragged is not None:
            self._dragged.share_at(event.screen_x, event.screen_y)

    def on_mouse_up(self) -> None:
        """Let go of it."""
        if self._dragged is not None:
            self._dragged = None
            self.query_one("#panes").release_mouse()

    def on_descendant_focus(self) -> None:
        """Where there is one pane at a time, it is the one with the focus."""
        if self.focused is not None and self.focused.id in _PANES:
            self._name_pane(self.focused.id)

    def focus_pane(self, wanted: str) -> None:
        """Give the keys to a pane, from the very next one on."""
        pane = self.query_one(f"#{wanted}")
        self.set_focus(pane)
        if self.focused is not pane:
            # It is hidden on a small screen. It comes into view first, because what is hidden takes no focus.
            self._name_pane(wanted)
            self.call_after_refresh(self.set_focus, pane)

    def _name_pane(self, wanted: str) -> None:
        for pane in _PANES:
            self.set_class(pane == wanted, f"-at-{pane}")

    def action_change_pane(self, step: int) -> None:
        """Go to the next pane, from the bytes to the messages; or to the one before."""
        focused = self.focused.id if self.focused is not None else None
        at = _PANES.index(focused) if focused in _PANES else 0
        self.focus_pane(_PANES[(at + step) % len(_PANES)])

    def action_zoom(self) -> None:
        """One pane at a time, or all."""
        self.toggle_class("-zoomed")

    def action_timeline(self, step: int) -> None:
        """Go to the next piece of time by 1, to the one before by -1; by 0 hide the line of time, or show it."""
        line = self.query_one(Timeline)
        if step:
            line.move(step)
        else:
            line.toggle()

    def action_split(self, across: int, down: int) -> None:
        """Move the line between two panes."""
        splits.move(self, across, down)

    def action_redraw(self) -> None:
        """Draw everything anew: another program has written over it."""
        self.app.refresh(layout=True)

    def action_suspend(self) -> None:
        """Stop, until the shell lets it go on."""
        self.app.action_suspend_process()
