"""The fenced blocks of the documents, and what is in them."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.conftest import ROOT

PAGES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("README.md", "CONTRIBUTING.md", "docs/*.md", "dissectors/*.md", "docs/*/*.md")
    for path in ROOT.glob(pattern)
)


class Block(NamedTuple):
    """What stands between two fences.

    Attributes:
        page: its file, from the top of the checkout.
        line: where the block begins.
        kind: what stands behind the first fence: `console`, `sh`, `sh live`, `yaml`, ...
        text: its lines.
    """

    page: str
    line: int
    kind: str
    text: str


def blocks(page: str) -> list[Block]:
    """All blocks of a page, in order."""
    found: list[Block] = []
    begun: tuple[int, str] | None = None
    lines: list[str] = []
    for number, line in enumerate((ROOT / page).read_text().splitlines(), 1):
        fence = re.fullmatch(r"```(.*)", line)
        if fence is None:
            lines.append(line)
        elif begun is None:
            begun, lines = (number, fence[1]), []
        else:
            found.append(Block(page, *begun, "".join(f"{each}\n" for each in lines)))
            begun, lines = None, []
    assert begun is None, f"{page}:{begun}: has no end"
    return found


def indented(page: str) -> list[str]:
    """Commands in a block that is indented, which Markdown takes for code as well; no test would see them."""
    outside = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^ {4}[$ ]*(?:sudo )?nlsniff .*", outside, re.MULTILINE)


def sessions(text: str) -> list[tuple[str, list[str]]]:
    """The commands of a block `console`, which stand behind `$ ` and may go on behind `> `; and what each prints."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.startswith("> ") and found and not found[-1][1] and found[-1][0].endswith("\\"):
            found[-1] = (f"{found[-1][0]}\n{line[2:]}", [])
        else:
            found[-1][1].append(line)
    return found


def differs(shown: list[str], printed: list[str]) -> str:
    """What is shown but was not printed, or "".

    A line `...`, also an indented one, stands for any lines, and ` ...` at the end of one for the rest of it.
    """
    rest = printed
    loose = False
    for line in shown:
        if line.strip() == "...":
            loose = True
            continue
        start, cut = (line[:-4], True) if line.endswith(" ...") else (line, False)
        places = range(len(rest)) if loose else range(min(1, len(rest)))
        at = next((place for place in places if (rest[place].startswith(start) if cut else rest[place] == line)), None)
        if at is None:
            return f"shown: {line}\nprinted: {rest[0] if rest and not loose else 'no such line'}"
        rest, loose = rest[at + 1 :], False
    return "" if loose or not rest else f"printed, and not shown: {rest[0]}"
