"""A test run in which the fixtures are used: what its tests share, and what is told at its end."""

from __future__ import annotations

import os
import shlex
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nlsniff.capture.apart import Surroundings, record_apart
from nlsniff.capture.plan import RecordPlan
from nlsniff.errors import NlsniffError
from nlsniff.regress import github
from nlsniff.regress import rules as rule_files
from nlsniff.regress.rules import Rules
from nlsniff.regress.ruling import Ruling
from nlsniff.regress.stored import Reading
from nlsniff.spec.registry import open_registry
from nlsniff.terminal import one_line
from nlsniff.testing.case import NetlinkTest
from nlsniff.testing.claims import Claims
from nlsniff.testing.facts import Facts
from nlsniff.testing.goldens import NetlinkGolden
from nlsniff.testing.names import folder, stem
from nlsniff.testing.settings import settings_of
from nlsniff.testing.unused import unused, why_not

if TYPE_CHECKING:
    from collections.abc import Generator

_CASE = pytest.StashKey[NetlinkTest]()
_HERE = "nlsniff-session"  # what it is called among plugins


def session_of(config: pytest.Config) -> NetlinkRun:
    """What the tests of a run share; made when it is first asked for."""
    found = config.pluginmanager.get_plugin(_HERE)
    if found is None:
        found = NetlinkRun(config)
        config.pluginmanager.register(found, _HERE)
    assert isinstance(found, NetlinkRun)  # noqa: S101
    return found


class NetlinkRun:
    """What the tests of a run share in one process; a plugin of pytest from its first use on.

    Attributes:
        settings: options and configuration.
        facts: what happened; on the controller of pytest-xdist, in all workers.
        claims: which test owns which golden.
        reading: how captures are read.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.settings = settings_of(config)
        self.facts = Facts()
        self.claims = Claims(None)
        self.reading = Reading(open_registry(()))
        self._rulings: dict[Path | None, Ruling] = {}
        self._lacking: dict[bool, str] = {}
        self._trimmed: list[Path] = []
        self._why_not = ""
        self._shared = self._worker is None

    # -- for tests -----------------------------------------------------------------------------------------------

    def case(self, item: pytest.Item, folders: pytest.TempPathFactory) -> NetlinkTest:
        """What belongs to a test."""
        if not self._shared:
            assert self._worker is not None  # noqa: S101
            # The folder of the run, in which each worker has one.
            self.claims = Claims(folders.getbasetemp().parent / f"netlink-{self._worker['testrunuid']}")
            self._shared = True
        if _CASE not in item.stash:
            item.stash[_CASE] = NetlinkTest(item, self)
        return item.stash[_CASE]

    def rules_of(self, golden: Path) -> Path | None:
        """The file of rules for a golden."""
        return self.settings.rules or rule_files.find(golden)

    def ruling(self, path: Path | None) -> Ruling:
        """The rules of a file.

        Raises:
            NlsniffError: they cannot be used.
        """
        if path not in self._rulings:
            rules = rule_files.load(path) if path is not None else Rules()
            self._rulings[path] = Ruling(rules, self.reading.registry)
        return self._rulings[path]

    def lacking(self, *, calm: bool) -> str:
        """Why this machine can record nothing, in words; "" where it can."""
        if calm not in self._lacking:
            self._lacking[calm] = ""
            null = os.open(os.devnull, os.O_RDWR)
            try:
                with tempfile.TemporaryDirectory(prefix="nlsniff-") as scratch:
                    plan = RecordPlan(str(Path(scratch) / "probe.pcapng"), calm=calm)
                    around = Surroundings(null, null, null)
                    record_apart(["true"], plan, here=False, netns=None, inherited=(), around=around)
            except NlsniffError as error:
                self._lacking[calm] = str(error)
            finally:
                os.close(null)
        return self._lacking[calm]

    def shown(self, text: str) -> str:
        """A text in which paths below the folder that pytest was started in are relative to it."""
        return text.replace(f"{self.settings.base}{os.sep}", "")

    @staticmethod
    def command(case: NetlinkTest, update: str) -> str:
        """The command that updates the golden of a test."""
        return f"pytest --netlink-update={update} {shlex.quote(case.name)}"

    # -- hooks ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell what changed where a test failed."""
        case = item.stash.get(_CASE, None) if call.when == "call" else None
        if case is not None and call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
            case.leave(call.excinfo.value)  # before the report is made, which has the test's properties
        report = yield
        if call.when == "call":
            if case is not None and report.failed:
                report.sections += case.sections
            if report.passed:
                self.facts.passed.append(_base(item))
        return report

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        """Say what differs where `assert netlink == netlink_golden` fails."""
        golden = next((side for side in (right, left) if isinstance(side, NetlinkGolden)), None)
        return golden.words if golden is not None and op == "==" and golden.words else None

    def pytest_deselected(self) -> None:
        """Some plugin left tests out."""
        self.facts.partial = "tests were deselected"

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember which goldens there could be, where some may be removed."""
        if "trim" in self.settings.update:
            self.facts.collected = [_base(item) for item in session.items]

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Hand on what happened, or remove what nobody uses."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["netlink"] = self.facts.plain()
        elif "trim" in self.settings.update:
            self._why_not = why_not(self._config, self.facts, int(exitstatus))
            for path in () if self._why_not else unused(self.facts):
                with suppress(FileNotFoundError):
                    path.unlink()
                    self._trimmed.append(path)

    def worker_ended(self, told: dict[str, Any] | None) -> None:
        """On the controller of pytest-xdist: a worker told what it did, or died before it could."""
        if told is None:
            self.facts.partial = "a worker died"
        else:
            self.facts.add(told)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what was written, removed, and is worth knowing."""
        lines = [f"{path}: written" for path in sorted(set(self.facts.written))]
        lines += [f"{path}: removed" for path in self._trimmed]
        lines += [f"nothing is trimmed: {self._why_not}"] * bool(self._why_not)
        lines += [f"note: {note}" for note in dict.fromkeys(self.facts.notes)]
        lines = [one_line(self.shown(line)) for line in lines]
        if github.wanted():
            lines += github.annotate(self.facts.cases)
            try:
                github.write_summary(self.facts.cases)
            except NlsniffError as error:  # the tests count
                lines.append(str(error))
        if lines:
            terminalreporter.section("netlink")
            for line in lines:
                terminalreporter.line(line)


def _base(item: pytest.Item) -> str:
    """The golden that a test would have, without its ending."""
    return str(folder(item) / stem(item))
