"""What one line of a transcript says: a message with its fields, an item, an outcome.

docs/transcript.md has the grammar.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from nlsniff.regress.model import Item, Outcome, Placeholder
from nlsniff.terminal import clip, escape
from nlsniff.wire.errnos import errno_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.regress.model import Status

Value = str | Placeholder

_SHOWN = 40  # characters of what is wrong
_DIGITS = 9  # of the largest number
_STRING = json.JSONDecoder()
_NAME = re.compile(r'[^\s"<>!:\[#\\+][^\s":\\]*')
_MARKS = re.compile(r" \[((?:[a-z-]+|#\d{1,5})(?:, [a-z-]+)*)\]")
_PLACEHOLDER = re.compile(r'<([a-z][a-z0-9-]*):(?:([^\s<>"]+)>)?')
_NUMBERED = re.compile(r"\+*E\d+")
_TOKEN = re.compile(r"[^ ]+")
_BLANKS = re.compile(r" *")
# Words that belong together on a line of several fields: two blanks end them, and so does a colon that stands alone.
_WORDS = re.compile(r"[^ ]+(?: (?!:(?: |$))[^ ]+)*")
_TEXT = re.compile(r"(?=.)(?!  ! )[^ ]*(?: (?! ! )[^ ]*)*", re.DOTALL)  # to the next problem
_OUTCOMES: dict[str, Status] = {"ok": "ok", "unanswered": "unanswered", "partial": "partial"}
_DETAILS = ("at", "expected", "missing", "of")


class LineError(Exception):
    """A line is not as it should be.

    Attributes:
        words: what there is and what was expected.
        line: its number where it is not the one that is being read, else 0.
    """

    def __init__(self, words: str, line: int = 0) -> None:
        super().__init__(words)
        self.words = words
        self.line = line


class Head(NamedTuple):
    """The line that a message begins with, as the parts of `SaidMessage`."""

    type: str
    flags: tuple[str, ...] = ()
    identity: tuple[Item, ...] = ()
    items: tuple[Item, ...] = ()
    problems: tuple[str, ...] = ()


def shown(text: str) -> str:
    """What stands in a file of another's making, to be told in a line."""
    return f"`{clip(escape(text[: _SHOWN + 1]), _SHOWN)}`"


def text_of_token(text: str, what: str) -> str:
    """A text that is all of a line's rest: as it stands, or a JSON string.

    Raises:
        LineError: it is a string with something behind it, or without its end.
    """
    if not text.startswith('"'):
        return text
    value, end = _string(text, 0)
    if end != len(text):
        raise LineError(f"{shown(text[end:])} stands behind {what}; expected the end of the line")
    return value


def request_of(text: str) -> Head:
    """`TYPE flag flag  ! problem`."""
    kind, at = _token(text, 0)
    flags: list[str] = []
    problems: list[str] = []
    while at < len(text):
        blanks = _blanks(text, at)
        if text.startswith("! ", blanks):
            problem, at = _problem(text, blanks)
            problems.append(problem)
        else:
            flag, at = _token(text, blanks)
            flags.append(flag)
    return Head(kind, tuple(flags), problems=tuple(problems))


def message_of(text: str, breaks: Sequence[tuple[int, int]] = ()) -> Head:
    """`TYPE  name value  name value : name value`, each with its problems behind it.

    Args:
        text: of the line and those that it is continued on.
        breaks: for each of those where it begins in `text`, and its number.
    """
    kind, at = _token(text, 0)
    found: tuple[list[_Field], list[_Field]] = [], []
    own: list[str] = []
    behind, side, next_line = own, 0, 0  # whose problems come, 1 behind the colon, the next of `breaks`
    line = 0
    while (at := _blanks(text, at)) < len(text):
        while next_line < len(breaks) and breaks[next_line][0] <= at:
            line = breaks[next_line][1]
            next_line += 1
        if text.startswith("! ", at):
            problem, at = _problem(text, at, one_of_many=True)
            behind.append(problem)
        elif text[at] == ":" and text[at + 1 : at + 2] in {"", " "}:
            if side:
                _refuse(text, at, "the parts of a message begin once")
            side, at = 1, at + 1
        else:
            name, value, marks, at = _field(text, at)
            behind = []
            found[side].append(_Field(name, value, marks, behind, line))
    identity, items = (tuple([field.item() for field in fields]) for fields in found)
    return Head(kind, (), identity, items, tuple(own))


class _Field(NamedTuple):
    """A field of a line, with the problems that were found behind it so far."""

    name: str
    value: Value | None
    marks: tuple[str, ...]
    problems: list[str]
    line: int

    def item(self) -> Item:
        """What it says."""
        return Item(self.name, self.value, (), self.marks, tuple(self.problems), self.line)


def is_outcome(text: str) -> bool:
    """Whether a word says how a request was judged: `ok`, `EINVAL`, `E4711`, `+EIO`; else it may be a type."""
    errno = text.lstrip("+")
    return text in _OUTCOMES or errno_number(errno) is not None or _NUMBERED.fullmatch(errno) is not None


