"""`nlsniff completion`: what lets a shell complete commands, options, files and fields."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from nlsniff.cli import commands
from nlsniff.cli.commands import argument
from nlsniff.wire.constants import PROTOCOL_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a value is, by how help calls it.
_FILES = ("FILE", "IN", "OUT", "OLD", "NEW", "PATH")
_FOLDERS = ("DIR",)
_FIELDS = ("FIELD", "FILTER", "PATTERN")

_NAMES = "nlsniff fields --names 2> /dev/null"


@commands.command(
    "completion",
    examples=(
        "d=~/.local/share/bash-completion/completions; mkdir -p $d; nlsniff completion bash > $d/nlsniff  # bash",
        "nlsniff completion zsh > ~/.zfunc/_nlsniff  # zsh: any folder of $fpath",
        "nlsniff completion fish > ~/.config/fish/completions/nlsniff.fish  # fish",
    ),
)
@argument("shell", choices=("bash", "zsh", "fish"), metavar="SHELL")
def command(shell: str) -> None:
    """Print what has SHELL (bash, zsh or fish) complete command lines of nlsniff.

    It knows commands, options and their choices, files, protocols, and the names of fields behind -e and -Y. It takes
    effect in the next shell; bash needs its package bash-completion for that, or a line in ~/.bashrc:
    `eval "$(nlsniff completion bash)"`.

    Exit status: 0.
    """
    sys.stdout.write(script(shell))


def script(shell: str) -> str:
    """The text that a shell reads."""
    import shtab

    from nlsniff.cli import COMMANDS, PROGRAM

    fields: dict[str, Any] = shtab.cmd(_NAMES)
    # Else zsh would run it several times for each key.
    fields["zsh"] = "_nlsniff_fields"
    fields["preamble"]["zsh"] = f'_nlsniff_fields() {{ compadd -- ${{(f)"$({_NAMES})"}} }}'
    parser = argparse.ArgumentParser(prog=PROGRAM.name)
    PROGRAM.fill(parser)
    kinds: dict[str, Any] = {
        **dict.fromkeys(_FILES, shtab.FILE),
        **dict.fromkeys(_FOLDERS, shtab.DIRECTORY),
        **dict.fromkeys(_FIELDS, fields),
    }
    for action in _actions(parser):
        name = action.metavar if isinstance(action.metavar, str) else ""
        if name == "PROTOCOL":
            action.choices = tuple(PROTOCOL_NAMES.values())
        elif name == "COMMAND" and action.nargs == "*":  # of `man`; that of `record` is another program's
            action.choices = tuple(COMMANDS)
        if name in kinds and not action.choices:
            action.complete = kinds[name]  # type: ignore[attr-defined]  # where shtab looks
    return f"{shtab.complete(parser, shell)}\n"


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """All that a parser and those of its commands take."""
    for action in parser._actions:  # noqa: SLF001  shtab walks through them in the same way
        yield action
        if isinstance(action.choices, dict):
            for below in action.choices.values():
                yield from _actions(below)
