"""Commands as decorated functions: options, arguments, help.

A library for this takes longer to import than `nlsniff show` takes for a small file: click 30 ms, argparse 6.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from nlsniff.errors import EXIT_UNUSABLE, NlsniffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Function = Callable[..., int | None]

_WIDEST = 100  # columns of help
_HELP = ("-h", "--help")


class UsageError(NlsniffError):
    """The command line is not as the command takes it."""


class _Parameter:
    """What options and arguments have in common: the name of a function's parameter, and what texts it takes."""

    def __init__(self, name: str, metavar: str, default: Any, least: int | None, choices: Sequence[str]) -> None:
        self.name = name
        self.metavar = metavar
        self.default = default
        self.least = least
        self.choices = choices

    def read(self, text: str, shown: str) -> Any:
        """The value of a text.

        Raises:
            UsageError: it cannot be taken.
        """
        if self.choices and text not in self.choices:
            raise UsageError(f"{shown} {text}: give {', '.join(self.choices[:-1])} or {self.choices[-1]}")
        if self.least is None:
            return text
        if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) < self.least:
            raise UsageError(f"{shown} {text}: give a whole number from {self.least} on")
        return int(text)


class _Option(_Parameter):
    def __init__(
        self, names: Sequence[str], words: str, metavar: str, default: Any, least: int | None, choices: Sequence[str],
        *, is_flag: bool, multiple: bool,
    ) -> None:  # fmt: skip
        self.names = [name for name in names if name.startswith("-")]
        own = [name for name in names if not name.startswith("-")]
        name = own[0] if own else max(self.names, key=len).lstrip("-").replace("-", "_")
        if not (metavar or is_flag):
            metavar = f"[{'|'.join(choices)}]" if choices else "N" if least is not None else name.upper()
        super().__init__(name, metavar, default, least, choices)
        self.words = words
        self.is_flag = is_flag
        self.multiple = multiple


class _Argument(_Parameter):
    def __init__(self, name: str, metavar: str, default: Any, least: int | None, *, required: bool, many: bool) -> None:
        shown = metavar or (name.upper() if required else f"[{name.upper()}]")
        super().__init__(name, shown, default, least, ())
        self.required = required
        self.many = many


def option(
    *names: str, help: str, metavar: str = "", default: Any = None, least: int | None = None,  # noqa: A002  what it is
    choices: Sequence[str] = (), is_flag: bool = False, multiple: bool = False,
) -> Callable[[Function], Function]:  # fmt: skip
    """Give a function an option.

    Args:
        names: `-Y`, `--filter` and the like; a name without dashes is that of the parameter.
        help: one sentence.
        metavar: what to call its value.
        default: the value without it.
        least: it is a whole number, and this the least.
        choices: the values that it may have.
        is_flag: it has no value; the parameter is True where it is given.
        multiple: it may be given more than once; the parameter is a tuple.
    """
    made = _Option(names, help, metavar, default, least, choices, is_flag=is_flag, multiple=multiple)
    return _collect(made)


def argument(
    name: str, *, metavar: str = "", default: Any = None, least: int | None = None, required: bool = True,
    many: bool = False,
) -> Callable[[Function], Function]:  # fmt: skip
    """Give a function an argument; with `many` it takes all that are left, as a tuple."""
    return _collect(_Argument(name, metavar, default, least, required=required, many=many))


def _collect(parameter: _Parameter) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        # Decorators are applied from the last to the first.
        function.__dict__.setdefault("parameters", []).insert(0, parameter)
        return function

    return decorate


def command(name: str, *, epilog: str = "", passes_on: bool = False) -> Callable[[Function], Command]:
    """Make a command of a function, whose docstring is the help; it returns the exit status, None for 0.

    Args:
        name: as it is typed.
        epilog: the last words of the help.
        passes_on: what follows the first argument belongs to somebody else.
    """
    return lambda function: Command(name, function, epilog, passes_on=passes_on)


