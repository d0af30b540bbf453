"""The values that fields have in a capture, for completions: counted a piece at a time, while one types."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from nlsniff.filter.filter import Filter
    from nlsniff.filter.values import Values
    from nlsniff.reader import IndexedCapture

_SLICE = 0.01  # seconds of one look; a word asks for three fields
_BATCH = 64  # messages between two looks at the clock
_MOST = 500  # values of a field: nobody reads more
_LONGEST = 100  # characters of one


class Seen:
    """Counts the values of fields over a capture that may grow. Each question counts on for a moment.

    Args:
        capture: whose messages are looked at.
    """

    def __init__(self, capture: IndexedCapture) -> None:
        self._capture = capture
        self._fields: dict[str, _Counted | None] = {}
        self._asked: dict[str, _Counted] = {}  # since `begin`

    def begin(self) -> None:
        """Forget which fields were asked for."""
        self._asked = {}

    def __call__(self, field: str) -> list[tuple[str, str]]:
        """The values of a field, the most frequent first, and in how many messages each is, as far as is known."""
        name = normal(field)
        if name not in self._fields:
            self._fields[name] = self._counted(name)
        found = self._fields[name]
        if found is None:
            return []
        self._asked[name] = found
        found.go_on(_SLICE)
        so_far = "" if found.done else f" of the first {found.at:,}"
        counts = found.counts.most_common()
        width = len(f"{counts[0][1]:,}") if counts else 0
        return [(text, f"in {count:>{width},}{so_far}") for text, count in counts]

    @property
    def busy(self) -> bool:
        """Whether there is more to look at for what was asked for."""
        return any(not found.done for found in self._asked.values())

    def go_on(self) -> None:
        """Look on for a moment."""
        found = next((found for found in self._asked.values() if not found.done), None)
        if found is not None:
            found.go_on(_SLICE)

    def _counted(self, name: str) -> _Counted | None:
        from nlsniff.filter.compile import compile_filter
        from nlsniff.filter.values import values_of

        registry = self._capture.decoder.registry
        values = values_of(name, registry)
        return _Counted(self._capture, compile_filter(name, registry), values) if values is not None else None


class _Counted:
    """The values of one field.

    Attributes:
        counts: in how many messages each is.
        at: of how many messages.
    """

    def __init__(self, capture: IndexedCapture, present: Filter, values: Values) -> None:
        self.counts: Counter[str] = Counter()
        self.at = 0
        self._capture = capture
        self._present = present
        self._values = values

    @property
    def done(self) -> bool:
        """Whether all messages that there are were looked at."""
        return self.at >= len(self._capture)

    def go_on(self, seconds: float) -> None:
        """Look at further messages for about so long, at some in any case."""
        stop = time.perf_counter() + seconds
        while not self.done:
            after = min(self.at + _BATCH, len(self._capture))
            for number in self._present.candidates(self._capture.index, self.at, after):
                self._take(number)
            self.at = after
            if time.perf_counter() >= stop:
                return

    def _take(self, number: int) -> None:
        capture, counts = self._capture, self.counts
        for text in dict.fromkeys(self._values(capture.message(number), capture.conversation(number))):
            if text in counts or (len(counts) < _MOST and len(text) <= _LONGEST):
                counts[text] += 1
