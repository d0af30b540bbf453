"""The examples of docs/python.md and of the README run as they stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

import nlsniff
from nlsniff import regress
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "python.md").read_text()
README = (ROOT / "README.md").read_text()


def blocks(text: str, kind: str) -> list[str]:
    """The examples of a page that are marked as one kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def run(examples: list[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "captures").symlink_to(ROOT / "captures")
    monkeypatch.chdir(folder)
    scope: dict[str, Any] = {}
    for example in examples:
        exec(compile(example, "example", "exec"), scope)  # noqa: S102  our own page


def test_the_examples_of_the_page_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    examples = blocks(PAGE, "python")
    assert len(examples) > 8
    run(examples, monkeypatch, tmp_path)
    printed = capsys.readouterr().out
    assert "22 to-kernel RTM_NEWROUTE 198.51.100.0/24 via 192.0.2.254 dev veth0\n" in printed
    assert "<Message 28 RTM_NEWROUTE 198.51.100.0/24 via 192.0.2.254 dev veth0>\n" in printed
    assert len(nlsniff.Capture(tmp_path / "routes.pcapng")) == 5


def test_the_example_of_the_readme_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(blocks(README, "python"), monkeypatch, tmp_path)
    assert capsys.readouterr().out.splitlines() == [
        f"{number} 198.51.100.0/24 via 192.0.2.254 dev veth0 veth0 ok" for number in (22, 28)
    ]


def test_a_task_takes_three_lines_at_most() -> None:
    tasks = PAGE[PAGE.index("## Six tasks") : PAGE.index("## Names")]
    examples = blocks(tasks, "python(?: live)?")
    assert len(examples) == 6
    assert max(len(example.splitlines()) for example in examples) == 3


def test_live_examples_are_python() -> None:
    examples = blocks(PAGE, "python live")
    assert len(examples) == 3
    for example in examples:
        compile(example, "example", "exec")


@pytest.mark.parametrize("name", nlsniff.__all__)
def test_what_is_public_is_described(name: str) -> None:
    assert f"`{name}" in PAGE or f"nlsniff.{name}" in PAGE


@pytest.mark.parametrize("name", regress.__all__)
def test_what_is_public_for_tests_is_described(name: str) -> None:
    assert f"regress.{name}(" in PAGE
    assert callable(getattr(regress, name))


def test_every_attribute_is_described() -> None:
    for kind in (nlsniff.Capture, nlsniff.Message, nlsniff.Conversation):
        for name in vars(kind):
            if not name.startswith("_") and name != "close":
                assert re.search(rf"\b{name}\b", PAGE), f"{kind.__name__}.{name}"
