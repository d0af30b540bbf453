"""The examples of `--help` that record what happens: each runs until Ctrl-C, and then has recorded."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from tests.documents.shell import furnish, surroundings
from tests.documents.test_examples import EXAMPLES, live
from tests.live.tool import ip

if TYPE_CHECKING:
    from pathlib import Path


def test_examples_record_until_they_are_interrupted(tmp_path: Path) -> None:
    """All at once, since each waits for something to happen."""
    furnish(tmp_path)
    lines = [example.partition("  # ")[0] for path, example in EXAMPLES if live(path, example)]
    assert len(lines) >= 7
    said = [tmp_path / f"{number}.txt" for number in range(len(lines))]
    running = [
        subprocess.Popen(
            ["sh", "-c", f"trap : INT; ({line}) > {path} 2>&1"], cwd=tmp_path, env=surroundings(tmp_path),
            stdin=subprocess.DEVNULL, start_new_session=True,
        )
        for line, path in zip(lines, said, strict=True)
    ]  # fmt: skip
    ip("link", "add", "d0", "type", "dummy")
    until = time.monotonic() + 120
    while time.monotonic() < until and not all(path.exists() and path.stat().st_size for path in said):
        time.sleep(1)
        ip("link", "set", "d0", "up")
        ip("addr", "add", "192.0.2.1/24", "dev", "d0")
        ip("route", "add", "default", "via", "192.0.2.254")
        ip("link", "set", "d0", "down")
        ip("addr", "flush", "dev", "d0")
    for process in running:
        os.killpg(process.pid, signal.SIGINT)
    for line, process, path in zip(lines, running, said, strict=True):
        process.wait(60)
        assert "Traceback" not in path.read_text(), (line, path.read_text())
        assert path.stat().st_size, line
