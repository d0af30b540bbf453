"""The fixture `netlink_golden`: a golden, which equals a recording where nothing differs that is compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nlsniff.errors import NlsniffError
from nlsniff.regress.checks import Result
from nlsniff.regress.files import GoldenFiles
from nlsniff.regress.golden import Check, NoGoldenError, Wishes
from nlsniff.regress.report import cases
from nlsniff.testing.artifacts import Artifacts
from nlsniff.testing.recording import Recording
from nlsniff.testing.report import sections, summary

if TYPE_CHECKING:
    from typing import NoReturn

    from nlsniff.regress.golden import Checked
    from nlsniff.testing.case import NetlinkTest

__tracebackhide__ = True  # pytest leaves out the functions of this module


class NetlinkGolden:
    """A golden of a test.

    Args:
        case: the test.
        path: of its text.
    """

    def __init__(self, case: NetlinkTest, path: Path) -> None:
        self._case = case
        self._pair = GoldenFiles(path)
        self._judged: dict[int, tuple[Recording, bool]] = {}
        self.words: list[str] = []

    def __call__(self, name: str) -> NetlinkGolden:
        """Another golden of the same test."""
        return self._case.golden(name)

    def __eq__(self, other: object) -> bool:
        """Compare it with a recording."""
        recording = getattr(other, "recording", other)
        return self.judge(recording) if isinstance(recording, Recording) else self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return self._case.session.shown(str(self._pair.text))

    def judge(self, recording: Recording) -> bool:
        """Whether a recording is as the golden says; what is written where it is not is up to the options."""
        found = self._judged.get(id(recording))
        if found is None:
            found = self._judged[id(recording)] = recording, self._judge(recording)
        return found[1]

    def _judge(self, recording: Recording) -> bool:
        case, session, path = self._case, self._case.session, self._pair.text
        if self._judged:  # of two recordings one would be written over the other
            words = "was compared with another recording already: give this one a golden of its own"
            self._fail(f'{path}: {words}, netlink_golden("name")')
        artifacts = Artifacts(session.settings, case.item, path)
        self.words = []
        checked, words = None, ""
        try:
            session.claims.claim(path, case.name)
            session.facts.used.append(str(path))
            artifacts.clear()
            checked = self._check(recording, artifacts.folder)
        except NoGoldenError as error:
            words = f"{path}: there is no golden; `{session.command(case, 'new')}` writes it"
            artifacts.told(error.proposed)
        except NlsniffError as error:
            words = str(error).replace(str(recording.path), "the recording")
        if checked is None:
            self._tell(artifacts, None, words)
            self._fail(words)
        checked.notes = [session.shown(note.replace(str(recording.path), "the recording")) for note in checked.notes]
        session.facts.notes += checked.notes
        session.facts.written += [str(file) for file in checked.written if file.parent == path.parent]
        if checked.exit_code:
            self._differs(recording, checked, artifacts)
        return not checked.exit_code

    def _check(self, recording: Recording, folder: Path) -> Checked:
        session = self._case.session
        settings = session.settings
        wishes = Wishes(settings.update - {"trim"}, self._case.answers, found=folder, base=settings.base)
        ruling = session.ruling(session.rules_of(self._pair.text))
        return Check(str(recording.path), self._pair, session.reading, ruling, wishes).run()

    def _differs(self, recording: Recording, checked: Checked, artifacts: Artifacts) -> None:
        session = self._case.session
        comparison = checked.comparison
        assert comparison is not None  # noqa: S101  there was a golden
        artifacts.told(checked.written)
        name = repr(self)
        diff = artifacts.diff(comparison.unified(name, "recorded now"))
        self._tell(artifacts, checked, "")
        self.words = summary(comparison, name)
        update = session.command(self._case, "changed")
        self._case.sections += sections(comparison, name, recording, session.shown(str(diff)), update)

    def _tell(self, artifacts: Artifacts, checked: Checked | None, words: str) -> None:
        """Tell what came of it: in a report, in the test's properties, and for the end of the run."""
        error = NlsniffError(self._case.session.shown(words)) if checked is None else None
        result = Result(self._case.name, GoldenFiles(Path(repr(self))), checked, error)
        artifacts.report(result)
        self._case.failed(cases([result]), artifacts.captures())

    def _fail(self, words: str) -> NoReturn:
        pytest.fail(self._case.session.shown(words), pytrace=False)
