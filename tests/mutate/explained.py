"""Reads `survivors.yaml`: why no test notices a change, and none needs to."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import yaml

from tests.mutate.changes import changes
from tests.mutate.draw import ROOT

_FILE = Path(__file__).with_name("survivors.yaml")

Entry = tuple[str, str, str]  # path, function, change


@functools.cache
def explained(text: str | None = None) -> frozenset[Entry]:
    """All that is explained, in that file or in a text like it."""
    reasons = yaml.safe_load(_FILE.read_text() if text is None else text)
    found = [(*item["place"].split(" "), item["change"]) for items in reasons.values() for item in items]
    return frozenset((path, function, change) for path, function, change in found)


def stale(entries: frozenset[Entry]) -> set[Entry]:
    """What the code as it is cannot be changed to any more."""
    known: set[Entry] = set()
    for path in {path for path, _, _ in entries if (ROOT / path).exists()}:
        known.update((path, found.function, str(found)) for found in changes(ast.parse((ROOT / path).read_text())))
    return set(entries) - known
