"""Colours by meaning: dark (the default), light, and one that uses the terminal's own sixteen.

Lines of text are drawn with looks, written as rich writes styles; the stylesheet takes its colours from the themes.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.color import Color, ColorParseError, ColorSystem
from rich.style import Style
from textual.theme import Theme

from nlsniff.errors import NlsniffError
from nlsniff.terminal import LOOKS

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of each meaning the look in the dark theme and in the light one; that of sixteen colours is in `nlsniff.terminal`.
# With NO_COLOR what these have beside colours is all that is left.
_LOOKS = {
    "error": ("#ff6b6b", "#c21f1f"),
    "warning": ("#f0b429", "#8b5d00"),
    "note": ("#7aa2c8", "#38689d"),
    "ack": ("#8b96a1", "#636b74"),
    "event": ("#56c8d8", "#0b7285"),
    "request": ("#f0f3f6", "#101418"),
    "reply": ("#b9c2cc", "#3d4650"),
    "name": ("#8ab4f8", "#0550ae"),
    "branch": ("bold #8ab4f8", "bold #0550ae"),
    "value": ("#e6edf3", "#101418"),
    "dim": ("#8b96a1", "#606870"),
    "good": ("#9ece6a", "#2b742b"),
    "mark": ("bold #f0b429", "bold #8b5d00"),
    "match": ("bold underline #f0b429", "bold underline #8b5d00"),
    "heading": ("bold", "bold"),
    "cooked": ("#7d8ea0", "#5a6672"),
    "header": ("#9fb6cf", "#3b5878"),
    "key": ("#8ab4f8", "#0550ae"),
    "padding": ("#848d98", "#626a71"),
    "unknown": ("#d2a8ff", "#7a3fb8"),
    "other": ("#878e95", "#62676b"),
    "secret": ("#f0b429", "#8b5d00"),
    "rejected": ("bold #ffffff on #a3262a", "bold #8b1010 on #ffc9c9"),
    "cursor": ("#ffffff on #1f4a7a", "#101418 on #b9d6f7"),
    "cursor-blurred": ("on #28323e", "on #dfe6ee"),
    "selected": ("#ffffff on #1f6f5c", "#101418 on #a7e3d0"),
    "selected-header": ("#ffffff on #1a463d", "#101418 on #d3f1e8"),
}
MEANINGS = frozenset(_LOOKS)
COLOURS = frozenset(name for name, (dark, *_) in _LOOKS.items() if dark.startswith("#") and " on " not in dark)
_GREYS = {0, 7, 8, 15}  # of the sixteen: the terminal's grounds


def _theme(name: str, column: int, *, primary: str, background: str, panel: str, rule: str, focus: str) -> Theme:
    """A theme for 24 bits, whose colours are those of a column of the looks."""
    look = {meaning: looks[column] for meaning, looks in _LOOKS.items()}
    return Theme(
        name=name,
        dark=not column,
        primary=primary,
        secondary=look["event"],
        accent=look["warning"],
        warning=look["warning"],
        error=look["error"],
        success=look["good"],
        foreground=look["value"],
        background=background,
        surface=background,
        panel=panel,
        variables={
            "nl-bar": panel,
            "nl-title": look["header"],
            "nl-rule": rule,
            "nl-faint": look["dim"],
            "nl-focus": focus,
        },
    )


THEMES = (
    _theme("nlsniff", 0, primary="#4f8fd6", background="#11161c", panel="#1c232b", rule="#39434e", focus="#6aa6ea"),
    _theme(
        "nlsniff-light", 1, primary="#1f5fa8", background="#fbfcfd", panel="#e6ebf1", rule="#b6c0cb", focus="#1f5fa8"
    ),
    Theme(
        name="nlsniff-16",
        ansi=True,
        primary="ansi_blue",
        secondary="ansi_cyan",
        accent="ansi_yellow",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "nl-bar": "ansi_default",
            "nl-title": "ansi_default",
            "nl-rule": "ansi_blue",
            "nl-faint": "ansi_default",
            "nl-focus": "ansi_default",
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "border-blurred": "ansi_black",
            "block-cursor-foreground": "ansi_black",
            "block-cursor-background": "ansi_white",
            "input-cursor-background": "ansi_white",
            "input-cursor-foreground": "ansi_black",
            "input-cursor-text-style": "none",
            "input-selection-background": "ansi_blue",
            "input-selection-foreground": "ansi_white",
        },
    ),
)

# For textual's own themes, which do not define them: for dark ones and for light ones.
DEFAULTS: Mapping[bool, Mapping[str, str]] = {True: THEMES[0].variables, False: THEMES[1].variables}


@lru_cache(maxsize=8)
def _looks(*, ansi: bool, dark: bool) -> dict[str, Style]:
    chosen = LOOKS if ansi else {meaning: looks[0 if dark else 1] for meaning, looks in _LOOKS.items()}
    return {meaning: Style.parse(look) for meaning, look in chosen.items()}


def looks(theme: Theme) -> dict[str, Style]:
    """The style of each meaning in a theme, to be added to the style of a line."""
    return _looks(ansi=theme.ansi, dark=theme.dark)


def colour_of(name: str) -> Color | None:
    """A colour that the user wrote: None of a meaning, which has one in each theme.

    Raises:
        NlsniffError: there is none of this name.
    """
    if name in COLOURS:
        return None
    try:
        colour = Color.parse(name)
    except ColorParseError:
        colour = Color.default()
    if colour.is_default:
        raise NlsniffError(f"no colour {name!r}: {', '.join(sorted(COLOURS))}, red, #ff8800, ...")
    return colour


def colour_look(name: str, theme: Theme) -> Style:
    """How text of a colour that `colour_of` knows looks in a theme.

    Of sixteen colours that of the terminal that is nearest, but none that its ground may have.
    """
    colour = colour_of(name)
    if colour is None:
        return looks(theme)[name]
    return _sixteen(colour) if theme.ansi else Style.from_color(Color.from_triplet(colour.get_truecolor()))


def _sixteen(colour: Color) -> Style:
    nearest = colour.downgrade(ColorSystem.STANDARD)
    return Style() if nearest.number in _GREYS else Style.from_color(nearest)


def choose(environment: Mapping[str, str] = os.environ) -> str:
    """The theme that this terminal can show: 24 bits or 256 colours, else the sixteen.

    NO_COLOR gets the sixteen, too: bold and reverse still show the meaning when the colours are removed.
    """
    if environment.get("NO_COLOR"):
        return "nlsniff-16"
    if environment.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return "nlsniff"
    term = environment.get("TERM", "")
    rich_terms = ("256", "direct", "kitty", "ghostty", "alacritty", "foot", "wezterm", "iterm")
    return "nlsniff" if any(word in term for word in rich_terms) else "nlsniff-16"
