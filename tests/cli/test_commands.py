"""How command lines are read, and what help says."""

from __future__ import annotations

from typing import Any

import pytest

from nlsniff.cli import COMMANDS, PROGRAM, commands
from tests.cli.invoke import invoke

CALLS: list[dict[str, Any]] = []


@commands.command("try", examples=("nlsniff try f  # Try it.", "nlsniff try f 3  # Twice."))
@commands.argument("file")
@commands.argument("number", nargs="?", type=commands.whole(1), metavar="N")
@commands.option("-Y", "--filter", "filter_text", metavar="FILTER", help="A filter.")
@commands.option("-e", "--field", "fields", action="append", help="A field.")
@commands.option("-c", "--count", type=commands.whole(2), metavar="N", default=5, help="A number.")
@commands.option("--endian", choices=("auto", "little", "big"), default="auto", help="An order.")
@commands.option("-V", "--no-describe", action="store_true", help="A flag.")
@commands.option("--update", bare="new", help="A wish.")
def attempt(**values: Any) -> int | None:
    """Say what it was given.

    A second paragraph
    goes on.

    Exit status: 0, or 1
    for what is bad.
    """
    CALLS.append(values)
    return 1 if values["file"] == "bad" else None


@commands.command("rest")
@commands.option("-q", "quiet", action="store_true", help="A flag.")
@commands.argument("argv", nargs="...")
def rest(quiet: bool, argv: tuple[str, ...]) -> None:
    """Take what is left."""
    CALLS.append({"quiet": quiet, "argv": argv})


PLAIN: dict[str, Any] = {
    "file": "f", "number": None, "filter_text": None, "fields": (), "count": 5, "endian": "auto", "no_describe": False,
    "update": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        (["f"], {}),
        (["-"], {"file": "-"}),
        (["f", "-Y", "a == 1", "3"], {"filter_text": "a == 1", "number": 3}),
        (["--filter=x", "f"], {"filter_text": "x"}),
        (["-Yx", "f", "-Vc7"], {"filter_text": "x", "no_describe": True, "count": 7}),
        (["-e", "a", "f", "--field", "b"], {"fields": ("a", "b")}),
        (["-c", "3", "-c", "4", "f"], {"count": 4}),
        (["--endian", "big", "f", "--no-describe"], {"endian": "big", "no_describe": True}),
        (["--", "-V"], {"file": "-V"}),
        (["--update", "f"], {"update": "new"}),
        (["--update=all", "f"], {"update": "all"}),
        (["--update", "--", "--update"], {"update": "new", "file": "--update"}),
    ],
)
def test_words_become_values(words: list[str], changed: dict[str, Any]) -> None:
    assert attempt(words) == 0
    assert CALLS.pop() == PLAIN | changed


def test_the_status_is_what_the_function_returns() -> None:
    assert attempt(["bad"]) == 1
    assert CALLS.pop()["file"] == "bad"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "arguments are required: FILE; `nlsniff try --help` says what it takes"),
        (["f", "x"], "argument N: x is no whole number from 1 on"),
        (["f", "1", "y"], "unrecognized arguments: y"),
        (["f", "-c", "1"], "argument -c/--count: 1 is no whole number from 2 on"),
        (["f", "--count=²"], "argument -c/--count: ² is no whole number from 2 on"),
        (["f", "--endian", "up"], "argument --endian: invalid choice: 'up'"),
        (["f", "--endain=big"], "arguments: --endain=big (did you mean --endian?); `nlsniff try --help`"),
        (["f", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["f", "-c"], "argument -c/--count: expected one argument"),
        (["f", "-V=1"], "argument -V/--no-describe: ignored explicit argument"),
        (["f", "--no-describe=1"], "argument -V/--no-describe: ignored explicit argument '1'"),
        (["f", "--no"], "unrecognized arguments: --no"),
    ],
)
def test_what_cannot_be_taken_is_said(words: list[str], told: str) -> None:
    with pytest.raises(commands.UsageError) as caught:
        attempt(words)
    assert told in str(caught.value)
    assert caught.value.exit_code == 2


def test_what_follows_may_belong_to_another() -> None:
    for words in (["-q", "ip", "-6", "route"], ["-q", "--", "ip", "-6", "route"]):
        assert rest(words) == 0
        assert CALLS.pop() == {"quiet": True, "argv": ("ip", "-6", "route")}


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["f", "-V", "--help"]])
def test_help(words: list[str]) -> None:
    result = invoke(attempt, words)
    assert result.exit_code == 0
    # How argparse lays it out differs from Python to Python.
    for told in (
        "usage: nlsniff try",
        "Say what it was given.\n\nA second paragraph goes on.\n",
        "FILTER",
        "[default: 5]",
    ):
        assert told in result.stdout
    _, _, end = result.stdout.partition("\nexamples:\n")
    assert end == "  nlsniff try f    # Try it.\n  nlsniff try f 3  # Twice.\n\nExit status: 0, or 1 for what is bad.\n"
    assert not CALLS


def test_a_group_lists_its_commands() -> None:
    listed = invoke(PROGRAM, ["--help"])
    assert listed.exit_code == 0
    assert all(f"\n  {name} " in listed.stdout for name in COMMANDS)
    nothing = invoke(PROGRAM, [])
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (2, "", listed.stdout)
    assert invoke(PROGRAM, ["spec", "check", "-h"]).stdout.startswith("usage: nlsniff spec check ")
    for words, told in ((["shwo"], "did you mean show"), (["--nonsense"], "option --nonsense"), (["spec", "x"], "'x'")):
        with pytest.raises(commands.UsageError, match=told):
            PROGRAM(words)
