"""Checks as a JUnit XML file, which most CI systems show."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from nlsniff.terminal import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nlsniff.regress.report import Case

_MESSAGE = 500  # characters of an attribute; the whole stands in the text
_TAGS = {"failed": "failure", "not judged": "error"}


def document(cases: Sequence[Case], name: str = "nlsniff check") -> bytes:
    """A JUnit file with one suite, and in it a test for each case.

    What cannot be judged is an error, and nothing is skipped. Characters that XML has not are escaped as on a terminal.

    Args:
        cases: what was checked.
        name: of the suite.
    """
    found = Counter(case.verdict for case in cases)
    seconds = f"{sum(case.seconds for case in cases):.3f}"
    counts = {
        "tests": str(len(cases)), "failures": str(found["failed"]), "errors": str(found["not judged"]),
        "skipped": "0", "time": seconds,
    }  # fmt: skip
    suites = Element("testsuites")
    suite = SubElement(suites, "testsuite", {"name": one_line(name), **counts})
    for case in cases:
        _add(suite, case)
    indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}\n'.encode()


def attachments(files: Iterable[Path], environment: Mapping[str, str] = os.environ) -> str:
    """Lines that CI systems read in the output of a test: which files belong to it.

    GitLab wants paths below its folder of the project, all others whole ones. A name that cannot be on a line is left
    out.
    """
    root = environment.get("CI_PROJECT_DIR") if environment.get("GITLAB_CI") else None
    paths = [Path(os.path.abspath(file)) for file in files]  # noqa: PTH100  a link stays what it is called
    if root:
        paths = [path.relative_to(root) if path.is_relative_to(root) else path for path in paths]
    return "\n".join(f"[[ATTACHMENT|{path}]]" for path in paths if str(path).isprintable() and "]]" not in str(path))


def _add(suite: Element, case: Case) -> None:
    names = {"classname": one_line(case.source or "nlsniff"), "name": one_line(case.name)}
    test = SubElement(suite, "testcase", {**names, "time": f"{case.seconds:.3f}"})
    if case.verdict != "good":
        words = [str(finding) for finding in case.findings] or [case.state]
        more = f" (and {len(words) - 1} more)" if len(words) > 1 else ""
        message = clip(one_line(words[0]), _MESSAGE) + more
        problem = SubElement(test, _TAGS[case.verdict], {"type": case.state, "message": message})
        problem.text = _lines([*words, *([""] if case.detail else []), *case.detail])
    said = [f"note: {note}" for note in case.notes]
    attached = attachments(case.files)
    if said or attached:
        output = SubElement(test, "system-out")
        output.text = _lines(said) + (f"\n{attached}\n" if attached else "")


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(map(one_line, lines))
