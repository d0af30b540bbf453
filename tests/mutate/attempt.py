"""Runs the tests that may notice a mutant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.mutate.explained import explained
from tests.mutate.record import Record, run_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.mutate.draw import Mutant

_FIRST_SECONDS, _FIRST_FILES = 2.0, 6  # what runs first: importing many files of tests costs more than these tests
_WALL = 1800  # seconds for a whole run, on any machine: a mutant that waits for ever takes no CPU time


class Outcome(NamedTuple):
    """What became of a mutant."""

    mutant: Mutant
    noticed: str  # the test that noticed it, and how; empty where none did
    ran: int  # tests, of
    known: int  # tests that touch its module

    def __str__(self) -> str:
        """One line."""
        end = self.noticed or f"{self.ran} of {self.known} tests" + ("; explained" if self.explained else "")
        word = "noticed " if self.noticed else "SURVIVED"
        return f"{word} {self.mutant.room:6} {self.mutant.place} | {self.mutant.text} | {end}"

    @property
    def explained(self) -> bool:
        """Is there a reason why no test notices this?"""
        return (self.mutant.path, self.mutant.function, self.mutant.text) in explained()


def attempt(mutant: Mutant, record: Record, seconds: float) -> Outcome:
    """Run the tests of a mutant until one notices it.

    Args:
        mutant: The mutant.
        record: Which tests touch it, and their times.
        seconds: CPU time of its tests at most, as recorded.
    """
    near, others = record.tests_of(mutant)
    ran = 0
    for tests in _steps(near, others, record.seconds, seconds):
        result = run_job(
            {
                "module": mutant.path.removesuffix(".py").removesuffix("/__init__").replace("/", "."),
                "index": mutant.number,
                "tests": {test: record.seconds[test] for test in _by_file(tests, record.seconds)},
                "files": list(dict.fromkeys(_file(test) for test in tests)),
            },
            _WALL,
        )
        ran += len(tests)
        noticed = _noticed(result)
        if noticed:
            return Outcome(mutant, noticed, ran, len(near) + len(others))
    return Outcome(mutant, "", ran, len(near) + len(others))


def _noticed(result: dict[str, Any]) -> str:
    if "killed" in result:
        return f"{result['killed'] or 'an import'} does not end"
    if result["failed"]:
        return str(result["failed"][0])
    if result["status"] != 0:
        raise RuntimeError(f"pytest ended with {result}")
    return ""


def _steps(near: list[str], others: list[str], took: dict[str, float], seconds: float) -> Iterator[list[str]]:
    """The tests in two steps, quick ones first: some near ones from few files, then all that there is time for."""
    first: list[str] = []
    files: set[str] = set()
    left = min(_FIRST_SECONDS, seconds)
    for test in near:
        if len(files | {_file(test)}) <= _FIRST_FILES and left >= took[test]:
            files.add(_file(test))
            first.append(test)
            left -= took[test]
    done = set(first)
    rest: list[str] = []
    for test in [*near, *others]:
        if test not in done and seconds >= took[test]:
            rest.append(test)
            seconds -= took[test]
    yield from (step for step in (first, rest) if step)


def _by_file(tests: list[str], took: dict[str, float]) -> list[str]:
    """Quick files first, so that fixtures of a file are made once."""
    total: dict[str, float] = {}
    for test in tests:
        total[_file(test)] = total.get(_file(test), 0) + took[test]
    return sorted(tests, key=lambda test: (total[_file(test)], _file(test), took[test]))


def _file(test: str) -> str:
    return test.partition("::")[0]
