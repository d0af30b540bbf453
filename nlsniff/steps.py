"""Work that is done in steps, so that a screen stays alive between them: generators that return what came of it."""

from __future__ import annotations

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
