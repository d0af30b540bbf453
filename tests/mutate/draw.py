"""Draws changes by a seed: evenly over rooms, and in a room evenly over functions."""

from __future__ import annotations

import ast
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.mutate.changes import changes

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "decode": ["nlsniff/decode"],
    "follow": ["nlsniff/follow"],
    "filter": ["nlsniff/filter"],
    "file": ["nlsniff/file"],
    "output": ["nlsniff/output", "nlsniff/printer"],
}


class Mutant(NamedTuple):
    """One change of one file."""

    room: str
    path: str  # below the checkout
    number: int  # among the changes of the file
    function: str
    kind: str
    first: int  # line
    last: int
    text: str

    @property
    def place(self) -> str:
        """Where it is: `nlsniff/file/pcap.py:12 parse`."""
        return f"{self.path}:{self.first} {self.function}"


def modules(room: str, root: Path = ROOT) -> list[Path]:
    """The files of a room."""
    return sorted(path for folder in ROOMS[room] for path in (root / folder).rglob("*.py"))


def mutants_of(room: str, path: Path, root: Path = ROOT) -> list[Mutant]:
    """All mutants of a file."""
    return [
        Mutant(room, str(path.relative_to(root)), index, found.function, found.kind, found.lines[0], found.lines[-1],
               str(found))
        for index, found in enumerate(changes(ast.parse(path.read_text())))
    ]  # fmt: skip


def draw(rooms: list[str], seed: int, count: int) -> list[Mutant]:
    """As many mutants, from each room the same number; none comes twice."""
    random = Random(seed)  # noqa: S311  no secret
    left: dict[str, list[list[Mutant]]] = {}
    for room in rooms:
        functions: dict[tuple[str, str], list[Mutant]] = {}
        for path in modules(room):
            for mutant in mutants_of(room, path):
                functions.setdefault((mutant.path, mutant.function), []).append(mutant)
        left[room] = list(functions.values())
    drawn: list[Mutant] = []
    while len(drawn) < count and any(left.values()):
        for room in rooms[: count - len(drawn)]:
            if left[room]:
                function = random.choice(left[room])
                drawn.append(function.pop(random.randrange(len(function))))
                left[room] = [kept for kept in left[room] if kept]
    return drawn
