"""What CI is told: JUnit files, annotations and summaries of GitHub Actions, also of names that are made to mislead."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.cli.check import command as check
from nlsniff.errors import NlsniffError
from nlsniff.regress.github import annotate, stopped, summary, write_summary
from nlsniff.regress.junit import attachments, document
from nlsniff.regress.report import Case, Sentence
from tests import keys
from tests.cli.invoke import Result, invoke
from tests.conftest import ROOT
from tests.regress.junit_schema import validated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CAPTURES = ROOT / "captures"
REJECTED = CAPTURES / "rejected.pcapng"
HIGH, HIGHER = bytes.fromhex("01f40190"), bytes.fromhex("01f40258")
RULES = """\
format = 1
no-errors = true
no-uncertain = true

[[never]]
filter = 'type == RTM_NEWROUTE and flags.request'
reason = "no routes: 100 %, really"
"""


def run(*arguments: object) -> Result:
    try:
        return invoke(check, list(map(str, arguments)))
    except NlsniffError as error:
        return Result(error.exit_code, "", f"nlsniff: {error}\n")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a golden, a capture that differs from it, one without golden, and rules."""
    monkeypatch.chdir(tmp_path)
    assert run(REJECTED, "--golden", "goldens", "--update").exit_code == 0
    new = tmp_path / "new"
    new.mkdir()
    (new / "rejected.pcapng").write_bytes(REJECTED.read_bytes().replace(HIGH, HIGHER))
    (new / "other.pcapng").write_bytes(REJECTED.read_bytes())
    (tmp_path / "nl.toml").write_text(RULES)
    return tmp_path


# -- JUnit -----------------------------------------------------------------------------------------------------------


def test_a_junit_file_has_a_test_for_each_golden_and_expectation(folder: Path) -> None:
    words = ("new/rejected.pcapng", "new/other.pcapng", "--golden", "goldens", "--expect", "nl.toml", "--new", "left")
    assert run(*words, "--junit", "out/junit.xml").exit_code == 2
    (suite,) = validated((folder / "out/junit.xml").read_bytes())
    assert dict(suite.attrib) | {"time": ""} == {
        "name": "nlsniff check", "tests": "8", "failures": "5", "errors": "1", "skipped": "0", "time": "",
    }  # fmt: skip
    golden, *_, never, missing, _, _, _ = suite
    assert (golden.attrib["classname"], golden.attrib["name"]) == ("new/rejected.pcapng", "goldens/rejected.nlt")
    failure = golden.find("failure")
    assert failure is not None
    assert failure.attrib["type"] == "changed"
    assert failure.attrib["message"].startswith("goldens/rejected.nlt:51: RTM_NEWLINK vxlan0: ")
    assert "\n-          high: 400\n+          high: 600\n" in (failure.text or "")
    assert (golden.findtext("system-out") or "").splitlines()[1:] == [
        f"[[ATTACHMENT|{folder}/left/rejected.nlt.new]]", f"[[ATTACHMENT|{folder}/left/rejected.pcapng.new]]",
    ]  # fmt: skip
    assert never.attrib["name"].endswith("flags.request: no routes: 100 %, really")
    assert "conversation " in (never.findtext("failure") or "")
    assert f"[[ATTACHMENT|{folder}/left/rejected.failed.pcapng]]" in (never.findtext("system-out") or "")
    error = missing.find("error")
    assert error is not None
    assert error.attrib["message"].startswith("goldens/other.nlt: there is no golden; left/other.nlt.new could be one")
    assert "left/other.pcapng.new" in (missing.findtext("system-out") or "")


def test_a_check_that_cannot_begin_is_an_error_of_the_file(folder: Path) -> None:
    (folder / "nl.toml").write_text("format = 1\nno-error = true\n")
    assert run(REJECTED, "--expect", "nl.toml", "--junit", "junit.xml").exit_code == 2
    (suite,) = validated((folder / "junit.xml").read_bytes())
    error = suite.find("testcase/error")
    assert error is not None
    assert error.attrib["message"] == "nl.toml:2: no key 'no-error': did you mean no-errors?"


def test_a_good_check_has_no_failure_and_no_attachment(folder: Path) -> None:
    assert run(REJECTED, "--golden", "goldens", "--junit", "junit.xml").exit_code == 0
    (suite,) = validated((folder / "junit.xml").read_bytes())
    assert [child.tag for child in suite] == ["testcase"]
    assert len(suite[0]) == 0
    assert run(REJECTED, "--golden", "goldens", "--junit", "goldens").stderr.startswith("nlsniff: goldens: is no file")


def test_gitlab_wants_paths_of_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "left/x.nlt.new"
    assert attachments([file], {}) == f"[[ATTACHMENT|{file}]]"
    gitlab = {"GITLAB_CI": "true", "CI_PROJECT_DIR": str(tmp_path)}
    assert attachments([file], gitlab) == "[[ATTACHMENT|left/x.nlt.new]]"
    assert attachments([tmp_path / "a\nb", tmp_path / "x]]y"], {}) == ""


