"""Which conversations of two transcripts belong together.

Lanes have no order: they are matched by what is said in them. In a lane conversations have one. What found no
counterpart there may have moved, within its lane or to another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Literal, NamedTuple

from nlsniff.regress.align import LEAST, Aligner, best, in_any_order
from nlsniff.regress.shape import leaves_of, likeness, opening_of, placeholders_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nlsniff.regress.align import Row
    from nlsniff.regress.model import Block, Lane, Placeholder, Transcript
    from nlsniff.regress.renaming import Renaming
    from nlsniff.regress.shape import Likeness

_CELLS = 2500  # pairs of which each is measured, where nothing else tells
_TABLES = 3  # `Likeness.about` and `kind`, behind this, are asked where nothing is the same to the letter


class Side:
    """The conversations of one transcript, and what they are compared by."""

    def __init__(self, transcript: Transcript) -> None:
        self.lanes = transcript.lanes
        self.rows = [[likeness(block) for block in lane.blocks] for lane in transcript.lanes]
        self._leaves: dict[tuple[int, int], frozenset[int]] = {}

    def leaves(self, lane: int, at: int) -> frozenset[int]:
        """The parts of what is asked in a conversation."""
        found = self._leaves.get((lane, at))
        if found is None:
            found = self._leaves[lane, at] = leaves_of(self.lanes[lane].blocks[at])
        return found


class BlockPair(NamedTuple):
    """Conversations that belong together; None where there is no counterpart.

    Attributes:
        old, new: the conversations.
        lanes: which of the old and new lanes they are in, -1 where there is none.
        moved: whether they found each other out of their `order`, or on another `socket`.
        after: what stands before it in its lane, of one without counterpart; of one out of order, among the new.
    """

    old: Block | None
    new: Block | None
    lanes: tuple[int, int]
    moved: Literal["", "order", "socket"] = ""
    after: Block | None = None


class Pairing:
    """Pairs the conversations of two transcripts.

    Attributes:
        lanes: for each old lane that has one the new lane that it is compared with.
    """

    def __init__(self, old: Transcript, new: Transcript) -> None:
        self._old, self._new = Side(old), Side(new)
        self.lanes: dict[int, int] = {}
        self._left: list[tuple[int, int]] = []  # lane and position
        self._right: list[tuple[int, int]] = []

    def sure(self) -> tuple[list[tuple[int, int]], list[tuple[list[int], list[int]]]]:
        """Lanes that belong together, and groups of lanes that are alike but for their placeholders."""
        rows = _lane_rows(self._old, self._new)
        hints = [tuple(hash(_lane_placeholders(lane)) for lane in side.lanes) for side in (self._old, self._new)]
        pairs, groups = in_any_order(rows[0], rows[1], hints)
        taken = [*pairs, *((old, new) for olds, news in groups for old, new in zip(olds, news, strict=True))]
        left = set(range(len(rows[0]))) - {old for old, _ in taken}
        right = set(range(len(rows[1]))) - {new for _, new in taken}
        pairs += self._resembling(sorted(left), sorted(right))
        return pairs, groups

    def resolve(self, groups: list[tuple[list[int], list[int]]], renaming: Renaming) -> list[tuple[int, int]]:
        """The lanes of groups, paired by the names that are known by now."""
        pairs: list[tuple[int, int]] = []
        for olds, news in groups:
            mine = [_lane_placeholders(self._old.lanes[at]) for at in olds]
            others = [_lane_placeholders(self._new.lanes[at]) for at in news]
            pairs += [(olds[at], news[place]) for at, place in renaming.resolve(mine, others)]
        return pairs

    def blocks(self, old: int, new: int) -> Iterator[BlockPair]:
        """The pairs of two lanes; what is left over waits for `leftovers`."""
        self.lanes[old] = new
        mine, others = self._old.lanes[old].blocks, self._new.lanes[new].blocks

        rows, others_rows = self._old.rows[old], self._new.rows[new]
        pairs = Aligner(
            [row[:_TABLES] for row in rows], [row[:_TABLES] for row in others_rows], _never, _TABLES
        ).pairs()
        # What is elsewhere in the lane word for word has moved, and is no other request that changed.
        left, right = _rest(len(mine), pairs, 0), _rest(len(others), pairs, 1)
        moved = _all_pairs(
            *in_any_order([rows[at][:_TABLES] for at in left], [others_rows[at][:_TABLES] for at in right])
        )
        moved = [(left[at], right[place]) for at, place in moved]
        pairs += self._between(old, new, pairs, moved)
        for at, place in sorted(pairs):
            yield BlockPair(mine[at], others[place], (old, new))
        for at, place in sorted(moved):
            yield BlockPair(mine[at], others[place], (old, new), "order", _before(others, place))
        self._left += [(old, at) for at in _rest(len(mine), [*pairs, *moved], 0)]
        self._right += [(new, place) for place in _rest(len(others), [*pairs, *moved], 1)]

    def _between(
        self, old: int, new: int, pairs: list[tuple[int, int]], moved: list[tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """Pair by what resembles each other what stands between conversations that belong together."""
        rows, others_rows = self._old.rows[old], self._new.rows[new]
        gone = {at for at, _ in moved}, {place for _, place in moved}
        found: list[tuple[int, int]] = []
        start = first = 0
        for end, last in [*pairs, (len(rows), len(others_rows))]:
            left = [at for at in range(start, end) if at not in gone[0]]
            right = [place for place in range(first, last) if place not in gone[1]]
            start, first = end + 1, last + 1
            if not left or not right:
                continue

            def resemblance(at: int, place: int, left: list[int] = left, right: list[int] = right) -> float:
                return self._resemblance((old, left[at]), (new, right[place]))

            mine, others = [rows[at][_TABLES:] for at in left], [others_rows[at][_TABLES:] for at in right]
            found += [(left[at], right[place]) for at, place in Aligner(mine, others, resemblance, 0).pairs()]
        return found

    def leftovers(self) -> Iterator[BlockPair]:
        """What found no counterpart in the order of its lane; to be asked when all lanes are done."""
        back = {new: old for old, new in self.lanes.items()}
        left = self._left + [(at, n) for at, lane in enumerate(self._old.lanes) if at not in self.lanes
                             for n in range(len(lane.blocks))]  # fmt: skip
        right = self._right + [(at, n) for at, lane in enumerate(self._new.lanes) if at not in back
                               for n in range(len(lane.blocks))]  # fmt: skip
        rows: tuple[list[Row], list[Row]] = (
            [_moving(lane, self._old.rows[lane][at]) for lane, at in left],
            [_moving(back.get(lane, -1 - lane), self._new.rows[lane][at]) for lane, at in right],
        )
        pairs = _all_pairs(*in_any_order(*rows))
        pairs += self._nearest(_rest(len(left), pairs, 0), _rest(len(right), pairs, 1), left, right)
        there, here = {at for at, _ in pairs}, {place for _, place in pairs}
        for at, place in sorted(pairs):
            (lane, n), (other, m) = left[at], right[place]
            yield BlockPair(
                self._old.lanes[lane].blocks[n],
                self._new.lanes[other].blocks[m],
                (lane, other),
                "order" if self.lanes.get(lane) == other else "socket",
                _before(self._new.lanes[other].blocks, m),
            )
        for at, (lane, n) in enumerate(left):
            if at not in there:
                blocks = self._old.lanes[lane].blocks
                yield BlockPair(blocks[n], None, (lane, self.lanes.get(lane, -1)), after=_before(blocks, n))
        for place, (lane, n) in enumerate(right):
            if place not in here:
                blocks = self._new.lanes[lane].blocks
                yield BlockPair(None, blocks[n], (back.get(lane, -1), lane), after=_before(blocks, n))

    def _nearest(
        self, olds: list[int], news: list[int], left: list[tuple[int, int]], right: list[tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """Conversations that resemble each other most, where there are few."""
        if len(olds) * len(news) > _CELLS:
            return []
        found = ((self._resemblance(left[at], right[place]), at, place) for at in olds for place in news)
        return best(found, 2 * LEAST)

    def _resemblance(self, old: tuple[int, int], new: tuple[int, int]) -> float:
        """From 0 to 1: how much of what is asked is the same."""
        alike = self._old.rows[old[0]][old[1]].kind == self._new.rows[new[0]][new[1]].kind
        one, two = self._old.leaves(*old), self._new.leaves(*new)
        share = 2 * len(one & two) / ((len(one) + len(two)) or 1)
        return LEAST + (1 - LEAST) * share if alike else share / 2

    def _resembling(self, left: list[int], right: list[int]) -> list[tuple[int, int]]:
        """Lanes that share most of what is asked in them."""
        if len(left) * len(right) > _CELLS:
            return self._sharing(left, right)
        mine = {at: _asked(self._old, at) for at in left}
        others = {at: _asked(self._new, at) for at in right}
        found = (
            (2 * sum((one & two).values()) / ((sum(one.values()) + sum(two.values())) or 1), at, place)
            for at, one in mine.items()
            for place, two in others.items()
        )
        return best(found, LEAST)

    def _sharing(self, left: list[int], right: list[int]) -> list[tuple[int, int]]:
        """The same where there are many: the first that has one of the same conversations."""
        where: defaultdict[int, list[int]] = defaultdict(list)
        for place in reversed(right):
            for row in self._new.rows[place]:
                where[row.about].append(place)
        taken: set[int] = set()
        pairs: list[tuple[int, int]] = []
        for at in left:
            for row in self._old.rows[at]:
                places = where[row.about]
                while places and places[-1] in taken:
                    places.pop()
                if places:
                    pairs.append((at, places.pop()))
                    taken.add(pairs[-1][1])
                    break
        return pairs


def _never(_old: int, _new: int) -> float:
    """Nothing resembles anything."""
    return 0


def _before(blocks: Sequence[Block], at: int) -> Block | None:
    return blocks[at - 1] if at else None


def _rest(count: int, pairs: Iterable[tuple[int, int]], side: int) -> list[int]:
    """The positions that are in no pair."""
    taken = {pair[side] for pair in pairs}
    return [at for at in range(count) if at not in taken]


def _all_pairs(pairs: list[tuple[int, int]], groups: list[tuple[list[int], list[int]]]) -> list[tuple[int, int]]:
    """Pairs, and members of groups in their order."""
    return [*pairs, *(pair for olds, news in groups for pair in zip(olds, news, strict=True))]


def _lane_rows(old: Side, new: Side) -> tuple[list[Row], list[Row]]:
    """What lanes are matched by: all that is said in them, with the program's name and without; then less."""
    sides = old, new
    columns = [
        [[hash(tuple(column)) for column in zip(*rows, strict=True)] or [0] * 5 for rows in side.rows] for side in sides
    ]
    names = [[lane.name for lane in side.lanes] for side in sides]
    said, asked = (_with_names(names, [[lane[at] for lane in side] for side in columns]) for at in (0, 2))
    found: list[list[Row]] = [
        [(mine, lane[0], other, *lane[1:4]) for mine, lane, other in zip(*row, strict=True)]
        for row in zip(said, columns, asked, strict=True)
    ]
    return found[0], found[1]


