"""One test that uses the fixtures: how it records, which goldens are its own, and what is told where it fails."""

from __future__ import annotations

import platform
import re
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from nlsniff.errors import NlsniffError
from nlsniff.regress.expectations import judge_source
from nlsniff.regress.report import expectation_case
from nlsniff.regress.rules import RuleError
from nlsniff.testing.artifacts import Artifacts
from nlsniff.testing.goldens import NetlinkGolden
from nlsniff.testing.junit import PROPERTY
from nlsniff.testing.names import golden_path
from nlsniff.testing.plain import skip_test
from nlsniff.testing.report import conversations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, Final, NoReturn

    from nlsniff.regress.model import Level
    from nlsniff.regress.report import Case
    from nlsniff.testing.netlink import Netlink
    from nlsniff.testing.recording import Recording
    from nlsniff.testing.session import NetlinkRun

_R = TypeVar("_R")
_KNOWN: Final = ("answers", "calm", "kernel")
_LEVELS: Final = ("outcome", "objects", "full")
_KERNEL: Final = re.compile(r"\s*(>=|<=|==|!=|>|<)\s*(\d+(?:\.\d+)*)\s*")
_NUMBERS: Final = re.compile(r"\d+(?:\.\d+)*")

__tracebackhide__ = True  # pytest leaves out the functions of this module


class NetlinkTest:
    """What belongs to one test.

    Args:
        item: the test.
        session: the test run.

    Attributes:
        answers: how much of what the kernel says is compared; None for what rules or the golden say.
        calm: whether IPv6 does nothing by itself where the test records.
        sections: what is told where it fails, by headline.
    """

    def __init__(self, item: pytest.Item, session: NetlinkRun) -> None:
        self.item = item
        self.session = session
        self.sections: list[tuple[str, str]] = []
        self._goldens: dict[str, NetlinkGolden] = {}
        given: dict[str, Any] = {}
        for marker in reversed(list(item.iter_markers("netlink"))):  # the nearest one wins
            given |= marker.kwargs
            if marker.args:
                raise pytest.UsageError(f"{item.nodeid}: netlink({marker.args[0]!r}): all it takes has a name")
        for name in given:
            if name not in _KNOWN:
                raise pytest.UsageError(f"{item.nodeid}: netlink({name}=): it takes {', '.join(_KNOWN)}")
        self.answers: Level | None = given.get("answers") or session.settings.answers
        if self.answers not in {None, *_LEVELS}:
            raise pytest.UsageError(f"{item.nodeid}: answers={self.answers!r}: expected {', '.join(_LEVELS)}")
        self.calm: bool = given.get("calm", True)
        self._kernel: str = given.get("kernel", "")
        self._refuse_kernel(platform.release())
        self._fixture: Netlink | None = None
        self._left = False  # a capture

    @property
    def name(self) -> str:
        """The test's id, to which pytest-xdist may add a group."""
        return self.item.nodeid.partition("@")[0] if "@" not in self.item.name else self.item.nodeid

    def failed(self, cases: Iterable[Case], captures: Iterable[Path]) -> None:
        """Take in what is not as expected, and the captures that show it."""
        self.session.facts.cases += cases
        for path in captures:
            self.item.user_properties.append((PROPERTY, self.session.shown(str(path))))
            self._left = True

    def leave(self, error: BaseException) -> None:
        """Leave the last recording, and tell what was said in it, where nothing else did: the test failed.

        What was said explains nothing where the fixtures were used wrongly.
        """
        from nlsniff.testing.netlink import CommandError

        if self._fixture is None or not self._fixture.recordings:
            return
        recording = self._fixture.recordings[-1]
        with suppress(NlsniffError):
            if not self.sections and (isinstance(error, CommandError) or not isinstance(error, NlsniffError)):
                self.sections.append(("netlink: conversations", "\n".join(conversations(recording))))
            if not self._left:
                left = self._artifacts().failed(self.session.reading.redacted(str(recording.path)))
                self.failed([], left)
                self.sections.append(("netlink: the capture", self.session.shown(str(left[0]))))

    def _artifacts(self) -> Artifacts:
        return Artifacts(self.session.settings, self.item, golden_path(self.item, ""))

    @property
    def rules(self) -> Path | None:
        """The file of rules for its goldens."""
        return self.session.rules_of(golden_path(self.item, ""))

    @contextmanager
    def netlink(self) -> Iterator[Netlink]:
        """The fixture, as long as the test runs."""
        from nlsniff.testing.netlink import Netlink

        with tempfile.TemporaryDirectory(prefix="nlsniff-") as folder:
            found = self._fixture = Netlink(self, Path(folder))
            self._left = False
            self._artifacts().clear_failed()
            try:
                yield found
            finally:
                found.close()

    def golden(self, name: str) -> NetlinkGolden:
        """A golden of the test."""
        if name not in self._goldens:
            self._goldens[name] = NetlinkGolden(self, golden_path(self.item, name))
        return self._goldens[name]

    def expected(self, recording: Recording, rules: Path) -> list[str]:
        """What of a recording is not as a file of rules expects, in words."""
        session, ruling = self.session, self.session.ruling(rules)
        if not ruling.rules.expected:
            raise RuleError(f"{rules}: expects nothing: say `no-errors = true`, or what [[must]] or [[never]] be")
        failures, clean = judge_source(str(recording.path), ruling, session.reading)
        left = self._artifacts().failed(clean) if clean is not None else []
        self.failed([expectation_case(failure.expectation, self.name, failure) for failure in failures], left)
        for failure in failures:
            if failure.ladder:
                self.sections.append((f"netlink: {failure.expectation}", "\n".join(failure.ladder)))
        return list(map(str, failures))

    def recorded(self, work: Callable[[], _R], *, here: bool = False) -> _R:
        """Record something; where this machine can record nothing, skip the test by name.

        Raises:
            NlsniffError: it is not the machine's fault.
        """
        try:
            return work()
        except NlsniffError as error:
            why = str(error) if here else self.session.lacking(calm=self.calm)
            if not why:
                raise
        return self._lacking(why)

    def _lacking(self, why: str) -> NoReturn:
        """Skip the test, or fail it where recordings are required."""
        # Its own remedy is for the command.
        words = f"netlink: nothing can be recorded here: {re.sub(r': run `sudo .*', ': run pytest as root', why)}"
        if self.session.settings.required:
            pytest.fail(f"{words} (--netlink-required)", pytrace=False)
        skip_test(words)

    def _refuse_kernel(self, release: str) -> None:
        """Skip the test on a kernel that it is not for."""
        for condition in self._kernel.split(",") if self._kernel else ():
            match = _KERNEL.fullmatch(condition)
            if match is None:
                raise pytest.UsageError(f'{self.item.nodeid}: kernel={condition!r}: expected such as ">=6.1,<7"')
            found = _NUMBERS.match(release)
            if found is None or not _holds(_version(found[0]), match[1], _version(match[2])):
                skip_test(f"netlink: needs Linux {self._kernel}, and this is {release}")


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _holds(left: tuple[int, ...], operator: str, right: tuple[int, ...]) -> bool:
    """Compare as many parts of a version as the condition has."""
    left = (*left, 0, 0)[: len(right)]
    return {
        ">=": left >= right, "<=": left <= right, "==": left == right, "!=": left != right, ">": left > right,
        "<": left < right,
    }[operator]  # fmt: skip