# -- whatever stands in it -------------------------------------------------------------------------------------------

ODD = st.text(st.characters(), max_size=40) | st.sampled_from(
    ["\0", "\x1b[31m", "]]>", "</pre>", "<script>", "|", "`", "::error::x", "##[error]x", "\ud800", "\ufffe", "%0A,:"]
)


@st.composite
def odd_cases(draw: st.DrawFn) -> Case:
    verdict = draw(st.sampled_from(("good", "failed", "not judged")))
    sentences = st.lists(st.builds(Sentence, ODD, ODD, st.integers(0, 99)), max_size=4).map(tuple)
    found = draw(sentences) if verdict != "good" else ()
    detail = tuple(draw(st.lists(ODD, max_size=4)))
    return Case(draw(ODD), draw(ODD), verdict, "changed", draw(ODD), found, draw(sentences), detail)  # type: ignore[arg-type]


@given(st.lists(odd_cases(), max_size=4))
def test_any_text_is_text_in_junit(cases: list[Case]) -> None:
    (suite,) = validated(document(cases))
    for case, test in zip(cases, suite, strict=True):
        assert test.attrib["name"].isprintable()
        assert (test.find("failure") is not None) == (case.verdict == "failed")
        assert (test.find("error") is not None) == (case.verdict == "not judged")


@given(st.lists(odd_cases(), max_size=4))
def test_any_text_is_text_in_annotations(cases: list[Case]) -> None:
    found = annotate(cases, {"GITHUB_WORKSPACE": "/repo"})
    assert len(found) <= 20
    for line in found:
        assert re.fullmatch(
            r"::(error|notice) ((file|line|title)=[^:,\r\n]*)(,(line|title)=[^:,\r\n]*)*::[^\r\n]*", line
        )
        assert line.isprintable()
        assert re.search(r"%(?!25|0D|0A|3A|2C)", line) is None


@given(st.lists(odd_cases(), max_size=4), st.integers(300, 3000))
def test_any_text_is_code_in_a_summary(cases: list[Case], room: int) -> None:
    text = summary(cases, room)
    assert len(text.encode()) <= room
    rows = [line for line in text.split("<details>")[0].splitlines() if line.startswith("|")]
    assert all(line.count("|") == 5 for line in rows)
    tags = set(re.findall(r"</?[a-z]+>", text))
    assert tags <= {
        "<code>",
        "</code>",
        "<br>",
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
        "<pre>",
        "</pre>",
    }
    for name in ("code", "details", "pre"):
        assert text.count(f"<{name}>") == text.count(f"</{name}>")


# -- GitHub ----------------------------------------------------------------------------------------------------------


def test_annotations_stand_at_the_lines_of_goldens_and_rules(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("new/rejected.pcapng", "--golden", folder / "goldens", "--expect", "nl.toml")
    plain = run(*words)
    assert "::" not in plain.stdout
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder))
    result = run(*words, "--github")
    assert (result.exit_code, result.stderr) == (1, plain.stderr)
    stop, *said = result.stdout.splitlines()
    token = stop.removeprefix("::stop-commands::")
    assert len(token) == 32
    end = said.index(f"::{token}::")
    assert "\n".join(said[:end]) + "\n" == plain.stdout, "what a capture holds is no command"
    assert said[end + 1] == (
        "::error file=goldens/rejected.nlt,line=51,title=rejected.nlt%3A changed::RTM_NEWLINK vxlan0: "
        "linkinfo.data.port-range.high was 400, now 600  [-> 30]"
    )
    assert said[end + 2].startswith(
        "::error file=nl.toml,line=2,title=nl.toml%3A not met in rejected.pcapng::no-errors: 5 "
    )
    assert said[end + 3].endswith(", and none may: no routes: 100 %25, really")
    assert said[end + 4 :] == []


def test_github_is_told_by_itself_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    (folder / "summary.md").write_text("before\n")
    assert run(REJECTED, "--golden", "goldens").stdout.count("::") == 4
    result = run("new/rejected.pcapng", "--golden", "goldens", "--json")
    assert json.loads(result.stdout)["verdict"] == "changed"
    assert result.stderr.startswith("::error file=goldens/rejected.nlt,line=51,")
    text = (folder / "summary.md").read_text()
    assert text.startswith("before\n### nlsniff check\n\n1 of 1 as expected\n### nlsniff check\n\n0 of 1 as expected\n")
    assert "| changed | <code>new/rejected&#46;pcapng</code> | <code>goldens/rejected&#46;nlt</code> | <code>" in text
    assert "RTM_NEWLINK vxlan0: linkinfo.data.port-range.high was 400, now 600" in html.unescape(text)
    assert "\n-          high: 400\n+          high: 600\n" in text
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder))
    result = run(REJECTED, "--golden", "goldens")
    assert (result.exit_code, "the summary of the step cannot be written" in result.stderr) == (0, True)


