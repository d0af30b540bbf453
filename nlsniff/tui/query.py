"""Filters as the screen uses them: checked while they are typed, and as a question about a message's number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.tui.filter_bar import Choice, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.reader import Capture


def check(capture: Capture, text: str) -> Fault | None:
    return None


def suggest(capture: Capture, text: str, cursor: int) -> list[Choice]:
    return []


def wanted(capture: Capture, text: str, marked: set[int]) -> Callable[[int], bool]:
    needle = text.lower()
    return lambda number: needle in capture.message(number).type_name.lower()
