"""What the screen has to say to the user."""

from __future__ import annotations

from typing import NamedTuple


class Note(NamedTuple):
    """A sentence for the user, or none; `meaning` is one of the stylesheet, or "" for plain text."""

    text: str = ""
    meaning: str = ""
