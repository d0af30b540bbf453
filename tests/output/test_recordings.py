"""What is printed of every recording stays as it is: a line for each command in tests/output/golden/recordings.txt.

NLSNIFF_UPDATE=1 writes it anew. What differs is seen by the same command here and in a checkout without the change.
"""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli import PROGRAM
from tests.cli.invoke import invoke
from tests.conftest import CAPTURES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

GOLDEN = ROOT / "tests" / "output" / "golden" / "recordings.txt"
SHOWN = ("show", "show -V -c 200", "show --json -c 200")
FOLLOWED = ("follow --all", "follow --all --json", "follow --stories", "stats --json")
SMALL = 100_000  # bytes of a file that is followed, too: all of them would take half a minute


def said(path: Path) -> list[str]:
    """A line for each command: its arguments, and how much it prints."""
    lines = []
    for command in (*SHOWN, *(FOLLOWED if path.stat().st_size < SMALL else ())):
        word, *options = command.split()
        status, out, err = invoke(PROGRAM, [word, f"captures/{path.name}", *options])
        digest = f"{out.count(chr(10))} lines {zlib.crc32(out.encode()):08x}"
        lines.append(f"{path.stem}: {command}: {status}, {digest}, {err!r}")
    return lines


def golden() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in GOLDEN.read_text().splitlines():
        found.setdefault(line.partition(":")[0], []).append(line)
    return found


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_a_recording_is_printed_as_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    lines = said(path)
    if os.environ.get("NLSNIFF_UPDATE"):
        known = golden() | {path.stem: lines}
        GOLDEN.write_text("".join(f"{line}\n" for name in sorted(known) for line in known[name]))
    assert lines == golden().get(path.stem)