def _with_names(names: list[list[str]], numbers: list[list[int]]) -> list[list[int]]:
    """A number of each old and each new lane, put together with the name of its program.

    Where the name of one of several alike is not known, it may be any of them: then their names count for nothing.
    """
    keys = [list(zip(*side, strict=True)) for side in zip(names, numbers, strict=True)]
    counts = [Counter(side) for side in keys]
    nameless = {number for side in keys for name, number in side if not name}
    doubtful = {key for key in (*counts[0], *counts[1]) if key[1] in nameless and counts[0][key] != counts[1][key]}
    return [[hash(("", key[1]) if key in doubtful else key) for key in side] for side in keys]


def _moving(lane: int, row: Likeness) -> Row:
    """What a conversation that has moved is matched by; best within its lane."""
    return (
        hash((lane, row.whole)), row.whole, hash((lane, row.asked)), row.judged, row.asked, hash((lane, row.about)),
        row.about,
    )  # fmt: skip


def _asked(side: Side, lane: int) -> Counter[int]:
    """The conversations of a lane, and their parts, to be measured."""
    found = Counter(row.about for row in side.rows[lane])
    for at in range(len(side.rows[lane])):
        found.update(side.leaves(lane, at))
    return found


def _lane_placeholders(lane: Lane) -> tuple[Placeholder, ...]:
    """The placeholders in what is asked in a lane."""
    return tuple(name for block in lane.blocks for message in opening_of(block) for name in placeholders_of(message))
