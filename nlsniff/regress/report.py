"""What came of a check, for all reports of it: JUnit, GitHub, JSON. None of it holds a secret of the capture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nlsniff.regress.expected import SWITCHES
from nlsniff.regress.words import placed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from nlsniff.regress.checks import Judged, Result
    from nlsniff.regress.expectations import Failure
    from nlsniff.regress.expected import Expectation

Verdict = Literal["good", "failed", "not judged"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and where it belongs: file and line of a golden or of rules, "" and 0 where that is nowhere."""

    words: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return f"{place}{self.words}"


@dataclass(frozen=True, slots=True)
class Case:
    """One golden or one expectation, and what came of it with one capture.

    Attributes:
        name: the golden, or what is expected.
        source: the capture, as it was named.
        verdict: in one of three words.
        state: in a word of its own: `same`, `changed`, `read otherwise`, `new`, `met`, `not met`, `not judged`.
        file: the golden, or the rules that expect it; "" for none.
        findings: what differs or is not met, or why it cannot be judged.
        notes: what is worth knowing.
        detail: lines that show it: a unified diff, or a ladder.
        files: what was left to look at.
        seconds: how long it took.
    """

    name: str
    source: str
    verdict: Verdict
    state: str
    file: str = ""
    findings: tuple[Sentence, ...] = ()
    notes: tuple[Sentence, ...] = ()
    detail: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    seconds: float = 0.0


def cases(results: Iterable[Result]) -> list[Case]:
    """The cases of some results, in their order: of each capture its golden and then what is expected of it."""
    return [case for result in results for case in (*_golden(result), *_expected(result))]


def refused(error: Exception, file: str = "") -> Case:
    """The case of a check that could not begin."""
    return Case("nlsniff check", "", "not judged", "not judged", file, (Sentence(str(error)),))


def _golden(result: Result) -> Iterator[Case]:
    if result.pair is None:
        return
    name, checked = str(result.pair.text), result.checked
    if checked is None:
        found = (Sentence(str(result.error)),)
        yield Case(
            name, result.source, "not judged", "not judged", name, found, files=result.left, seconds=result.seconds
        )
        return
    differs = checked.comparison if checked.comparison and not checked.accepted else None
    sentences = placed(differs.differences) if differs is not None else []
    yield Case(
        name,
        result.source,
        "failed" if checked.exit_code else "good",
        checked.verdict,
        name,
        tuple(Sentence(words, name, line) for line, words in sentences),
        tuple(Sentence(note) for note in checked.notes),
        tuple(differs.unified(name, result.source).splitlines()) if differs is not None else (),
        result.left,
        result.seconds,
    )


def _expected(result: Result) -> Iterator[Case]:
    for judged in result.judged:
        each = judged.seconds / max(len(judged.expected), 1)
        failed = {failure.expectation: failure for failure in judged.failures}
        for item in judged.expected:
            yield expectation_case(item, result.source, failed.get(item), judged.error, judged.left, each)


def expectation_case(
    item: Expectation, source: str, failure: Failure | None, error: Exception | None = None,
    files: tuple[Path, ...] = (), seconds: float = 0.0,
) -> Case:  # fmt: skip
    """The case of one expectation.

    Args:
        item: what is expected.
        source: the capture, as it was named.
        failure: in which way it is not met; None where it is.
        error: why it cannot be judged.
        files: what was left to look at.
        seconds: how long it took.
    """
    name = str(item) if item.kind in SWITCHES else f"{item}: {item.reason}"
    if error is not None:
        found = (Sentence(str(error)),)
        return Case(name, source, "not judged", "not judged", item.file, found, files=files, seconds=seconds)
    if failure is None:
        return Case(name, source, "good", "met", item.file, seconds=seconds)
    found = (Sentence(failure.words, item.file, item.line),)
    return Case(name, source, "failed", "not met", item.file, found, (), failure.ladder, files, seconds)


# -- JSON ------------------------------------------------------------------------------------------------------------


def to_json(result: Result) -> dict[str, Any]:
    """What came of one capture, as an object of docs/json.md."""
    checked = result.checked
    verdict = None if result.pair is None else checked.verdict if checked is not None else "not judged"
    errors = dict.fromkeys(str(error) for error in result.errors)
    differs = checked.comparison if checked is not None else None
    return {
        "new": result.source,
        "golden": str(result.pair.text) if result.pair is not None else None,
        "verdict": verdict,
        "exit": result.exit_code,
        "error": "; ".join(errors) or None,
        "conversations": checked.conversations if checked is not None else None,
        "differences": [item.to_json() for item in differs.differences] if differs else [],
        "expectations": [item for judged in result.judged for item in _judged(judged)],
        "notes": checked.notes if checked is not None else [],
        "written": [str(path) for path in (*result.written, *(path for item in result.judged for path in item.left))],
    }


def _judged(judged: Judged) -> Iterator[dict[str, Any]]:
    failed = {failure.expectation: failure for failure in judged.failures}
    for item in judged.expected:
        failure = failed.get(item)
        yield {
            "expected": str(item),
            "file": item.file or None,
            "line": item.line or None,
            "reason": item.reason or None,
            "met": None if judged.error is not None else failure is None,
            "words": failure.words if failure is not None else None,
            "message": failure.message or None if failure is not None else None,
            "ladder": list(failure.ladder) if failure is not None else [],
        }
