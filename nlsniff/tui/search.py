"""Searching: a walk over the rows in slices, and what it may look for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nlsniff.wire.constants import NLMSG_ERROR, NLMSG_OVERRUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.tui.rows import Rows

# Messages between two looks at the clock.
_BETWEEN = 64


class Search:
    """A walk through the messages to the first that matches, in slices.

    Args:
        rows: the messages to visit.
        start: the row after which to begin, and with which to end.
        step: 1 or -1.
        matches: whether the message of a number is the one.
        what: a text for what it looks for.

    Attributes:
        what: as above.
        found: the number of the message, once there is one.
        done: nothing is left to visit.
    """

    def __init__(self, rows: Rows, start: int, step: int, matches: Callable[[int], bool], what: str = "") -> None:
        self.rows = rows
        self.what = what
        self.found: int | None = None
        self._matches = matches
        self._step = step
        self._count = len(rows)
        self._at = start
        self._left = self._count

    @property
    def done(self) -> bool:
        """Whether the walk is over."""
        return self.found is not None or self._left <= 0

    @property
    def share(self) -> int:
        """How much has been visited, in per cent."""
        return 100 if not self._count else 100 * (self._count - self._left) // self._count

    def advance(self, seconds: float) -> None:
        """Visit further messages for about so long."""
        stop = time.perf_counter() + seconds
        while not self.done:
            self._left -= 1
            self._at = (self._at + self._step) % self._count
            number = self.rows.number(self._at)
            if self._matches(number):
                self.found = number
            elif not self._left % _BETWEEN and time.perf_counter() >= stop:
                return


def has_text(message: NetlinkMessage, needle: str) -> bool:
    """Whether a text, in lower case, is in a message's type, summary, or any name or value."""
    if needle in message.type_name.lower() or needle in message.summary.lower():
        return True
    return any(
        needle in node.name.lower() or needle in node.text.lower() or needle in node.resolved.lower()
        for node in message.root.walk()
    )


def is_wrong(message: NetlinkMessage) -> bool:
    """Whether a message reports a failure, or its bytes have a problem."""
    if message.type == NLMSG_OVERRUN:
        return True
    code = message.root.get("error") if message.type == NLMSG_ERROR else None
    return (code is not None and bool(code.raw)) or any(item.severity != "note" for item in message.problems)
