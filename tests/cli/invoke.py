"""Runs a command inside the test's own process."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.cli.commands import Command, CommandGroup


class Result(NamedTuple):
    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """All that was said."""
        return self.stdout + self.stderr


def invoke(command: Command | CommandGroup, arguments: Sequence[str]) -> Result:
    """Run a command with its arguments; what it raises is the caller's."""
    raw = io.BytesIO()
    out, err = io.TextIOWrapper(raw, encoding="utf-8", write_through=True), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = command(arguments)
    return Result(status, raw.getvalue().decode(), err.getvalue())
