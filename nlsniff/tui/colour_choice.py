"""The colours that the user chose: tables `[[list.colours]]` of `config.toml`, with `filter`, `colour` and a `name`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.terminal import clip, one_line
from nlsniff.tui.colour_rules import ColourRule, ColourRules
from nlsniff.tui.themes import colour_of

if TYPE_CHECKING:
    from nlsniff.tui.browser import Browser
    from nlsniff.tui.config import Config

_TABLE, _KEY = "list", "colours"
_MOST = 40  # rules
_LONGEST = 30  # cells of a name


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
