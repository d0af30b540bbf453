"""Checks of several captures in one run: which golden is whose, which rules are meant, what nobody needs any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.errors import EXIT_INTERNAL, EXIT_OK, EXIT_UNUSABLE, NlsniffError
from nlsniff.regress import rules as rule_files
from nlsniff.regress.files import CAPTURES, TEXT, pair_of
from nlsniff.regress.golden import Check
from nlsniff.regress.rules import Rules
from nlsniff.regress.ruling import Ruling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nlsniff.regress.files import GoldenFiles
    from nlsniff.regress.golden import Checked, Wishes
    from nlsniff.regress.rules import Rule
    from nlsniff.regress.stored import Reading


class Result(NamedTuple):
    """What came of one capture: `checked`, or the `error` for which it could not be judged."""

    source: str
    pair: GoldenFiles
    checked: Checked | None
    error: NlsniffError | None = None

    @property
    def exit_code(self) -> int:
        """0 as expected, 1 differs, 2 cannot be judged."""
        if self.checked is not None:
            return self.checked.exit_code
        return self.error.exit_code if self.error is not None else EXIT_INTERNAL


class Checks:
    """Checks captures, one after the other.

    Args:
        sources: paths of captures; "-" is standard input.
        golden: the golden of the only capture, or a folder with one for each.
        reading: how captures are read.
        wishes: what may be done.
        rules: a file of rules; None for the nearest `.nlsniff.toml` above each golden.

    Raises:
        NlsniffError: it is not clear which golden is whose, or the rules cannot be used.
    """

    def __init__(
        self, sources: Sequence[str], golden: Path, reading: Reading, wishes: Wishes, rules: Path | None = None
    ) -> None:
        self._reading = reading
        self._wishes = wishes
        self._golden = golden
        self._rulings: dict[Path | None, Ruling] = {}
        pairs: dict[Path, str] = {}
        self._pairs: list[tuple[str, GoldenFiles]] = []
        for source in sources:
            pair = pair_of(golden, source)
            if pair.text in pairs:
                why = "name a folder with one for each" if pair.text == golden else "name them apart"
                raise NlsniffError(f"{pair.text}: would be the golden of {pairs[pair.text]} and of {source}: {why}")
            pairs[pair.text] = source
            self._pairs.append((source, pair))
        self._files = {pair.text: rules or rule_files.find(pair.text) for _, pair in self._pairs}
        for path in self._files.values():
            self._ruling(path)
        if "trim" in wishes.update and not golden.is_dir():
            raise NlsniffError(f"{golden}: trim removes goldens that nobody checks; it needs a folder of them")

    def results(self) -> Iterator[Result]:
        """Check one after the other. What cannot be judged does not keep the others from being checked."""
        for source, pair in self._pairs:
            ruling = self._ruling(self._files[pair.text])
            try:
                yield Result(source, pair, Check(source, pair, self._reading, ruling, self._wishes).run())
            except NlsniffError as error:
                yield Result(source, pair, None, error)

    def unused(self) -> list[Rule]:
        """The rules that matched nothing in all that was checked."""
        return [rule for ruling in self._rulings.values() for rule in ruling.unused()]

    def trim(self, results: Sequence[Result]) -> list[Path]:
        """Remove the goldens of the folder that no capture was checked with; returns the files that are gone.

        Raises:
            NlsniffError: a check failed, so that not all goldens may have had their captures.
        """
        if any(result.exit_code != EXIT_OK for result in results):
            raise NlsniffError(f"{self._golden}: nothing is trimmed, for not every check went well")
        used = {path for _, pair in self._pairs for path in (pair.text, pair.capture)}
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
        if path not in self._rulings:
            rules = rule_files.load(path) if path is not None else Rules()
            self._rulings[path] = Ruling(rules, self._reading.registry)
        return self._rulings[path]


def status(results: Sequence[Result]) -> int:
    """The exit status of all together: what cannot be judged wins over what differs."""
    return max((result.exit_code for result in results), default=EXIT_UNUSABLE)
