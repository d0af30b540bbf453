"""The pytest plugin on a kernel with nlmon."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