def _many(number: int) -> Iterator[Case]:
    for at in range(number):
        found = (Sentence(f"sentence {at}", "x.nlt", at + 1),)
        yield Case("x.nlt", f"{at}.pcapng", "failed", "changed", "x.nlt", found, found, (f"+ {at}" + "x" * 500,) * 40)


def test_the_tenth_annotation_counts_the_rest() -> None:
    assert len(annotate(list(_many(10)), {})) == 20
    found = annotate(list(_many(13)), {})
    assert len(found) == 20
    assert found[8] == "::error file=x.nlt,line=9,title=x.nlt%3A changed::sentence 8"
    assert found[9] == "::error title=nlsniff::4 more differences are in the log of this step"
    assert found[19] == "::notice title=nlsniff::4 more notes are in the log of this step"


def test_what_cannot_be_judged_is_annotated_first() -> None:
    wrong = Case("x.nlt", "z.pcapng", "not judged", "not judged", "x.nlt", (Sentence("z.pcapng: is empty"),))
    found = annotate([*_many(13), wrong], {})
    assert found[0] == "::error file=x.nlt,title=x.nlt%3A not judged::z.pcapng: is empty"
    assert found[1].endswith("::sentence 0")


def test_a_summary_is_never_too_large(tmp_path: Path) -> None:
    cases = list(_many(3000))
    text = summary(cases)
    assert 900_000 < len(text.encode()) < 1 << 20
    assert text.endswith("... the rest is in the log of this step\n")
    path = tmp_path / "summary.md"
    for _ in range(3):
        write_summary(cases, {"GITHUB_STEP_SUMMARY": str(path)})
    assert 900_000 < path.stat().st_size < 1 << 20
    write_summary(cases, {})


def test_no_one_can_begin_a_command_again() -> None:
    assert stopped("t0ken") == ("::stop-commands::t0ken", "::t0ken::")


def test_files_outside_of_the_workspace_keep_their_names(tmp_path: Path) -> None:
    (case,) = _many(1)
    inside = str(tmp_path / "sub/x.nlt")
    case = Case(inside, "x", "failed", "changed", inside, (Sentence("s", inside, 3), Sentence("s", "/etc/x,y:z")))
    assert annotate([case], {"GITHUB_WORKSPACE": str(tmp_path)}) == [
        "::error file=sub/x.nlt,line=3,title=x.nlt%3A changed::s",
        "::error file=/etc/x%2Cy%3Az,title=x.nlt%3A changed::s",
    ]
    (tmp_path / "link").symlink_to(tmp_path)
    found = annotate([case], {"GITHUB_WORKSPACE": str(tmp_path / "link")})
    assert found[0].startswith("::error file=sub/x.nlt,"), "a workspace may be behind a link"


# -- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["secrets", "wireguard", "macsec", "nl80211", "strongswan"])
def test_no_key_is_in_anything_that_is_told_or_left(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message is told of as an offender, so that each conversation with a key is shown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    known = {key for key in keys.keys_of(name) if len(key) >= 8}
    assert known
    source = keys.recording(name)
    data = source.read_bytes()
    numbers = list(_keyed(source, known))
    assert numbers
    never = "".join(f"[[never]]\nfilter = 'message == {number}'\nreason = 'x'\n" for number in numbers[:40])
    (tmp_path / "nl.toml").write_text(f"format = 1\nno-errors = true\nno-problems = true\n{never}")
    base = next(path for path in sorted(CAPTURES.glob("*.pcapng")) if path != source)
    assert run(base, "--golden", f"{name}.nlt", "--update", "--force", "--allow-drops").exit_code == 0
    told = b""
    for more in ((), ("--json",)):
        argv = [str(source), "--golden", f"{name}.nlt", "--expect", "nl.toml", "--new", "left", "--junit", "junit.xml"]
        done = subprocess.run(
            [sys.executable, "-m", "nlsniff", "check", *argv, *more], capture_output=True, check=False
        )
        assert done.returncode == 1, done.stderr
        told += done.stdout + done.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "nl.toml"]
    assert {path.suffix for path in files} >= {".md", ".xml", ".json", ".new", ".pcapng", ".nlt"}
    for path in files:
        told += path.read_bytes()
    assert keys.leaks(data, known), "the search finds keys"
    assert keys.leaks(told, known) == []


def _keyed(source: Path, known: set[bytes]) -> Iterator[int]:
    """The numbers of the messages with a key in them."""
    from nlsniff.reader import IndexedCapture, make_decoder

    with IndexedCapture(str(source), make_decoder()) as capture:
        for message in capture.load():
            if any(key in message.data[message.start : message.end] for key in known):
                yield message.number
