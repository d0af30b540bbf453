"""Transcripts and comparisons for Python programs: `nlsniff.regress.transcript` and `nlsniff.regress.compare`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from nlsniff.decode.decoder import Decoder
from nlsniff.errors import BadArgumentError
from nlsniff.reader import IndexedCapture
from nlsniff.regress import rules as rule_files
from nlsniff.regress.comparison import compare as compare_transcripts
from nlsniff.regress.files import TEXT, read_text, write_all
from nlsniff.regress.model import Level
from nlsniff.regress.rules import Rules
from nlsniff.regress.ruling import Ruling
from nlsniff.regress.stored import told
from nlsniff.regress.write import text_of
from nlsniff.spec.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.regress.comparison import Comparison
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
        source: a capture, "-" for one on standard input, or a transcript whose name ends in `.nlt`.
        answers: how much of what the kernel says is in it: `outcome`, `objects` (the default) or `full`.
        rules: a file of rules, or rules; they choose what is in it.
        specs: more dissectors, folders or files.

    Raises:
        NlsniffError: it cannot be read, or the rules cannot be used.
    """
    ruling = Ruling(_rules(rules), open_registry(specs))
    return TranscriptText(_side(source, _level(answers) or ruling.rules.answers, ruling))


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
    level = _level(answers) or ruling.rules.answers
    if level is None:
        texts = [side for side in (old, new) if _is_text(side)]
        level = read_text(Path(texts[0])).level if texts else None
    return compare_transcripts(_side(old, level, ruling), _side(new, level, ruling), ruling.rules)


def _side(source: Source, level: Level | None, ruling: Ruling) -> Transcript:
    """A transcript by a name of either kind."""
    if _is_text(source):
        found = ruling.apply(read_text(Path(source)))
        if level is not None and found.level != level:
            raise BadArgumentError(f"{source}: has `answers {found.level}`, not {level}")
        return found
    with IndexedCapture(source, Decoder(ruling.registry)) as capture:
        return told(capture.load(), level or _DEFAULT, ruling)


def _is_text(source: Source) -> bool:
    return os.fspath(source).endswith(TEXT)


def _rules(rules: RuleSource) -> Rules:
    if rules is None:
        return Rules()
    return rules if isinstance(rules, Rules) else rule_files.load(rules)


def _level(answers: Level | None) -> Level | None:
    if answers is not None and answers not in get_args(Level):
        raise BadArgumentError(f"answers is {answers!r}: expected {', '.join(get_args(Level))}")
    return answers
