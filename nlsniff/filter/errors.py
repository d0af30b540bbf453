"""The error of a filter that cannot be used."""

from __future__ import annotations

from nlsniff.errors import NlsniffError
from nlsniff.terminal import one_line


class FilterError(NlsniffError):
    """A filter that cannot be used; as text `filter: column 7: no field "route.dts": did you mean route.dst?`.

    Attributes:
        filter: the filter's text.
        column: where it goes wrong, in characters from 1; one past the end where the text is incomplete.
        reason: what is wrong there, and what would be right.
        expected: what could stand there, for people; empty where that is not known.
    """

    def __init__(self, filter_: str, column: int, reason: str, expected: tuple[str, ...] = ()) -> None:
        super().__init__(f"filter: column {column}: {reason}")
        self.filter = filter_
        self.column = column
        self.reason = one_line(reason)
        self.expected = expected

    @property
    def caret(self) -> str:
        """Two lines: the filter, and a `^` under the column. Characters that cannot be printed are spaces."""
        line = "".join(char if char.isprintable() else " " for char in self.filter)
        return f"{line}\n{' ' * (self.column - 1)}^"
