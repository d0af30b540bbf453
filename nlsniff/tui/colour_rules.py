"""Colours of the user's own: in the list, a message has that of the first filter that it matches.

They stand in `config.toml`, as tables `[[list.colours]]` with `filter`, `colour` and a `name`.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.errors import NlsniffError
from nlsniff.terminal import clip, one_line
from nlsniff.tui.themes import colour_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.filter.filter import Filter
    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.browser import Browser
    from nlsniff.tui.config import Config

_TABLE, _KEY = "list", "colours"
_MOST = 40  # rules
_LONGEST = 30  # cells of a name
_SLOW = 0.25  # seconds that a rule may take for one message


class ColourRule(NamedTuple):
    """A filter, what its messages are called, and their colour as it was written, which `colour_of` knows."""

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


async def read_rules(config: Config, browser: Browser) -> None:
    """Read the rules into a browser, one after the other while the screen is alive; what is wrong is noted there."""
    try:
        found = config.get(_TABLE, _KEY)
    except NlsniffError as error:
        browser.warn(str(error))
        return
    wrong, rules = [], []
    if found is not None and not isinstance(found, list):
        wrong.append("they are a list of tables, [[list.colours]]")
    tables = found if isinstance(found, list) else []
    for place, table in enumerate(tables[:_MOST], 1):
        try:
            rules.append(_rule(table, browser))
        except NlsniffError as error:
            wrong.append(f"rule {place}: {error}")
        await asyncio.sleep(0)
    if len(tables) > _MOST:
        wrong.append(f"only the first {_MOST} of {len(tables)} count")
    browser.colours = ColourRules(browser.capture, rules)
    if wrong:
        more = f"; {len(wrong) - 1} more wrong" if len(wrong) > 1 else ""
        browser.warn(one_line(f"colours of {config.path.name}: {wrong[0]}{more}"))


def _rule(table: object, browser: Browser) -> ColourRule:
    """A rule as it was written.

    Raises:
        NlsniffError: it cannot be used.
    """
    from nlsniff.filter.compile import compile_filter  # most have no rules

    if not isinstance(table, dict):
        raise NlsniffError('it is no table with a filter = "..." and a colour = "..."')
    for key in ("filter", "colour"):
        if not isinstance(table.get(key), str):
            raise NlsniffError(f'it has no {key} = "..."')
    text, colour, name = table["filter"], table["colour"], table.get("name", table["filter"])
    if not isinstance(name, str):
        raise NlsniffError("its name is no text")
    colour_of(colour)
    filter_ = compile_filter(text, browser.capture.decoder.registry, marks=browser.marked)
    return ColourRule(clip(one_line(name), _LONGEST), filter_, colour)
