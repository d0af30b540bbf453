"""A transcript as text; the grammar stands in docs/transcript.md."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from nlsniff.regress.line import is_outcome
from nlsniff.regress.model import VERSION, Dump, Outcome, Placeholder, SaidStep
from nlsniff.terminal import json_escape, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlsniff.regress.model import Block, Item, Part, SaidMessage, Transcript

WIDTH = 100
NEWS = "news"
ENTRY = "   "  # in place of a sign, before an entry of a dump
SAYS = "# the kernel says: "
# What stands without quotes. Two blanks, ` : ` and ` ! ` separate things; `<` begins a placeholder, `[` marks.
# A long value is one step for `re`, which remembers each step. (Possessive quantifiers go wrong in Python 3.11.2.)
_PLAIN_NAME = re.compile(r"(?!\+)[^\s\"<>!:\[#\\][^\s\":\\]*\Z")
_PLAIN_VALUE = re.compile(
    r"(?![\"<+#!\[]|:(?:\s|\Z))(?=\S)[^\s\"\\]*(?:(?:(?<=[^ !:]) (?=[^ !:+])|(?<=[^ ])\\)[^\s\"\\]*)*(?<=\S)\Z"
)
_FIRST = frozenset({"request", "datagram"})
_SIGNS = {"request": ">", "event": "*", "answer": "<", "datagram": "|"}


def text_of(transcript: Transcript) -> str:
    """The text of a transcript, with a line feed at its end."""
    return "\n".join(_lines(transcript)) + "\n"


def _lines(transcript: Transcript) -> Iterator[str]:
    yield from heading_lines(transcript)
    for lane in transcript.lanes:
        yield ""
        yield lane_line(lane.name)
        for block in lane.blocks:
            yield from block_lines(block)
    if transcript.news:
        yield ""
        yield f"== {NEWS}"
        for message in transcript.news:
            yield from told_lines("*", message)


def heading_lines(transcript: Transcript) -> Iterator[str]:
    """The lines before the first lane."""
    yield f"nlsniff transcript {VERSION}"
    yield f"answers {transcript.level}"
    for comment in transcript.comments:
        yield f"# {one_line(comment)}".rstrip()


def lane_line(name: str) -> str:
    """The line that opens a lane; a name is quoted where it would read as that of the news."""
    if not name:
        return "=="
    return f"== {_quoted(name) if name == NEWS else _name(name)}"


def block_lines(block: Block) -> Iterator[str]:
    """The lines of a conversation. A request or a datagram begins it, or a mark that the request is not there."""
    doubt = "" if block.certain else "?"
    if not (block.parts and isinstance(block.parts[0], SaidStep) and block.parts[0].role in _FIRST):
        yield f">{doubt}"
        doubt = "+"
    for part in block.parts:
        yield from part_lines(part, doubt)
        doubt = "+"


def part_lines(part: Part, mark: str = "") -> Iterator[str]:
    """The lines of a part of a conversation.

    Args:
        part: the part.
        mark: behind the sign of a request or datagram: `?` for doubt, `+` where it is not the first one.
    """
    if isinstance(part, Outcome):
        yield f"< {_outcome(part)}"
        if part.words:
            yield f"    {SAYS}{_words(part.words)}"
    elif isinstance(part, Dump):
        yield dump_line(part)
        for entry in part.entries:
            yield from told_lines(ENTRY, entry)
    elif part.role in _FIRST:
        message = part.message
        head = (_SIGNS[part.role] + mark, _token(message.type), *map(_token, message.flags))
        yield " ".join(head) + _problems(message.problems)
        yield from item_lines((*message.identity, *message.items), "    ")
    else:
        yield from told_lines(_SIGNS[part.role], part.message)


def dump_line(dump: Dump) -> str:
    """The line that the entries of a dump stand below."""
    words = ["any order", *["filtered"] * dump.filtered, *["interrupted"] * dump.interrupted]
    return f"<* {', '.join(words)}:"


def item_lines(items: Iterable[Item], indent: str) -> Iterator[str]:
    """The lines of named parts, each with its own parts below it."""
    for item in items:
        marks = f" [{', '.join(item.marks)}]" if item.marks else ""
        listed = item.name == "-"
        name = f"-{marks}" if listed else f"{_name(item.name)}{marks}:"
        value = "" if item.value is None else f" {value_text(item.value)}"
        if listed and item.value is None:
            name += ":"
        yield f"{indent}{name}{value}{_problems(item.problems)}"
        yield from item_lines(item.parts, indent + "  ")


def value_text(value: str | Placeholder) -> str:
    """A value, quoted where it could be taken for something else."""
    if isinstance(value, Placeholder):
        name = _quoted(value.name) if set("<>") & set(value.name) else _name(value.name)
        return f"<{value.kind}:{name}>"
    return value if _PLAIN_VALUE.match(value) and value.isprintable() else _quoted(value)


def told_lines(sign: str, message: SaidMessage) -> Iterator[str]:
    """What the kernel says: on one line, or with its parts below where they have parts, marks or problems.

    Args:
        sign: that of an event or an answer, or `ENTRY`.
        message: what it says.
    """
    flat = all(not (item.parts or item.marks or item.problems) and item.value is not None for item in message.items)
    fields = [_field(item) for item in message.identity]
    if flat and message.items:
        more = [_field(item) for item in message.items]
        fields += [f": {more[0]}", *more[1:]]
    yield from _wrapped(f"{sign} {_token(message.type)}{_problems(message.problems)}", fields)
    if not flat:
        yield from item_lines(message.items, " " * (len(sign) - len(sign.lstrip()) + 8 if sign[0] == " " else 4))


def _field(item: Item) -> str:
    """A part without parts, on a line with others."""
    marks = f" [{', '.join(item.marks)}]" if item.marks else ""
    value = "" if item.value is None else f" {value_text(item.value)}"
    return f"{_name(item.name)}{marks}{value}{_problems(item.problems)}"


def _wrapped(line: str, fields: list[str]) -> Iterator[str]:
    """A line of at most `WIDTH` columns, and those that go on with it."""
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    for field in fields:
        if len(line) + 2 + len(field) > WIDTH and line.strip() != "+":
            yield line
            line = f"{indent}+ {field}"
        else:
            line += f"  {field}" if not field.startswith(": ") else f" {field}"
    yield line


def _outcome(outcome: Outcome) -> str:
    words = [outcome.errno or outcome.status]
    words += [f"at {value_text(outcome.at)}"] * bool(outcome.at)
    words += [f"expected {value_text(outcome.expected)}"] * bool(outcome.expected)
    words += [f"missing {value_text(outcome.missing)}"] * bool(outcome.missing)
    words += [f"of {outcome.of}"] * bool(outcome.of)
    return "  ".join(words)


def _problems(problems: Iterable[str]) -> str:
    return "".join(f"  ! {value_text(text)}" for text in problems)


def _name(name: str) -> str:
    return name if _PLAIN_NAME.match(name) and name.isprintable() else _quoted(name)


def _token(text: str) -> str:
    """A type or a flag; quoted where it would read as an outcome."""
    plain = _PLAIN_NAME.match(text) and text.isprintable() and not is_outcome(text)
    return text if plain else _quoted(text)


def _words(text: str) -> str:
    """What the kernel says, which fills a line."""
    return text if text.isprintable() and text.strip() == text and text[:1] != '"' else _quoted(text)


def _quoted(text: str) -> str:
    return json_escape(json.dumps(text, ensure_ascii=False))
