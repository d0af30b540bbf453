"""What happened in one process of a test run, as a worker of pytest-xdist hands it to the controller."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nlsniff.regress.report import Case, Sentence


@dataclass(slots=True)
class Facts:
    """What happened. Paths are whole.

    Attributes:
        written: goldens that were written, in the order of their tests.
        used: goldens that were looked at.
        notes: what is worth knowing though no test failed of it.
        cases: what is not as expected, for the reports at the end.
        collected: of each test that was collected the golden that it would have, without its ending.
        passed: those of the tests that passed.
        partial: why not every test was run, or "".
    """

    written: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    collected: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    partial: str = ""

    def plain(self) -> dict[str, Any]:
        """The same as what pytest-xdist can send."""
        return asdict(self) | {"cases": list(map(_plain, self.cases))}

    def add(self, plain: dict[str, Any]) -> None:
        """Take in what a worker sent. All workers collect the same tests."""
        self.written += plain["written"]
        self.used += plain["used"]
        self.notes += plain["notes"]
        self.cases += map(_case, plain["cases"])
        self.collected = self.collected or plain["collected"]
        self.passed += plain["passed"]
        self.partial = self.partial or plain["partial"]


def _plain(case: Case) -> dict[str, Any]:
    plain = asdict(case) | {"files": list(map(str, case.files)), "detail": list(case.detail)}
    return plain | {kind: [dict(item) for item in plain[kind]] for kind in ("findings", "notes")}


def _case(plain: dict[str, Any]) -> Case:
    sentences = {kind: tuple(Sentence(**item) for item in plain[kind]) for kind in ("findings", "notes")}
    return Case(**plain | sentences | {"files": tuple(map(Path, plain["files"])), "detail": tuple(plain["detail"])})
