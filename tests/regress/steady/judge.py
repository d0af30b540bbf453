"""What differs between two recordings of the script, in words."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from nlsniff.reader import IndexedCapture
from nlsniff.regress import rules
from nlsniff.regress.build import Builder
from nlsniff.regress.comparison import compare
from nlsniff.regress.ruling import Ruling
from tests.regress.changes import decoder
from tests.regress.steady import STRANGER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nlsniff.regress.comparison import Comparison
    from nlsniff.regress.difference import Difference
    from nlsniff.regress.model import Level, Transcript

LEVELS: tuple[Level, ...] = ("full", "objects")
RULES = f"""
format = 1
[[ignore]]
filter = 'process == "{STRANGER}"'
reason = "another program in the same network, which is not under test"
"""


@lru_cache(maxsize=4)  # one recording is compared with many
def transcript(path: Path, level: Level = "full") -> Transcript:
    """What a recording says, without the stranger."""
    with IndexedCapture(path, decoder()).load() as capture:
        assert not any((item.dropped or 0) + (item.os_dropped or 0) for item in capture.interfaces), f"{path}: drops"
        return Ruling(rules.parse(RULES), capture.decoder.registry).apply(Builder(capture, level).build(), capture)


def found(old: Path, new: Path, level: Level) -> Comparison:
    """Compare two recordings."""
    return compare(transcript(old, level), transcript(new, level))


def differences(old: Path, new: Path) -> Iterator[str]:
    """A line for each difference at each level."""
    for level in LEVELS:
        for item in found(old, new, level).differences:
            yield f"{level}: {words(item)}"


def words(item: Difference) -> str:
    """A difference in one line."""
    what = " ".join(filter(None, (item.kind, item.how, item.type, item.object, item.path)))
    where = f" (asked: {item.asked})" if item.asked else ""
    return f"{what}: {item.old} -> {item.new}{where} [message {item.was} -> {item.message}]"
