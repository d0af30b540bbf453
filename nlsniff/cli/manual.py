"""Manual pages: what `--help` says, as roff for man(1)."""

from __future__ import annotations

import argparse
import re
import textwrap
from typing import TYPE_CHECKING

from nlsniff.cli.commands import Command, CommandGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH = 72  # columns of a line of source
_ENVIRONMENT = (
    ("NLSNIFF_CACHE", "Where compiled dissectors are kept; by default ~/.cache/nlsniff."),
    ("NLSNIFF_JOBS", "How many processes print a large file, as --jobs."),
    ("NLSNIFF_TRACEBACK", "If set, a mistake in nlsniff shows where it is."),
    ("NO_COLOR", "If set, nothing has a colour."),
    ("XDG_CONFIG_HOME", "Where settings are; by default ~/.config."),
)
_FILES = (
    ("~/.config/nlsniff/config.toml", "Columns and theme of the screen."),
    ("~/.config/nlsniff/dissectors/", "Dissectors of your own, read at every start."),
)


def pages(group: CommandGroup, path: str = "") -> Iterator[tuple[str, str]]:
    """The manual page of a group and those of all its commands: a name such as `nlsniff-show`, and its roff."""
    path = f"{path} {group.name}".lstrip()
    name = path.replace(" ", "-")
    yield name, "".join(_group(group, path))
    for below, command in group.members():
        if isinstance(command, CommandGroup):
            yield from pages(command, path)
        else:
            full = f"{path} {below}"
            yield full.replace(" ", "-"), "".join(_command(command, full, group.lines[below]))


def _group(group: CommandGroup, path: str) -> Iterator[str]:
    yield _head(path, group.words.strip().partition("\n")[0])
    yield f".SH SYNOPSIS\n.B {_text(path)}\n.I COMMAND\n.RI [ argument ...]\n"
    yield _section("description", group.words)
    if " " not in path:
        yield ".PP\nEvery command has a page of its own, such as\n.BR nlsniff\\-show (1).\n"
    for purpose, commands in group.purposes.items():
        yield f".SH {_quoted(purpose.upper())}\n"
        for name, line in commands.items():
            yield f".TP\n.BR {_text(path.replace(' ', '-'))}\\-{_text(name)} (1)\n{_lines(line)}"
    if group.status:
        yield _section("exit status", group.status.partition(": ")[2])
    if " " not in path:
        for heading, pairs in (("environment", _ENVIRONMENT), ("files", _FILES)):
            yield f".SH {heading.upper()}\n"
            yield "".join(f".TP\n.B {_text(name)}\n{_lines(words)}" for name, words in pairs)


def _command(command: Command, path: str, line: str) -> Iterator[str]:
    yield _head(path, line)
    parser = argparse.ArgumentParser(prog=path, add_help=False)
    command.fill(parser)
    actions = parser._actions  # noqa: SLF001  argparse has no public list of what a parser takes
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    yield f".SH SYNOPSIS\n.B {_text(path)}\n{_lines(usage.removeprefix(path).lstrip())}"
    yield _section("description", command.words)
    options = [action for action in actions if action.option_strings]
    if options:
        yield ".SH OPTIONS\n"
        for action in options:
            yield f".TP\n{_option(action)}\n{_lines((action.help or '') % vars(action))}"
    yield ".SH EXAMPLES\n"
    for example in command.examples:
        line, _, comment = example.partition("  # ")
        yield f".TP\n.B {_text(line)}\n{_lines(comment)}"
    yield _section("exit status", command.status.partition(": ")[2])
    yield ".SH SEE ALSO\n.BR nlsniff (1)\n"


def _head(path: str, line: str) -> str:
    """The title, and the name with a line about it."""
    name = path.replace(" ", "-")
    title = f'.TH {_quoted(name.upper())} 1 "" "nlsniff" "nlsniff"'
    return f"{title}\n.SH NAME\n{_text(name)} \\- {_text(line.rstrip('.'))}\n"


def _section(heading: str, words: str) -> str:
    paragraphs = ".PP\n".join(_lines(part) for part in words.strip().split("\n\n"))
    return f".SH {heading.upper()}\n{paragraphs}"


def _option(action: argparse.Action) -> str:
    """An option as it is typed, with its value."""
    value = ""
    if action.nargs != 0:
        shown = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
        value = f" \\fI{_text(str(shown))}\\fR"
    return ", ".join(f"\\fB{_text(name)}\\fR{value}" for name in action.option_strings)


def _lines(words: str) -> str:
    """Text that roff fills; a sentence begins a line, as it wants them."""
    sentences = re.split(r"(?<=[.;:])\s+(?=[A-Z`-])", _flow(words))
    lines = (line for sentence in sentences for line in textwrap.wrap(sentence, _WIDTH, break_on_hyphens=False))
    return "".join(f"{_text(line)}\n" for line in lines)


def _flow(words: str) -> str:
    return " ".join(words.split())


def _text(words: str) -> str:
    """Words of which roff takes no character for its own."""
    escaped = words.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    escaped = escaped.replace("`", "\\(ga").replace("'", "\\(aq").replace('"', "\\(dq")
    return f"\\&{escaped}" if escaped.startswith(".") else escaped


def _quoted(words: str) -> str:
    return f'"{_text(words)}"'
