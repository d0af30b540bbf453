"""Work that is done in steps, so that a screen stays alive between them: generators that return what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

Result = TypeVar("Result")


def finish(work: Generator[None, None, Result]) -> Result:
    """Do all steps of a work at once."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Result = end.value
            return result


def some_steps(work: Generator[None, None, Result], seconds: float) -> Result | None:
    """Do steps of a work for about so long; returns what came of it where that is the end of it, else None."""
    stop = time.perf_counter() + seconds
    try:
        while time.perf_counter() < stop:
            next(work)
    except StopIteration as end:
        result: Result = end.value
        return result
    return None
