"""Text that can be read on every ground: a colour too close to what is behind it moves away from it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterable

LEAST = 4.5  # what WCAG 2 asks of text
_STEPS = 20


def legible(line: Strip) -> Strip:
    """A line in which no text is too close in colour to its ground."""
    return Strip([Segment(text, _legible(look) if look else look, control) for text, look, control in line])


def contrast(one: ColorTriplet, other: ColorTriplet) -> float:
    """How far apart two colours are, from 1 to 21, as WCAG 2 counts."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=4096)
def _legible(look: Style) -> Style:
    text, ground = _triplet(look.color), _triplet(look.bgcolor)
    if text is None or ground is None or contrast(text, ground) >= LEAST:
        return look
    end = ColorTriplet(255, 255, 255) if _luminance(ground) < 0.18 else ColorTriplet(0, 0, 0)
    moved = (_between(text, end, step / _STEPS) for step in range(1, _STEPS + 1))
    found = next((colour for colour in moved if contrast(colour, ground) >= LEAST), end)
    return look + Style(color=Color.from_triplet(found))


def _triplet(colour: Color | None) -> ColorTriplet | None:
    """The parts of a colour of 24 bits; None of one that the terminal chooses."""
    return colour.triplet if colour is not None else None


def _between(one: ColorTriplet, other: ColorTriplet, share: float) -> ColorTriplet:
    red, green, blue = (round(part + (end - part) * share) for part, end in zip(one, other, strict=True))
    return ColorTriplet(red, green, blue)


def _luminance(colour: Iterable[int]) -> float:
    parts = (part / 255 for part in colour)
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
