"""Times in an strace log: since 1970 (-ttt), of the day (-t, -tt), since the line before (-r), or none."""

from __future__ import annotations

from typing import Final

_SECOND: Final = 1_000_000_000
_LAST: Final = (1 << 62) - 1  # the year 2116
_DAY: Final = 86_400 * _SECOND
_UNIX: Final = 100_000_000  # seconds; a program is not traced for three years between two lines
_STEP: Final = 1000  # nanoseconds from line to line where the log tells no time


class Clock:
    """Makes nanoseconds of what each line says; they never go backwards, for the lines of a log stand in their order.

    Attributes:
        kind: "unix", "day", "relative" or "".
        now: nanoseconds since 1970, or since the day or the log began.
    """

    def __init__(self) -> None:
        self.kind = ""
        self.now = 0
        self._day = 0

    def learn(self, text: str) -> None:
        """Find out the kind from the time of the first call."""
        if ":" in text:
            self.kind = "day"
        elif text:
            self.kind = "unix" if int(text.partition(".")[0]) >= _UNIX else "relative"

    def read(self, text: str) -> int:
        """The time of a line."""
        if not text:
            if not self.kind:
                self.now += _STEP
            return self.now
        if (":" in text) != (self.kind == "day"):
            return self.now  # no time of this log
        if self.kind == "unix":
            found = nanoseconds(text)
        elif self.kind == "day":
            found = self._time_of_day(text)
        else:
            found = self.now + nanoseconds(text)
        self.now = max(self.now, min(found, _LAST))
        return self.now

    def _time_of_day(self, text: str) -> int:
        hours, minutes, seconds = text.split(":")
        found = self._day + (int(hours) * 3600 + int(minutes) * 60) * _SECOND + nanoseconds(seconds)
        if found < self.now - _DAY // 2:  # midnight
            self._day += _DAY
            found += _DAY
        return found


def nanoseconds(text: str) -> int:
    """Seconds, with up to nine digits behind the point, in nanoseconds."""
    seconds, _, rest = text.partition(".")
    return int(seconds) * _SECOND + (int(rest.ljust(9, "0")) if rest else 0)
