"""Commands as decorated functions, over argparse: options and arguments stand beside the function that takes them.

argparse and not click, which takes longer to import than `nlsniff show` takes for a small file.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from nlsniff.errors import EXIT_UNUSABLE, NlsniffError
from nlsniff.terminal import ERASE, one_line, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from _typeshed import SupportsWrite

    from nlsniff.terminal import Paint

    Function = Callable[..., int | None]

_WIDEST = 100  # columns of help
_DIGITS = 18  # of the largest number that is taken
_SHOWN = 40  # characters of what is refused
_COMMENTED = 56  # columns of an example whose comment stands in line with the others
_STATUS = "Exit status: "
_UNKNOWN = "unrecognized arguments: "  # of argparse


class UsageError(NlsniffError):
    """The command line is not as the command takes it."""


def option(*names: str, **words: Any) -> Callable[[Function], Function]:
    """Give a function an option.

    Args:
        names: `-Y`, `--filter` and the like; a name without dashes is that of the parameter.
        words: as those of argparse's `add_argument`; help is one sentence. What may be given more than once
            (`action="append"`) is a tuple. `bare` is the value of an option that stands without one: any other must
            follow an equals sign.
    """
    flags = [name for name in names if name.startswith("-")]
    if len(flags) < len(names):
        words["dest"] = names[-1]
    if words.get("default"):
        words["help"] += "  [default: %(default)s]"
    return _collect(flags, words)


def argument(name: str, **words: Any) -> Callable[[Function], Function]:
    """Give a function an argument; `words` are as those of `option`. Where there may be several, they are a tuple."""
    return _collect([name], {"metavar": name.upper(), **words})


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A `type` for argparse: whole numbers within bounds."""
    limit, bounds = (most, f"from {least} to {most}") if most is not None else (10**_DIGITS, f"from {least} on")

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS or not least <= int(text) <= limit:
            raise argparse.ArgumentTypeError(f"{text[:_SHOWN]} is no whole number {bounds}")
        return int(text)

    return read


def _collect(names: list[str], words: dict[str, Any]) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        # Decorators are applied from the last to the first.
        function.__dict__.setdefault("parameters", []).insert(0, (names, words))
        return function

    return decorate


def command(name: str, *, examples: Sequence[str] = ()) -> Callable[[Function], Command]:
    """Make a command of a function, whose docstring is the help; it returns the exit status, None for 0.

    The last paragraph of the docstring begins with "Exit status:".

    Args:
        name: as it is typed.
        examples: command lines of a shell, each with a comment that says what it does. `tests/documents` runs them.
    """
    return lambda function: Command(name, function, examples)


