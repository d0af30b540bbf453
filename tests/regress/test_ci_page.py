"""What docs/ci.md and the README tell to do in CI, done: their shell commands run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from nlsniff.reader import IndexedCapture, make_decoder
from tests import uml
from tests.conftest import ROOT
from tests.live.tool import as_user
from tests.support_tools import need
from tests.support_user import CODE, users_python

README = (ROOT / "README.md").read_text()
PAGE = (ROOT / "docs" / "ci.md").read_text()
RECORD = "nlsniff record --calm -w new.pcapng -- ip link add dummy0 type dummy\n"


def commands(page: str, heading: str) -> list[str]:
    """The shell commands of a section of a page."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh(?: steps)?\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def test_user_mode_linux(tmp_path: Path) -> None:
    problem = uml.missing()
    if problem:
        if os.environ.get("CI"):
            pytest.fail(problem)
        pytest.skip(problem)
    install, script, start = commands(PAGE, "User-mode Linux")
    assert install == "sudo apt-get install -y user-mode-linux\n"
    (tmp_path / "record.sh").write_text(f"{RECORD}exit 3\n")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin:/sbin"
    done = subprocess.run(
        ["sh", "-c", f"{script}\n{start}"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, **uml.environment()},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    with IndexedCapture(tmp_path / "new.pcapng", make_decoder()) as capture:
        assert "RTM_NEWLINK" in {message.type_name for message in capture.load() if message.direction == "to-kernel"}


def test_the_example_of_the_readme_without_root_and_without_nlmon() -> None:
    need("strace")
    (example,) = (block for block in commands(README, "Test") if "prog.sh" in block)
    (line,) = re.findall(r"^(netlink/route\.nlt:.*?)  \[->", README, re.MULTILINE)
    # Not below pytest's own folder, which nobody else may enter.
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "bin").mkdir()
        tool = folder / "bin" / "nlsniff"
        tool.write_text(f'#!/bin/sh\nexec {users_python()} -m nlsniff "$@"\n')
        for each in (folder, tool.parent, tool):
            each.chmod(0o777)
        path = f"{tool.parent}:{os.defpath}:/usr/sbin:/sbin"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": CODE, "TMPDIR": made, "HOME": made}
        done = as_user(["sh", "-c", example], env=environment, cwd=folder)
        assert done.returncode == 1, done.stderr
        assert "netlink/route.nlt: new, " in done.stdout
        assert line in done.stdout
        assert "+    priority: 50" in done.stdout
        assert done.stdout.endswith("conversations\n")
