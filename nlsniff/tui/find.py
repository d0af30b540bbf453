"""What a search may look for: a text, a regular expression, bytes, a filter; and what is wrong."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.filter.compile import compile_filter
from nlsniff.follow.rules import errno_in
from nlsniff.printer.printer import Printer
from nlsniff.select import IndexSelection
from nlsniff.tui.search import Search
from nlsniff.wire.constants import NLMSG_ERROR, NLMSG_OVERRUN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.patterns import Pattern
    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.outline import Outline, Path
    from nlsniff.tui.rows import Rows
    from nlsniff.tui.search import Matches

# What may stand before what is looked for, where it is no text.
KINDS = {"regex:": "a regular expression", "hex:": "bytes", "filter:": "a filter"}


def where(wanted: str, outline: Outline) -> Path | None:
    """Where in a message that was found stands what was looked for; None where no single node says it."""
    kind, _, rest = wanted.partition(":")
    message, needle = outline.message, wanted.lower()
    if kind == "hex":
        with suppress(ValueError):
            found = outline.at(message.data.find(_digits(rest), message.start, message.end))
            return found[1] if found is not None else None
    if kind == "regex":
        with suppress(re.error):
            search = re.compile(rest.strip(), re.IGNORECASE).search
            return outline.find(lambda text: search(text) is not None)
    return outline.find(lambda text: needle in text.lower())


class Finder:
    """Makes searches in a capture.

    A text is found as the tree shows it, in names, values and summaries, whatever its case. Behind a word of `KINDS`
    something else is meant.
    """

    def __init__(self, capture: IndexedCapture) -> None:
        self._capture = capture
        self._printer = Printer(capture.decoder, "tree")
        self._patterns = capture.decoder.patterns
        self._wrong: dict[Pattern, bool] = {}

    def search(self, rows: Rows, start: int, step: int, wanted: str) -> Search:
        """A search from behind a row on; without anything wanted for errors and problems.

        Raises:
            NlsniffError: what is wanted cannot be read, or there is no message.
        """
        if not len(rows):
            raise NlsniffError("there are no messages to look through")
        if not wanted:
            return Search(rows, start, step, self.is_wrong, "errors and problems")
        return Search(rows, start, step, self.matcher(wanted), f"find {wanted!r}")

    def matcher(self, wanted: str) -> Matches:
        """What finds something.

        Raises:
            NlsniffError: it cannot be read.
        """
        kind, _, rest = wanted.partition(":")
        rest = rest.strip()
        if f"{kind}:" not in KINDS or not rest:
            needle = wanted.lower()
            return lambda messages: [needle in text.lower() for text in self._texts(messages)]
        if kind == "hex":
            return _bytes(rest)
        return self._expression(rest) if kind == "regex" else self._filter(rest)

    def is_wrong(self, messages: Sequence[NetlinkMessage]) -> list[bool]:
        """Whether messages report a failure, or have bytes with a problem."""
        return [_reports(message) or self._has_problem(message) for message in messages]

    def _texts(self, messages: Sequence[NetlinkMessage]) -> list[str]:
        """What trees say, without their first line, which tells where a message is from."""
        return [text.partition("\n")[2] for text in self._printer.texts(messages)]

    def _expression(self, wanted: str) -> Matches:
        try:
            search = re.compile(wanted, re.IGNORECASE | re.MULTILINE).search
        except re.error as error:
            raise NlsniffError(f"no regular expression: {error}") from None
        return lambda messages: [search(text) is not None for text in self._texts(messages)]

    def _filter(self, wanted: str) -> Matches:
        filter_ = compile_filter(wanted, self._capture.decoder.registry)
        filter_.begin(self._capture.start_ns)
        test = IndexSelection(self._capture, filter_).test(filter_)
        return lambda messages: list(map(test, messages))

    def _has_problem(self, message: NetlinkMessage) -> bool:
        pattern = self._patterns.find(message)
        if pattern is None:
            return _is_odd(message)
        found = self._wrong.get(pattern)
        if found is None:
            found = self._wrong[pattern] = _is_odd(pattern.message)
        return found


def _bytes(wanted: str) -> Matches:
    try:
        needle = _digits(wanted)
    except ValueError:
        raise NlsniffError(f"no bytes in hex: {wanted}") from None
    return lambda messages: [message.data.find(needle, message.start, message.end) >= 0 for message in messages]


def _digits(wanted: str) -> bytes:
    return bytes.fromhex(re.sub(r"0x|[\s:.,-]", "", wanted, flags=re.IGNORECASE))


def _reports(message: NetlinkMessage) -> bool:
    """Whether a message says that something failed, or that messages were lost."""
    if message.type == NLMSG_OVERRUN:
        return True
    return message.type == NLMSG_ERROR and errno_in(message) != 0


def _is_odd(message: NetlinkMessage) -> bool:
    return any(item.severity != "note" for item in message.problems)