class Command:
    """A command; call it with the words that follow its name."""

    def __init__(self, name: str, function: Function, epilog: str, *, passes_on: bool) -> None:
        parameters = function.__dict__.get("parameters", [])
        self.name = name
        self.words = function.__doc__ or ""
        self._function = function
        self._epilog = epilog
        self._passes_on = passes_on
        self._options = [item for item in parameters if isinstance(item, _Option)]
        self._arguments = [item for item in parameters if isinstance(item, _Argument)]

    def __call__(self, words: Sequence[str], path: str = "nlsniff") -> int:
        """Run it; returns the exit status.

        Raises:
            UsageError: it does not take these words.
        """
        given, rest = self._split(words)
        if any(name in _HELP for name, _ in given):
            sys.stdout.write("\n".join(self._help(f"{path} {self.name}")) + "\n")
            return 0
        values: dict[str, Any] = {}
        for item in self._options:
            texts = [(name, text) for name, text in given if name in item.names]
            if item.is_flag:
                values[item.name] = bool(texts)
            elif item.multiple:
                values[item.name] = tuple(item.read(text, name) for name, text in texts)
            else:
                values[item.name] = item.read(texts[-1][1], texts[-1][0]) if texts else item.default
        return self._function(**values, **self._place(list(rest))) or 0

    def _split(self, words: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
        """The options that were given, with their values, and what is left.

        As getopt(3) has it: `-Vc7` is `-V -c 7`, `--name=value` is `--name value`, what follows `--` is no option, and
        options may stand behind arguments.
        """
        flags = dict.fromkeys(_HELP, True) | {name: item.is_flag for item in self._options for name in item.names}
        given: list[tuple[str, str]] = []
        rest: list[str] = []
        left = list(words)
        while left:
            word = left.pop(0)
            if word == "--":
                return given, rest + left
            if not word.startswith("-") or word == "-":
                rest.append(word)
                if self._passes_on:
                    return given, rest + left
                continue
            name, value, attached = word, "", False
            if word.startswith("--"):
                name, sign, value = word.partition("=")
                attached = bool(sign)
            elif word[2:]:
                name, value, attached = word[:2], word[2:], True
            if name not in flags:
                raise UsageError(f"option {name} not recognized; `nlsniff {self.name} --help` lists all")
            if not flags[name]:
                if not (attached or left):
                    raise UsageError(f"option {name} needs a value; `nlsniff {self.name} --help` says which")
                value = value if attached else left.pop(0)
            elif attached and name.startswith("--"):
                raise UsageError(f"option {name} takes no value")
            elif attached:  # more short options in the same word
                left.insert(0, f"-{value}")
            given.append((name, "" if flags[name] else value))
        return given, rest

    def _place(self, words: list[str]) -> dict[str, Any]:
        """The arguments by name."""
        values: dict[str, Any] = {}
        for item in self._arguments:
            if item.many:
                values[item.name], words = tuple(words), []
            elif words:
                values[item.name] = item.read(words.pop(0), item.metavar.strip("[]"))
            if item.required and not values.get(item.name):
                raise UsageError(f"{item.metavar} is missing: `nlsniff {self.name} --help` says what it takes")
            values.setdefault(item.name, item.default)
        if words:
            raise UsageError(f"{words[0]!r} is one argument too many; `nlsniff {self.name} --help` says what it takes")
        return values

    def _help(self, path: str) -> Iterator[str]:
        yield " ".join(["Usage:", path, "[OPTIONS]", *(item.metavar for item in self._arguments)])
        yield from paragraphs(self.words)
        rows = {}
        for item in self._options:
            default = f"  [default: {item.default}]" if item.default not in (None, "") else ""
            rows[" ".join([", ".join(item.names), item.metavar]).strip()] = item.words + default
        rows[", ".join(_HELP)] = "Show this and exit."
        yield from table("Options:", rows)
        if self._epilog:
            yield from ("", self._epilog)


class Group:
    """Commands under a name.

    Args:
        name: as it is typed.
        words: what they are for.
        commands: their names with a line for each; and how to get one.
        version: what `--version` prints, if there is that.
    """

    def __init__(
        self, name: str, words: str, commands: Mapping[str, str], get: Callable[[str], Command | Group],
        version: Callable[[], str] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self._words = words
        self._commands = commands
        self._get = get
        self._version = version

    def __call__(self, words: Sequence[str], path: str = "") -> int:
        """Run the command that the first word names; returns the exit status.

        Raises:
            UsageError: it names none.
        """
        path = f"{path} {self.name}".lstrip()
        first = words[0] if words else ""
        if not first or first in _HELP:
            stream = sys.stdout if first else sys.stderr
            stream.write("\n".join(self._help(path)) + "\n")
            return 0 if first else EXIT_UNUSABLE
        if first == "--version" and self._version is not None:
            sys.stdout.write(f"{self._version()}\n")
            return 0
        if first in self._commands:
            return self._get(first)(words[1:], path)
        if first.startswith("-"):
            raise UsageError(f"option {first} not recognized; `{path} --help` lists the commands")
        import difflib  # noqa: PLC0415  only a mistake needs it

        near = difflib.get_close_matches(first, self._commands, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"commands are {', '.join(self._commands)}"
        raise UsageError(f"no command {first!r}: {hint}")

    def _help(self, path: str) -> Iterator[str]:
        yield f"Usage: {path} [OPTIONS] COMMAND [ARGS]..."
        yield from paragraphs(self._words)
        version = {"--version": "Show the version and exit."} if self._version is not None else {}
        yield from table("Options:", {**version, ", ".join(_HELP): "Show this and exit."})
        yield from table("Commands:", self._commands)


# -- help --------------------------------------------------------------------------------------------------------


def width() -> int:
    """Columns that help may take."""
    try:
        return min(os.get_terminal_size().columns - 2, _WIDEST)
    except (OSError, ValueError):
        return _WIDEST


def paragraphs(words: str) -> Iterator[str]:
    """The paragraphs of a docstring, wrapped, an empty line before each."""
    import textwrap  # noqa: PLC0415  only help needs it

    for paragraph in words.strip().split("\n\n"):
        yield ""
        yield from textwrap.wrap(" ".join(paragraph.split()), width(), initial_indent="  ", subsequent_indent="  ")


def table(title: str, rows: Mapping[str, str]) -> Iterator[str]:
    """A heading, and beside each left side what it means."""
    import textwrap  # noqa: PLC0415

    yield from ("", title)
    left = min(max(map(len, rows)), 24)
    for name, words in rows.items():
        lines = textwrap.wrap(words, max(width() - left - 4, 20)) or [""]
        if len(name) > left:
            yield f"  {name}"
            name = ""  # noqa: PLW2901
        yield f"  {name:<{left}}  {lines[0]}".rstrip()
        yield from (f"  {'':<{left}}  {line}" for line in lines[1:])


def echo(text: str, *, end: str = "\n") -> None:
    """Say something on stderr, where talk goes."""
    print(text, end=end, file=sys.stderr, flush=True)
