"""Reads transcripts; docs/transcript.md has the grammar. One run over the lines, each of which is read by itself.

A transcript may come from anybody: what is wrong with it is said with its line, and nothing else is raised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, cast

from nlsniff.errors import NlsniffError
from nlsniff.regress.line import (
    LineError,
    item_of,
    message_of,
    outcome_of,
    request_of,
    shown,
    text_of_token,
)
from nlsniff.regress.model import VERSION, Block, Dump, Item, Lane, SaidMessage, SaidStep, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.regress.line import Head
    from nlsniff.regress.model import Level, Outcome, Part, Role

MAX_DEPTH = 64  # of parts in parts, twice what the decoder makes
_LEVELS = ("outcome", "objects", "full")
_CONFLICT = re.compile(r"(<{7}|={7}|>{7}|\|{7})(?: |$)")
_KERNEL = re.compile(r"(Linux [^,]*[^, ])")
_SAYS = "# the kernel says:"
_CONTINUED = "+ "
_SIGNS = frozenset({">", ">?", ">+", "<", "<*", "*", "|", "|?", "|+"})


class TranscriptError(NlsniffError):
    """A text is no transcript: one line that says where and what was expected."""


class _Line(NamedTuple):
    """A line that is neither blank nor for people.

    Attributes:
        number: from 1; of the first where it is continued on others.
        indent: blanks before it.
        text: without those, and without blanks at its end.
        breaks: for each line that it is continued on where that begins in `text`, and its number.
        words: what the kernel said, which stands on a line for people behind it.
    """

    number: int
    indent: int
    text: str
    breaks: list[tuple[int, int]]
    words: str = ""

    def message(self, rest: str) -> Head:
        """What it says as a message, with `rest` behind its sign."""
        shift = len(self.text) - len(rest)
        return message_of(rest, [(at - shift, number) for at, number in self.breaks] if self.breaks else ())


def parse(text: str, name: str = "") -> Transcript:
    """Read a transcript.

    Args:
        text: all of it; lines may end in CR LF, be indented by tabs or by other widths than the writer's.
        name: of its file, for what is said of it.

    Raises:
        TranscriptError: it is none; in one line, `NAME:LINE: what is there, what was expected`.
    """
    reader = _Reader(text)
    try:
        return reader.transcript()
    except LineError as error:
        raise TranscriptError(f"{name or 'transcript'}:{error.line or reader.number}: {error.words}") from None


class _Reader:
    """The lines of a text, and what was made of them so far.

    Attributes:
        number: of the line that is being read, from 1.
    """

    def __init__(self, text: str) -> None:
        self.number = 1
        self._comments: list[str] = []
        self._lines = self._joined(text.removeprefix("\ufeff").split("\n"))
        self._next: _Line | None = None
        self._names: dict[str, str] = {}  # each once, for they come again and again

    # -- lines -------------------------------------------------------------------------------------------------------

    def _joined(self, lines: list[str]) -> Iterator[_Line]:
        """Lines that say something; continued ones as one, and the kernel's words with the line before."""
        found: _Line | None = None
        more: list[str] = []  # of the line that is continued
        for number, raw in enumerate(lines, 1):
            text = raw.strip(" \t\r")
            if not text:
                continue
            indent = _indent(raw)
            if text.startswith("#"):
                if found is not None and indent and text.startswith(_SAYS) and found.text.startswith("<"):
                    found = found._replace(words=text[len(_SAYS) :].strip())
                elif found is None or found.text.startswith(("nlsniff ", "answers ")):
                    self._comments.append(text[1:].removeprefix(" "))
                continue
            if not indent and _CONFLICT.match(text):
                raise LineError(f"{shown(text[:7])} marks a conflict of a merge, which must be resolved first", number)
            if text.startswith(_CONTINUED) and indent:
                if found is None:
                    raise LineError("a line is continued, but there is none before it", number)
                size = found.breaks[-1][0] + len(more[-1]) - 2 if more else len(found.text)
                found.breaks.append((size + 2, number))
                more.append("  " + text[len(_CONTINUED) :].lstrip())
                continue
            if found is not None:
                yield found._replace(text="".join((found.text, *more))) if more else found
            found, more = _Line(number, indent, text, []), []
        if found is not None:
            yield found._replace(text="".join((found.text, *more))) if more else found

    def _peek(self) -> _Line | None:
        if self._next is None:
            self._next = next(self._lines, None)
        return self._next

    def _take(self) -> _Line:
        line = self._peek()
        assert line is not None  # noqa: S101  who takes has looked
        self._next = None
        self.number = line.number
        return line

    # -- the whole ---------------------------------------------------------------------------------------------------

    def transcript(self) -> Transcript:
        """All of it."""
        level = self._heading()
        lanes: list[Lane] = []
        news: list[SaidMessage] = []
        while self._peek():
            line = self._take()
            if line.indent or not line.text.startswith("=="):
                raise LineError(f"{shown(line.text)} stands in no lane; expected `== NAME`")
            title = line.text[2:].strip()
            if title == "news":
                news += self._news()
            else:
                lane_name = text_of_token(title, "the name of a program") if title else ""
                lanes.append(Lane(lane_name, tuple(self._blocks()), line.number))
        told = (match[1] for comment in self._comments if (match := _KERNEL.match(comment)))
        return Transcript(level, tuple(lanes), tuple(news), tuple(self._comments), next(told, ""))

    def _heading(self) -> Level:
        first = self._peek()
        words = self._take().text.split() if first else []
        if words[:2] != ["nlsniff", "transcript"] or len(words) != 3:
            raise LineError(f"expected `nlsniff transcript {VERSION}`, this is no transcript")
        if words[2] != str(VERSION):
            newer = words[2].isascii() and words[2].isdigit() and words[2].lstrip("0") not in {"", str(VERSION)}
            what = "a newer nlsniff wrote it, update nlsniff" if newer else f"expected {VERSION}"
            raise LineError(f"version {shown(words[2])} of the format: {what}")
        words = self._take().text.split() if self._peek() else []
        if len(words) != 2 or words[0] != "answers" or words[1] not in _LEVELS:
            known = ", ".join(f"`answers {level}`" for level in _LEVELS)
            raise LineError(f"expected one of {known}")
        return cast("Level", words[1])

    def _news(self) -> Iterator[SaidMessage]:
        while (line := self._peek()) and (line.indent or line.text[:2] != "=="):
            if line.indent or not line.text.startswith("* "):
                self.number = line.number
                raise LineError(f"{shown(line.text)} is no event; expected `* TYPE`")
            self._take()
            yield self._message(line.message(line.text[2:].lstrip()), line)

    # -- a lane ------------------------------------------------------------------------------------------------------

    def _blocks(self) -> Iterator[Block]:
        """The conversations of a lane."""
        parts: list[Part] = []
        certain, begun = True, False
        while (line := self._peek()) and (line.indent or line.text[:2] != "=="):
            self._take()
            if line.indent:
                raise LineError(f"{shown(line.text)} belongs to nothing; expected a line that begins with >, *, < or |")
            sign, rest = _sign(line.text)
            if sign[0] in ">|" and "+" not in sign:
                if begun:
                    yield Block(tuple(parts), certain)
                parts, certain = [], "?" not in sign
            begun = True
            part = self._part(sign, rest, line)
            if part is not None:
                parts.append(part)
        if begun:
            yield Block(tuple(parts), certain)

    def _part(self, sign: str, rest: str, line: _Line) -> Part | None:
        """What a line and those below it say; None for the mark of a conversation whose request is not there."""
        if sign == "<*":
            return self._dump(rest, line)
        if sign[0] == ">":
            return SaidStep("request", self._message(request_of(rest), line)) if rest else None
        if sign == "<":
            outcome: Outcome | None = outcome_of(rest, line.number, line.words)
            if outcome is not None:
                return outcome
        role: Role = "answer" if sign == "<" else "event" if sign == "*" else "datagram"
        head = request_of(rest) if role == "datagram" else line.message(rest)
        return SaidStep(role, self._message(head, line))

    def _dump(self, rest: str, line: _Line) -> Dump:
        if not rest.endswith(":"):
            raise LineError(f"{shown(rest)} ends a dump's line; expected `<* any order:`")
        said = {word.strip() for word in rest[:-1].split(",")}
        if unknown := said - {"any order", "filtered", "interrupted"}:
            known = "`any order`, `filtered`, `interrupted`"
            raise LineError(f"{shown(min(unknown))} is nothing that a dump can be; expected {known}")
        entries: list[SaidMessage] = []
        first = 0
        while (below := self._peek()) and below.indent:
            first = first or below.indent
            self._take()
            if below.indent != first:
                raise LineError(f"this line is indented by {below.indent}, the entries of this dump by {first}")
            entries.append(self._message(below.message(below.text), below))
        return Dump(tuple(entries), "filtered" in said, "interrupted" in said, line.number)

    # -- messages ----------------------------------------------------------------------------------------------------

    def _message(self, head: Head, line: _Line) -> SaidMessage:
        """A message of the line that it begins with and of the parts below it."""
        items = (*head.items, *self._items(line.indent))
        kind = self._names.setdefault(head.type, head.type)
        return SaidMessage(kind, head.flags, head.identity, items, head.problems, line.number)

    def _items(self, outer: int) -> tuple[Item, ...]:
        """The items below a line: all lines that are indented by more than it is."""
        waiting = [_Open(outer, None, [])]  # for their parts, the innermost last
        while (line := self._peek()) and line.indent > outer:
            self._take()
            while line.indent <= waiting[-1].indent:
                _close(waiting)
            last = waiting[-1]
            last.width = last.width or line.indent
            if line.indent != last.width:
                raise LineError(f"this line is indented by {line.indent}, those beside it by {last.width}")
            if len(waiting) > MAX_DEPTH:
                raise LineError(f"parts are nested deeper than {MAX_DEPTH}")
            waiting.append(_Open(line.indent, item_of(line.text, line.number, self._names), []))
        while len(waiting) > 1:
            _close(waiting)
        return tuple(waiting[0].parts)


