"""Runs the tests of this folder where there is an nlmon device: in a guest, or here where the kernel has one.

On a kernel without nlmon, user-mode Linux is booted once, pytest runs in it with the tests that were asked for, and
what it reports is reported here, test by test, as pytest-xdist does with its workers.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests import uml
from tests.live.tool import enter_private_network

HERE = Path(__file__).resolve().parent

# Inside a guest: where to write the reports.
_REPORTS = os.environ.get("NLSNIFF_REPORTS")
_TIMEOUT = 600
_GROUP = "live"
_NODES = pytest.StashKey[dict[str, list[Any]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "live: needs a kernel with nlmon; runs in user-mode Linux")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.live)
            item.add_marker(pytest.mark.xdist_group(_GROUP))  # one guest runs them all


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """In the guest: hand each report on to the outside."""
    if _REPORTS:
        with Path(_REPORTS).open("a") as file:
            print(json.dumps(_config.hook.pytest_report_to_serializable(config=_config, report=report)), file=file)


def pytest_sessionstart(session: pytest.Session) -> None:
    global _config  # noqa: PLW0603  pytest_runtest_logreport is given no config
    _config = session.config


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    if HERE not in item.path.parents or _direct():
        return None
    stash = item.session.stash
    if _NODES not in stash:
        stash[_NODES] = _run_in_guest(item.session)
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in stash[_NODES][_node(item)]:
        report.nodeid = item.nodeid
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture(autouse=True, scope="session")
def _private_network() -> None:
    """Everything here happens in a network namespace of its own, so that no link or route of the machine is touched."""
    enter_private_network()


def _direct() -> bool:
    """Tell whether the tests can run on this very kernel: in the guest they must, elsewhere root may have nlmon."""
    if os.environ.get("NLSNIFF_GUEST"):
        return True
    global _can_direct  # noqa: PLW0603  asked once
    if _can_direct is None:
        probe = ["unshare", "-n", "ip", "link", "add", "nlmonprobe", "type", "nlmon"]
        try:
            _can_direct = (
                os.geteuid() == 0
                and subprocess.run(probe, capture_output=True, timeout=10, check=False).returncode == 0
            )
        except (OSError, subprocess.TimeoutExpired):
            _can_direct = False
    return _can_direct


def _node(item: pytest.Item) -> str:
    """The test's id, to which pytest-xdist adds the group."""
    return item.nodeid.removesuffix(f"@{_GROUP}")


_can_direct: bool | None = None
_config: pytest.Config


def _run_in_guest(session: pytest.Session) -> dict[str, list[Any]]:
    """Run all collected tests of this folder in one guest; return the reports by node id."""
    items = [item for item in session.items if HERE in item.path.parents]
    problem = uml.missing()
    if problem:
        # In CI nothing may be left out unseen.
        outcome = "failed" if os.environ.get("CI") else "skipped"
        return {_node(item): [_report(item, outcome, problem)] for item in items}
    with tempfile.TemporaryDirectory(prefix="nlsniff-live-") as folder:
        share = Path(folder)
        # Node ids are relative to the root folder; it is the checkout's, here and there.
        inner = ["python", "-m", "pytest", "-p", "no:cacheprovider", "-q", f"--rootdir={session.config.rootpath}"]
        result = uml.run(
            shlex.join([*inner, *(_node(item) for item in items)]),
            share=share,
            timeout=_TIMEOUT,
            env={"NLSNIFF_REPORTS": str(share / "reports")},
        )
        reports: dict[str, list[Any]] = {}
        written = share / "reports"
        for line in written.read_text().splitlines() if written.exists() else []:
            report = session.config.hook.pytest_report_from_serializable(config=session.config, data=json.loads(line))
            if report.skipped:
                report.longrepr = tuple(report.longrepr)  # which JSON has not, and pytest counts on
            reports.setdefault(report.nodeid, []).append(report)
    for item in items:
        if _node(item) not in reports:
            text = f"no report; exit status {result.status}\n{result.output[-4000:]}\n{result.console[-2000:]}"
            reports[_node(item)] = [_report(item, "failed", text)]
    return reports


def _report(item: pytest.Item, outcome: Any, text: str) -> pytest.TestReport:
    """Build the report of a test that did not run."""
    where = (str(item.path), item.location[1] or 0, f"Skipped: {text}")
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={"live": 1},
        outcome=outcome,
        longrepr=where if outcome == "skipped" else text,
        when="setup",
    )
