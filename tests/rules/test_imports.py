"""The rules that keep the house in one direction, and start-up light."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "nlsniff"

# What each room may import. A room is a folder, or a module beside the folders.
ALLOWED = {
    "terminal": set(),
    "errors": {"terminal"},
    "generated": set(),
    "steps": set(),
    "wire": {"errors"},
    "file": {"errors", "generated", "terminal", "wire"},
    "capture": {"errors", "terminal", "wire", "file", "spec"},
    "spec": {"errors", "terminal", "wire"},
    "decode": {"errors", "terminal", "wire", "spec"},
    "follow": {"errors", "terminal", "wire", "spec", "decode"},
    "stories": {"errors", "steps", "terminal", "wire", "spec", "decode", "follow"},
    "stats": {"errors", "steps", "terminal", "wire", "spec", "decode", "follow", "output"},
    "filter": {"errors", "generated", "terminal", "wire", "file", "spec", "decode", "follow"},
    "output": {"errors", "terminal", "wire", "file", "spec", "decode", "follow", "stories"},
    "printer": {"errors", "terminal", "wire", "spec", "decode", "output"},
    "redact": {"errors", "terminal", "wire", "file", "spec", "decode"},
    "regress": {
        "errors", "terminal", "wire", "file", "spec", "decode", "follow", "filter", "output", "redact", "reader",
        "select",
    },
    "reader": {"errors", "terminal", "wire", "file", "spec", "decode", "follow"},
    "select": {"errors", "terminal", "wire", "file", "spec", "decode", "follow", "filter", "reader"},
    "save": {"errors", "wire", "file", "decode", "printer", "reader", "redact", "save_name"},
    "save_name": {"file"},
    "crosscheck": {"errors", "terminal", "wire", "file"},
    "doctor": {"file", "spec", "capture"},
    "api": {
        "errors", "terminal", "wire", "file", "spec", "decode", "follow", "stories", "filter", "output", "reader",
        "select", "capture",
    },
    "testing": {
        "errors", "terminal", "spec", "follow", "output", "regress", "capture", "api",
    },
    "pytest_plugin": {"testing"},
    "tui": {
        "errors", "steps", "terminal", "wire", "file", "spec", "decode", "follow", "stories", "stats", "filter",
        "output", "printer", "redact", "reader", "select", "capture", "save", "save_name",
    },
    "cli": {
        "errors", "terminal", "wire", "file", "capture", "spec", "decode", "follow", "stories", "stats", "filter",
        "output", "printer", "redact", "regress", "reader", "select", "crosscheck", "doctor", "tui", "cli", "save",
    },
    "__init__": {"wire", "errors", "file", "decode", "filter", "follow", "api"},
    "__main__": {"cli"},
}  # fmt: skip

# Who alone may import a library.
ONLY = {
    "textual": {"tui"},
    "rich": {"tui"},
    "dpkt": {"file"},
    "pyshark": {"crosscheck"},
    "lark": set(),  # the referee of the filter language, in its tests
    "yaml": {"spec"},
    "zstandard": set(),  # packs for the tests, as another hand than the one that unpacks
    "backports": {"file"},
    "compression": {"file"},
    "argparse": {"cli"},
    "click": set(),  # textual brings it along; it costs more at every start than argparse
}


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def test_nothing_left_of_an_arrow_imports_what_is_right_of_it() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        room = _room(path)
        for line, name in _imports(path):
            if name.startswith("nlsniff."):
                target = name.split(".")[1]
                if target != room and target not in ALLOWED[room]:
                    wrong.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {target}")
    assert wrong == []


def _arrows() -> set[tuple[str, str]]:
    """The arrows between rooms in the picture of CONTRIBUTING.md, a branch under its stem included."""
    picture = (ROOT / "CONTRIBUTING.md").read_text().split("```")[1]
    found: set[tuple[str, str]] = set()
    stems: dict[int, str] = {}
    for line in picture.splitlines():
        before = ""
        for match in re.finditer(r"(\w+)/|[┬├└]|>", line):
            if match[0] in "├└":
                before = stems[match.start()]
            elif match[0] == "┬":
                stems[match.start()] = before
            elif match[1]:
                arrow = "─" in line[: match.start()].rstrip(" ")[-3:]
                if before and arrow:
                    found.add((before, match[1]))
                before = match[1]
    return found


def test_the_picture_of_the_house_is_true() -> None:
    arrows = _arrows()
    assert {
        ("capture", "file"),
        ("file", "decode"),
        ("decode", "follow"),
        ("follow", "stats"),
        ("output", "printer"),
    } <= arrows
    drawn = {room for arrow in arrows for room in arrow}
    assert drawn <= ALLOWED.keys()
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert folders - drawn == {"wire", "spec", "cli"}
    assert {(left, right) for left, right in arrows if right in ALLOWED[left]} == {("capture", "file")}


def test_contributing_says_what_each_room_is_for() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text().split("| you want to |")[1].split("\n## ")[0]
    named = {name.removesuffix(".py") for name in re.findall(r"nlsniff/(\w+(?:\.py)?)", table)}
    assert ALLOWED.keys() - named == {"__init__", "__main__"}


def test_each_heavy_library_has_one_home() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for line, name in _imports(path):
            homes = ONLY.get(name.split(".")[0])
            if homes is not None and _room(path) not in homes:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {name}")
    assert wrong == []
    writers = {
        path.name for path in PACKAGE.rglob("*.py") for _, name in _imports(path) if name.split(".")[0] == "dpkt"
    }
    assert len(writers) <= 1, writers


# Not on macOS or not on Windows, where files are read, too.
ELSEWHERE_ABSENT = {"fcntl", "pwd", "grp", "resource", "termios", "tty", "pty", "syslog", "posix"}
RECORDS = {"capture", "testing"}


def test_what_only_linux_has_is_needed_for_recording_alone() -> None:
    needs = {
        _room(path)
        for path in sorted(PACKAGE.rglob("*.py"))
        for _, name in _imports(path)
        if name.split(".")[0] in ELSEWHERE_ABSENT
    }
    assert needs <= RECORDS
    assert needs & RECORDS  # else the names are wrong


DECODER = "nlsniff.decode.decoder"
HEAVY = ("textual", "rich", "dpkt", "pyshark", "yaml", "backports", "compression", "asyncio", "numpy", DECODER)


@pytest.mark.parametrize(
    ("arguments", "may"),
    [
        (["--help"], ()),
        (["show", "captures/first-route.pcapng"], (DECODER,)),
        (["show", "--json", "captures/first-route.pcapng"], (DECODER,)),
        (["follow", "--all", "captures/first-route.pcapng"], (DECODER,)),
        (["stats", "captures/first-route.pcapng"], (DECODER,)),
        (["show", "-Y", "type == RTM_NEWROUTE", "captures/first-route.pcapng"], (DECODER,)),
        (["show", "-Y", "type == RTM_NEWROUTE", "-e", "frame", "captures/first-route.pcapng"], ()),
    ],
    ids=" ".join,
)
def test_a_command_imports_only_what_it_needs(arguments: list[str], may: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom nlsniff.cli import main\n"
        f"try: main({arguments!r})\nexcept SystemExit as end: assert not end.code, end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    for _ in range(2):  # the second time the dissectors are in the cache
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True
        )
    loaded = set(ast.literal_eval(done.stderr.strip().splitlines()[-1]))
    assert loaded <= set(may)


def test_the_package_itself_loads_nothing() -> None:
    """Not even typing, which takes 7 ms: each name of `nlsniff` is loaded when it is used."""
    code = "import sys; before = set(sys.modules); import nlsniff; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__future__", "nlsniff"]


def test_files_are_short() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in PACKAGE.rglob("*.py")
        if (count := len(path.read_text().splitlines())) > 350
    }
    assert long == {}, "each is a question: is this two things?"
