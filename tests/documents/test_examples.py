"""The examples of `--help` are run, and each command says what its exit status means."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli import PROGRAM, commands
from tests.documents.shell import accepted, furnish, run, surroundings
from tests.support_tools import need
from tests.tui.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# These need root, or a kernel that has nlmon: tests/live runs them.
LIVE = ("capture", "live")


def live(path: str, example: str) -> bool:
    """Whether an example records what happens."""
    return path.split()[1] in LIVE or (path == "nlsniff who" and ".pcapng" not in example)


def every(group: commands.CommandGroup, path: str = "nlsniff") -> Iterator[tuple[str, commands.Command]]:
    for name, command in group.members():
        if isinstance(command, commands.CommandGroup):
            yield from every(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


EVERY = dict(every(PROGRAM))
EXAMPLES = [(path, example) for path, command in EVERY.items() for example in command.examples]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("examples")
    furnish(made)
    for each in (".zfunc", ".config/fish/completions", ".local/share/bash-completion/completions"):
        (made / each).mkdir(parents=True)
    return made


@pytest.mark.parametrize("path", EVERY)
def test_each_command_has_three_examples_and_says_its_exit_status(path: str) -> None:
    command = EVERY[path]
    assert len(command.examples) >= 3
    assert command.status.startswith("Exit status: ")
    for example in command.examples:
        line, _, comment = example.partition("  # ")
        assert path in line
        assert comment
        assert accepted(line)


@pytest.mark.xdist_group("examples")
@pytest.mark.parametrize(("path", "example"), [each for each in EXAMPLES if not live(*each)])
def test_an_example_does_what_it_says(path: str, example: str, folder: Path) -> None:
    if "strace" in example or path.endswith(" record") or " record " in example:
        need("strace")
        need("ip")
    if path.endswith(" crosscheck"):
        need("tshark")
    before(path, folder)
    if path.endswith(" open") or "--ask" in example:
        on_a_terminal(example, folder)
        return
    done = run(example, folder)
    assert (
        done.status in {0, 1} if path.split()[1] in {"diff", "check", "doctor", "accept", "who"} else done.status == 0
    ), done
    assert "Traceback" not in done.printed
    assert done.printed or ">" in example or " -o " in example or path.endswith(" diff")


def before(path: str, folder: Path) -> None:
    """Do what the examples of a command take for done."""
    if path.endswith((" diff", " transcript")):
        run("nlsniff transcript --answers outcome -o trace.nlt trace.pcapng", folder)
    if path.endswith(" accept"):
        for name in ("artifacts", "goldens", "netlink"):
            shutil.rmtree(folder / name, ignore_errors=True)
        run("nlsniff check new.pcapng --golden goldens/ --new artifacts/", folder)
        assert list((folder / "artifacts").iterdir())


def on_a_terminal(example: str, folder: Path) -> None:
    """Open it, see that something stands there, and leave it."""
    screen = Terminal(["sh", "-c", f"cd {folder} && {example}"], **surroundings(folder))
    asks = "--ask" in example
    screen.shows("accept?" if asks else "RTM_")
    screen.press("y\n" if asks else "q")
    assert screen.end() == 0


def test_help_shows_them_and_ends_with_the_status(folder: Path) -> None:
    for path in ("nlsniff show", "nlsniff spec check"):
        printed = run(f"{path} --help", folder).printed
        assert "\nexamples:\n" in printed
        assert printed.index("\nexamples:\n") < printed.index("\nExit status: ")
        assert " ".join(f"Exit{printed.partition('Exit')[2]}".split()) == EVERY[path].status
