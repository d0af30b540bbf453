"""The manual pages have what `--help` has, and roff finds nothing wrong with them."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from nlsniff.cli import COMMANDS, PROGRAM
from nlsniff.cli.manual import pages
from tests.cli.invoke import invoke
from tests.documents.test_examples import EVERY

PAGES = dict(pages(PROGRAM))


def test_each_command_has_one() -> None:
    assert set(PAGES) == {"nlsniff", "nlsniff-spec", *(path.replace(" ", "-") for path in EVERY)}
    assert all(f"\n.BR nlsniff\\-{name} (1)\n" in PAGES["nlsniff"] for name in COMMANDS)


@pytest.mark.parametrize("path", EVERY)
def test_a_page_has_what_help_has(path: str) -> None:
    page = plain(PAGES[path.replace(" ", "-")])
    command = EVERY[path]
    help_text = invoke(PROGRAM, [*path.split()[1:], "--help"]).stdout
    for option in re.findall(
        r"(?<![\w-])--?[a-zA-Z][\w-]*", help_text.partition("\noptions:\n")[2].partition("\nexa")[0]
    ):
        assert option in page or option in {"-h", "--help"}, option
    for words in (*command.words.split("\n\n"), command.status.removeprefix("Exit status: "), *command.examples):
        assert " ".join(words.replace("  # ", " ").split()) in page


def plain(page: str) -> str:
    """The words of a page."""
    for roff, char in (("\\-", "-"), ("\\(ga", "`"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\(ti", "~"), ("\\(ha", "^"),
                       ("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\&", ""), ("\\e", "\\")):  # fmt: skip
        page = page.replace(roff, char)
    return " ".join(re.sub(r"^\.(?:BR?|RI|I) ", "", page, flags=re.MULTILINE).split())


@pytest.mark.parametrize("checker", ["groff", "mandoc"])
def test_roff_finds_nothing_wrong(checker: str) -> None:
    if shutil.which(checker) is None:
        pytest.skip(f"{checker} is not installed")
    call = ["groff", "-man", "-Tutf8", "-ww", "-z"] if checker == "groff" else ["mandoc", "-Tlint", "-Wwarning"]
    said = [subprocess.run(call, input=page, capture_output=True, text=True, check=False) for page in PAGES.values()]
    lines = [line for done in said for line in (done.stdout + done.stderr).splitlines()]
    # A date would differ from build to build.
    assert not [line for line in lines if "missing date" not in line]


def test_the_pages_are_shown_by_their_names() -> None:
    from nlsniff.cli.man import command

    assert invoke(command, []).stdout == PAGES["nlsniff"]
    assert invoke(command, ["spec", "check"]).stdout == PAGES["nlsniff-spec-check"]
