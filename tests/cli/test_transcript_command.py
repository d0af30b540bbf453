"""`nlsniff transcript`: of a capture, and as a formatter of transcripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.cli.transcript import command
from nlsniff.errors import NlsniffError
from tests.cli.invoke import Result, invoke
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

REJECTED = str(ROOT / "captures/rejected.pcapng")


def test_a_capture_becomes_a_text_that_is_well_written(tmp_path: Path) -> None:
    text = invoke(command, [REJECTED]).stdout
    assert text.startswith("nlsniff transcript 1\nanswers objects\n# Linux 6.1.176")
    assert "> RTM_NEWLINK ack excl create\n" in text
    path = tmp_path / "x.nlt"
    assert invoke(command, [REJECTED, "-o", str(path)]) == Result(0, "", "")
    assert path.read_text() == text
    assert invoke(command, ["--check", str(path)]) == Result(0, text, "")


@pytest.mark.parametrize("how", [lambda text: text.replace("\n", "\r\n"), lambda text: text.replace("    ", "\t")])
def test_a_text_that_is_written_otherwise_is_printed_as_it_should_be(how: object, tmp_path: Path) -> None:
    text = invoke(command, [REJECTED]).stdout
    path = tmp_path / "x.nlt"
    path.write_bytes(how(text).encode())  # type: ignore[operator]
    result = invoke(command, ["--check", str(path)])
    assert (result.exit_code, result.stdout) == (1, text)
    assert result.stderr == f"nlsniff: {path}: is a transcript, and written otherwise\n"


def test_answers_decide_how_much_the_kernel_says() -> None:
    sizes = [len(invoke(command, [REJECTED, "--answers", level]).stdout) for level in ("outcome", "objects", "full")]
    assert sizes == sorted(set(sizes))


def test_rules_choose_and_those_that_match_nothing_are_named(tmp_path: Path) -> None:
    rules = tmp_path / "nl.toml"
    rules.write_text("format = 1\n[[only]]\nfilter = 'type == RTM_GETROUTE'\n[[only]]\nfilter = 'type == RTM_DELQDISC'")
    result = invoke(command, [REJECTED, "--rules", str(rules)])
    assert [line for line in result.stdout.splitlines() if line.startswith(">")] == ["> RTM_GETROUTE dump"]
    assert result.stderr == f"nlsniff: {rules}:5: [[only]] type == RTM_DELQDISC matched nothing\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--check", "/nonexistent"], "/nonexistent: cannot be read: No such file or directory"),
        (["--check", REJECTED], r"rejected\.pcapng:\d+: a transcript is UTF-8, and this line is not"),
        (["--check", "--answers", "full", REJECTED], "--check reads a transcript, which needs no --answers"),
        ([REJECTED, "-o", "/dev/null/x"], "/dev/null/x: cannot be written: "),
        ([REJECTED, "--rules", "/nonexistent"], "/nonexistent: rules cannot be read: No such file"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(arguments: list[str], said: str) -> None:
    with pytest.raises(NlsniffError, match=said):
        invoke(command, arguments)


def test_no_text_is_made_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.nlt"
    path.write_bytes(b"")
    with pytest.raises(NlsniffError, match=r"x\.nlt:1: "):
        invoke(command, ["--check", str(path)])
