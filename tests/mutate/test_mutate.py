"""The harness itself: a mutant of a tiny module is made, noticed or not; every kind of change compiles."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.mutate.changes import changed, changes
from tests.mutate.draw import ROOMS, draw, modules
from tests.mutate.explained import explained, stale
from tests.mutate.record import run_job

if TYPE_CHECKING:
    from pathlib import Path

TINY = '''\
"""Prose."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nowhere import nothing

def bounded(size: int, *, strict: bool = False) -> int:
    """Prose."""
    most = 3
    if size > most:
        return most
    while size and size < 0:
        size += 1
    return size
'''
TESTS = """\
import tiny
def test_bounded():
    assert [tiny.bounded(size) for size in (-2, 2, 3, 4)] == [0, 2, 3, 3]
"""


def the_change(text: str) -> int:
    (index,) = (index for index, found in enumerate(changes(ast.parse(TINY))) if str(found) == text)
    return index


def run(folder: Path, change: str) -> dict[str, object]:
    (folder / "tiny.py").write_text(TINY)
    (folder / "test_tiny.py").write_text(TESTS)
    tests = {"test_tiny.py::test_bounded": 0.01}
    job = {"module": "tiny", "index": the_change(change), "tests": tests, "files": [str(folder / "test_tiny.py")]}
    return run_job(job | {"patience": 1, "root": str(folder)}, 60)


@pytest.mark.parametrize("change", ["size > most -> not size > most", "3 -> 4", "return most -> return None"])
def test_a_mutant_is_noticed_and_nothing_is_written(change: str, tmp_path: Path) -> None:
    result = run(tmp_path, change)
    assert (result["failed"], result["status"]) == (["test_tiny.py::test_bounded"], 1)
    assert (tmp_path / "tiny.py").read_text() == TINY
    assert not list(tmp_path.rglob("tiny*.pyc"))


def test_a_mutant_that_does_the_same_survives(tmp_path: Path) -> None:
    result = run(tmp_path, "size > most -> size >= most")
    assert (result["failed"], result["status"]) == ([], 0)


def test_a_mutant_that_does_not_end_is_ended_and_noticed(tmp_path: Path) -> None:
    assert run(tmp_path, "size += 1 -> size -= 1")["killed"] == "test_tiny.py::test_bounded"


def test_prose_types_and_imports_are_left_alone() -> None:
    assert Counter(str(found) for found in changes(ast.parse(TINY))) == Counter([
        "False -> True", "most = 3 -> pass", "3 -> 4", "3 -> 2", "size > most -> not size > most",
        "size > most -> size >= most", "return most -> return None", "size and size < 0 -> not (size and size < 0)",
        "size and size < 0 -> size or size < 0", "size < 0 -> size <= 0", "0 -> 1", "0 -> -1", "size += 1 -> size -= 1",
        "size += 1 -> pass", "1 -> 2", "1 -> 0", "return size -> return None",
    ])  # fmt: skip


def test_the_text_of_a_program_is_changed_word_by_word() -> None:
    source = 'A = """\nfor x in y:\n    if x < 4 and x:\n        break\n"""'
    assert {str(found) for found in changes(ast.parse(source)) if found.kind == "program"} == {
        "if x < 4 and x: -> if x <= 4 and x:",
        "if x < 4 and x: -> if x < 5 and x:",
        "if x < 4 and x: -> if x < 4 or x:",
        "break -> pass",
    }


def test_every_kind_of_change_compiles() -> None:
    tried: set[tuple[str, str]] = set()
    for room in ROOMS:
        for path in modules(room):
            source = path.read_text()
            for index, found in enumerate(changes(ast.parse(source))):
                if (room, found.kind) not in tried:
                    tried.add((room, found.kind))
                    compile(changed(source, index), str(path), "exec", dont_inherit=True)
    assert len({kind for _, kind in tried}) == 9


def test_a_drawing_is_even_over_rooms_and_the_same_for_a_seed() -> None:
    drawn = draw(["follow", "output"], 7, 20)
    assert Counter(mutant.room for mutant in drawn) == {"follow": 10, "output": 10}
    assert len(set(drawn)) == 20
    assert drawn == draw(["follow", "output"], 7, 20)
    assert drawn != draw(["follow", "output"], 8, 20)


def test_what_is_explained_is_read() -> None:
    entries = explained("""
        a table that may be larger:
          - {place: nlsniff/file/order.py <module>, change: 250 -> 251, seed: 1}
          - {place: nlsniff/file/order.py ByteOrders.vote, change: no such -> code, seed: 1}
    """)
    assert entries == {
        ("nlsniff/file/order.py", "<module>", "250 -> 251"),
        ("nlsniff/file/order.py", "ByteOrders.vote", "no such -> code"),
    }
    assert stale(entries) == {("nlsniff/file/order.py", "ByteOrders.vote", "no such -> code")}
    assert explained() is not None
