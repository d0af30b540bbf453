"""A unified diff of two transcripts, by what the comparison found to belong together.

It takes time that grows as the texts do: no lines are searched for but inside of one message. The new transcript is
shown in the order of the old one, and under its names.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.regress.align import in_any_order
from nlsniff.regress.model import Dump, Placeholder, SaidStep
from nlsniff.regress.parts import aligned
from nlsniff.regress.shape import identity_shape, message_shape
from nlsniff.regress.write import ENTRY, block_lines, dump_line, heading_lines, lane_line, part_lines, told_lines
from nlsniff.terminal import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nlsniff.regress.comparison import Comparison
    from nlsniff.regress.model import Block, Item, Part, SaidMessage
    from nlsniff.regress.pairing import BlockPair
    from nlsniff.regress.renaming import Renaming

_LINES = 300  # of a message, on each side: more are not searched for what they have in common


class Row(NamedTuple):
    """A line of the diff: " ", "-" or "+", and its text."""

    sign: str
    text: str


def unified(comparison: Comparison, old: str, new: str, context: int) -> Iterator[str]:
    """The lines of the diff; none where nothing differs.

    Args:
        comparison: what was compared.
        old: what the old one is called.
        new: what the new one is called.
        context: lines around what differs.
    """
    rows = _Rows(comparison).all()
    if not any(row.sign != " " for row in rows):
        return
    yield f"--- {one_line(old)}"
    yield f"+++ {one_line(new)}"
    yield from _hunks(rows, context)


def _hunks(rows: Sequence[Row], context: int) -> Iterator[str]:
    """Groups of changed lines, with those around them."""
    changed = [at for at, row in enumerate(rows) if row.sign != " "]
    groups: list[list[int]] = []
    for at in changed:
        start, end = max(at - context, 0), min(at + context + 1, len(rows))
        if groups and start <= groups[-1][1]:
            groups[-1][1] = end
        else:
            groups.append([start, end])
    before, mine, other = 0, 1, 1
    for start, end in groups:
        mine += sum(row.sign != "+" for row in rows[before:start])
        other += sum(row.sign != "-" for row in rows[before:start])
        counts = [sum(row.sign != sign for row in rows[start:end]) for sign in "+-"]
        # Where there are no lines, the one before them is named.
        yield f"@@ -{mine - (not counts[0])},{counts[0]} +{other - (not counts[1])},{counts[1]} @@"
        for row in rows[start:end]:
            yield row.sign + row.text
        before, mine, other = end, mine + counts[0], other + counts[1]


class _Rows:
    """Makes the lines of both transcripts, beside each other."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._renaming = comparison.renaming
        differing = {found.conversation for found in comparison.differences}
        self._differs = {id(pair) for number, pair in enumerate(comparison.pairs, 1) if number in differing}
        self._of_old: dict[int, BlockPair] = {}
        self._of_new: dict[int, BlockPair] = {}
        for pair in comparison.pairs:
            if pair.old is not None:
                self._of_old[id(pair.old)] = pair
            if pair.new is not None:
                self._of_new[id(pair.new)] = pair

    def all(self) -> list[Row]:
        """All lines."""
        old, new = self._comparison.old, self._comparison.new
        rows = [Row(" ", line) for line in heading_lines(old)]
        partners = self._comparison.lanes
        for at, lane in enumerate(old.lanes):
            other = new.lanes[partners[at]] if at in partners else None
            rows.append(Row(" " if other else "-", ""))
            same = other is not None and not (lane.name and other.name and lane.name != other.name)
            rows.append(Row(" " if same else "-", lane_line(lane.name)))
            if other is not None and not same:
                rows.append(Row("+", lane_line(other.name)))
            rows += self._lane(lane.blocks, other.blocks if other else ())
        for place, lane in enumerate(new.lanes):
            if place not in partners.values():
                rows += [Row("+", ""), Row("+", lane_line(lane.name)), *self._lane((), lane.blocks)]
        if old.news or new.news:
            rows += [Row(" ", ""), Row(" ", "== news"), *self._news(old.news, new.news)]
        return rows

    def _lane(self, old: Sequence[Block], new: Sequence[Block]) -> Iterator[Row]:
        """The conversations of a lane; those that moved stand at both places."""
        place = 0
        for block in old:
            pair = self._of_old.get(id(block))
            if pair is None or pair.new is None or pair.moved:
                yield from (Row("-", line) for line in block_lines(block))
                continue
            while place < len(new) and new[place] is not pair.new:
                yield from self._added(new[place])
                place += 1
            place += 1
            yield from self._pair(pair)
        for block in new[place:]:
            yield from self._added(block)

    def _added(self, block: Block) -> Iterator[Row]:
        return (Row("+", line) for line in block_lines(_renamed(block, self._renaming)))

    def _pair(self, pair: BlockPair) -> Iterator[Row]:
        old, new = pair.old, pair.new
        assert old is not None  # noqa: S101  who has a counterpart has one
        assert new is not None  # noqa: S101
        if id(pair) not in self._differs:
            yield from (Row(" ", line) for line in block_lines(old))
            return
        new = _renamed(new, self._renaming)
        pairs = aligned(old.parts, new.parts)
        at = place = 0
        for one, two in [*pairs, (len(old.parts), len(new.parts))]:
            for number in range(at, one):
                yield from (Row("-", line) for line in part_lines(old.parts[number], _mark(old, number)))
            for number in range(place, two):
                yield from (Row("+", line) for line in part_lines(new.parts[number], _mark(new, number)))
            if one < len(old.parts):
                yield from self._parts(old.parts[one], new.parts[two], _mark(old, one), _mark(new, two))
            at, place = one + 1, two + 1

    @staticmethod
    def _parts(old: Part, new: Part, mark: str, other: str) -> Iterator[Row]:
        if isinstance(old, Dump) and isinstance(new, Dump):
            yield from _lines([dump_line(old)], [dump_line(new)])
            yield from _any_order(old.entries, new.entries, ENTRY)
        else:
            yield from _lines(list(part_lines(old, mark)), list(part_lines(new, other)))

    def _news(self, old: Sequence[SaidMessage], new: Sequence[SaidMessage]) -> Iterator[Row]:
        return _any_order(old, [_renamed_message(message, self._renaming) for message in new], "*")


