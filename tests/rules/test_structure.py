"""No circles, and no class name with two homes: what a reader of one file must be able to take for granted."""

from __future__ import annotations

import ast
import graphlib
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "nlsniff"
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))}


def _statements(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes that run, those inside functions included, without what is for type checkers alone."""
    for statement in body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            continue
        yield from ast.walk(statement)


def _imports(path: Path) -> Iterator[str]:
    for node in _statements(ast.parse(path.read_text()).body):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from nlsniff.decode import values` imports a module, `from nlsniff.errors import X` a name of one.
            yield from (
                name if (name := f"{node.module}.{alias.name}") in MODULES else node.module for alias in node.names
            )


def test_imports_make_no_circle() -> None:
    graph = {name: {other for other in _imports(path) if other in MODULES} - {name} for name, path in MODULES.items()}
    assert tuple(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError, which names one


def test_a_public_class_has_one_home() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for name, path in MODULES.items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(name)
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_the_browser_of_the_screen_can_be_used_without_a_terminal() -> None:
    waiting, seen = ["nlsniff.tui.browser"], set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += _imports(MODULES[name]) if name in MODULES else ()
    assert {"nlsniff.tui.rows", "nlsniff.select"} <= seen
    assert {name for name in seen if name.split(".")[0] in {"textual", "rich"}} == set()


def test_a_message_number_has_one_home() -> None:
    """And the normal form of names; both drifted apart when each room had its own."""
    number = re.compile(r"^_?(RTM|RTNL_KIND|NLM_F|NLMSG|NFNL_MSG|XFRM_MSG)_\w+(: Final)? = (0x)?\d", re.MULTILINE)
    normal = re.compile(r'lower\(\)\.replace\("_", "-"\)|upper\(\)\.replace\("-", "_"\)')
    homes = {"number": ["nlsniff.wire.constants"], "normal": ["nlsniff.wire.names"]}
    found = {
        "number": [name for name, path in MODULES.items() if number.search(path.read_text())],
        "normal": [name for name, path in MODULES.items() if normal.search(path.read_text())],
    }
    assert found == homes


def test_patterns_are_those_that_the_oldest_python_reads_rightly() -> None:
    """Possessive quantifiers and atomic groups go wrong before Python 3.11.5 where what they hold can give back."""
    possessive = re.compile(r"(?<!\\)[*+?}]\+|\(\?>")
    for path in MODULES.values():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
                for argument in node.args[:1]:
                    text = ast.unparse(argument)
                    assert not possessive.search(text), f"{path}: {text}"
