"""How a request ended, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.regress.model import Dump, Outcome, SaidStep

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.regress.model import Block, Part


def outcome_words(outcome: Outcome) -> str:
    """`ok`, `unanswered`, `EINVAL at linkinfo.data.port-range`."""
    words = outcome.errno or outcome.status
    words += f" at {outcome.at}" * bool(outcome.at)
    words += f", expected {outcome.expected}" * bool(outcome.expected)
    words += f", missing {outcome.missing}" * bool(outcome.missing)
    return words + f", request {outcome.of} of the batch" * bool(outcome.of)


def verdict(block: Block) -> str:
    """How a conversation ended."""
    found = [outcome_words(part) for part in block.parts if isinstance(part, Outcome)]
    return ", ".join(found) or answer_words(block.parts) or "no answer"


def answer_words(parts: Iterable[Part]) -> str:
    """What came back besides a verdict: `a dump of 3`, `an answer`; "" for nothing."""
    answers = 0
    for part in parts:
        if isinstance(part, Dump):
            return f"a dump of {len(part.entries)}" if part.entries else "a dump"
        answers += isinstance(part, SaidStep) and part.role == "answer"
    return f"{answers} answers" if answers > 1 else "an answer" if answers else ""
