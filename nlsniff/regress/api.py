"""What `nlsniff.regress` has for Python programs: `transcript`, `compare` and `expect`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from nlsniff.decode.decoder import Decoder
from nlsniff.errors import BadArgumentError, NlsniffError
from nlsniff.regress import rules as rule_files
from nlsniff.regress.comparison import compare as compare_transcripts
from nlsniff.regress.expectations import judge_source
from nlsniff.regress.files import write_all
from nlsniff.regress.model import Level
from nlsniff.regress.rules import Rules
from nlsniff.regress.ruling import Ruling
from nlsniff.regress.sides import Given
from nlsniff.regress.stored import Reading
from nlsniff.regress.write import text_of
from nlsniff.spec.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.regress.comparison import Comparison
    from nlsniff.regress.expectations import Failure
    from nlsniff.regress.model import Transcript

    Source = str | os.PathLike[str]
    RuleSource = Rules | Source | None

_DEFAULT: Level = "objects"


class TranscriptText:
    """A transcript with its text; see docs/transcript.md.

    Attributes:
        transcript: what it says, as data of `nlsniff.regress.model`.
        text: the same as text.
    """

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self.text = text_of(transcript)

    def __str__(self) -> str:
        return self.text

    def save(self, path: Source) -> None:
        """Write the text to a file, whole or not at all.

        Raises:
            NlsniffError: it cannot be written.
        """
        write_all({Path(path): self.text.encode()})


def transcript(
    source: Source, *, answers: Level | None = None, rules: RuleSource = None, specs: Iterable[Source] = ()
) -> TranscriptText:
    """The transcript of a capture, or of a `.nlt` file as it would be written.

    Args:
        source: a capture or a transcript; `FILE:N` is one conversation of it, see docs/diff.md, "-" standard input.
        answers: how much of what the kernel says is in it: `outcome`, `objects` (the default) or `full`.
        rules: a file of rules, or rules; they choose what is in it.
        specs: more dissectors, folders or files.

    Raises:
        NlsniffError: it cannot be read, or the rules cannot be used.
    """
    ruling = Ruling(_rules(rules), open_registry(specs))
    given = Given(os.fspath(source))
    return TranscriptText(_side(given, _level(answers) or ruling.rules.answers or given.level, ruling))


def compare(
    old: Source, new: Source, *, answers: Level | None = None, rules: RuleSource = None, specs: Iterable[Source] = ()
) -> Comparison:
    """Compare two captures or transcripts; false where they are equal.

    Args:
        old: what was expected, as `source` of `transcript`.
        new: what came.
        answers: as that of `transcript`; by default that of a transcript among the two.
        rules: as those of `transcript`; they are applied to both sides.
        specs: as those of `transcript`.

    Raises:
        NlsniffError: one cannot be read, or they cannot be compared.
    """
    ruling = Ruling(_rules(rules), open_registry(specs))
    sides = Given(os.fspath(old)), Given(os.fspath(new))
    level = _level(answers) or ruling.rules.answers or sides[0].level or sides[1].level
    return compare_transcripts(_side(sides[0], level, ruling), _side(sides[1], level, ruling), ruling.rules)


def expect(
    source: Source, rules: Rules | Source, *, allow_drops: bool = False, specs: Iterable[Source] = ()
) -> list[Failure]:
    """Judge a capture by what rules expect of it; the list is empty where everything is met.

    Args:
        source: a capture; "-" is standard input.
        rules: a file of rules, or rules; of those for comparisons `only` and `ignore` choose what counts.
        allow_drops: judge a capture that lacks something, too.
        specs: as those of `transcript`.

    Raises:
        NlsniffError: it cannot be read or judged, the rules cannot be used, or they expect nothing.
    """
    ruling = Ruling(_rules(rules), open_registry(specs))
    if not ruling.rules.expected:
        raise NlsniffError(f"{ruling.rules.name or 'rules'}: expects nothing")
    return judge_source(os.fspath(source), ruling, Reading(ruling.registry), allow_drops=allow_drops)[0]


def _side(given: Given, level: Level | None, ruling: Ruling) -> Transcript:
    if level is not None and given.level not in {None, level}:
        raise BadArgumentError(f"{given.name}: has `answers {given.level}`, not {level}")
    found = given.read(Decoder(ruling.registry), None, None, level or _DEFAULT, ruling).transcript
    if not ruling.fits(found) and ruling.rules.digest:
        raise NlsniffError(f"{given.name}: was written by other rules; give the capture that it was made of")
    return found


def _rules(rules: RuleSource) -> Rules:
    if rules is None:
        return Rules()
    return rules if isinstance(rules, Rules) else rule_files.load(rules)


def _level(answers: Level | None) -> Level | None:
    if answers is not None and answers not in get_args(Level):
        raise BadArgumentError(f"answers is {answers!r}: expected {', '.join(get_args(Level))}")
    return answers
