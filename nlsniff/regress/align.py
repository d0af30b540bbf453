"""Which of two sequences' members belong together, in time that grows as their number.

First those that are alike in everything, then by and by those that are alike in less; between them what resembles each
other most. Nothing here knows what the members are: they come as rows of numbers, the strictest first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Row = Sequence[int]
    Pair = tuple[int, int]
    Resemblance = Callable[[int, int], float]

_CELLS = 900  # of a table of two gaps: larger ones are matched by their numbers alone
_EFFORT = 60  # members that may be looked at for each that there is
LEAST = 0.3  # resemblance of what belongs together


class Aligner:
    """Aligns two sequences that have an order.

    Args:
        old, new: a row of numbers for each member; all rows have as many.
        resemblance: from 0 to 1, of an old and a new member by position.
        tables: from which place of the rows on small gaps are filled by resemblance.
    """

    def __init__(self, old: Sequence[Row], new: Sequence[Row], resemblance: Resemblance, tables: int) -> None:
        self._old = old
        self._new = new
        self._resemblance = resemblance
        self._tables = tables
        self._levels = len(old[0]) if old else 0
        self._effort = _EFFORT * (len(old) + len(new)) + 1000

    def pairs(self) -> list[Pair]:
        """The positions of what belongs together, ascending in both."""
        found: list[Pair] = []
        waiting = [(0, len(self._old), 0, len(self._new), 0)]
        while waiting:
            start, end, first, last, level = waiting.pop()
            self._effort -= end - start + last - first
            start, end, first, last = self._trim(start, end, first, last, level, found)
            if start == end or first == last or level >= self._levels or self._effort < 0:
                continue
            if level >= self._tables and (end - start) * (last - first) <= _CELLS:
                found += self._by_resemblance(start, end, first, last)
                continue
            anchors = self._anchors(start, end, first, last, level)
            if not anchors:
                waiting.append((start, end, first, last, level + 1))
                continue
            found += anchors
            for at, place in [*anchors, (end, last)]:
                if start < at and first < place:
                    waiting.append((start, at, first, place, level))
                start, first = at + 1, place + 1
        return sorted(found)

    def _trim(
        self, start: int, end: int, first: int, last: int, level: int, found: list[Pair]
    ) -> tuple[int, int, int, int]:
        """Pair what is alike at both ends; returns what is left between."""
        if level >= self._levels:
            return start, end, first, last
        old, new = self._old, self._new
        while start < end and first < last and old[start][level] == new[first][level]:
            found.append((start, first))
            start, first = start + 1, first + 1
        while start < end and first < last and old[end - 1][level] == new[last - 1][level]:
            end, last = end - 1, last - 1
            found.append((end, last))
        return start, end, first, last

    def _anchors(self, start: int, end: int, first: int, last: int, level: int) -> list[Pair]:
        """What is alike and occurs once on each side; else the how-manieth of its like, as far as the order allows."""
        rows = [self._old[at][level] for at in range(start, end)], [self._new[at][level] for at in range(first, last)]
        counts = Counter(rows[0]), Counter(rows[1])
        single = {key for key, count in counts[0].items() if count == 1 and counts[1].get(key) == 1}
        if single:
            places = {key: first + at for at, key in enumerate(rows[1]) if key in single}
            return _rising([(start + at, places[key]) for at, key in enumerate(rows[0]) if key in single])
        queues: defaultdict[int, deque[int]] = defaultdict(deque)
        for at, key in enumerate(rows[1]):
            if key in counts[0]:
                queues[key].append(first + at)
        return _rising([(start + at, queues[key].popleft()) for at, key in enumerate(rows[0]) if queues.get(key)])

    def _by_resemblance(self, start: int, end: int, first: int, last: int) -> list[Pair]:
        """The pairs whose resemblance is greatest together."""
        width = last - first + 1
        best = [[0.0] * width]
        for at in range(start, end):
            above = best[-1]
            row = [0.0] * width
            for place in range(first, last):
                column = place - first
                alike = self._resemblance(at, place)
                together = above[column] + alike if alike >= LEAST else 0.0
                row[column + 1] = max(above[column + 1], row[column], together)
            best.append(row)
        found: list[Pair] = []
        at, column = end - start, width - 1
        while at and column:
            value = best[at][column]
            if value == best[at - 1][column]:
                at -= 1
            elif value == best[at][column - 1]:
                column -= 1
            else:
                at, column = at - 1, column - 1
                found.append((start + at, first + column))
        return found


def _rising(pairs: list[Pair]) -> list[Pair]:
    """Of pairs whose first numbers rise the most of which the second ones rise, too."""
    tails: list[int] = []  # the least second number that so many may end with
    at_tail: list[int] = []
    before = [-1] * len(pairs)
    for at, (_, place) in enumerate(pairs):
        length = bisect_left(tails, place)
        if length == len(tails):
            tails.append(place)
            at_tail.append(at)
        else:
            tails[length], at_tail[length] = place, at
        before[at] = at_tail[length - 1] if length else -1
    found: list[Pair] = []
    at = at_tail[-1] if at_tail else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


def in_any_order(
    old: Sequence[Row], new: Sequence[Row], hints: Sequence[Sequence[int]] = ()
) -> tuple[list[Pair], list[tuple[list[int], list[int]]]]:
    """What belongs together of what has no order.

    Members are rows as those of `Aligner`. Hints are a number for each old and each new member: where more are alike on
    one side than on the other, those of the same number are taken before others.

    Returns:
        The pairs that are sure, and groups of as many old as new members that are all alike, so that each may belong to
        each. What is in neither has no counterpart.
    """
    pairs: list[Pair] = []
    groups: list[tuple[list[int], list[int]]] = []
    left, right = list(range(len(old))), list(range(len(new)))
    for level in range(len(old[0]) if old else 0):
        places: defaultdict[int, list[int]] = defaultdict(list)
        for place in right:
            places[new[place][level]].append(place)
        members: defaultdict[int, list[int]] = defaultdict(list)
        for at in left:
            members[old[at][level]].append(at)
        taken: tuple[set[int], set[int]] = set(), set()
        for key, like in members.items():
            ats, others = like, places.get(key, [])
            if not others:
                continue
            if len(ats) == len(others) == 1:
                pairs.append((ats[0], others[0]))
            else:
                if len(ats) != len(others):
                    ats, others = _as_many(ats, others, hints)
                groups.append((ats, others))
            taken[0].update(ats)
            taken[1].update(others)
        left = [at for at in left if at not in taken[0]]
        right = [place for place in right if place not in taken[1]]
    return pairs, groups


def _as_many(old: list[int], new: list[int], hints: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    """As many of both: those with the same hints before others, the first ones before later ones."""
    if not hints:
        count = min(len(old), len(new))
        return old[:count], new[:count]
    numbers = [hints[0][at] for at in old], [hints[1][place] for place in new]
    common = Counter(numbers[0]) & Counter(numbers[1])
    chosen: list[list[int]] = []
    for members, side in ((old, numbers[0]), (new, numbers[1])):
        wanted = Counter(common)
        first: list[int] = []
        later: list[int] = []
        for member, number in zip(members, side, strict=True):
            (first if wanted[number] > 0 else later).append(member)
            wanted[number] -= 1
        chosen.append([*first, *later][: min(len(old), len(new))])
    return chosen[0], chosen[1]


def best(found: Iterable[tuple[float, int, int]], least: float) -> list[tuple[int, int]]:
    """Of measured pairs the best ones, each member once."""
    pairs: list[tuple[int, int]] = []
    there: set[int] = set()
    here: set[int] = set()
    for value, at, place in sorted(found, key=lambda item: (-item[0], item[1], item[2])):
        if value >= least and at not in there and place not in here:
            pairs.append((at, place))
            there.add(at)
            here.add(place)
    return pairs
