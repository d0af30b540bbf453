"""Changes of recordings are found: a sample, of which `python -m tests.regress` tries all."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.regress.campaign import judge
from tests.regress.changes import Recording
from tests.regress.mutants import mutants

if TYPE_CHECKING:
    from nlsniff.regress.model import Level

# Of each level as many changes as seconds allow, 500 in all.
SAMPLES: dict[Level, int] = {"full": 50, "objects": 25, "outcome": 25}
NAMES = ("rejected", "basics", "events", "wireguard", "l2tp")


@cache
def recording(name: str) -> Recording:
    """A shipped capture, read once."""
    return Recording(ROOT / "captures" / f"{name}.pcapng")


@pytest.mark.parametrize("level", SAMPLES)
@pytest.mark.parametrize("name", NAMES)
def test_a_sample_of_changes_is_found(name: str, level: Level) -> None:
    chosen = random.Random(f"{name} {level}")  # noqa: S311  no secret
    share = 1.2 * SAMPLES[level] / sum(1 for _ in mutants(recording(name)))
    verdicts = list(judge(recording(name), level, chosen=chosen, share=share))
    assert len(verdicts) > SAMPLES[level] // 2
    assert sum(verdict.found for verdict in verdicts) > len(verdicts) // 2
    assert [verdict.mutant for verdict in verdicts if verdict.missed] == []


def test_what_need_not_be_found_is_not_found() -> None:
    # Else the comparison is stricter than it says.
    found = {
        verdict.excuse
        for verdict in judge(recording("basics"), "objects", ("drop", "double"))
        if verdict.found and "copy" in verdict.excuse
    }
    assert found == set()