class _Parser(argparse.ArgumentParser):
    """Tells of mistakes as nlsniff does: in one line, with what to do."""

    def __init__(self, prog: str, words: str, examples: Sequence[str], status: str) -> None:
        super().__init__(prog=prog, allow_abbrev=False, formatter_class=_formatter)
        self._words, self._examples, self._status = words, examples, status

    def format_help(self) -> str:
        self.description = _paragraphs(self._words)  # only help is worth wrapping them
        self.epilog = "\n\n".join(filter(None, (_listed(self._examples), _paragraphs(self._status))))
        return super().format_help()

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print help; argparse would keep it to itself that it could not be written."""
        (file or sys.stdout).write(self.format_help())

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}{self._meant(message)}; `{self.prog} --help` says what it takes")

    def _meant(self, message: str) -> str:
        """A known option that is like the first unknown one, as a question."""
        unknown = message.partition(_UNKNOWN)[2].partition(" ")[0].partition("=")[0]
        if not unknown.startswith("--"):
            return ""
        import difflib

        near = difflib.get_close_matches(unknown, self._option_string_actions, n=1)
        return f" (did you mean {near[0]}?)" if near else ""


class Command:
    """A command; call it with the words that follow its name.

    Attributes:
        name: as it is typed.
        words: what help says of it, in paragraphs.
        examples: command lines, each with a comment.
        status: the paragraph that says what its exit status means; "" where there is none.
    """

    def __init__(self, name: str, function: Function, examples: Sequence[str]) -> None:
        self.name = name
        self.words, self.status = _apart(function.__doc__ or "")
        self.examples = examples
        self._function = function

    def __call__(self, words: Sequence[str], path: str = "nlsniff") -> int:
        """Run it; returns the exit status.

        Raises:
            UsageError: it does not take these words.
        """
        parser = _Parser(f"{path} {self.name}", self.words, self.examples, self.status)
        self.fill(parser)
        parameters = self._parameters
        bare = {name: more["bare"] for names, more in parameters if "bare" in more for name in names}
        end = words.index("--") if "--" in words else len(words)
        if bare:
            words = [*(f"{word}={bare[word]}" if word in bare else word for word in words[:end]), *words[end:]]
        # Options may stand between arguments, but not where these may be the command line of another program.
        apart = "--" in words or any(more.get("nargs") == argparse.REMAINDER for _, more in parameters)
        try:
            given = vars(parser.parse_args(words) if apart else parser.parse_intermixed_args(words))
        except SystemExit:  # the help was asked for, and shown
            return 0
        for names, more in parameters:
            name = more.get("dest") or names[-1].lstrip("-").replace("-", "_")
            if more.get("action") == "append":
                given[name] = tuple(given[name] or ())
            elif more.get("nargs") in {"+", argparse.REMAINDER}:
                rest = given[name]
                given[name] = tuple(rest[1:] if rest[:1] == ["--"] else rest)
        return self._function(**given) or 0

    @property
    def _parameters(self) -> list[tuple[list[str], dict[str, Any]]]:
        found: list[tuple[list[str], dict[str, Any]]] = self._function.__dict__.get("parameters", [])
        return found

    def fill(self, parser: argparse.ArgumentParser) -> None:
        """Give a parser the options and arguments of this command."""
        for names, more in self._parameters:
            parser.add_argument(*names, **{key: value for key, value in more.items() if key != "bare"})


class CommandGroup:
    """Commands under a name, of which only the one that runs is loaded.

    Args:
        name: as it is typed.
        words: what they are for; the last paragraph may begin with "Exit status:".
        purposes: by what they are for, their names with a line for each.
        get: how to get one by its name.
        version: what `--version` prints, if there is that.

    Attributes:
        lines: a line for each command, by its name.
    """

    def __init__(
        self, name: str, words: str, purposes: Mapping[str, Mapping[str, str]],
        get: Callable[[str], Command | CommandGroup], version: Callable[[], str] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.words, self.status = _apart(words)
        self.purposes = purposes
        self.lines = {name: line for commands in purposes.values() for name, line in commands.items()}
        self._get = get
        self._version = version

    def __call__(self, words: Sequence[str], path: str = "") -> int:
        """Run the command that the first word names; returns the exit status.

        Raises:
            UsageError: it names none.
        """
        path = f"{path} {self.name}".lstrip()
        first = words[0] if words else ""
        if not first or first in {"-h", "--help"}:
            stream = sys.stdout if first else sys.stderr
            stream.write(self._help(path))
            return 0 if first else EXIT_UNUSABLE
        if first == "--version" and self._version is not None:
            sys.stdout.write(f"{self._version()}\n")
            return 0
        if first in self.lines:
            return self._get(first)(words[1:], path)
        if first.startswith("-"):
            raise UsageError(f"option {first} not recognized; `{path} --help` lists the commands")
        import difflib

        near = difflib.get_close_matches(first, self.lines, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"commands are {', '.join(self.lines)}"
        raise UsageError(f"no command {first!r}: {hint}")

    def _help(self, path: str) -> str:
        parser = argparse.ArgumentParser(
            prog=path, description=_paragraphs(self.words), usage=f"{path} [options] COMMAND ...",
            epilog=_paragraphs(self.status), formatter_class=_formatter,
        )  # fmt: skip
        self._add_version(parser)
        for purpose, commands in self.purposes.items():
            group = parser.add_argument_group(purpose)
            for name, words in commands.items():
                group.add_argument(name, help=words)
        return parser.format_help()

    def _add_version(self, parser: argparse.ArgumentParser) -> None:
        if self._version is not None:
            parser.add_argument("--version", action="version", help="show the version and exit")

    def fill(self, parser: argparse.ArgumentParser) -> None:
        """Give a parser the commands of this group, with all that they take; it loads all of them."""
        self._add_version(parser)
        below = parser.add_subparsers(metavar="COMMAND", parser_class=argparse.ArgumentParser)
        for name, command in self.members():
            command.fill(below.add_parser(name, help=self.lines[name]))

    def members(self) -> Iterator[tuple[str, Command | CommandGroup]]:
        """Those of its commands and groups that this system can run, by their names; each is loaded."""
        for name in self.lines:
            with contextlib.suppress(NlsniffError):
                yield name, self._get(name)


def _apart(words: str) -> tuple[str, str]:
    """The help of a command, and what its exit status means; "" where it does not say."""
    about, _, rest = words.partition(_STATUS)
    return about, " ".join(f"{_STATUS}{rest}".split()) if rest else ""


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=28, width=_width())


def _width() -> int:
    """Columns that help may take."""
    try:
        return min(os.get_terminal_size().columns - 2, _WIDEST)
    except (OSError, ValueError):
        return _WIDEST


def _listed(examples: Sequence[str]) -> str:
    """Examples below a heading, their comments below each other."""
    parts = [example.partition("  # ") for example in examples]
    width = max((len(line) for line, _, _ in parts if len(line) <= _COMMENTED), default=0)
    lines = (f"  {line:<{width}}{mark}{comment}" for line, mark, comment in parts)
    return "\n".join(("examples:", *lines)) if parts else ""


def _paragraphs(words: str) -> str:
    """A docstring with its paragraphs wrapped anew."""
    import textwrap

    parts = words.strip().split("\n\n")
    return "\n\n".join(textwrap.fill(" ".join(part.split()), _width()) for part in parts)


def echo(words: str, *, end: str = "\n", again: bool = False) -> None:
    """Say something on stderr, where talk goes, in one line; `again` in place of what the line said before.

    Where stderr cannot be written, nobody hears it, and the exit status tells.
    """
    with contextlib.suppress(OSError):
        print(f"{ERASE if again else ''}{one_line(words)}", end=end, file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """One line for the user, on stderr."""
    echo(f"nlsniff: {text}")


def put(words: str, meaning: str = "", paint: Paint = plain) -> None:
    """Print a line on stdout, coloured by its meaning."""
    sys.stdout.write(f"{paint(meaning, one_line(words))}\n")


def write(pieces: Iterable[bytes]) -> None:
    """Print bytes on stdout as they come."""
    put_bytes, flush = sys.stdout.buffer.write, sys.stdout.flush
    for piece in pieces:
        if piece:
            put_bytes(piece)
            flush()  # whoever reads a pipe sees what has come, as `tshark -l` has it
