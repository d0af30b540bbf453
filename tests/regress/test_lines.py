"""Each line of a transcript counts: one that is changed or gone is told, by its number."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from nlsniff.regress.comparison import LevelError, compare
from nlsniff.regress.parse import TranscriptError, parse
from nlsniff.regress.write import text_of
from tests.conftest import CAPTURES
from tests.regress.made import transcript_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.regress.model import Transcript

GOLDENS = sorted(Path(__file__).with_name("golden").glob("*.nlt"))
EACH = 12  # lines of each recording


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_every_line_of_a_golden(path: Path) -> None:
    lines = path.read_text().splitlines()
    usual = parse("\n".join(lines))
    places = [at for at in _places(lines) if not _is_all_that_is_called_so(lines, at)]
    assert len(places) > 50
    assert [lines[at] for at in places if not _is_told(lines, at, _other_end(lines[at]), usual)] == []


@pytest.mark.parametrize("path", CAPTURES[1::4], ids=lambda path: path.name)
def test_some_lines_of_a_recording(path: Path) -> None:
    random = Random(path.name)  # noqa: S311
    lines = text_of(transcript_of(path)).split("\n")
    usual = parse("\n".join(lines))
    places = _places(lines)
    unseen: list[str] = []
    for at in random.sample(places, min(EACH, len(places))):
        other = _other_value(lines[at], random)
        if not _is_told(lines, at, other, usual):
            unseen.append(f"{at + 1}: {lines[at]} -> {other}")
        try:
            without = parse("\n".join([*lines[:at], *lines[at + 1 :]]))
        except TranscriptError:
            continue
        if without != usual and not compare(without, usual).differences:
            unseen.append(f"{at + 1}: {lines[at]} is gone")
    assert unseen == []


def _places(lines: Sequence[str]) -> list[int]:
    """The lines that are compared: comments are for people, and a lane that has no name may be any.

    Under another heading than `news` the events are told, each by its own line.
    """
    headings = {"", "==", "== news"}
    return [at for at, line in enumerate(lines) if line not in headings and not line.lstrip().startswith("#")]


def _is_all_that_is_called_so(lines: Sequence[str], at: int) -> bool:
    """Whether a line ends with a placeholder that is nowhere else, so that any other name is as good."""
    name = re.search(r"<[a-z0-9-]+:[^>]+>\Z", lines[at])
    return name is not None and "\n".join(lines).count(name[0]) == 1


def _is_told(lines: Sequence[str], at: int, other: str, usual: Transcript) -> bool:
    """Whether a changed line is told with its number, or that of the line that it goes on from."""
    first = at
    while lines[first].lstrip().startswith("+ "):
        first -= 1
    try:
        found = compare(parse("\n".join([*lines[:at], other, *lines[at + 1 :]])), usual)
    except TranscriptError as error:
        return f":{at + 1}:" in str(error) or f"line {at + 1}:" in str(error)
    except LevelError:
        return lines[at].startswith("answers ")
    return other == lines[at] or any(item.line in range(first + 1, at + 2) for item in found.differences)


def _other_end(line: str) -> str:
    """The line with another last word: a digit more, inside of quotes and placeholders; another error."""
    if re.fullmatch(r"< (ok|E[A-Z0-9]+)", line):
        return "< EBUSY"
    match = re.search(r"[\">:]*\Z", line)
    assert match is not None
    return f"{line[: match.start()]}7{match[0]}"


def _other_value(line: str, random: Random) -> str:
    """The line with another value in it; as it is where it has none."""
    words = line.split("  ")
    if line.startswith("<*"):
        return line.replace("any order", "any order, interrupted")
    if re.match(r"[>*<|]", line) and len(words) > 1:
        at = random.randrange(1, len(words))
        name, _, value = words[at].removeprefix(": ").partition(" ")
        kept = ": " if words[at].startswith(": ") else ""
        words[at] = f"{kept}{name} 7777" if value else words[at]
        return "  ".join(words)
    if line.startswith(">"):
        return f"{line} 0x7000"
    if line.startswith(("<", "|", "*")):
        return f"{line[0]} EBADE" if line != "< EBADE" else "< ok"
    if line.startswith(("=", "nlsniff", "answers")):
        return _other_end(line)
    head, colon, value = line.partition(": ")
    return f"{head}: 7777" if colon and value else line
