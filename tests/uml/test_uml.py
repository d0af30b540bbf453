"""The harness itself: what comes out of a guest, and that it ends."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests import uml
from tests.guest.check import check_what_comes_out


@pytest.fixture(autouse=True)
def can_boot() -> None:
    problem = uml.missing()
    if problem:
        if os.environ.get("CI"):
            pytest.fail(problem)
        pytest.skip(problem)


def test_output_and_status_and_shared_files_come_out(tmp_path: Path) -> None:
    check_what_comes_out(uml.run, tmp_path)


def test_a_job_that_does_not_end_is_killed(tmp_path: Path) -> None:
    result = uml.run("echo begun; sleep 600", share=tmp_path, timeout=8)
    assert result.status is None
    assert "begun" in result.output
    assert "killed after 8 s" in result.console
    assert result.seconds < 30
    until = time.monotonic() + 20  # a killed guest has many processes, and a busy machine takes its time
    while _processes_of(tmp_path) and time.monotonic() < until:
        time.sleep(0.2)
    assert _processes_of(tmp_path) == []


def _processes_of(share: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(share) in entry.read_text(errors="replace"):
                found.append(entry.parent.name)
        except OSError:
            continue
    return found
