"""Goldens: a transcript that was reviewed (`NAME.nlt`) and the capture that it was made of (`NAME.pcapng`).

A new capture is compared with the stored one, both as today's nlsniff reads them, and the text with what today's
nlsniff makes of the stored capture. So a text that is merely old is told from a program that has changed. Without a
capture beside it the text alone is compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from nlsniff.errors import EXIT_DIFFERS, EXIT_OK, NlsniffError
from nlsniff.regress.blanks import BLANKED
from nlsniff.regress.checksum import edited, golden_text
from nlsniff.regress.comparison import compare
from nlsniff.regress.files import GoldenFiles, publish
from nlsniff.regress.model import Dump, Placeholder, SaidStep
from nlsniff.regress.parse import TranscriptError, parse
from nlsniff.regress.stored import SILENT, count, doubts, losses, refuse_losses, silent, told
from nlsniff.regress.words import sentences
from nlsniff.regress.write import text_of
from nlsniff.terminal import clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from nlsniff.reader import IndexedCapture
    from nlsniff.regress.comparison import Comparison
    from nlsniff.regress.model import Item, Level, Transcript
    from nlsniff.regress.ruling import Ruling
    from nlsniff.regress.stored import Reading

Update = Literal["new", "changed", "refresh", "trim"]
Verdict = Literal["same", "changed", "read otherwise", "new"]

_DEFAULT: Level = "objects"
_SHOWN = 80  # characters of a line


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a check may do, beside judging.

    Attributes:
        update: what may be written: goldens that are missing (`new`), that differ (`changed`), whose text is old or
            whose blanked bytes can be read by now (`refresh`).
        answers: how much of what the kernel says is compared; None where rules, or the golden, say it.
        allow_drops: judge captures that lack something.
        force: write goldens of captures from which none should be made.
        found: a folder for what a golden would be, where it differs or is missing; None for nowhere.
        base: that folder says where goldens are, as seen from here; None is the working folder.
    """

    update: frozenset[Update] = frozenset()
    answers: Level | None = None
    allow_drops: bool = False
    force: bool = False
    found: Path | None = None
    base: Path | None = None


@dataclass(slots=True)
class Checked:
    """What came of one check.

    Attributes:
        verdict: `read otherwise`: only the golden's text is old; `new`: there was no golden, and it was written.
        comparison: of the golden with the new capture; None where there was no golden.
        conversations: how many are in the new capture.
        notes: what is no difference but worth knowing.
        written: files that were written.
    """

    verdict: Verdict
    comparison: Comparison | None
    conversations: int
    notes: list[str] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    accepted: bool = False

    @property
    def exit_code(self) -> int:
        """1 where it differs and was not written."""
        return EXIT_DIFFERS if self.verdict == "changed" and not self.accepted else EXIT_OK


class NoGoldenError(NlsniffError):
    """There is no golden; `proposed` are files of what could be one."""

    def __init__(self, words: str, proposed: Sequence[Path] = ()) -> None:
        super().__init__(words)
        self.proposed = list(proposed)


