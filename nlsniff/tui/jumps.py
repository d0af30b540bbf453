"""Where a jump may lead: the partner of a message, the next one of its conversation, a mark, a time, a place left."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.tui.partner import partner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.browser import Browser

_PLACES = 200  # that are remembered
_OF_DAY = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
_SECONDS = re.compile(r"\d+\.\d+")
_DIGITS = 12  # no file has so many messages
WANTED = "a number, as in the first column of the list, or a time: 12.5, 14:03:22, 2026-01-31T14:03"


class Jumps:
    """The jumps of a browser, which remembers the places that they left.

    Args:
        browser: whose cursor they move. What cannot be done is noted there.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._places: list[int] = []  # the numbers of messages, the last one left last
        self._at = 0  # how many of them are behind

    def left(self, number: int | None) -> None:
        """Note that a jump leaves a message."""
        if number is not None and number not in self._places[self._at - 1 : self._at]:
            self._places[self._at :] = [number]
            del self._places[:-_PLACES]
        self._at = len(self._places)

    def back(self, step: int) -> None:
        """Go back to the place that was left last by 1, or forward again by -1."""
        here = self._browser.number
        if step > 0 and self._at == len(self._places) and here is not None:
            self._places.append(here)  # where forward leads to
        at = self._at - step
        if not 0 <= at < len(self._places):
            self._browser.warn("there is no place before this" if step > 0 else "there is no place after this")
            return
        self._at = at
        self._browser.jump(self._places[at], leaves=False)

    def to(self, text: str) -> None:
        """Go to the message that a text names, see `message_at`."""
        try:
            self._browser.jump(message_at(text, self._browser.capture))
        except NlsniffError as error:
            self._browser.warn(str(error))

    def partner(self) -> None:
        """Go from a request to its answer, from an answer to the request, from an event to what caused it."""
        number, conversation = self._browser.number, self._browser.conversation
        if number is None or conversation is None:
            self._browser.warn("there is no message")
            return
        found, why = partner(conversation, number, self._browser.capture.message)
        if found:
            self._browser.jump(found)
        else:
            self._browser.warn(why)

    def in_conversation(self, step: int) -> None:
        """Go to the next message of the conversation and of what it caused, or by -1 to the one before."""
        browser = self._browser
        number, conversation = browser.number, browser.conversation
        if number is None or conversation is None:
            browser.warn("there is no message")
            return
        view = browser.capture.follower.conversation
        numbers = sorted({*conversation.messages, *(one for id_ in conversation.effects for one in view(id_).messages)})
        beyond = _beyond(numbers, number, step)
        if beyond:
            browser.jump(beyond[0])
        else:
            browser.warn(f"this is the {'last' if step > 0 else 'first'} of its conversation")

    def mark(self, step: int) -> None:
        """Go to the next marked message that is shown, after the last to the first; or by -1 to the one before."""
        browser = self._browser
        shown = sorted(number for number in browser.marked if browser.rows.filter is None or browser.rows.has(number))
        here = browser.number or 0
        if shown:
            browser.jump((_beyond(shown, here, step) or shown[::step])[0])
        else:
            browser.warn("nothing is marked here; m marks a message")


def _beyond(numbers: Sequence[int], here: int, step: int) -> list[int]:
    """Of some ascending numbers those above one by 1, or below it by -1, the nearest first."""
    return [number for number in numbers[::step] if (number - here) * step > 0]


def message_at(text: str, capture: IndexedCapture) -> int:
    """The number of the message that a text names: itself a number, or the time from which it is the first one.

    Times are seconds since the first message (`12.5`), a time of its day in UTC (`14:03:22`), or as in filters.

    Raises:
        NlsniffError: it is neither, or nothing came so late.
    """
    text = text.strip()
    if text.isdecimal() and len(text) < _DIGITS:
        return int(text)
    from nlsniff.filter.compile import compile_filter  # takes longer to load than a first screen may wait
    from nlsniff.filter.complete import written
    from nlsniff.output.text import timestamp
    from nlsniff.select import IndexSelection

    if _SECONDS.fullmatch(text):
        time = f"{text}s"
    elif _OF_DAY.fullmatch(text):
        day, _, _ = timestamp(capture.start_ns).partition(" ")
        time = f"{day}T{text:0>8}" if text.count(":") > 1 else f"{day}T{text:0>5}"
    else:
        time = text
    try:
        filter_ = compile_filter(f"time >= {written(time)}", capture.decoder.registry)
    except NlsniffError:
        raise NlsniffError(WANTED) from None
    filter_.begin(capture.start_ns)
    found = next(IndexSelection(capture, filter_).numbers(0, len(capture)), None)
    if found is None:
        raise NlsniffError(f"no message at {text} or later")
    return found
