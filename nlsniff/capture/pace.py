"""How often what is known is looked at again: rarely while nothing new is found."""

from __future__ import annotations

from typing import Final

SHORTEST: Final = 0.05
LONGEST: Final = 1.0


class Pace:
    """A period, which doubles up to a second each time it passes, and is short again when something new is found.

    Times are in seconds of one clock that never goes back.

    Attributes:
        seconds: how long the present or next period is.
        until: when the present one ends; 0 where none has begun.
    """

    def __init__(self) -> None:
        self.seconds = SHORTEST
        self.until = 0.0
        self._resting = False

    def begin(self, now: float) -> None:
        """Begin a period, unless one has begun."""
        if not self.until:
            self.until = now + self.seconds

    def found(self, now: float) -> None:
        """Something new was found: more may come soon."""
        self.seconds = SHORTEST
        if self.until and not self._resting:
            self.until = min(self.until, now + SHORTEST)

    def rest(self, until: float) -> None:
        """Too much was done: do nothing until then, whatever is found."""
        self.until = until
        self._resting = True

    def passed(self, now: float) -> bool:
        """Tell whether a period has ended just now; the next one will be longer."""
        if not self.until or now < self.until:
            return False
        self.end()
        self.seconds = min(2 * self.seconds, LONGEST)
        return True

    def end(self) -> None:
        """End the period before its time."""
        self.until = 0.0
        self._resting = False
