"""What differs between two conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from nlsniff.regress.align import in_any_order
from nlsniff.regress.difference import Difference
from nlsniff.regress.fields import text_of_items
from nlsniff.regress.findings import Findings, Meeting
from nlsniff.regress.model import Dump, Item, Outcome, SaidMessage, SaidStep
from nlsniff.regress.objects import object_of
from nlsniff.regress.outcomes import answer_words, outcome_words, verdict
from nlsniff.regress.parts import aligned, nearest, part_row
from nlsniff.regress.shape import (
    identity_shape,
    is_opening,
    message_shape,
    messages_of,
    opening_of,
    outcome_shape,
    part_shape,
    placeholders_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.regress.difference import Kind
    from nlsniff.regress.model import Block, Part, Transcript
    from nlsniff.regress.pairing import BlockPair
    from nlsniff.regress.rules import Rules

    Pair = tuple[int, int]

T = TypeVar("T")

_UNASKED = "an answer to nothing that was asked"


class _Talk(NamedTuple):
    """Two conversations that are compared.

    Attributes:
        number: counts those that were compared.
        asked: what was asked, in words.
        old, new: the messages that ask.
    """

    number: int
    asked: str
    old: tuple[SaidMessage, ...]
    new: tuple[SaidMessage, ...]


_Loose = tuple["Part", _Talk]  # a part that found no counterpart in its own conversation


class Blocks:
    """Compares conversations, one pair after the other, and then tells what it found.

    Args:
        old, new: what they are in.
        rules: how strict.
        one_program: as that of `nlsniff.regress.comparison.compare`.

    Attributes:
        renaming: which placeholder is which, by what was compared so far.
    """

    def __init__(self, old: Transcript, new: Transcript, rules: Rules, *, one_program: bool) -> None:
        self._found = Findings(old, new, rules)
        self.renaming = self._found.renaming
        self._rules = rules
        self._one_program = one_program
        self._groups: list[tuple[Kind, list[SaidMessage], list[SaidMessage], _Talk]] = []
        self._uncertain: tuple[list[_Loose], list[_Loose]] = [], []
        self._events: tuple[list[_Loose], list[_Loose]] = [], []
        self._count = 0

    def compare(self, pair: BlockPair) -> None:
        """Take in two conversations that belong together, or one alone."""
        self._count += 1
        old, new = pair.old, pair.new
        if old is None or new is None:
            self._alone(old, new, pair.after)
            return
        one, two = opening_of(old), opening_of(new)
        talk = _Talk(self._count, _words_of(one), one, two)
        if pair.moved and one and two:
            kind: Kind = "moved" if pair.moved == "order" else "lane"
            note = not (old.certain or new.certain) if pair.moved == "order" else not self._one_program
            now = _words_of(opening_of(pair.after)) if pair.moved == "order" and pair.after else None
            self._found.tell(Meeting(kind, one[0], two[0], "", self._count), "moved", "", None, now, note=note)
        if old.certain and new.certain:
            self._parts(old.parts, new.parts, talk)
            return
        opened = [tuple(part for part in block.parts if is_opening(part)) for block in (old, new)]
        self._parts(opened[0], opened[1], talk)
        for block, loose in zip((old, new), self._uncertain, strict=True):
            loose += [(part, talk) for part in block.parts if not is_opening(part)]

    def lanes(self, old: Transcript, new: Transcript, pairs: dict[int, int]) -> None:
        """Compare the names of programs, where both are known."""
        for at, place in pairs.items():
            lane, other = old.lanes[at], new.lanes[place]
            if lane.name and other.name and lane.name != other.name:
                said = Difference("lane", "changed", "", "", "", lane.name, other.name, lane.line)
                self._found.put(said, note=not self._one_program)

    def news(self, old: Sequence[SaidMessage], new: Sequence[SaidMessage]) -> None:
        """Compare events that no request caused, in any order."""
        self._any_order(old, new, "event", _Talk(0, "", (), ()))

    def finish(self) -> tuple[list[Difference], list[Difference]]:
        """The differences, the most severe first, and the notes."""
        self._pool(*self._uncertain)
        self._caused()
        self.renaming.choose()
        for kind, olds, news, talk in self._groups:
            names = [[tuple(placeholders_of(message)) for message in side] for side in (olds, news)]
            for at, place in self.renaming.resolve(*names):
                self._found.messages(Meeting(kind, olds[at], news[place], talk.asked, talk.number))
        return self._found.finish()

    # -- parts of a conversation -------------------------------------------------------------------------------------

    def _alone(self, old: Block | None, new: Block | None, after: Block | None) -> None:
        block = old or new
        assert block is not None  # noqa: S101  one of both
        first = next(iter(opening_of(block)), None)
        asked = "" if first or after is None else _words_of(opening_of(after))
        said = text_of_items(first.items) if first else ""
        words = f"({verdict(block)}){f': {said}' if said else ''}"
        if first is None:  # all that is known of it are answers
            line = next((part.line for part in block.parts if not isinstance(part, SaidStep)), 0)
            first = SaidMessage("", identity=(Item("name", _UNASKED),), line=line, number=block.number)
        if old:
            self._found.tell(Meeting("lost-request", first, None, asked, self._count), "gone", "", words)
        else:
            self._found.tell(Meeting("new-request", None, first, asked, self._count), "new", "", None, words)

    def _parts(self, old: Sequence[Part], new: Sequence[Part], talk: _Talk) -> None:
        if old == new:  # to the letter, which is what most are
            for one, two in zip(old, new, strict=True):
                kind, asked = (_kind(one), _asked(one, talk)) if isinstance(one, SaidStep) else ("answer", talk.asked)
                for message, other in zip(messages_of(one), messages_of(two), strict=True):
                    self._found.messages(Meeting(kind, message, other, asked, talk.number))
            return
        pairs = aligned(old, new)
        for at, place in pairs:
            self._pair(old[at], new[place], talk)
        left, right = _without(old, pairs, 0), _without(new, pairs, 1)
        if left and right:
            moved, groups = in_any_order([part_row(part)[:1] for part in left], [part_row(part)[:1] for part in right])
            moved += [pair for group in groups for pair in zip(*group, strict=True)]
            for at, place in moved:
                one, two = left[at], right[place]
                if isinstance(one, SaidStep) and isinstance(two, SaidStep):
                    self._found.tell(
                        Meeting(_kind(one), one.message, two.message, _asked(one, talk), talk.number), "moved"
                    )
                    self._found.messages(Meeting(_kind(one), one.message, two.message, _asked(one, talk), talk.number))
            left, right = _without(left, moved, 0), _without(right, moved, 1)
        self._left_over(left, right, talk)

    def _left_over(self, left: list[Part], right: list[Part], talk: _Talk) -> None:
        """What is on one side alone. A verdict in place of answers, or the other way round, is told as one thing."""
        ends = [[part for part in side if isinstance(part, Outcome)] for side in (left, right)]
        answers = [[part for part in side if _is_answer(part)] for side in (left, right)]
        if ends[0] and answers[1] and not ends[1]:
            self._judged(ends[0][0], None, outcome_words(ends[0][0]), answer_words(answers[1]), talk)
            left, right = [part for part in left if part not in ends[0]], [p for p in right if not _is_answer(p)]
        elif ends[1] and answers[0] and not ends[0]:
            self._judged(answers[0][0], ends[1][0], answer_words(answers[0]), outcome_words(ends[1][0]), talk)
            left, right = [p for p in left if not _is_answer(p)], [part for part in right if part not in ends[1]]
        for part in left:
            self._gone(part, talk)
        for part in right:
            self._came(part, talk)

    def _gone(self, part: Part, talk: _Talk) -> None:
        if isinstance(part, SaidStep):
            if part.role == "event":
                self._events[0].append((part, talk))
            else:
                kind: Kind = "lost-request" if is_opening(part) else "answer"
                self._tell_alone(kind, part.message, None, "" if is_opening(part) else talk.asked, talk)
        else:
            self._judged(part, None, _end_words(part), None, talk)

    def _came(self, part: Part, talk: _Talk) -> None:
        if isinstance(part, SaidStep):
            if part.role == "event":
                self._events[1].append((part, talk))
            else:
                kind: Kind = "new-request" if is_opening(part) else "answer"
                self._tell_alone(kind, None, part.message, "" if is_opening(part) else talk.asked, talk)
        else:
            self._judged(None, part, None, _end_words(part), talk)

    def _tell_alone(
        self, kind: Kind, old: SaidMessage | None, new: SaidMessage | None, asked: str, talk: _Talk
    ) -> None:
        message = old or new
        words = text_of_items((*message.identity, *message.items)) if message else ""
        place = Meeting(kind, old, new, asked, talk.number)
        self._found.tell(place, "gone" if old else "new", "", words if old else None, None if old else words)

    def _pair(self, old: Part, new: Part, talk: _Talk) -> None:
        """Compare two parts of one kind."""
        if isinstance(old, SaidStep) and isinstance(new, SaidStep):
            self._found.messages(Meeting(_kind(old), old.message, new.message, _asked(old, talk), talk.number))
        elif isinstance(old, Dump) and isinstance(new, Dump):
            for what in ("filtered", "interrupted"):
                was, now = getattr(old, what), getattr(new, what)
                if was != now:
                    words = f"a dump, {what}", f"a dump, not {what}"
                    self._judged(old, new, words[not was], words[not now], talk, path=what)
            self._any_order(old.entries, new.entries, "answer", talk)
        elif isinstance(old, Outcome) and isinstance(new, Outcome):
            if outcome_shape(old) != outcome_shape(new):
                self._judged(old, new, outcome_words(old), outcome_words(new), talk)
            elif old.words != new.words:
                note = not self._rules.extack_words
                self._judged(old, new, old.words or None, new.words or None, talk, note=note, path="words")

    def _judged(
        self, old: Part | None, new: Part | None, was: str | None, now: str | None, talk: _Talk, *, note: bool = False,
        path: str = "",
    ) -> None:  # fmt: skip
        """Tell of another verdict."""
        ends = [part for part in (old, new) if isinstance(part, Outcome)]
        path = path or next((end.at or end.missing for end in ends if end.at or end.missing), "")
        of = next((end.of for end in ends if end.of), 0)
        messages = [next(iter(side[max(of - 1, 0) :]), None) or next(iter(side), None) for side in (talk.old, talk.new)]
        line = 0 if old is None else old.message.line if isinstance(old, SaidStep) else old.line
        self._found.tell(Meeting("outcome", messages[0], messages[1], "", talk.number), "changed", path, was, now, line,
                         note=note)  # fmt: skip

    def _any_order(self, old: Sequence[SaidMessage], new: Sequence[SaidMessage], kind: Kind, talk: _Talk) -> None:
        """Compare messages that have no order."""
        rows = [[(message_shape(item), identity_shape(item)) for item in side] for side in (old, new)]
        hints = [[hash(tuple(placeholders_of(item))) for item in side] for side in (old, new)]
        pairs, groups = in_any_order(rows[0], rows[1], hints)
        for at, place in pairs:
            self._found.messages(Meeting(kind, old[at], new[place], talk.asked, talk.number))
        for olds, news in groups:
            self._groups.append((kind, [old[at] for at in olds], [new[at] for at in news], talk))
        matched = [*pairs, *(pair for group in groups for pair in zip(*group, strict=True))]
        left, right = _without(old, matched, 0), _without(new, matched, 1)
        near = nearest(left, right)
        for at, place in near:
            self._found.messages(Meeting(kind, left[at], right[place], talk.asked, talk.number))
        for message in _without(left, near, 0):
            self._tell_alone(kind, message, None, talk.asked, talk)
        for message in _without(right, near, 1):
            self._tell_alone(kind, None, message, talk.asked, talk)

    # -- what is not certain -----------------------------------------------------------------------------------------

    def _pool(self, old: list[_Loose], new: list[_Loose]) -> None:
        """Compare parts of which nobody knows to which of several requests they belong.

        Where there is one less of what is alike, the guess tells whose it was.
        """
        rows = [[part_row(part) for part, _ in side] for side in (old, new)]
        guesses = [[talk.number for _, talk in side] for side in (old, new)]
        pairs, groups = in_any_order(rows[0], rows[1], guesses)
        pairs += [pair for group in groups for pair in zip(*group, strict=True)]
        for at, place in pairs:
            self._pair(old[at][0], new[place][0], old[at][1])
        for part, talk in _without(old, pairs, 0):
            self._gone(part, talk)
        for part, talk in _without(new, pairs, 1):
            self._came(part, talk)

    def _caused(self) -> None:
        """An event that another request stands for now, is a guess that came out otherwise; else it is gone, or new."""
        old, new = self._events
        rows = [[(part_shape(part),) for part, _ in side] for side in (old, new)]
        pairs, groups = in_any_order(*rows)
        pairs += [pair for group in groups for pair in zip(*group, strict=True)]
        for at, place in pairs:
            (one, talk), (two, other) = old[at], new[place]
            if isinstance(one, SaidStep) and isinstance(two, SaidStep):
                said = Meeting("event", one.message, two.message, talk.asked, talk.number)
                self._found.tell(said, "cause", "", talk.asked, other.asked)
                self._found.messages(said)
        for part, talk in _without(old, pairs, 0):
            if isinstance(part, SaidStep):
                self._tell_alone("event", part.message, None, talk.asked, talk)
        for part, talk in _without(new, pairs, 1):
            if isinstance(part, SaidStep):
                self._tell_alone("event", None, part.message, talk.asked, talk)


def _without(members: Sequence[T], pairs: Sequence[Pair], side: int) -> list[T]:
    """The members that are in no pair; `side` is 0 of the old ones, 1 of the new."""
    taken = {pair[side] for pair in pairs}
    return [member for at, member in enumerate(members) if at not in taken]


def _kind(step: SaidStep) -> Kind:
    return "event" if step.role == "event" else "answer" if step.role == "answer" else "request"


def _asked(step: SaidStep, talk: _Talk) -> str:
    return "" if is_opening(step) else talk.asked


def _is_answer(part: Part) -> bool:
    return isinstance(part, Dump) or (isinstance(part, SaidStep) and part.role == "answer")


def _end_words(part: Outcome | Dump) -> str:
    return outcome_words(part) if isinstance(part, Outcome) else answer_words((part,))


def _words_of(opening: Sequence[SaidMessage]) -> str:
    return f"{opening[0].type} {object_of(opening[0])}".rstrip() if opening else ""
