"""`check --expect`: captures are judged without a golden, or beside one, and what came of it is written down."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nlsniff import regress
from nlsniff.cli.accept import command as accept
from nlsniff.cli.check import command as check
from nlsniff.errors import NlsniffError
from nlsniff.regress.rules import parse
from tests.cli.invoke import Result, invoke
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CAPTURES = ROOT / "captures"
REJECTED, BASICS = CAPTURES / "rejected.pcapng", CAPTURES / "basics.pcapng"
ERRORS = "format = 1\nno-errors = true\n"
NEVER = "[[never]]\nfilter = 'type == RTM_NEWROUTE and flags.request'\nreason = 'no routes'\n"
BOTH = ERRORS + NEVER


def run(*arguments: object) -> Result:
    """`nlsniff check`; a failure that is no verdict is told as on the command line."""
    try:
        return invoke(check, list(map(str, arguments)))
    except NlsniffError as error:
        return Result(error.exit_code, "", f"nlsniff: {error}\n")


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of rules that expects two things, in the working folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "nl.toml"
    path.write_text(BOTH)
    return path


def test_a_capture_alone_is_judged(rules: Path) -> None:
    result = run(REJECTED, "--expect", "nl.toml")
    assert (result.exit_code, result.stderr) == (1, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("nl.toml:2: no-errors: 5 requests were refused; the first is message 28, RTM_NEWLINK")
    assert lines[2] == "  conversation 7: request, route, error ENODEV, 0.014 ms"
    assert any(line.startswith("nl.toml:4: 3 messages (3 requests) match") for line in lines)
    assert lines[-1] == f"{REJECTED}: 2 of 2 expectations not met"
    rules.write_text(ERRORS)
    good = run(BASICS, "--expect", "nl.toml")
    assert good == Result(0, f"{BASICS}: 1 expectation met\n", "")


def test_of_several_captures_the_worst_counts(rules: Path, tmp_path: Path) -> None:
    rules.write_text(ERRORS)
    result = run(BASICS, REJECTED, "--expect", rules)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, f"{BASICS}: 1 expectation met")
    (tmp_path / "cut.pcapng").write_bytes(BASICS.read_bytes()[:-40])
    result = run("cut.pcapng", REJECTED, "--expect", rules)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "what is missing may be a difference (--allow-drops goes on)" in result.stderr
    assert "1 of 1 expectation not met" in result.stdout


def test_what_a_golden_has_and_what_is_expected_are_both_judged(rules: Path, tmp_path: Path) -> None:
    assert run(REJECTED, "--golden", "goldens", "--update").exit_code == 0
    result = run(REJECTED, "--golden", "goldens", "--expect", rules)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == "goldens/rejected.nlt: same, 13 conversations"
    # What the rules of a golden expect is judged, too, and once where both are one file.
    (tmp_path / ".nlsniff.toml").write_text(BOTH)
    result = run(REJECTED, "--golden", "goldens")
    assert (result.exit_code, result.stdout.count("not met")) == (1, 1)
    assert run(REJECTED, "--golden", "goldens", "--expect", ".nlsniff.toml").stdout == result.stdout
    assert run(REJECTED, "--golden", "goldens", "--rules", rules, "--expect", "nl.toml").stdout.count("not met") == 1
    assert run(REJECTED, "--golden", "goldens", "--expect", "nl.toml").stdout.count("not met") == 2
    # The text of a golden does not depend on it.
    before = (tmp_path / "goldens/rejected.nlt").read_bytes()
    (tmp_path / ".nlsniff.toml").unlink()
    assert run(REJECTED, "--golden", "goldens").exit_code == 0
    assert (tmp_path / "goldens/rejected.nlt").read_bytes() == before


def test_rules_of_the_file_choose_what_counts(rules: Path) -> None:
    ignored = "[[ignore]]\nfilter = 'errno'\nreason = 'x'\n"
    rules.write_text(f"{ERRORS}{ignored}")
    assert run(REJECTED, "--expect", rules) == Result(0, f"{REJECTED}: 1 expectation met\n", "")
    other = ignored.replace("errno", "type == RTM_DELQDISC")
    rules.write_text(f"{ERRORS}{ignored}{other}")
    result = run(REJECTED, "--expect", rules)
    assert (result.exit_code, "type == RTM_DELQDISC: matched nothing" in result.stderr) == (0, True)
    assert run(REJECTED, "--expect", rules, "--strict-rules").exit_code == 2


# -- what cannot be judged -------------------------------------------------------------------------------------------


def test_where_there_is_nothing_to_judge_by(rules: Path) -> None:
    assert "there is nothing to judge by: give --golden, or --expect" in run(REJECTED).stderr
    rules.write_text("format = 1\n")
    assert run(REJECTED, "--expect", "nl.toml") == Result(
        2, "", "nlsniff: nl.toml: expects nothing: say `no-errors = true`, or what [[must]] or [[never]] be\n"
    )
    rules.write_text(ERRORS)
    assert "--update writes goldens: say by" in run(REJECTED, "--rules", rules, "--update=trim").stderr
    assert run(REJECTED, "--rules", rules).exit_code == 1, "rules may expect something without --expect"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no-error = true", "nl.toml:2: no key 'no-error': did you mean no-errors?"),
        (
            "[[must]]\nfilter = 'type = RTM_NEWROUTE'\nreason = 'x'",
            "nl.toml:3: filter: column 6: ",
        ),
        ("[[never]]\nfilter = 'route.dts'\nreason = 'x'", 'nl.toml:3: filter: column 7: no field "route.dts": did you'),
    ],
)
def test_wrong_rules_cannot_be_judged(rules: Path, text: str, said: str) -> None:
    rules.write_text(f"format = 1\n{text}")
    result = run(REJECTED, "--expect", "nl.toml")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert result.stderr.startswith(f"nlsniff: {said}")


@pytest.mark.parametrize("content", [b"", b"text", REJECTED.read_bytes()[:30]])
def test_what_is_no_capture_is_never_as_expected(rules: Path, tmp_path: Path, content: bytes) -> None:
    rules.write_text(ERRORS)
    (tmp_path / "x.pcapng").write_bytes(content)
    assert run("x.pcapng", "--expect", rules, "--allow-drops").exit_code == 2
    assert run("absent.pcapng", "--expect", rules).exit_code == 2


def test_where_all_is_ignored_nothing_is_met(rules: Path) -> None:
    rules.write_text(f"{ERRORS}[[ignore]]\nfilter = 'message > 0'\nreason = 'x'\n")
    result = run(REJECTED, "--expect", rules)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nothing is left to judge" in result.stderr


def test_standard_input_is_judged_and_compared(rules: Path) -> None:
    assert run(REJECTED, "--golden", "x.nlt", "--update").exit_code == 0
    argv = [sys.executable, "-m", "nlsniff", "check", "-", "--golden", "x.nlt", "--expect", str(rules)]
    with REJECTED.open("rb") as stream:
        done = subprocess.run(argv, stdin=stream, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "x.nlt: same, 13 conversations\n" in done.stdout
    assert done.stdout.endswith("-: 2 of 2 expectations not met\n")


# -- what is left ----------------------------------------------------------------------------------------------------


def test_json_tells_what_is_expected(rules: Path) -> None:
    assert rules.exists()
    result = run(REJECTED, "--expect", "nl.toml", "--json")
    found = json.loads(result.stdout)
    assert (found["golden"], found["verdict"], found["exit"], found["differences"]) == (None, None, 1, [])
    errors, never = found["expectations"]
    assert (errors["expected"], errors["file"], errors["line"], errors["reason"]) == ("no-errors", "nl.toml", 2, None)
    assert (errors["met"], errors["message"]) == (False, 28)
    assert errors["ladder"][0] == "conversation 7: request, route, error ENODEV, 0.014 ms"
    assert (never["reason"], never["words"][:22]) == ("no routes", "3 messages (3 requests")
    page = (ROOT / "docs/json.md").read_text().split("Each of `expectations` has ")[1]
    assert all(f"`{key}`" in page for key in errors)


def test_a_run_leaves_a_report_and_the_capture(rules: Path, tmp_path: Path) -> None:
    other = tmp_path / "more"
    other.mkdir()
    (other / "rejected.pcapng").write_bytes(REJECTED.read_bytes())
    result = run(REJECTED, BASICS, other / "rejected.pcapng", "--expect", "nl.toml", "--new", "left")
    assert result.exit_code == 1
    left = tmp_path / "left"
    assert sorted(path.name for path in left.iterdir()) == [
        "basics.failed.pcapng", "rejected-2.failed.pcapng", "rejected.failed.pcapng", "report.json",
    ]  # fmt: skip
    report = json.loads((left / "report.json").read_text())
    assert (report["exit"], [item["exit"] for item in report["checks"]]) == (1, [1, 1, 1])
    assert report["checks"][2]["written"] == ["left/rejected-2.failed.pcapng"]
    assert run("left/rejected.failed.pcapng", "--expect", "nl.toml").exit_code == 1
    with pytest.raises(NlsniffError, match=r"nothing here ends in \.nlt\.new"):
        invoke(accept, ["left"])
    # A report is never older than the run.
    rules.write_text(ERRORS)
    assert run(BASICS, "--expect", "nl.toml", "--new", "left").exit_code == 0
    assert json.loads((left / "report.json").read_text())["exit"] == 0
    assert run(BASICS, "--expect", "nl.toml", "--new", "none").exit_code == 0
    assert not (tmp_path / "none").exists()


def test_python_judges(rules: Path) -> None:
    errors, never = regress.expect(REJECTED, rules)
    assert str(errors) == f"{rules}:2: {errors.words}"
    assert (never.message, never.ladder[0][:13]) == (26, "conversation ")
    assert regress.expect(BASICS, parse(ERRORS)) == []
    with pytest.raises(NlsniffError, match="expects nothing"):
        regress.expect(BASICS, parse("format = 1"))


def test_the_page_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs/regression.md").read_text()
    (text,), (printed,) = (
        re.findall(rf"^```{kind}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL) for kind in ("toml expected", "expect")
    )
    (tmp_path / "expected.toml").write_text(text)
    (tmp_path / "new").mkdir()
    (tmp_path / "new/rejected.pcapng").write_bytes(REJECTED.read_bytes())
    result = run("new/rejected.pcapng", "--expect", "expected.toml")
    assert (result.exit_code, result.stdout) == (1, printed)
