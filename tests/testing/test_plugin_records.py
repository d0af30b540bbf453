"""The fixtures record here, by nlmon or by strace; and what they say where there is neither."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.support_tools import need
from tests.testing.recorded import check_what_is_recorded

if TYPE_CHECKING:
    from tests.testing.plugin import Project

pytest_plugins = ["pytester"]

_NLMON = ["unshare", "-n", "ip", "link", "add", "nlmonprobe", "type", "nlmon"]


def test_programs_and_functions_are_recorded(project: Project) -> None:
    need("strace")
    need("ip")
    check_what_is_recorded(project)


def test_the_example_of_the_readme(project: Project) -> None:
    need("strace")
    need("ip")
    readme = (ROOT / "README.md").read_text()
    test, said = (
        re.search(rf"^```{kind}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL) for kind in ("python pytest", "pytest")
    )
    assert test
    assert said
    project.write(test[1], "test_myprog.py")
    program = project.folder / "myprog"
    for metric, options, outcome in ((50, ["--netlink-update"], "passed"), (60, [], "failed")):
        program.write_text(f"#!/bin/sh\nip link set lo up && exec ip route $1 $2 dev lo metric {metric}\n")
        program.chmod(0o755)
        result = project.run("--netlink-required", *options)
        assert result.parseoutcomes() == {outcome: 1}
    # By strace the message has another number than by nlmon.
    lines = [re.sub(r"-> \d+", "-> N", line) for line in result.outlines]
    assert [line for line in lines if line.startswith("E ")] == re.sub(r"-> \d+", "-> N", said[1]).splitlines()


def test_a_machine_that_can_record_nothing_skips_by_name(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """PATH has no strace; where the kernel has nlmon, that is no matter."""
    if os.geteuid() == 0 and not subprocess.run(_NLMON, capture_output=True, check=False).returncode:
        pytest.skip("this kernel has nlmon")
    programs = project.folder / "programs"
    programs.mkdir()
    for name in ("true", "sh"):
        (programs / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", str(programs))
    project.write("""
def test_run(netlink):
    netlink.run(["true"])

def test_call(netlink):
    netlink.call(print)

def test_read_needs_neither(netlink):
    netlink.read("new.pcapng")

def test_here(netlink):
    with netlink.here():
        pass
""")
    project.capture("new.pcapng", "rejected")
    result = project.run("-rs")
    result.assert_outcomes(passed=1, skipped=3)
    reason = "*netlink: nothing can be recorded here: *nlmon*; there is no strace: `sudo apt install strace`*"
    result.stdout.fnmatch_lines([reason])
    result = project.run("--netlink-required")
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines([f"{reason} (--netlink-required)"])


def test_another_system_skips_by_name(project: Project) -> None:
    project.write("""
import pytest, sys

@pytest.fixture(autouse=True)
def other(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")

def test_it(other, netlink_golden, netlink):
    pass
""")
    result = project.run("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*netlink is Linux's, and this is darwin"])
    project.run("--netlink-required").assert_outcomes(errors=1)
