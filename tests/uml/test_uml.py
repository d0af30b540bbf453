"""The harness itself: what comes out of a guest, and that it ends."""

from __future__ import annotations

import os
import shutil
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


def test_the_kernel_of_another_system_is_started_by_its_own_loader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    (root / "usr/bin").mkdir(parents=True)
    (root / "lib64").mkdir()
    (root / "lib64/ld-linux-x86-64.so.2").write_text("the loader")
    original = b"ELF" + uml.LOADER + b"the rest"
    (root / "usr/bin/linux.uml").write_bytes(original)
    cache = Path("/tmp") / f"u{os.getpid() % 10000}"  # noqa: S108 - its name has to be short
    cache.mkdir()
    monkeypatch.setattr(uml, "ROOT", root)
    monkeypatch.setattr(uml, "_cache", lambda: cache)
    try:
        made = Path(uml.kernel()).read_bytes()
        assert len(made) == len(original)
        loader = made.removeprefix(b"ELF").partition(b"\0")[0].decode()
        assert Path(loader).read_text() == "the loader"
        assert made.endswith(b"\0the rest")
    finally:
        shutil.rmtree(cache)
