"""Fills the places of a text with the values of messages, read straight from their bytes."""

from __future__ import annotations

import functools
from itertools import repeat
from operator import call, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.decode.slots import NUMBER, reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nlsniff.decode.memo import Memos, Texts
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.slots import Read, Slot, Span, ValueReader
    from nlsniff.wire.nlmsg import Order

    Pick = Callable[[Sequence[Any]], Sequence[Any]]

# Both of these stay. How many more instructions a command takes without the one, and without the other, over files of
# `tests.bench` (14,000 messages were counted; 100,000 follow from that and from 5,000):
#   show -V      14,000 messages +17 %, +4 %   100,000 messages +40 %, +10 %
#   show --json  14,000 messages +15 %, +3 %   100,000 messages +35 %,  +7 %
#   show         14,000 messages   0 %, +3 %   100,000 messages   0 %,  +6 %
# So many values side by side are turned into text at once, by their bytes together, see `_run`: where they do not come
# again, little is lost.
_RUN = 3
_RUN_WEIGHT = 8  # of the text of a struct, against that of a value
# From so many messages of one shape on, a text is filled by columns: most values of neighbours are the same.
_COLUMNS = 4


class Template:
    """A text with places: first for what a caller knows of a message, then for values in it.

    Args:
        literals: the text around and between the places.
        read: gives the values of a message.
        pick: puts them in the order of their places.
        texts: what each of these says.
    """

    def __init__(self, literals: Sequence[str], read: Read, pick: Pick, texts: tuple[Texts, ...]) -> None:
        self._pieces = [piece for literal in literals for piece in (literal, "")][:-1]  # with the places between them
        self._read = read
        self._pick = pick
        self._texts = texts

    def fill(self, heads: Sequence[tuple[str, ...]], messages: Sequence[NetlinkMessage]) -> Iterable[str]:
        """The text of each message.

        Args:
            heads: for each message, what stands in the first places.
            messages: of one shape.

        Raises:
            Miss: a value of some message does not fit.
        """
        if len(messages) < _COLUMNS:
            return map(self.one, heads, messages)
        return self._fill_columns(heads, messages)

    def one(self, head: tuple[str, ...], message: NetlinkMessage) -> str:
        """The text of one message, as `fill`."""
        values = self._pick(self._read(message.data, message.start))
        pieces = self._pieces.copy()
        pieces[1::2] = (*head, *map(call, self._texts, values))
        return "".join(pieces)

    def _fill_columns(self, heads: Sequence[tuple[str, ...]], messages: Sequence[NetlinkMessage]) -> Iterable[str]:
        read = self._read
        values = zip(*[read(message.data, message.start) for message in messages], strict=True)
        columns = [*map(_common, zip(*heads, strict=True)), *map(_column, self._texts, self._pick(list(values)))]
        # What all have in common becomes one piece with the text around it.
        parts: list[Iterable[str]] = []
        common = self._pieces[0]
        for column, literal in zip(columns, self._pieces[2::2], strict=True):
            if isinstance(column, str):
                common += column + literal
            else:
                parts += [repeat(common), column]
                common = literal
        return map("".join, zip(*parts, repeat(common, len(messages)), strict=False))


def _common(texts: Sequence[str]) -> str | Sequence[str]:
    """One text where all are the same."""
    return texts[0] if texts.count(texts[0]) == len(texts) else texts


def _column(texts: Texts, values: Sequence[Any]) -> str | Sequence[str]:
    """The texts of values; one where all are the same."""
    first = values[0]
    return texts(first) if values.count(first) == len(values) else list(map(texts, values))


class _Place(NamedTuple):
    """What a place stands for: the bytes [start, end) of a message, how `struct` reads them, and their texts."""

    start: int
    end: int
    code: str
    texts: Texts


def compose(literals: list[str], slots: list[Slot], text_of: Callable[[ValueReader], Texts], memos: Memos,
            order: Order) -> Template:  # fmt: skip
    """A template of the literals with the slots between them.

    Args:
        literals: the text around the places of what a caller knows, then around and between the slots.
        slots: in the order in which they are printed.
        text_of: gives the texts of a leaf's values.
        memos: keeps the texts of whole structs.
        order: byte order of the message.
    """
    lead = len(literals) - 1 - len(slots)
    text, literals = literals[: lead + 1], literals[lead:]
    places, at = [], 0
    while at < len(slots):
        stop = _run(slots, at)
        if stop - at < _RUN:
            stop = at + 1
            slot = slots[at]
            places.append(_Place(slot.start, slot.end, slot.leaf.code, text_of(slot.leaf)))
        else:
            places.append(_together(literals[at + 1 : stop], slots[at:stop], text_of, memos, order))
        text.append(literals[stop])
        at = stop
    read, pick = plan(order, [place[:3] for place in places])
    return Template(text, read, pick, tuple([place.texts for place in places]))


def plan(order: Order, wanted: list[Span]) -> tuple[Read, Pick]:
    """How to get the values at some (start, end, code) in that order: read each once, then pick."""
    spans = sorted(set(wanted))
    numbers = {span: number for number, span in enumerate(spans)}
    return reader(order, spans), picker([numbers[span] for span in wanted], len(spans))


def _run(slots: list[Slot], at: int) -> int:
    """The end of the slots from `at` on that mostly come again together, with texts that depend on their bytes alone.

    They are the members of one struct, or numbers in attributes side by side: the settings of a link.
    """
    inside, end, number = slots[at].inside, slots[at].start, slots[at].number
    for stop in range(at, len(slots)):
        slot = slots[stop]
        node, leaf = slot.node, slot.leaf
        if slot.inside is not inside or leaf.refers or node.spec is None or leaf is NUMBER:
            return stop  # the number of an element is shown in several places
        if node.type is not None and (node.volatile or leaf.code[-1] == "s"):
            return stop
        if slot.start < end or slot.number != number:
            return stop
        end, number = slot.end, number + 1
    return len(slots)


def _together(between: list[str], slots: list[Slot], text_of: Callable[[ValueReader], Texts], memos: Memos,
              order: Order) -> _Place:  # fmt: skip
    start, end = slots[0].start, slots[-1].end
    text = "%s".join(["", *[literal.replace("%", "%%") for literal in between], ""])

    @functools.cache  # most structs are known already, from other shapes
    def how() -> tuple[Read, tuple[Texts, ...]]:
        spans = [(slot.start - start, slot.end - start, slot.leaf.code) for slot in slots]
        return reader(order, spans), tuple([text_of(slot.leaf) for slot in slots])

    def make(raw: bytes) -> str:
        read, texts = how()
        return text % tuple(map(call, texts, read(raw, 0)))

    key = (text, *[(slot.leaf, slot.start - start) for slot in slots])
    return _Place(start, end, f"{end - start}s", memos.memo("run", key, make, _RUN_WEIGHT))


def picker(order: list[int], count: int) -> Pick:
    """A function that picks places out of `count` values; where that is all of them in order, it does nothing."""
    if order == list(range(count)):
        return tuple
    if len(order) == 1:
        (only,) = order
        return lambda values: (values[only],)
    return itemgetter(*order) if order else lambda _values: ()
