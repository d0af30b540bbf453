"""Every line of a transcript counts: one that is changed is told by its number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nlsniff.regress.comparison import LevelError, compare
from nlsniff.regress.parse import TranscriptError, parse

GOLDENS = sorted(Path(__file__).with_name("golden").glob("*.nlt"))


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_a_changed_line_is_told(path: Path) -> None:
    lines = path.read_text().splitlines()
    usual = parse("\n".join(lines))
    told = 0
    for number, line in enumerate(lines, start=1):
        if not line or line.lstrip().startswith("#") or line.startswith("=="):
            continue  # comments are for people, and a lane's name counts only where both sides know it
        if (name := re.search(r"<[a-z0-9-]+:[^>]+>\Z", line)) and "\n".join(lines).count(name[0]) == 1:
            continue  # what is called so is nowhere else
        changed = "\n".join([*lines[: number - 1], _other(line), *lines[number:]])
        try:
            found = compare(parse(changed), usual)
        except TranscriptError as error:
            assert f":{number}:" in str(error) or f"line {number}:" in str(error), str(error)  # noqa: PT017
        except LevelError:
            assert line.startswith("answers ")
        else:
            assert any(item.line in _statement(lines, number) for item in found.differences), (
                number, line, [(item.line, item.path) for item in found.differences[:3]],
            )  # fmt: skip
        told += 1
    assert told > 50


def _other(line: str) -> str:
    """The line with another last word: a digit more, inside of quotes and placeholders; another error."""
    if re.fullmatch(r"< (ok|E[A-Z0-9]+)", line):
        return "< EBUSY"
    match = re.search(r"[\">:]*\Z", line)
    assert match is not None
    return f"{line[: match.start()]}7{match[0]}"


def _statement(lines: list[str], number: int) -> range:
    """A line and what it goes on from."""
    first = number
    while lines[first - 1].lstrip().startswith("+ "):
        first -= 1
    return range(first, number + 1)
