"""What differs between two transcripts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.regress.blocks import Blocks
from nlsniff.regress.model import Dump, Outcome, SaidStep, Transcript
from nlsniff.regress.pairing import Pairing
from nlsniff.regress.rules import Rules
from nlsniff.regress.unified import unified
from nlsniff.regress.words import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.regress.difference import Difference
    from nlsniff.regress.model import Block, Part
    from nlsniff.regress.pairing import BlockPair
    from nlsniff.regress.renaming import Renaming


class LevelError(NlsniffError):
    """Two transcripts keep another part of what the kernel says, so that they cannot be compared."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs; false where nothing does.

    Attributes:
        differences: the most severe first, and in the order of the old transcript.
        notes: what differs, too, and does not matter.
        old, new: what was compared.
        pairs: the conversations, for showing them beside each other, in the order of the old transcript.
        lanes: for each old lane that has one the new lane that it was compared with, by position.
        renaming: which placeholder is which.
    """

    differences: tuple[Difference, ...]
    notes: tuple[Difference, ...]
    old: Transcript
    new: Transcript
    pairs: tuple[BlockPair, ...]
    lanes: dict[int, int]
    renaming: Renaming

    def __bool__(self) -> bool:
        return bool(self.differences)

    def words(self, name: str = "") -> str:
        """The differences in sentences, a line each; `name` is that of the old transcript, for its lines."""
        return "".join(f"{line}\n" for line in sentences(self.differences, name))

    def unified(self, old: str, new: str, context: int = 3) -> str:
        """A unified diff of the two texts, the new one in the order of the old; "" where nothing differs.

        Args:
            old: what the old one is called.
            new: what the new one is called.
            context: lines around what differs.
        """
        return "".join(f"{line}\n" for line in unified(self, old, new, context))


def compare(old: Transcript, new: Transcript, rules: Rules | None = None, *, one_program: bool = True) -> Comparison:
    """Compare two transcripts.

    Args:
        old: the golden, or what worked.
        new: what is looked at.
        rules: how strict; by default as `Rules()`. Their filters and masks were applied before.
        one_program: the same program was recorded twice. Else names of programs, and what is asked on which socket, are
            notes.

    Raises:
        LevelError: they keep another part of what the kernel says.
    """
    if old.level != new.level:
        raise LevelError(f"one transcript has answers {old.level}, the other answers {new.level}: make both alike")
    pairing = Pairing(old, new)
    blocks = Blocks(old, new, rules or Rules(), one_program=one_program)
    pairs: list[BlockPair] = []

    def take(found: Iterator[BlockPair]) -> None:
        for pair in found:
            pairs.append(pair)
            blocks.compare(pair)

    sure, groups = pairing.sure()
    for lanes in sure:
        take(pairing.blocks(*lanes))
    blocks.renaming.choose()
    for lanes in pairing.resolve(groups, blocks.renaming):
        take(pairing.blocks(*lanes))
    take(pairing.leftovers())
    blocks.lanes(old, new, pairing.lanes)
    blocks.news(old.news, new.news)
    differences, notes = blocks.finish()
    return Comparison(tuple(differences), tuple(notes), old, new, tuple(pairs), pairing.lanes, blocks.renaming)


def only_requests(transcript: Transcript) -> Transcript:
    """A transcript without what the kernel says, but for how it judged."""
    lanes = (replace(lane, blocks=tuple(map(_asked, lane.blocks))) for lane in transcript.lanes)
    return replace(transcript, level="outcome", lanes=tuple(lanes), news=())


def _asked(block: Block) -> Block:
    kept: list[Part] = []
    for part in block.parts:
        if isinstance(part, Outcome) or (isinstance(part, SaidStep) and part.role in {"request", "datagram"}):
            kept.append(part)
        elif isinstance(part, Dump):
            kept.append(replace(part, entries=()))
    return replace(block, parts=tuple(kept))
