"""The command line of habit: what users of tshark, Wireshark and tcpdump type, in the words of nlsniff.

Only a command line that no command takes as it stands comes here. So nothing that works changes its meaning, and what
works pays nothing for this.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.cli.commands import UsageError, complain
from nlsniff.cli.options import DUMB

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Habit(NamedTuple):
    """What stands for something that was typed.

    Attributes:
        becomes: the words in its place, of which `{}` is its value; None where there is nothing like it.
        better: what to type instead, said on a terminal; of what is refused, what there is.
    """

    becomes: str | None
    better: str = ""


_NOTHING = Habit("")
_JSON = Habit("--json", "`--json`")
_PLAIN = Habit("--color=never", "`--color=never`")
_VERSION = Habit("--version", "`--version`")
_DETAILS = Habit("-V", "`-V`, and `-V -Y route` for the trees of one protocol alone")

_STYLES: Mapping[str, Habit] = {
    **dict.fromkeys(("json", "ek", "jsonraw"), _JSON),
    **dict.fromkeys(("fields", "text", "tabs"), _NOTHING),
    "": Habit(None, "what is printed are lines, trees (-V), JSON (--json) or fields (-e)"),
}

# Options without a value, of commands that read files.
_FLAGS: Mapping[str, Habit] = {
    **dict.fromkeys(("-2", "-l", "-n", "-nn", "-P", "-q"), _NOTHING),
    **dict.fromkeys(("--no-color", "--no-colour"), _PLAIN),
    "-j": _JSON,
}
# Options with a value, of the same; by the value where that matters, and under "" for all others.
_VALUED: Mapping[str, Mapping[str, Habit]] = {
    "-r": {"": Habit("{}", "the file without -r")},
    "-R": {"": Habit("-Y {}", "`-Y`")},
    "-N": {"": _NOTHING},
    "-O": {"": _DETAILS},
    **dict.fromkeys(("-T", "-o", "--format", "--output"), _STYLES),
    "-E": {
        "separator": Habit("--separator={}", "`--separator TEXT`"),
        "header": Habit("--header", "`--header`"),
        "aggregator": _NOTHING,
        "": Habit(None, "`--separator TEXT` and `--header` are what columns have"),
    },
    "-z": {
        "follow": Habit("follow {}", "`nlsniff follow`"),
        "expert": Habit("-Y {}", "`-Y 'problem or errno'`"),
        "": Habit("stats", "`nlsniff stats`"),
    },
}
_MONITOR = "`nlsniff live --groups link,ipv4-route` is `ip monitor`"
# Instead of a command.
_FIRST: Mapping[str, Habit] = {
    **dict.fromkeys(("-v", "-V", "version"), _VERSION),
    "-D": Habit("capture -D", "`nlsniff capture -D`"),
    **dict.fromkeys(("cat", "print", "read", "dump"), Habit("show", "`nlsniff show`")),
    **dict.fromkeys(("browse", "view"), Habit("open", "`nlsniff open`")),
    **dict.fromkeys(("monitor", "sniff", "tail", "watch"), Habit("live", "`nlsniff live`")),
    **dict.fromkeys(("run", "strace", "trace"), Habit("record", "`nlsniff record`")),
    "stat": Habit("stats", "`nlsniff stats`"),
    **dict.fromkeys(("blame", "history"), Habit("who", "`nlsniff who`")),
    "merge": Habit("show", "`nlsniff show FILE FILE -w OUT`"),
    "conv": Habit("follow --all", "`nlsniff follow --all`"),
    **dict.fromkeys(
        ("--install-completion", "--show-completion"),
        Habit(None, "`nlsniff completion SHELL` prints it, and its --help says where it goes"),
    ),
    "ip": Habit(None, f"{_MONITOR}; `nlsniff record -w FILE -- ip ...` records a command"),
    "export": Habit(None, "`nlsniff show --json FILE` and `nlsniff show -e FIELD FILE` print, `-w OUT` saves"),
}
_READING = frozenset({"show", "open", "follow", "who", "stats", "redact", "transcript", "check", "crosscheck"})
_RECORDING = ("-i", "--interface")
_NUMERIC = frozenset({"-n", "-nn"})  # tcpdump's: nothing is looked up here


def translated(words: Sequence[str]) -> list[str] | None:
    """The words of nlsniff for some that no command takes, or None where they are nobody's habit.

    Better words are said on a terminal.

    Raises:
        UsageError: it is a habit, but nlsniff has nothing like it; the error says what there is.
    """
    if not words:
        return None
    said: list[str] = []
    meant = _with_command(list(words), said)
    if meant and meant[0] in _READING:
        meant = _with_options(meant, said)
    elif meant and meant[0] in {"live", "capture"}:
        meant = [word for word in meant if word not in _NUMERIC]
    elif meant[:1] == ["accept"] and "--dry-run" in meant:
        raise UsageError("--dry-run: `nlsniff accept --ask DIR` shows each change and asks; `nlsniff check` only looks")
    if meant[:1] == ["follow"] and meant[1:2] and meant[1].isdecimal() and meant[2:] and not meant[2].isdecimal():
        meant[1:3] = meant[2], meant[1]
    if meant == list(words):
        return None
    if sys.stderr.isatty():
        for line in dict.fromkeys(said):
            complain(line)
    return meant


def _with_command(words: list[str], said: list[str]) -> list[str]:
    """The words with a command of nlsniff before them."""
    first, rest = words[0], words[1:]
    if first == "help":
        return [*rest[:1], "--help"]
    if first == "monitor" and rest and not rest[0].startswith("-"):
        raise UsageError(f"{first} {rest[0]}: {_MONITOR}")
    if first in _FIRST and (not rest or first not in {"-v", "-V"}):
        return _words(first, "", _FIRST[first], said) + rest
    if any(first.startswith(option) for option in _RECORDING):
        command = "capture" if any(word.startswith("-w") for word in rest) else "live"
        said.append(f"{first}: here it is `nlsniff {command} {first}`")
        return [command, *words]
    if first != "-" and first.startswith("-") and not all(word.startswith("-") for word in words):
        return ["show", *words]
    if first == "-" or "/" in first or "." in first or os.path.exists(first):  # noqa: PTH110  a word, and pathlib takes milliseconds
        printed = any(_prints(word) or os.path.exists(word) for word in rest)  # noqa: PTH110
        browse = sys.stdout.isatty() and os.environ.get("TERM") != DUMB and not printed
        return ["open" if browse else "show", *words]
    return words


def _prints(word: str) -> bool:
    """Whether a word is an option that the screen has no use for."""
    return word.startswith("-") and not word.startswith(("-Y", "--filter", "--spec", "--endian", "--linktype"))


def _with_options(words: list[str], said: list[str]) -> list[str]:
    """The words of a command that reads, its options of habit as it has them."""
    command, out, rest = words[0], list[str](), words[1:]
    while rest:
        word = rest.pop(0)
        word = "-r" if word in {"-nr", "-nnr"} else word
        if word == "--":
            return [command, *out, word, *rest]
        if word in _FLAGS:
            out += _words(word, "", _FLAGS[word], said)
            continue
        option, value = _apart(word)
        if option not in _VALUED:
            out.append(word)
            continue
        if option == "-z" and command != "show":
            raise UsageError("-z: `nlsniff follow FILE N` and `nlsniff stats FILE` print what it is for")
        if value is None:
            if not rest:
                return words  # the command says that a value is missing
            value = rest.pop(0)
        habits = _VALUED[option]
        kind = value.partition({"-z": ",", "-E": "="}.get(option, "\0"))[0]
        given = _given(kind, value)
        new = _words(f"{option} {value}", given, habits.get(kind, habits[""]), said)
        if option == "-z" and new[0] in _READING:
            command, new = new[0], new[1:]
            out += new if new[:1] != ["follow"] else []
        else:
            out += new
    return [command, *out]


def _given(kind: str, value: str) -> str:
    """What stands for the value of an option."""
    if kind == "separator":
        text = value.partition("=")[2]
        return {"/t": "\t", "/s": " "}.get(text, text)
    return {"follow": value.rpartition(",")[2], "expert": "problem or errno"}.get(kind, value)


def _apart(word: str) -> tuple[str, str | None]:
    """An option and its value where both are one word, `-Tjson` or `--format=json`."""
    if word.startswith("--"):
        option, equals, value = word.partition("=")
        return option, value if equals else None
    return (word[:2], word[2:]) if word[:2] in _VALUED and word[2:] else (word, None)


def _words(typed: str, value: str, habit: Habit, said: list[str]) -> list[str]:
    """What a habit becomes; `said` gets the better word.

    Raises:
        UsageError: nothing.
    """
    if habit.becomes is None:
        raise UsageError(f"{typed}: {habit.better}")
    if habit.better:
        said.append(f"{typed}: here it is {habit.better}")
    return [word.replace("{}", value) for word in habit.becomes.split()]
