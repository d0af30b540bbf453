"""What docs/ci.md tells to do, done: its shell commands run as they stand, where this machine can run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nlsniff.reader import IndexedCapture, make_decoder
from tests import uml
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "ci.md").read_text()
RECORD = "nlsniff record --calm -w new.pcapng -- ip link add dummy0 type dummy\n"


def commands(heading: str) -> list[str]:
    """The shell commands of a section."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def test_user_mode_linux(tmp_path: Path) -> None:
    problem = uml.missing()
    if problem:
        if os.environ.get("CI"):
            pytest.fail(problem)
        pytest.skip(problem)
    install, script, start = commands("User-mode Linux")
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
