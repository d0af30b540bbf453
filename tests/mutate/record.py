"""Which test touches which line, and how long each takes: recorded once, kept outside of the checkout.

Each file of tests is recorded by itself, in a process of its own, and again when that file has changed. Where the code
has changed since, its lines are no longer known; then all tests that touched the module are alike. `--record` makes the
record anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.mutate.draw import ROOMS, ROOT, Mutant

# Folders of tests that run in this process alone, in seconds; see the package for what is left out.
SUITES = ["follow", "file", "wire", "decode", "output", "filter", "cli", "model", "terminal", "api"]
# Measures time, or waits; searches the output of a room that is not changed here; runs tshark, or nlsniff as a program.
_LEFT_OUT = ("growth", "live", "redact", "secrets", "needles", "crosscheck", "bad_surroundings")


class Record:
    """What each test touches.

    Attributes:
        seconds: CPU time by test.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._touched: dict[str, dict[str, set[int]]] = {}
        self._digests: dict[str, str] = {}

    def add(self, result: dict[str, Any]) -> None:
        """Take in what one file of tests gave."""
        self.seconds |= result["seconds"]
        for name, tests in result["touched"].items():
            holds = self._digest(name) == result["digests"][name]
            self._touched.setdefault(name, {}).update(
                (test, set(lines if holds else ())) for test, lines in tests.items()
            )

    def _digest(self, name: str) -> str:
        if name not in self._digests:
            self._digests[name] = digest(ROOT / name) if (ROOT / name).exists() else ""
        return self._digests[name]

    def tests_of(self, mutant: Mutant) -> tuple[list[str], list[str]]:
        """The tests that touch a mutant's lines, and the others that touch its module: quick ones first.

        Many lines run once in a process, when a decoder or a loop is made that later tests use; hence the others.
        """
        lines = set(range(mutant.first, mutant.last + 1))
        touched = self._touched.get(mutant.path, {})
        near = [test for test, own in touched.items() if own & lines]
        others = touched.keys() - set(near)
        return sorted(near, key=self.seconds.__getitem__), sorted(others, key=self.seconds.__getitem__)


def files() -> list[Path]:
    """All files of tests that may run."""
    found = [path for suite in SUITES for path in sorted((ROOT / "tests" / suite).rglob("test_*.py"))]
    return [path for path in found if not any(word in path.name for word in _LEFT_OUT)]


def recorded(jobs: int, *, anew: bool = False) -> Record:
    """The record, made where it is missing."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nlsniff-mutate"
    if anew:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    record = Record()
    with ThreadPoolExecutor(jobs) as pool:
        for result in pool.map(lambda path: _of(path, folder), files()):
            record.add(result)
    return record


def digest(path: Path) -> str:
    """Tells versions of a file apart."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _of(path: Path, folder: Path) -> dict[str, Any]:
    """What one file of tests touches, from its record or from a run."""
    at = folder / f"{path.stem}-{digest(path)}.json"
    if not at.exists():
        name = str(path.relative_to(ROOT))
        result = run_job({"files": [name], "cover": sorted({f for room in ROOMS.values() for f in room})}, None)
        if "touched" not in result:
            raise RuntimeError(f"{name}: no result; {result}")
        result["touched"] = {str(Path(path).relative_to(ROOT)): tests for path, tests in result["touched"].items()}
        result["digests"] = {path: digest(ROOT / path) for path in result["touched"]}
        left_out = f"; left out, as they fail: {', '.join(result['failed'])}" if result["failed"] else ""
        print(f"recorded {name}: {len(result['seconds'])} tests{left_out}", file=sys.stderr, flush=True)
        for old in folder.glob(f"{path.stem}-*.json"):
            old.unlink()
        at.write_text(json.dumps(result))
    found: dict[str, Any] = json.loads(at.read_text())
    return found


def run_job(job: dict[str, Any], timeout: float | None) -> dict[str, Any]:
    """Do a job in a process of its own; what ends without a result gives `killed`, the test that ran."""
    with tempfile.TemporaryDirectory(prefix="nlsniff-mutate-") as name:
        folder = Path(name)
        (folder / "job").write_text(json.dumps(job | {"now": str(folder / "now")}))
        command = [sys.executable, "-m", "tests.mutate.child", str(folder / "job")]
        environment = os.environ | {"TMPDIR": name, "PYTHONHASHSEED": "0"}
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout)
        finally:
            _end(process)
        if (folder / "job.result").exists():
            done: dict[str, Any] = json.loads((folder / "job.result").read_text())
            return done
        now = folder / "now"
        log_end = (folder / "log").read_text(errors="replace")[-500:]
        return {"killed": now.read_text() if now.exists() else "", "log": log_end}


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a child and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()