def _any_order(old: Sequence[SaidMessage], new: Sequence[SaidMessage], sign: str) -> Iterator[Row]:
    """Messages that have no order, in that of the old ones."""
    rows = [[(hash(item), message_shape(item), identity_shape(item)) for item in side] for side in (old, new)]
    pairs, groups = in_any_order(*rows)
    partner = dict(pairs) | {at: place for group in groups for at, place in zip(*group, strict=True)}
    taken = set(partner.values())
    for at, message in enumerate(old):
        lines = list(told_lines(sign, message))
        if at in partner:
            yield from _lines(lines, list(told_lines(sign, new[partner[at]])))
        else:
            yield from (Row("-", line) for line in lines)
    for place, message in enumerate(new):
        if place not in taken:
            yield from (Row("+", line) for line in told_lines(sign, message))


def _mark(block: Block, number: int) -> str:
    """What stands behind the sign of a part."""
    return "+" if number else "" if block.certain else "?"


def _lines(old: list[str], new: list[str]) -> Iterator[Row]:
    """The lines of one message beside each other."""
    if old == new:
        yield from (Row(" ", line) for line in old)
        return
    if len(old) > _LINES or len(new) > _LINES:
        yield from _around(old, new)
        return
    for what, start, end, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield from (Row(" ", line) for line in old[start:end])
        else:
            yield from (Row("-", line) for line in old[start:end])
            yield from (Row("+", line) for line in new[first:last])


def _around(old: list[str], new: list[str]) -> Iterator[Row]:
    """What is the same at both ends, and all that is between."""
    least = min(len(old), len(new))
    start = next((at for at in range(least) if old[at] != new[at]), least)
    end = next((at for at in range(least - start) if old[-1 - at] != new[-1 - at]), least - start)
    yield from (Row(" ", line) for line in old[:start])
    yield from (Row("-", line) for line in old[start : len(old) - end])
    yield from (Row("+", line) for line in new[start : len(new) - end])
    yield from (Row(" ", line) for line in old[len(old) - end :])


# -- names -----------------------------------------------------------------------------------------------------------


def _renamed(block: Block, renaming: Renaming) -> Block:
    """A new conversation under the old names."""
    parts: list[Part] = []
    for part in block.parts:
        if isinstance(part, SaidStep):
            parts.append(replace(part, message=_renamed_message(part.message, renaming)))
        elif isinstance(part, Dump):
            parts.append(replace(part, entries=tuple(_renamed_message(entry, renaming) for entry in part.entries)))
        else:
            parts.append(part)
    return replace(block, parts=tuple(parts))


def _renamed_message(message: SaidMessage, renaming: Renaming) -> SaidMessage:
    identity, items = _renamed_items(message.identity, renaming), _renamed_items(message.items, renaming)
    return replace(message, identity=identity, items=items)


def _renamed_items(items: Iterable[Item], renaming: Renaming) -> tuple[Item, ...]:
    return tuple(_renamed_item(item, renaming) for item in items)


def _renamed_item(item: Item, renaming: Renaming) -> Item:
    value = renaming.old_of(item.value) if isinstance(item.value, Placeholder) else item.value
    if value == item.value and not item.parts:
        return item
    return replace(item, value=value, parts=_renamed_items(item.parts, renaming))
