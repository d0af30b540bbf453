"""The pytest plugin on a kernel with nlmon."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.live.tool import NOBODY, as_user
from tests.testing.plugin import Project
from tests.testing.recorded import check_what_is_recorded

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]


def test_programs_and_functions_are_recorded(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    check_what_is_recorded(Project(pytester, monkeypatch))


def test_the_present_namespace_is_recorded(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(pytester, monkeypatch)
    project.write("""
import subprocess

def test_here(netlink):
    with netlink.here():
        subprocess.run(["ip", "link", "add", "here0", "type", "dummy"], check=True)
    subprocess.run(["ip", "link", "del", "here0"], check=True)
    (asked,) = netlink.conversations("flags.create")
    assert asked.request.get("ifname") == "here0"
    assert not netlink.conversations("type == RTM_DELLINK")
""")
    project.run("--netlink-required").assert_outcomes(passed=1)


def test_a_user_who_may_make_no_namespace_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        folder.chmod(folder.stat().st_mode | 0o5)
    os.chown(tmp_path, NOBODY, NOBODY)
    (tmp_path / "test_it.py").write_text("def test_it(netlink): netlink.run(['true'])\n")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    setting = Path("/proc/sys/user/max_user_namespaces")
    before = setting.read_text()
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", "-p", "nlsniff.pytest_plugin"]
    setting.write_text("0")
    try:
        done = as_user(command, cwd=tmp_path)
    finally:
        setting.write_text(before)
    why = "this machine allows no user namespaces (user.max_user_namespaces=0): run pytest as root"
    assert f"netlink: nothing can be recorded here: {why}" in done.stdout
    assert done.returncode == 0