def outcome_of(text: str, line: int, words: str) -> Outcome | None:
    """`ok`, `unanswered`, `partial`, or an error: `EINVAL  at PATH  expected u32  missing PATH  of 3`.

    Args:
        text: behind the sign.
        line: its number.
        words: what the kernel says, as it stands.

    Returns:
        None where it is a message.
    """
    quoted = text.startswith('"')
    head, at = _token(text, 0)
    if quoted or not is_outcome(head):
        return None
    found: dict[str, str] = {}
    while (at := _blanks(text, at)) < len(text):
        name, end = _token(text, at)
        if name not in _DETAILS or name in found or text[end : end + 1] != " ":
            _refuse(text, at, "expected `at PATH`, `expected WORDS`, `missing PATH`, `of N`, once each, with a value")
        value, at = _value(text, end + 1, _WORDS)
        if not isinstance(value, str):
            _refuse(text, end + 1, "expected a text")
        found[name] = value
    return Outcome(
        _OUTCOMES.get(head, "error"), "" if head in _OUTCOMES else head, found.get("at", ""),
        found.get("expected", ""), found.get("missing", ""), text_of_token(words, "what the kernel says"),
        _number(found.get("of", "0")), line,
    )  # fmt: skip


def item_of(text: str, line: int, names: dict[str, str]) -> Item:
    """`name [marks]: value  ! problem`, or an element of a list, `- value`.

    Args:
        text: the line, without blanks around it.
        line: its number.
        names: those that were read, so that each is kept once.
    """
    element = text[:2] in {"-", "- ", "-:"}
    name, at = ("-", 1) if element else _name(text, 0)
    marks, at = _marks(text, at)
    if text[at : at + 1] == ":":
        at += 1
    elif not element:
        _refuse(text, 0, "expected `name: value`, or `- value`")
    value: Value | None = None
    if text[at : at + 1] == " " and not text.startswith("  ! ", at):
        value, at = _value(text, at + 1, _TEXT)
    problems: list[str] = []
    while (at := _blanks(text, at)) < len(text):
        problem, at = _problem(text, at)
        problems.append(problem)
    return Item(names.setdefault(name, name), value, (), marks, tuple(problems), line)


# -- pieces of a line ------------------------------------------------------------------------------------------------


def _field(text: str, at: int) -> tuple[str, Value | None, tuple[str, ...], int]:
    """`name [marks] value` of a line with several."""
    name, at = _name(text, at)
    marks, at = _marks(text, at)
    value: Value | None = None
    if text[at : at + 1] == " " and text[at + 1 : at + 2] not in {"", " "} and not _ends_identity(text, at):
        value, at = _value(text, at + 1, _WORDS)
    if at < len(text) and text[at] != " ":
        _refuse(text, at, "expected two blanks and the next field")
    return name, value, marks, at


def _ends_identity(text: str, at: int) -> bool:
    return text[at : at + 3] in {" :", " : "}


def _value(text: str, at: int, plain: re.Pattern[str]) -> tuple[Value, int]:
    """A literal or a placeholder; `plain` matches what is not quoted."""
    at = _blanks(text, at)
    first = text[at : at + 1]
    if first == '"':
        return _string(text, at)
    if first == "<":
        match = _PLACEHOLDER.match(text, at)
        if match is not None and match[2]:
            return Placeholder(match[1], match[2]), match.end()
        if match is not None and text.startswith('"', match.end()):
            name, end = _string(text, match.end())
            if text.startswith(">", end):
                return Placeholder(match[1], name), end + 1
        _refuse(text, at, "expected `<kind:name>`; a text that begins with < is quoted")
    match = plain.match(text, at)
    if match is None:
        _refuse(text, at, "expected a value")
    return match[0], match.end()


def _problem(text: str, at: int, *, one_of_many: bool = False) -> tuple[str, int]:
    if not text.startswith("! ", at):
        _refuse(text, at, "expected the end of the line, or a problem behind `! `")
    problem, at = _value(text, at + 2, _WORDS if one_of_many else _TEXT)
    if not isinstance(problem, str):
        _refuse(text, at, "expected words")
    return problem, at


def _name(text: str, at: int) -> tuple[str, int]:
    if text.startswith('"', at):
        return _string(text, at)
    match = _NAME.match(text, at)
    if match is None:
        _refuse(text, at, "expected a name")
    return match[0], match.end()


def _marks(text: str, at: int) -> tuple[tuple[str, ...], int]:
    match = _MARKS.match(text, at)
    return (tuple(match[1].split(", ")), match.end()) if match is not None else ((), at)


def _token(text: str, at: int) -> tuple[str, int]:
    """A text without blanks, or a JSON string."""
    if text.startswith('"', at):
        return _string(text, at)
    match = _TOKEN.match(text, at)
    if match is None:
        raise LineError("the line ends too early; expected a type")
    return match[0], match.end()


def _string(text: str, at: int) -> tuple[str, int]:
    try:
        value, end = _STRING.raw_decode(text, at)
    except ValueError:
        _refuse(text, at, "expected a JSON string, with its end")
    return str(value), end


def _blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    assert match is not None  # noqa: S101  none are enough
    return match.end()


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS:
        raise LineError(f"{shown(text)} is no number of a request")
    return int(text)


def _refuse(text: str, at: int, expected: str) -> NoReturn:
    raise LineError(f"{shown(text[at:]) if at < len(text) else 'the line ends here'}: {expected}")
