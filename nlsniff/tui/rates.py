"""How fast a recording grows."""

from __future__ import annotations

import time
from collections import deque

_SPAN = 2.0  # seconds that a rate is of
_OFTEN = 0.2  # seconds between two samples


class Rate:
    """The rate of a count over the last seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def of(self, count: int, now: float | None = None) -> int:
        """How much a count grows in a second; ask often.

        Args:
            count: as it is now.
            now: the time in seconds; by default that of the clock.
        """
        now = time.monotonic() if now is None else now
        samples = self._samples
        if not samples or now - samples[-1][0] >= _OFTEN:
            samples.append((now, count))
        while len(samples) > 1 and now - samples[1][0] >= _SPAN:
            samples.popleft()
        since, before = samples[0]
        return round((count - before) / (now - since)) if now > since else 0
