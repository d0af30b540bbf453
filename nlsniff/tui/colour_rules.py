"""Colours of the user's own: in the list, a message has that of the first filter that it matches."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.filter.filter import Filter
    from nlsniff.reader import IndexedCapture

_SLOW = 0.25  # seconds that a rule may take for one message


class ColourRule(NamedTuple):
    """A filter, what its messages are called, and their colour as it was written, which `themes.colour_of` knows."""

    name: str
    filter: Filter
    colour: str

    @property
    def lasts(self) -> bool:
        """Whether a message that matches always will: no conversation goes on, and no mark is set."""
        return not self.filter.needs_conversation and "marked" not in self.filter.text


class ColourRules:
    """Rules in their order. One that takes too long is left out from then on.

    Args:
        capture: whose messages they are for.
        rules: of which the first that matches counts.

    Attributes:
        slow: the name of the rule that took too long last, or "".
        change: whether the rule of a message may become another one.
    """

    def __init__(self, capture: IndexedCapture, rules: Sequence[ColourRule] = ()) -> None:
        self.slow = ""
        self.change = not all(rule.lasts for rule in rules)
        self._capture = capture
        self._rules = list(rules)

    def of(self, number: int) -> ColourRule | None:
        """The rule of a message as it stands now, or None."""
        if not self._rules:
            return None
        message, conversation = self._capture.message(number), self._capture.conversation(number)
        for rule in self._rules:
            began = time.perf_counter()
            rule.filter.begin(self._capture.start_ns)
            matches = rule.filter.matches(message, conversation)
            if time.perf_counter() - began > _SLOW:
                self.slow = rule.name
                self._rules = [other for other in self._rules if other is not rule]
            if matches:
                return rule
        return None
