"""Changes recordings in every way that `mutants` knows, and asks whether a comparison sees it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.regress.build import Builder
from nlsniff.regress.comparison import compare
from tests.regress.mutants import mutants

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from random import Random

    from nlsniff.regress.comparison import Comparison
    from nlsniff.regress.model import Level
    from tests.regress.changes import Recording
    from tests.regress.mutants import Mutant


class Verdict(NamedTuple):
    """What became of a change.

    Attributes:
        mutant: the change.
        found: the comparison sees it.
        excuse: why nobody need see it, or "".
        named: a difference is about the message that was changed, or about what it belongs to.
    """

    mutant: Mutant
    found: bool
    excuse: str
    named: bool

    @property
    def missed(self) -> bool:
        """Whether it should have been found."""
        return not self.found and not self.excuse

    @property
    def word(self) -> str:
        """For a table."""
        return (
            "MISSED"
            if self.missed
            else "unnamed"
            if self.found and not self.named
            else "found"
            if self.found
            else self.excuse
        )


def judge(
    recording: Recording,
    level: Level = "full",
    kinds: Collection[str] = (),
    chosen: Random | None = None,
    share: float = 1,
) -> Iterator[Verdict]:
    """Change a recording in one way after the other.

    Args:
        recording: small, for each change reads it again.
        level: of the transcripts.
        kinds: of changes, all by default.
        chosen: draws those that are tried.
        share: of all, how many are tried.
    """
    usual = Builder(recording.capture, level).build()
    for mutant in mutants(recording):
        if (kinds and mutant.kind not in kinds) or (chosen is not None and chosen.random() >= share):
            continue
        found = compare(usual, Builder(mutant.make(), level).build())
        yield Verdict(mutant, bool(found), mutant.allowed or mutant.excuse(level), _names(found, mutant))


def _names(found: Comparison, mutant: Mutant) -> bool:
    """Whether a sentence will say which message it is, or which value it alone was the first to say."""
    return any(
        not mutant.types.isdisjoint({item.type, *item.asked.split(" ")})
        or (mutant.kind == "drop" and item.how == "origin")
        for item in found.differences
    )


def count(verdicts: list[Verdict]) -> Counter[tuple[str, str]]:
    """How many of each kind came out how."""
    return Counter((verdict.mutant.kind, verdict.word) for verdict in verdicts)