@dataclass(slots=True)
class _Open:
    """An item whose parts may still come.

    Attributes:
        indent: of its line.
        item: without its parts; None for the message itself.
        parts: those that came.
        width: what they are indented by; 0 until there is one.
    """

    indent: int
    item: Item | None
    parts: list[Item]
    width: int = 0


def _close(waiting: list[_Open]) -> None:
    """Give the innermost item to the one around it."""
    done = waiting.pop()
    assert done.item is not None  # noqa: S101  the message itself stays
    waiting[-1].parts.append(replace(done.item, parts=tuple(done.parts)) if done.parts else done.item)


def _indent(raw: str) -> int:
    """Blanks before a line; a tab reaches to the next multiple of 8."""
    if raw[0] not in " \t":
        return 0
    width = 0
    for char in raw:
        if char == " ":
            width += 1
        elif char == "\t":
            width += 8 - width % 8
        else:
            break
    return width


def _sign(text: str) -> tuple[str, str]:
    """What a line in a lane begins with, and the rest."""
    sign, _, rest = text.partition(" ")
    if sign not in _SIGNS or not (rest or sign in {">", ">?"}):
        known = "`> TYPE`, `* TYPE`, `< OUTCOME`, `| TYPE`"
        raise LineError(f"{shown(text)} is no part of a conversation; expected {known}")
    return sign, rest.strip()
