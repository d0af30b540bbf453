"""What `nlsniff check` prints and writes of its results."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING, Self

from nlsniff.cli import commands
from nlsniff.errors import NlsniffError
from nlsniff.output.painted import differences
from nlsniff.regress import github as actions
from nlsniff.regress.checks import status
from nlsniff.regress.files import REPORT, write_all
from nlsniff.regress.report import Case, cases, refused, to_json
from nlsniff.terminal import coloured, one_line, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from nlsniff.regress.checks import Judged, Result
    from nlsniff.terminal import Paint

_MEANINGS = {True: "good", False: "error"}


def complain(words: str) -> None:
    """One line for the user, on stderr, behind all that was printed before."""
    sys.stdout.flush()
    commands.complain(words)


def say_what_takes_it(results: Sequence[Result], folder: str | None) -> None:
    """Say by which command what was found becomes a golden, for whoever meant it to change."""
    if folder is not None and any(result.left for result in results):
        complain(f"if that is meant: `nlsniff accept {folder}` makes what was recorded the golden")
    elif any(
        result.checked and result.checked.verdict == "changed" and not result.checked.accepted for result in results
    ):
        complain("if that is meant: the same command with `--update=changed` makes what was recorded the golden")


class Reports:
    """Prints each result when it comes, and writes the reports at the end of a `with` block; also of what ended it.

    Args:
        junit: the JUnit file; None for none.
        folder: for `report.json`, where something is not as expected; None for nowhere.
        github: annotate for GitHub Actions, also where this does not run there.
        as_json: print JSON.
        colour: print in colour.

    Attributes:
        results: all so far.
    """

    def __init__(self, junit: Path | None, folder: Path | None, *, github: bool, as_json: bool, colour: bool) -> None:
        self.results: list[Result] = []
        self._junit = junit
        self._folder = folder
        self._github = github or actions.wanted()
        self._as_json = as_json
        self._paint = coloured if colour else plain
        self._stopped = actions.stopped(secrets.token_hex(16)) if self._github and not as_json else None

    def __enter__(self) -> Self:
        if self._stopped:
            commands.put(self._stopped[0])
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if self._stopped:
            commands.put(self._stopped[1])
        if error is None:
            self._write(cases(self.results))
        elif isinstance(error, NlsniffError):
            try:
                self._write([*cases(self.results), refused(error)])
            except NlsniffError as another:
                complain(str(another))
        sys.stdout.flush()  # what is said from here on comes behind it

    def add(self, result: Result) -> None:
        """Take the next result, and print it."""
        self.results.append(result)
        if self._as_json:
            _print_json(result)
        else:
            _print(result, self._paint)

    def _write(self, told: list[Case]) -> None:
        if self._github:
            stream = sys.stderr if self._as_json else sys.stdout  # the runner reads both
            print("".join(f"{line}\n" for line in actions.annotate(told)), end="", file=stream, flush=True)
            try:
                actions.write_summary(told)
            except NlsniffError as error:  # the check counts
                complain(str(error))
        if self._folder is not None and (status(self.results) or (self._folder / REPORT).exists()):
            self._write_json(self._folder)
        if self._junit is not None:
            from nlsniff.regress.junit import document

            write_all({self._junit: document(told)})

    def _write_json(self, folder: Path) -> None:
        from nlsniff.output.json import json_line

        document = {"exit": status(self.results), "checks": list(map(to_json, self.results))}
        write_all({folder / REPORT: json_line(document)})


def _print(result: Result, paint: Paint) -> None:
    """What came of one capture: differences and notes, a diff, the verdict; and what is expected and not met."""
    for words in dict.fromkeys(str(error) for error in result.errors):
        complain(words)
    if result.pair is not None:
        _print_checked(result, str(result.pair.text), paint)
    for judged in result.judged:
        if judged.error is None:
            _print_judged(result.source, judged, paint)


def _print_checked(result: Result, golden: str, paint: Paint) -> None:
    checked = result.checked
    if checked is None:
        return
    differs = checked.comparison if checked.comparison and not checked.accepted else None
    text = differs.words(golden) if differs else ""
    text += "".join(f"note: {one_line(note)}\n" for note in checked.notes)
    text += f"\n{differs.unified(golden, result.source)}\n" if differs else ""
    _put(differences(text, paint))
    for path in checked.written:
        commands.put(f"{path}: written")
    commands.put(
        f"{golden}: {checked.verdict}, {_count(checked.conversations, 'conversation')}",
        _MEANINGS[checked.exit_code == 0],
        paint,
    )


def _print_judged(source: str, judged: Judged, paint: Paint) -> None:
    for failure in judged.failures:
        ladder = "".join(f"  {line}".rstrip() + "\n" for line in failure.ladder)
        _put(f"{paint('error', str(failure))}\n" + (f"\n{ladder}\n" if ladder else ""))
    for path in judged.left:
        commands.put(f"{path}: written")
    count = len(judged.failures)
    every = _count(len(judged.expected), "expectation")
    commands.put(f"{source}: {f'{count} of {every} not met' if count else f'{every} met'}", _MEANINGS[not count], paint)


def _print_json(result: Result) -> None:
    from nlsniff.output.json import json_line

    sys.stdout.buffer.write(json_line(to_json(result)))
    sys.stdout.flush()


def _put(text: str) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