class Check:
    """Compares one new capture with its golden.

    Args:
        source: path of the capture, or "-".
        pair: the golden.
        reading: how captures are read.
        ruling: the rules, which learn what they matched.
        wishes: what may be done.
    """

    def __init__(self, source: str, pair: GoldenFiles, reading: Reading, ruling: Ruling, wishes: Wishes) -> None:
        self._source = source
        self._pair = pair
        self._reading = reading
        self._ruling = ruling
        self._wishes = wishes
        self._written: list[Path] = []
        self._stale = False  # the text is not what today's nlsniff makes of the stored capture

    def run(self) -> Checked:
        """Compare, and write what is wanted.

        Raises:
            NlsniffError: it cannot be judged, or nothing may be written of it.
        """
        pair, wishes = self._pair, self._wishes
        if not pair.text.exists():
            if "new" not in wishes.update and wishes.found is None:
                with self._reading.raw(self._source) as capture:  # whether it is a capture at all is told first
                    self._refuse_silent(capture)
                command = f"nlsniff check {self._source} --golden {pair.text} --update=new"
                raise NoGoldenError(f"{pair.text}: there is no golden; `{command}` writes one")
            return self._first()
        text, failed = self._text()
        level = wishes.answers or self._ruling.rules.answers or (text.level if text is not None else _DEFAULT)
        data, capture, new = self._new(level)
        if text is None:
            self._write(data, new)
            return Checked("changed", None, count(new), [str(failed)], self._written, accepted=True)
        old, notes = self._old(text, level)
        if not count(old) and not count(new):
            why = f"{SILENT}, so there is nothing" if silent(capture) else "nothing is left"
            raise NlsniffError(f"{self._source}: {why} to compare with {pair.text}")
        self._lack(capture)
        if old.kernel and not new.kernel:
            notes.append(f"{self._source}: does not say on which kernel it was recorded, nor who spoke, as pcapng can")
        found = compare(old, new, self._ruling.rules)
        notes += sentences([note for note in found.notes if note.how != "blanked"], str(pair.text))
        notes += [f"{pair.text}: bytes of {type_} were blanked, and are not compared" for type_ in _blanked(old)]
        done = Checked("changed" if found else "read otherwise" if self._stale else "same", found, count(new), notes)
        self._settle(done, data, old, new)
        done.written = self._written
        return done

    # -- the sides -----------------------------------------------------------------------------------------------

    def _text(self) -> tuple[Transcript | None, NlsniffError | None]:
        """The golden's text; None and what is wrong where it cannot be read and shall be written anew."""
        try:
            return self._ruling.apply(self._pair.read()), None
        except TranscriptError as error:
            if "changed" not in self._wishes.update:
                raise
            return None, error

    def _new(self, level: Level) -> tuple[bytes, IndexedCapture, Transcript]:
        data = self._reading.redacted(self._source)
        capture = self._reading.open(data, self._source, new=True)
        return data, capture, told(capture, level, self._ruling)

    def _refuse_silent(self, capture: IndexedCapture) -> None:
        if silent(capture):
            raise NlsniffError(f"{self._source}: {SILENT}, so there is nothing to make a golden of")

    def _lack(self, capture: IndexedCapture) -> None:
        refuse_losses(capture, self._source, allow_drops=self._wishes.allow_drops)

    def _old(self, text: Transcript, level: Level) -> tuple[Transcript, list[str]]:
        """What the new capture is compared with, its lines those of the golden; and notes."""
        path = self._pair.text
        data = self._pair.stored()
        if data is None:
            if text.level != level:
                raise NlsniffError(
                    f"{path}: has `answers {text.level}`, and no capture beside it for `answers {level}`; "
                    "write it anew with --update=changed"
                )
            if not self._ruling.fits(text):
                raise NlsniffError(
                    f"{path}: was written by other rules, and no capture beside it can be read by these; "
                    "write it anew with --update=changed"
                )
            return text, []
        capture = self._reading.open(data, str(self._pair.capture))
        again = told(capture, text.level, self._ruling)
        self._stale = text != again
        if self._stale and "refresh" not in self._wishes.update:
            self._refuse_edited(text, again)
        old = again if level == text.level else told(capture, level, self._ruling)
        if text == old:
            return replace(text, kernel=old.kernel), []
        # Lines are those of the text as it would be written now.
        lined = replace(self._ruling.apply(parse(golden_text(old), path.name)), kernel=old.kernel)
        if not self._stale:
            return lined, []
        why = "by another nlsniff, or by hand" if self._ruling.fits(text) else "by other rules"
        return lined, [f"{path}: was written {why}, its capture is read otherwise now: --update=refresh writes it anew"]

    def _refuse_edited(self, text: Transcript, again: Transcript) -> None:
        """Refuse a text that an editor changed: what it says is neither recorded nor compared.

        Raises:
            NlsniffError: it is such a one.
        """
        found = edited(self._pair.text.read_text(encoding="utf-8"), text, again)
        if found is not None:
            place = f"{self._pair.text}:{found.line}" if found.line else str(self._pair.text)
            said, recorded = (f"`{clip(words, _SHOWN)}`" if words else "nothing" for words in found[1:])
            raise NlsniffError(
                f"{place}: was edited: it says {said}, and its capture {recorded}; "
                "--update=refresh takes what was recorded"
            )

    # -- what is written -----------------------------------------------------------------------------------------

    def _first(self) -> Checked:
        """There is no golden yet."""
        data, capture, new = self._new(self._wishes.answers or self._ruling.rules.answers or _DEFAULT)
        self._lack(capture)
        self._refuse_silent(capture)
        if "new" in self._wishes.update:
            self._write(data, new)
            return Checked("new", None, count(new), [], self._written, accepted=True)
        self._propose(data, new)
        words = f"{self._pair.text}: there is no golden; {self._written[0]} could be one"
        raise NoGoldenError(words, self._written)

    def _settle(self, done: Checked, data: bytes, old: Transcript, new: Transcript) -> None:
        """Write what is wanted, and nothing else."""
        update = self._wishes.update
        if done.verdict == "changed":
            if "changed" in update:
                self._write(data, new)
                done.accepted = True
                done.notes = []
                return
            self._propose(data, new)
        if "refresh" in update and done.verdict != "changed" and _blanks(old) > _blanks(new):
            self._write(data, new)
            done.notes = []
        elif "refresh" in update and self._stale:
            self._save(old, None)
            done.notes = []

    def _write(self, data: bytes, new: Transcript) -> None:
        """Make a golden of the new capture."""
        doubt = losses(self._reading.open(data, self._source, new=True)) or doubts(new)
        if doubt and not self._wishes.force:
            raise NlsniffError(f"{self._source}: no golden is made of it, for {doubt} (--force makes one)")
        if not count(new):
            raise NlsniffError(f"{self._source}: no golden is made of it, for nothing of it would be compared")
        only_text = self._pair.text.exists() and self._pair.capture is None
        self._save(new, None if only_text else data)

    def _save(self, transcript: Transcript, data: bytes | None) -> None:
        self._written = publish(self._pair, golden_text(transcript), data)

    def _propose(self, data: bytes, new: Transcript) -> None:
        """Leave beside what the golden would be, for `nlsniff accept`."""
        if self._wishes.found is not None:
            self._written = self._pair.propose(self._wishes.found, golden_text(new), data, self._wishes.base)


def _blanks(transcript: Transcript) -> int:
    """How many values of a transcript are blanked bytes."""
    return text_of(transcript).count(f"<{BLANKED}:")


def _blanked(transcript: Transcript) -> list[str]:
    """The types of the messages of which bytes were blanked."""
    parts = [part for lane in transcript.lanes for block in lane.blocks for part in block.parts]
    said = [*transcript.news, *(part.message for part in parts if isinstance(part, SaidStep))]
    said += [entry for part in parts if isinstance(part, Dump) for entry in part.entries]
    return sorted({message.type for message in said if _is_blanked((*message.identity, *message.items))})


def _is_blanked(items: Iterable[Item]) -> bool:
    return any(
        (isinstance(item.value, Placeholder) and item.value.kind == BLANKED) or _is_blanked(item.parts)
        for item in items
    )
