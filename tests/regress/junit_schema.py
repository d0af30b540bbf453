"""What readers of JUnit files agree on (the schema of Jenkins' xunit plugin, junit-10.xsd), as a check of our own."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.etree.ElementTree import Element, fromstring

_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?")


class _Kind(NamedTuple):
    required: frozenset[str]
    optional: frozenset[str]
    inside: frozenset[str]
    text: bool = False


def _kind(required: str, optional: str, inside: str, *, text: bool = False) -> _Kind:
    return _Kind(frozenset(required.split()), frozenset(optional.split()), frozenset(inside.split()), text=text)


_KINDS = {
    "testsuites": _kind("", "name time tests failures disabled errors", "testsuite"),
    "testsuite": _kind(
        "name tests failures errors",
        "group time skipped timestamp hostname id package file log url version",
        "testsuite properties testcase system-out system-err",
    ),
    "testcase": _kind("name", "classname time group", "skipped error failure system-out system-err"),
    "failure": _kind("", "type message", "", text=True),
    "error": _kind("", "type message", "", text=True),
    "skipped": _kind("", "type message", "", text=True),
    "system-out": _kind("", "", "", text=True),
    "system-err": _kind("", "", "", text=True),
}


def validated(document: bytes) -> Element:
    """The root of a document that is valid; what is not fails an assertion."""
    root = fromstring(document)  # noqa: S314  our own
    assert root.tag in {"testsuites", "testsuite"}
    for element in root.iter():
        kind = _KINDS[element.tag]
        names = set(element.attrib)
        assert kind.required <= names <= kind.required | kind.optional, (element.tag, names)
        assert {child.tag for child in element} <= kind.inside, element.tag
        assert kind.text or not (element.text or "").strip(), element.tag
        assert not (element.tail or "").strip()
        assert _TIME.fullmatch(element.get("time", "")), element.get("time")
    for suite in root.iter("testsuite"):
        cases = suite.findall("testcase")
        counts = {tag: sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error", "skipped")}
        assert (int(suite.attrib["tests"]), int(suite.attrib["failures"]), int(suite.attrib["errors"])) == (
            len(cases), counts["failure"], counts["error"],
        )  # fmt: skip
    return root
