"""Checks of several captures in one run: which golden is whose, which rules are meant, what nobody needs any more.

A capture is compared with its golden, or judged by what rules expect of any capture, or both.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.errors import EXIT_DIFFERS, EXIT_OK, EXIT_UNUSABLE, NlsniffError
from nlsniff.regress import rules as rule_files
from nlsniff.regress.expectations import judge_source
from nlsniff.regress.files import CAPTURES, NEW, TEXT, capture_name, leave_capture, pair_of
from nlsniff.regress.golden import Check, NoGoldenError
from nlsniff.regress.rules import RuleError, Rules
from nlsniff.regress.ruling import Ruling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nlsniff.regress.expectations import Failure
    from nlsniff.regress.expected import Expectation
    from nlsniff.regress.files import GoldenFiles
    from nlsniff.regress.golden import Checked, Wishes
    from nlsniff.regress.rules import Rule
    from nlsniff.regress.stored import Reading


class Judged(NamedTuple):
    """What came of one capture by what one file of rules expects: `failures`, or the `error` that hindered it.

    `left` are files that show it, `seconds` is how long it took.
    """

    expected: Sequence[Expectation]
    failures: Sequence[Failure]
    error: NlsniffError | None = None
    left: tuple[Path, ...] = ()
    seconds: float = 0.0


class Result(NamedTuple):
    """What came of one capture.

    Attributes:
        source: the capture, as it was named.
        pair: the golden; None where there is none to compare with.
        checked: what came of the golden; None where it could not be judged, or there is none.
        error: why it could not be judged.
        judged: what came of what is expected, by file of rules.
        seconds: how long the golden took.
    """

    source: str
    pair: GoldenFiles | None
    checked: Checked | None
    error: NlsniffError | None = None
    judged: Sequence[Judged] = ()
    seconds: float = 0.0

    @property
    def errors(self) -> list[NlsniffError]:
        """Why something could not be judged."""
        return [error for error in (self.error, *(item.error for item in self.judged)) if error is not None]

    @property
    def written(self) -> list[Path]:
        """The files that were written for the golden, or of what it could be."""
        if isinstance(self.error, NoGoldenError):
            return self.error.proposed
        return self.checked.written if self.checked is not None else []

    @property
    def left(self) -> tuple[Path, ...]:
        """Those of them that were left to look at."""
        return tuple(path for path in self.written if path.name.endswith(NEW))

    @property
    def exit_code(self) -> int:
        """0 as expected, 1 differs or is not met, 2 cannot be judged."""
        codes = [error.exit_code for error in self.errors]
        codes += [EXIT_DIFFERS for item in self.judged if item.failures]
        return max([*codes, self.checked.exit_code if self.checked is not None else EXIT_OK])


class Checks:
    """Checks captures.

    Args:
        sources: paths of captures; "-" is standard input.
        golden: the golden of the only capture, or a folder with one for each; None to compare with none.
        reading: how captures are read.
        wishes: what may be done.
        rules: a file of rules; None for the nearest `.nlsniff.toml` above each golden.
        expect: a file of rules that says what is expected of each capture, beside what the others say.

    Raises:
        NlsniffError: it is not clear which golden is whose, the rules cannot be used, or there is nothing to judge by.
    """

    def __init__(
        self, sources: Sequence[str], golden: Path | None, reading: Reading, wishes: Wishes, rules: Path | None = None,
        expect: Path | None = None,
    ) -> None:  # fmt: skip
        self._sources = sources
        self._reading = reading
        self._wishes = wishes
        self._golden = golden
        self._rulings: dict[Path | None, Ruling] = {}
        self._pairs = _pairs(sources, golden) if golden is not None else {}
        self._files = {
            source: rules or (rule_files.find(self._pairs[source].text) if golden is not None else None)
            for source in sources
        }
        self._expect = expect
        self._names = _names(sources)
        for path in (*self._files.values(), *([expect] if expect is not None else [])):
            self._ruling(path)
        if expect is not None and not self._ruling(expect).rules.expected:
            raise RuleError(f"{expect}: expects nothing: say `no-errors = true`, or what [[must]] or [[never]] be")
        if golden is None and not any(ruling.rules.expected for ruling in self._rulings.values()):
            raise NlsniffError(
                "there is nothing to judge by: give --golden, or --expect with a file that expects something"
            )
        if golden is None and wishes.update:
            raise NlsniffError("--update writes goldens: say by --golden which")
        if golden is not None and "trim" in wishes.update and not golden.is_dir():
            raise NlsniffError(f"{golden}: trim removes goldens that nobody checks; it needs a folder of them")

    def result(self, source: str) -> Result:
        """Check one capture. What cannot be judged does not keep others from being checked."""
        pair, checked, error = self._pairs.get(source), None, None
        begun = time.perf_counter()
        if pair is not None:
            try:
                ruling = self._ruling(self._files[source])
                checked = Check(source, pair, self._reading, ruling, self._wishes).run()
            except NlsniffError as caught:
                error = caught
        seconds = time.perf_counter() - begun
        return Result(source, pair, checked, error, list(self._judged(source)), seconds)

    def refuse_unreadable(self) -> None:
        """Refuse to begin where goldens shall be written and one of several captures cannot be read.

        Raises:
            NlsniffError: it is so.
        """
        if not self._wishes.update or len(self._sources) == 1:
            return
        for source in self._sources:
            if source == "-":
                continue
            try:
                self._reading.raw(source).close()
            except NlsniffError as error:
                raise NlsniffError(f"{error}: no golden is written, for --update needs each NEW") from None

    def _judged(self, source: str) -> Iterator[Judged]:
        """Judge a capture by each file that expects something of it."""
        files = {path.resolve(): path for path in (self._files[source], self._expect) if path is not None}
        for path in files.values():
            ruling = self._ruling(path)
            if not ruling.rules.expected:
                continue
            begun = time.perf_counter()
            try:
                failures, left = self._judge(source, ruling)
                yield Judged(ruling.rules.expected, failures, None, left, time.perf_counter() - begun)
            except NlsniffError as error:
                yield Judged(ruling.rules.expected, (), error, (), time.perf_counter() - begun)

    def _judge(self, source: str, ruling: Ruling) -> tuple[list[Failure], tuple[Path, ...]]:
        """What is not met, and the files that show it."""
        failures, clean = judge_source(source, ruling, self._reading, allow_drops=self._wishes.allow_drops)
        if clean is None or self._wishes.found is None:
            return failures, ()
        return failures, (leave_capture(self._wishes.found, self._names[source], clean),)

    @property
    def used(self) -> list[frozenset[Rule]]:
        """The rules that matched something, for the `use` of checks like these in another process."""
        return [frozenset(ruling.used) for ruling in self._rulings.values()]

    def use(self, used: Sequence[frozenset[Rule]]) -> None:
        """Remember what matched something elsewhere."""
        for ruling, rules in zip(self._rulings.values(), used, strict=True):
            ruling.used |= rules

    def unused(self) -> list[Rule]:
        """The rules that matched nothing in all that was checked."""
        return [rule for ruling in self._rulings.values() for rule in ruling.unused()]

    def trim(self, results: Sequence[Result]) -> list[Path]:
        """Remove the goldens of the folder that no capture was checked with; returns the files that are gone.

        Raises:
            NlsniffError: a check failed, so that not all goldens may have had their captures.
        """
        if self._golden is None:
            return []
        if any(result.exit_code != EXIT_OK for result in results):
            raise NlsniffError(f"{self._golden}: nothing is trimmed, for not every check went well")
        used = {path for pair in self._pairs.values() for path in (pair.text, pair.capture)}
        old = [
            path
            for path in sorted(self._golden.iterdir())
            if path.name.endswith((TEXT, *CAPTURES)) and path.is_file() and path not in used
        ]
        texts = {path.name.removesuffix(TEXT) for path in self._golden.glob(f"*{TEXT}")}
        gone = []
        for path in old:
            stem = path.name.removesuffix(".zst").removesuffix(".pcapng").removesuffix(TEXT)
            if stem in texts:  # any other capture is no golden's
                path.unlink()
                gone.append(path)
        return gone

    def _ruling(self, path: Path | None) -> Ruling:
        key = path.resolve() if path is not None else None
        if key not in self._rulings:
            rules = rule_files.load(path) if path is not None else Rules()
            self._rulings[key] = Ruling(rules, self._reading.registry)
        return self._rulings[key]


def _names(sources: Sequence[str]) -> dict[str, str]:
    """What each capture is called in one folder: a second of a name, which is of another folder, by a number more."""
    found: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for source in dict.fromkeys(sources):
        name = capture_name(source)
        counts[name] += 1
        found[source] = f"{name}-{counts[name]}" if counts[name] > 1 else name
    return found


def _pairs(sources: Sequence[str], golden: Path) -> dict[str, GoldenFiles]:
    """The golden of each capture.

    Raises:
        NlsniffError: two have the same, or one has none.
    """
    owners: dict[Path, str] = {}
    found = {}
    for source in sources:
        pair = pair_of(golden, source)
        if pair.text in owners:
            why = "name a folder with one for each" if pair.text == golden else "name them apart"
            raise NlsniffError(f"{pair.text}: would be the golden of {owners[pair.text]} and of {source}: {why}")
        owners[pair.text] = source
        found[source] = pair
    return found


def status(results: Sequence[Result]) -> int:
    """The exit status of all together: what cannot be judged wins over what differs."""
    return max((result.exit_code for result in results), default=EXIT_UNUSABLE)
