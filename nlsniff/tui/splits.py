"""The two lines between the panes, moved by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.screen import Screen

_PAIRS = (("#upper", "#side"), ("#tree", "#hex"))
_LEAST = (12, 4)  # cells and rows that each pane keeps
_STEPS = (4, 2)


def move(screen: Screen[None], across: int, down: int) -> None:
    """Move the line that stands upright by steps to the right, the one that lies by steps downward; or against it.

    Which of the two lines it is depends on how the panes stand. A pane that is shown alone keeps all.
    """
    for names in _PAIRS:
        first, second = (screen.query_one(name) for name in names)
        upright = first.region.y == second.region.y
        steps = across if upright else down
        sizes = [pane.region.width if upright else pane.region.height for pane in (first, second)]
        if not steps or not all(sizes):
            continue
        least = _LEAST[not upright]
        moved = min(max(least, sizes[0] + steps * _STEPS[not upright]), sum(sizes) - least)
        if moved < least:
            continue
        for pane, size in ((first, moved), (second, sum(sizes) - moved)):
            if upright:
                pane.styles.width = f"{size}fr"
            else:
                pane.styles.height = f"{size}fr"
