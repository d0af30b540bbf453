"""A transcript as text; the grammar stands in docs/transcript.md."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from nlsniff.regress.model import VERSION, Dump, Outcome, Placeholder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlsniff.regress.model import Block, Item, Message, Part, Transcript

WIDTH = 100
NEWS = "news"
SAYS = "# the kernel says: "
# What stands without quotes. Two blanks, ` : ` and ` ! ` separate things; `<` begins a placeholder, `[` marks.
_PLAIN_NAME = re.compile(r"(?!\+)[^\s\"<>!:\[#\\][^\s\":\\]*\Z")
_PLAIN_VALUE = re.compile(r"(?![\"<+#!]|:(?:\s|\Z))(?=\S)(?:[^\s\"\\]|(?<=[^ !:]) (?=[^ !:+])|(?<=[^ ])\\)*(?<=\S)\Z")
_SIGNS = {"request": ">", "event": "*", "answer": "<", "datagram": "|"}


def text_of(transcript: Transcript) -> str:
    """The text of a transcript, with a line feed at its end."""
    return "\n".join(_lines(transcript)) + "\n"


def _lines(transcript: Transcript) -> Iterator[str]:
    yield f"nlsniff transcript {VERSION}"
    yield f"answers {transcript.level}"
    for comment in transcript.comments:
        yield f"# {comment}".rstrip()
    for lane in transcript.lanes:
        yield ""
        yield f"== {lane_name(lane.name)}".rstrip()
        for block in lane.blocks:
            yield from block_lines(block)
    if transcript.news:
        yield ""
        yield f"== {NEWS}"
        for message in transcript.news:
            yield from _told("*", message)


def lane_name(name: str) -> str:
    """The name of a lane, quoted where it would read as that of the news."""
    return json.dumps(name) if name == NEWS else _name(name) if name else ""


def block_lines(block: Block) -> Iterator[str]:
    """The lines of a conversation."""
    doubt = "" if block.certain else "?"
    for part in block.parts:
        yield from part_lines(part, doubt)
        doubt = ""


def part_lines(part: Part, doubt: str = "") -> Iterator[str]:
    """The lines of a part of a conversation; `doubt` stands behind its sign."""
    if isinstance(part, Outcome):
        yield f"<{doubt} {_outcome(part)}"
        if part.words:
            yield f"    {SAYS}{part.words}"
    elif isinstance(part, Dump):
        words = ["any order", *["filtered"] * part.filtered, *["interrupted"] * part.interrupted]
        yield f"<{doubt}* {', '.join(words)}:"
        for entry in part.entries:
            yield from _told("   ", entry)
    elif part.role == "request":
        message = part.message
        yield " ".join((f">{doubt}", message.type, *message.flags)) + _problems(message.problems)
        yield from item_lines(message.items, "    ")
    else:
        yield from _told(_SIGNS[part.role] + doubt, part.message)


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
        return f"<{value.kind}:{_name(value.name)}>"
    return value if _PLAIN_VALUE.match(value) else json.dumps(value, ensure_ascii=False)


def _told(sign: str, message: Message) -> Iterator[str]:
    """What the kernel says: on one line, or with its parts below where they have parts, marks or problems."""
    flat = all(not (item.parts or item.marks or item.problems) and item.value is not None for item in message.items)
    fields = [f"{_name(item.name)} {value_text(item.value)}" for item in message.identity if item.value is not None]
    more = [f"{_name(item.name)} {value_text(item.value)}" for item in message.items if item.value is not None]
    if flat and more:
        more[0] = f": {more[0]}"
        fields += more
    yield from _wrapped(f"{sign} {message.type}{_problems(message.problems)}", fields)
    if not flat:
        yield from item_lines(message.items, " " * (len(sign) - len(sign.lstrip()) + 8 if sign[0] == " " else 4))


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
    return name if _PLAIN_NAME.match(name) else json.dumps(name, ensure_ascii=False)
