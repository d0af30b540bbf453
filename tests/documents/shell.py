"""Runs the command lines that help and documents show, in a folder that has what they name."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from nlsniff.cli import commands, load, main
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

WIDTH = "100"  # columns of the terminal that documents were written on
# What only a shell understands.
_SHELL = re.compile(r"[|&;<>()$`*\n\\]|\b(?:cat|mkdir|cp|for)\b")
_PROGRAM = f'#!/bin/sh\nexec {sys.executable} -m nlsniff "$@"\n'
_NAMED = {
    "trace.pcapng": "captures/rejected.pcapng", "new.pcapng": "captures/rejected.pcapng",
    "old.pcapng": "captures/basics.pcapng", "family.yaml": "dissectors/team.yaml",
    "ring_1.pcapng": "captures/basics.pcapng", "mine/mine.yaml": "dissectors/team.yaml",
}  # fmt: skip
_REQUEST = "24000000 1a00 0503 01000000 00000000 02180000fe00fe010000000008000100c0000200"
_RULES = "format = 1\n[[never]]\nfilter = 'errno == ENETUNREACH'\nreason = 'all routes are known'\n"
_MYPROG = '#!/bin/sh\nip link set lo up && exec ip route "${1:-add}" "${2:-198.51.100.0/24}" dev lo\n'


class Done(NamedTuple):
    """What came of a command line: its exit status, and what a terminal would have."""

    status: int
    printed: str


def furnish(folder: Path) -> None:
    """Put into a folder what examples of `--help` name, and what a checkout has."""
    for name in ("captures", "dissectors"):
        (folder / name).symlink_to(ROOT / name)
    for name, source in _NAMED.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes((ROOT / source).read_bytes())
    (folder / "mail.txt").write_text(f"Hello,\nmy library sends {_REQUEST}, what is wrong?\n")
    (folder / "request.bin").write_bytes(bytes.fromhex(_REQUEST))
    (folder / "rules.toml").write_text(_RULES)
    (folder / "trace.pcapng.gz").write_bytes(gzip.compress((folder / "trace.pcapng").read_bytes()))
    (folder / "bin").mkdir()
    for name, text in (("bin/nlsniff", _PROGRAM), ("bin/sudo", '#!/bin/sh\nexec "$@"\n'), ("myprog", _MYPROG),
                       ("test.sh", _MYPROG)):  # fmt: skip
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of a command in such a folder."""
    path = f"{folder / 'bin'}:{os.environ['PATH']}:/usr/sbin:/sbin"
    return {**os.environ, "PATH": path, "COLUMNS": WIDTH, "PYTHONPATH": str(ROOT), "HOME": str(folder)}


def run(line: str, folder: Path, *, shell: str = "sh") -> Done:
    """Run a command line in a folder; within this process where it needs no shell."""
    words = [] if _SHELL.search(line.partition("  # ")[0]) and _unquoted(line) else shlex.split(line, comments=True)
    if words[:1] == ["nlsniff"] and words[1:2] not in (["record"], ["doctor"], ["open"], ["live"], ["capture"]):
        return _within(words[1:], folder)
    done = subprocess.run(
        [shell, "-c", line], cwd=folder, env=surroundings(folder), stdin=subprocess.DEVNULL, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
    )  # fmt: skip
    return Done(done.returncode, done.stdout)


def _unquoted(line: str) -> bool:
    """Whether something that only a shell understands stands outside of quotes."""
    return bool(_SHELL.search(re.sub(r"'[^']*'|\"[^\"$`]*\"", "", line.partition("  # ")[0])))


def _within(words: list[str], folder: Path) -> Done:
    raw = io.BytesIO()
    screen = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", WIDTH)
        with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen), pytest.raises(SystemExit) as ended:
            main(words)
    return Done(int(ended.value.code or 0), raw.getvalue().decode())


def accepted(line: str) -> int:
    """Hold that the commands of nlsniff take the words that a line gives them; returns how many it has."""
    count = 0
    for found in re.finditer(r"(?:^|[|&;(]|sudo |run: |- |bin/)\s*nlsniff ([a-z][^|&;#)`]*)", line):
        words = shlex.split(re.sub(r"\d?>+ *\S+$", "", found[1].strip()))
        _take(words[0], words[1:], load(words[0]))
        count += 1
    return count


def _take(name: str, words: list[str], command: commands.Command | commands.CommandGroup) -> None:
    if isinstance(command, commands.CommandGroup):
        _take(words[0], words[1:], dict(command.members())[words[0]])
        return

    def nothing(**_: object) -> None:
        """Stand in for the command."""

    nothing.__dict__["parameters"] = command._function.__dict__["parameters"]
    with contextlib.redirect_stdout(io.StringIO()):
        assert commands.Command(name, nothing, ())(words) == 0
