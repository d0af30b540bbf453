"""Colours by meaning: dark (the default), light, and one that uses the terminal's own sixteen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Mapping

_DARK = {
    "nl-error": "#ff6b6b",
    "nl-warning": "#f0b429",
    "nl-note": "#7aa2c8",
    "nl-ack": "#8b96a1",
    "nl-event": "#56c8d8",
    "nl-request": "#f0f3f6",
    "nl-reply": "#b9c2cc",
    "nl-unknown": "#d2a8ff",
    "nl-padding": "#7d8793",
    "nl-name": "#8ab4f8",
    "nl-value": "#e6edf3",
    "nl-resolved": "#9ece6a",
    "nl-dim": "#8b96a1",
    "nl-header": "#9fb6cf",
    "nl-cooked": "#6f8296",
    "nl-other": "#545d68",
    "nl-key": "#8ab4f8",
    "nl-secret": "#f0b429",
    "nl-mark": "#f0b429",
    "nl-match": "#f0b429",
    "nl-cursor-bg": "#1f4a7a",
    "nl-cursor-fg": "#ffffff",
    "nl-blurred-bg": "#28323e",
    "nl-selected-bg": "#1f6f5c",
    "nl-selected-header-bg": "#1a463d",
    "nl-selected-fg": "#ffffff",
    "nl-rejected-bg": "#a3262a",
    "nl-rejected-fg": "#ffffff",
    "nl-bar": "#1c232b",
    "nl-title-fg": "#9fb6cf",
    "nl-rule": "#39434e",
    "nl-cursor-style": "none",
    "nl-selected-style": "none",
    "nl-faint-style": "none",
    "nl-blurred-style": "none",
}

_LIGHT = {
    "nl-error": "#c21f1f",
    "nl-warning": "#9a6700",
    "nl-note": "#3b6ea5",
    "nl-ack": "#6e7781",
    "nl-event": "#0b7285",
    "nl-request": "#101418",
    "nl-reply": "#3d4650",
    "nl-unknown": "#7a3fb8",
    "nl-padding": "#8b949e",
    "nl-name": "#0550ae",
    "nl-value": "#101418",
    "nl-resolved": "#2d7a2d",
    "nl-dim": "#6e7781",
    "nl-header": "#3b5878",
    "nl-cooked": "#71808f",
    "nl-other": "#a3abb3",
    "nl-key": "#0550ae",
    "nl-secret": "#9a6700",
    "nl-mark": "#9a6700",
    "nl-match": "#9a6700",
    "nl-cursor-bg": "#1f5fa8",
    "nl-cursor-fg": "#ffffff",
    "nl-blurred-bg": "#d5dfeb",
    "nl-selected-bg": "#a7e3d0",
    "nl-selected-header-bg": "#d3f1e8",
    "nl-selected-fg": "#101418",
    "nl-rejected-bg": "#ffc9c9",
    "nl-rejected-fg": "#8b1010",
    "nl-bar": "#e6ebf1",
    "nl-title-fg": "#3b5878",
    "nl-rule": "#b6c0cb",
    "nl-cursor-style": "none",
    "nl-selected-style": "none",
    "nl-faint-style": "none",
    "nl-blurred-style": "none",
}

# Sixteen colours look different on every terminal, so meaning leans on bold, dim, underline and reverse as well; with
# NO_COLOR these are all that is left.
_ANSI = {
    "nl-error": "ansi_bright_red",
    "nl-warning": "ansi_yellow",
    "nl-note": "ansi_blue",
    "nl-ack": "ansi_default",
    "nl-event": "ansi_cyan",
    "nl-request": "ansi_default",
    "nl-reply": "ansi_default",
    "nl-unknown": "ansi_magenta",
    "nl-padding": "ansi_default",
    "nl-name": "ansi_cyan",
    "nl-value": "ansi_default",
    "nl-resolved": "ansi_green",
    "nl-dim": "ansi_default",
    "nl-header": "ansi_cyan",
    "nl-cooked": "ansi_default",
    "nl-other": "ansi_default",
    "nl-key": "ansi_cyan",
    "nl-secret": "ansi_yellow",
    "nl-mark": "ansi_yellow",
    "nl-match": "ansi_yellow",
    "nl-cursor-bg": "ansi_default",
    "nl-cursor-fg": "ansi_default",
    "nl-blurred-bg": "ansi_default",
    "nl-selected-bg": "ansi_default",
    "nl-selected-header-bg": "ansi_default",
    "nl-selected-fg": "ansi_default",
    "nl-rejected-bg": "ansi_default",
    "nl-rejected-fg": "ansi_bright_red",
    "nl-bar": "ansi_default",
    "nl-title-fg": "ansi_default",
    "nl-rule": "ansi_blue",
    "nl-cursor-style": "reverse",
    "nl-selected-style": "reverse",
    "nl-faint-style": "dim",
    "nl-blurred-style": "underline",
}

THEMES = (
    Theme(
        name="nlsniff",
        dark=True,
        primary="#4f8fd6",
        secondary="#56c8d8",
        accent="#f0b429",
        warning="#f0b429",
        error="#ff6b6b",
        success="#9ece6a",
        foreground="#e6edf3",
        background="#11161c",
        surface="#11161c",
        panel="#1c232b",
        variables=_DARK,
    ),
    Theme(
        name="nlsniff-light",
        dark=False,
        primary="#1f5fa8",
        secondary="#0b7285",
        accent="#9a6700",
        warning="#9a6700",
        error="#c21f1f",
        success="#2d7a2d",
        foreground="#101418",
        background="#fbfcfd",
        surface="#fbfcfd",
        panel="#e6ebf1",
        variables=_LIGHT,
    ),
    Theme(
        name="nlsniff-16",
        ansi=True,
        dark=True,
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
            **_ANSI,
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

# For textual's own themes, which know nothing of ours.
DEFAULTS: Mapping[str, str] = _DARK


def choose(environment: Mapping[str, str] = os.environ) -> str:
    """The theme that this terminal can show: 24 bits or 256 colours, else the sixteen.

    NO_COLOR gets the sixteen, too: their meaning survives when the colours are taken out.
    """
    if environment.get("NO_COLOR"):
        return "nlsniff-16"
    if environment.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return "nlsniff"
    term = environment.get("TERM", "")
    rich_terms = ("256", "direct", "kitty", "ghostty", "alacritty", "foot", "wezterm", "iterm")
    return "nlsniff" if any(word in term for word in rich_terms) else "nlsniff-16"
