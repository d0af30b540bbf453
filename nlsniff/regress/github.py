"""Checks for GitHub Actions: annotations at the lines of goldens and rules, and a summary of the step."""

from __future__ import annotations

import contextlib
import html
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nlsniff.errors import NlsniffError
from nlsniff.terminal import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nlsniff.regress.report import Case, Sentence

_SHOWN = 10  # annotations of a kind that GitHub shows for a step
_MESSAGE, _TITLE = 2000, 120  # characters
_STEP_BYTES = 1 << 20  # of a summary; GitHub shows nothing of a larger one
_KEPT_FREE = 4096  # of these
_FOUND = 3  # sentences of a case in the table
_DETAIL_LINES = 400  # of a case

_MARKUP = re.compile(r"[^A-Za-z0-9 /-]")


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this runs in GitHub Actions."""
    return environment.get("GITHUB_ACTIONS") == "true"


# -- annotations -----------------------------------------------------------------------------------------------------


def annotate(cases: Sequence[Case], environment: Mapping[str, str] = os.environ) -> list[str]:
    """Commands for the runner, a line each: errors for what differs, is not met or cannot be judged, and notices.

    GitHub shows ten of each kind for a step, so that there are at most nine, and a tenth that counts the rest. What
    cannot be judged comes first.

    Args:
        cases: what was checked.
        environment: whose GITHUB_WORKSPACE files are named from.
    """
    ordered = sorted(cases, key=lambda case: case.verdict != "not judged")
    failed = [(case, found) for case in ordered if case.verdict != "good" for found in case.findings]
    noted = [(case, note) for case in cases for note in case.notes]
    return [*_of_kind("error", failed, environment), *_of_kind("notice", noted, environment)]


def _of_kind(
    kind: Literal["error", "notice"], found: list[tuple[Case, Sentence]], environment: Mapping[str, str]
) -> Iterator[str]:
    many = len(found) > _SHOWN
    for case, finding in found[: _SHOWN - 1] if many else found:
        file = finding.file or case.file
        where = [f"file={_property(_in_workspace(file, environment))}"] if file else []
        where += [f"line={finding.line}"] if finding.line else []
        title = f"title={_property(clip(one_line(_title(case)), _TITLE))}"
        yield f"::{kind} {','.join([*where, title])}::{_data(clip(one_line(finding.words), _MESSAGE))}"
    if many:
        rest = len(found) - _SHOWN + 1
        what = "differences" if kind == "error" else "notes"
        yield f"::{kind} title=nlsniff::{rest} more {what} are in the log of this step"


def _title(case: Case) -> str:
    """`link.nlt: changed`; of an expectation, which is one for all captures, `rules.toml: not met in link.pcapng`."""
    of = f" in {Path(case.source).name}" if case.source and case.file != case.name else ""
    return f"{Path(case.file).name or case.name}: {case.state}{of}"


def stopped(token: str) -> tuple[str, str]:
    """Lines between which the runner takes nothing for a command, whatever a capture holds.

    Args:
        token: that nobody can guess.
    """
    return f"::stop-commands::{token}", f"::{token}::"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _in_workspace(file: str, environment: Mapping[str, str]) -> str:
    """A file as GitHub knows it, from the root of the repository; else as it was named."""
    root = environment.get("GITHUB_WORKSPACE", "")
    with contextlib.suppress(ValueError):  # no file can have that name
        for follow in (os.path.abspath, os.path.realpath) if root else ():
            whole, base = Path(follow(file)), Path(follow(root))
            if whole.is_relative_to(base):
                return one_line(str(whole.relative_to(base)))
    return one_line(file)


# -- the summary -----------------------------------------------------------------------------------------------------


def summary(cases: Sequence[Case], room: int = _STEP_BYTES - _KEPT_FREE) -> str:
    """A table of all cases that are not good, and behind it what differs; Markdown, of at most so many bytes.

    Text of captures and names of files are code in it, and nothing in them is markup.

    Args:
        cases: what was checked.
        room: bytes of UTF-8 that it may have.
    """
    bad = [case for case in cases if case.verdict != "good"]
    good = len(cases) - len(bad)
    head = f"### nlsniff check\n\n{good} of {len(cases)} as expected\n"
    if not bad:
        return head
    parts = [head, "\n| | capture | checked with | what is not as expected |\n| --- | --- | --- | --- |\n"]
    end = "\n... the rest is in the log of this step\n"
    left = room - _size("".join(parts)) - _size(end)
    for part in (*map(_row, bad), "\n", *map(_detail, bad)):
        left -= _size(part)
        if left < 0:
            return f"{''.join(parts)}{end}"
        parts.append(part)
    return "".join(parts)


def write_summary(cases: Sequence[Case], environment: Mapping[str, str] = os.environ) -> None:
    """Append the summary to what the step has by now, where the runner wants it.

    Raises:
        NlsniffError: it cannot be written.
    """
    name = environment.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    try:
        with Path(name).open("ab") as stream:
            room = _STEP_BYTES - _KEPT_FREE - stream.tell()
            text = summary(cases, room).encode()
            if len(text) <= room:
                stream.write(text)
    except OSError as error:
        raise NlsniffError(f"{name}: the summary of the step cannot be written: {error.strerror}") from None


def _row(case: Case) -> str:
    found = [_code(clip(str(finding), _MESSAGE)) for finding in case.findings[:_FOUND]]
    if len(case.findings) > _FOUND:
        found.append(f"and {len(case.findings) - _FOUND} more")
    return f"| {case.state} | {_code(case.source)} | {_code(case.name)} | {'<br>'.join(found)} |\n"


def _detail(case: Case) -> str:
    if not case.detail:
        return ""
    lines = list(map(one_line, case.detail[:_DETAIL_LINES]))
    if len(case.detail) > _DETAIL_LINES:
        lines.append(f"... {len(case.detail) - _DETAIL_LINES} more lines")
    shown = html.escape("\n".join(lines))
    title = f"<summary>{_code(case.source)}: {_code(case.name)}</summary>"
    return f"<details>{title}\n\n<pre>\n{shown}\n</pre>\n\n</details>\n\n"


def _code(text: str) -> str:
    """A text as code in a cell of a table, in which nothing is markup."""
    return f"<code>{_MARKUP.sub(lambda match: f'&#{ord(match[0])};', one_line(text))}</code>" if text else ""


def _size(text: str) -> int:
    return len(text.encode())
