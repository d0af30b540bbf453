"""The two lines between the panes, moved by keys and by the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import Widget

_PAIRS = (("#upper", "#side"), ("#tree", "#hex"))
_LEAST = (12, 4)  # cells and rows that each pane keeps
_STEPS = (4, 2)


class Split(NamedTuple):
    """A line between two panes that are both shown; `upright` where they stand side by side."""

    first: Widget
    second: Widget
    upright: bool

    def share(self, size: int) -> None:
        """Give the first pane so many cells or rows, as far as both keep the least."""
        sizes = [pane.region.width if self.upright else pane.region.height for pane in (self.first, self.second)]
        least = _LEAST[not self.upright]
        size = min(max(least, size), sum(sizes) - least)
        if size < least:
            return
        for pane, part in ((self.first, size), (self.second, sum(sizes) - size)):
            if self.upright:
                pane.styles.width, pane.styles.max_width = f"{part}fr", "100%"
            else:
                pane.styles.height = f"{part}fr"

    def share_at(self, x: int, y: int) -> None:
        """Put the line at a place of the screen."""
        start = self.first.region
        self.share(x - start.x if self.upright else y - start.y)

    def is_at(self, x: int, y: int) -> bool:
        """Whether the line is at a place of the screen: the borders of the panes, or the strip over the lower one."""
        over = self.second.region
        if self.upright:
            inside, borders = over.y <= y < over.bottom, (over.x - 1, over.x)
            return inside and x in borders and not self._has(x, y)
        return over.x <= x < over.right and y in {over.y - 1, over.y} and not self._has(x, y)

    def _has(self, x: int, y: int) -> bool:
        """Whether a pane shows something there that the mouse may mean."""
        widget, _ = self.first.screen.get_widget_at(x, y)
        return widget.can_focus and widget.content_region.contains(x, y)


def splits(screen: Screen[None]) -> list[Split]:
    """The lines that there are now."""
    pairs = [(screen.query_one(first), screen.query_one(second)) for first, second in _PAIRS]
    return [
        Split(first, second, first.region.y == second.region.y)
        for first, second in pairs
        if first.region.area and second.region.area
    ]


def move(screen: Screen[None], across: int, down: int) -> None:
    """Move the line that stands upright by steps to the right, the one that lies by steps downward; or against it.

    Which of the two lines it is depends on how the panes stand. A pane that is shown alone keeps all.
    """
    for split in splits(screen):
        size = split.first.region.width if split.upright else split.first.region.height
        steps = across if split.upright else down
        if steps:
            split.share(size + steps * _STEPS[not split.upright])
