"""Every block of every page is run, or held to the code by a test that is named here; none is passed over.

`console` is run and what it prints compared (`...` stands for what is left out), `sh` is run, in one folder for a page.
`sh live` needs root, a device, or a program of the reader's: the commands of nlsniff in it are held to what they take.
A name behind the kind of a block (`yaml devlink.yaml`) is that of a file which it becomes. NLSNIFF_UPDATE=1 writes what
is printed today into the pages.
"""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.conftest import ROOT
from tests.documents.blocks import PAGES, Block, blocks, differs, indented, sessions
from tests.documents.shell import accepted, furnish, run
from tests.documents.test_examples import EVERY
from tests.support_tools import need

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Blocks that another test runs or compares, by page and kind.
HELD = {
    ("CONTRIBUTING.md", ""): "tests/rules/test_imports.py",
    ("README.md", "golden"): "tests/regress/test_golden.py",
    ("README.md", "check"): "tests/regress/test_golden.py",
    ("README.md", "sh steps"): "tests/regress/test_ci_page.py",
    ("README.md", "steps"): "tests/regress/test_ci_page.py",
    ("README.md", "python"): "tests/api/test_api_docs.py",
    ("README.md", "python pytest"): "tests/testing/test_plugin_records.py",
    ("README.md", "pytest"): "tests/testing/test_plugin_records.py",
    ("dissectors/README.md", "yaml"): "tests/spec/test_spec_readme.py",
    ("docs/ci.md", "sh"): "tests/regress/test_ci_page.py",
    ("docs/pytest.md", "python"): "tests/testing/test_plugin_failures.py",
    ("docs/python.md", "python"): "tests/api/test_api_docs.py",
    ("docs/python.md", "python live"): "tests/api/test_api_docs.py",
    ("docs/regression.md", "toml expected"): "tests/regress/test_check_expect.py",
    ("docs/regression.md", "expect"): "tests/regress/test_check_expect.py",
}


def console(block: Block, folder: Path) -> None:
    for command, shown in sessions(block.text):
        printed = run(command, folder).printed.splitlines()
        if os.environ.get("NLSNIFF_UPDATE") and differs(shown, printed):
            renew(block, command, shown, printed)
            continue
        assert not (wrong := differs(shown, printed)), f"{block.page}:{block.line}: {command}\n{wrong}"


def renew(block: Block, command: str, shown: list[str], printed: list[str]) -> None:
    """Write what is printed today into the page; where something was left out, all of it, to be shortened by hand."""
    path = ROOT / block.page
    old, new = ("\n".join((f"$ {command}", *lines)) for lines in (shown, printed))
    path.write_text(path.read_text().replace(f"{old}\n", f"{new}\n", 1))


def script(block: Block, folder: Path) -> None:
    if " record " in block.text:
        need("strace")
        need("ip")
    done = run(block.text, folder)
    assert done.status in {0, 1}, done.printed
    assert "nlsniff: unrecognized" not in done.printed


def taken(block: Block, folder: Path) -> None:  # noqa: ARG001  as the others
    text = block.text.replace("\\\n", " ")
    assert sum(map(accepted, text.splitlines())) or "nlsniff" not in text.replace("./nlsniff", "")


def written(block: Block, folder: Path) -> None:
    kind, _, name = block.kind.partition(" ")
    if name:
        (folder / name).write_text(block.text)
    if kind == "nlt":
        assert run(f"nlsniff transcript --check {name}", folder) == (0, block.text)
    elif kind == "yaml":
        assert yaml.safe_load(block.text)
        if not name:
            taken(block, folder)
    else:
        assert tomllib.loads(block.text)


KINDS: dict[str, Callable[[Block, Path], None]] = {
    "console": console, "sh": script, "sh live": taken, "toml": written, "toml probe": written, "yaml": written,
    "yaml devlink.yaml": written, "nlt example.nlt": written,
}  # fmt: skip
# Nothing in these can be run: what they are, readers see.
READ = {("docs/transcript.md", "ebnf")}


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_a_page_is_run_or_held(page: str, tmp_path: Path) -> None:
    furnish(tmp_path)
    assert not indented(page), "let it stand between fences, where a test sees it"
    for block in blocks(page):
        where = (page, block.kind)
        if where in HELD:
            assert page.rpartition("/")[2] in (ROOT / HELD[where]).read_text()
        elif where not in READ:
            assert block.kind in KINDS, f"{page}:{block.line}: no test knows a block {block.kind!r}"
            KINDS[block.kind](block, tmp_path)


def test_what_is_held_elsewhere_exists() -> None:
    found = {(page, block.kind) for page in PAGES for block in blocks(page)}
    assert set(HELD) | READ <= found


def test_links_lead_somewhere() -> None:
    import re

    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)[^):]*\)", (ROOT / page).read_text()):
            assert ((ROOT / page).parent / link).exists(), f"{page}: {link}"


def test_the_index_names_each_page() -> None:
    index = (ROOT / "docs/README.md").read_text()
    for page in PAGES:
        if page.startswith("docs/") and page != "docs/README.md":
            assert f"({page.removeprefix('docs/')})" in index


def test_the_page_of_exit_statuses_has_what_each_command_says() -> None:
    path = ROOT / "docs/exit.md"
    wanted = [f"| `{name}` | {command.status.removeprefix('Exit status: ')} |" for name, command in EVERY.items()]
    shown = [line for line in path.read_text().splitlines() if line.startswith("| `nlsniff ")]
    if os.environ.get("NLSNIFF_UPDATE"):
        path.write_text(path.read_text().replace("\n".join(shown), "\n".join(wanted)))
    else:
        assert shown == wanted


def test_what_differs_is_told() -> None:
    assert differs(["a", "...", "c ..."], ["a", "b", "c d"]) == ""
    assert differs(["a"], ["a", "b"]) == "printed, and not shown: b"
    assert differs(["a", "b"], ["a", "c"]) == "shown: b\nprinted: c"
    assert differs(["...", "b"], ["a", "c"]) == "shown: b\nprinted: no such line"
    assert differs(["b"], []) == "shown: b\nprinted: no such line"
    assert sessions("$ a \\\n> b\nx\n$ c\n") == [("a \\\nb", ["x"]), ("c", [])]
