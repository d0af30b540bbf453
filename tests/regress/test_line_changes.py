"""Each line of a golden counts: one that is changed is told, with its number."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

import pytest

from nlsniff.regress.comparison import compare
from nlsniff.regress.parse import TranscriptError, parse
from nlsniff.regress.write import text_of
from tests.conftest import CAPTURES
from tests.regress.made import transcript_of

if TYPE_CHECKING:
    from pathlib import Path

EACH = 12  # lines of each recording


def changed(line: str, random: Random) -> str:
    """The line with another value in it; as it is where it has none."""
    words = line.split("  ")
    if line.startswith("=="):
        return f"{line}x" if line != "==" else line
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
    head, colon, value = line.partition(": ")
    return f"{head}: 7777" if colon and value else line


@pytest.mark.parametrize("path", CAPTURES[1::4], ids=lambda path: path.name)
def test_a_line_that_is_changed_or_gone_is_told(path: Path) -> None:
    random = Random(path.name)  # noqa: S311
    text = text_of(transcript_of(path))
    now = parse(text)
    lines = text.split("\n")
    places = [at for at, line in enumerate(lines) if at > 1 and line and not line.lstrip().startswith("#")]
    unseen: list[str] = []
    for at in random.sample(places, min(EACH, len(places))):
        other = changed(lines[at], random)
        if other == lines[at]:
            continue
        found = compare(parse("\n".join([*lines[:at], other, *lines[at + 1 :]])), now)
        if at + 1 not in {item.line for item in found.differences}:
            unseen.append(f"{at + 1}: {lines[at]} -> {other}: {found.words()[:300]}")
        try:
            without = parse("\n".join([*lines[:at], *lines[at + 1 :]]))
        except TranscriptError:
            continue
        if without != now and not compare(without, now).differences:
            unseen.append(f"{at + 1}: {lines[at]} is gone")
    assert unseen == []
