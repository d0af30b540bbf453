"""Goldens that no test uses any more: found after a run of all tests, and removed where that was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.regress.files import CAPTURES, TEXT
from nlsniff.testing.names import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from nlsniff.testing.facts import Facts

# Options of pytest and of its plugins that leave tests out, by the names under which their values are kept.
_CHOOSING = {
    "keyword": "-k", "markexpr": "-m", "deselect": "--deselect", "ignore": "--ignore", "ignore_glob": "--ignore-glob",
    "lf": "--lf", "failedfirst": "--ff", "newfirst": "--nf", "stepwise": "--sw", "maxfail": "-x",
}  # fmt: skip


def why_not(config: pytest.Config, facts: Facts, status: int) -> str:
    """Why a run cannot tell which goldens are unused, in words; "" where it can."""
    if status != 0:
        return "not every test passed"
    used = [option for name, option in _CHOOSING.items() if getattr(config.option, name, None)]
    if used:
        return f"{', '.join(used)} may leave tests out"
    named = [argument for argument in config.args if "::" in argument or Path(argument.partition("::")[0]).is_file()]
    return f"{named[0]} is not all tests" if named else facts.partial


def unused(facts: Facts) -> list[Path]:
    """The files of goldens in the folders beside all tests that were run, which none of them uses.

    A test that did not pass, or was skipped, keeps what it may use.
    """
    used = {path.removesuffix(TEXT) for path in facts.used}
    kept = set(facts.collected) - set(facts.passed)
    modules = {Path(base).parent.parent.parent for base in facts.collected}
    found: list[Path] = []
    for text in sorted(path for folder in modules for path in (folder / FOLDER).glob(f"*/*{TEXT}")):
        base = str(text).removesuffix(TEXT)
        if base in used or any(base == other or base.startswith(f"{other}.") for other in kept):
            continue
        # A module that was not collected, whatever left it out, says nothing of its goldens.
        module = text.parent.parent.parent / f"{text.parent.name}.py"
        if module.exists() and not any(Path(other).parent == text.parent for other in facts.collected):
            continue
        found += _files(text)
    return found


def _files(text: Path) -> Iterator[Path]:
    stem = text.name.removesuffix(TEXT)
    yield text
    yield from (path for ending in CAPTURES if (path := text.with_name(stem + ending)).exists())
