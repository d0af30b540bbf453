"""What a capture is expected to hold, as a file of rules says it; `nlsniff.regress.expectations` judges by it."""

from __future__ import annotations

import dataclasses
from typing import Literal, get_args

Switch = Literal["no-errors", "no-unanswered", "no-interrupted", "no-problems", "no-uncertain"]
Expecting = Literal["must", "never", "order"]
SWITCHES: tuple[Switch, ...] = get_args(Switch)
EXPECTING: tuple[Expecting, ...] = get_args(Expecting)


@dataclasses.dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that is expected.

    Attributes:
        kind: the name of its key or table.
        filters: display filters: of `must` and `never` one, of `order` what comes first and what comes then.
        least: of `must`, how many messages have to match.
        most: of `must`, how many may match; None for any number.
        within_ns: of `must`, nanoseconds in which each request that matches has its last answer; None for any time.
        reason: why it is expected; "" for a key.
        file: that says it, or "".
        line: in that file, or 0 where it is not known.
        places: `FILE:LINE` of each filter.
    """

    kind: Switch | Expecting
    filters: tuple[str, ...] = ()
    least: int = 0
    most: int | None = None
    within_ns: int | None = None
    reason: str = ""
    file: str = dataclasses.field(default="", compare=False)
    line: int = dataclasses.field(default=0, compare=False)
    places: tuple[str, ...] = dataclasses.field(default=(), compare=False)

    @property
    def place(self) -> str:
        """`FILE:LINE`, or as much of it as is known."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        """What is expected, as its file says it: `no-errors`, `[[must]] type == RTM_NEWROUTE`."""
        return f"[[{self.kind}]] {', then '.join(self.filters)}" if self.filters else self.kind
