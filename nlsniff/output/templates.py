"""Fills the places of a text with the values of a message, read straight from its bytes."""

from __future__ import annotations

import struct
from operator import getitem, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.slots import Leaf, Slot
    from nlsniff.output.shared import Shared, Texts
    from nlsniff.wire.nlmsg import Order

    Span = tuple[int, int, str]  # start and end, counted from the message's start, and how `struct` reads it
    Read = Callable[[bytes, int], tuple[Any, ...]]
    Pick = Callable[[Sequence[Any]], Sequence[Any]]

# So many members of one struct, or elements of one array, are turned into text at once, by their bytes together: a
# struct mostly comes again with the same values, and where it does not, little is lost.
_RUN = 3
_RUN_WEIGHT = 8  # of the text of a struct, against that of a value


class Template(NamedTuple):
    """A text with places for values: `text % tuple(map(getitem, texts, pick(read(data, start))))`."""

    text: str
    read: Read
    pick: Pick
    texts: tuple[Texts, ...]


class _Place(NamedTuple):
    """What one `%s` stands for: the bytes [start, end) of a message, how `struct` reads them, and their texts."""

    start: int
    end: int
    code: str
    texts: Texts


def compose(literals: list[str], slots: list[Slot], text_of: Callable[[Leaf], Texts], shared: Shared,
            order: Order) -> Template:  # fmt: skip
    """A template of the literals with the slots between them.

    Args:
        literals: one more than there are slots.
        slots: in the order in which they are printed.
        text_of: gives the texts of a leaf's values.
        shared: keeps the texts of whole structs.
        order: byte order of the message.
    """
    quoted = [literal.replace("%", "%%") for literal in literals]
    text, places, at = [quoted[0]], [], 0
    while at < len(slots):
        stop = _run(slots, at)
        if stop - at < _RUN:
            stop = at + 1
            slot = slots[at]
            places.append(_Place(slot.start, slot.end, slot.leaf.code, text_of(slot.leaf)))
        else:
            inner = "%s".join(["", *quoted[at + 1 : stop], ""])
            places.append(_together(inner, slots[at:stop], text_of, shared, order))
        text += ["%s", quoted[stop]]
        at = stop
    read, pick = plan(order, [place[:3] for place in places])
    return Template("".join(text), read, pick, tuple([place.texts for place in places]))


def plan(order: Order, wanted: list[Span]) -> tuple[Read, Pick]:
    """How to get the values at some (start, end, code) in that order: read each once, then pick."""
    spans = sorted(set(wanted))
    numbers = {span: number for number, span in enumerate(spans)}
    return reader(order, spans), picker([numbers[span] for span in wanted], len(spans))


def _run(slots: list[Slot], at: int) -> int:
    """The end of the slots from `at` on that are the members of one struct, whose texts depend on their bytes alone."""
    first = slots[at]
    stop = at
    while stop < len(slots):
        slot = slots[stop]
        if slot.inside is not first.inside or slot.node.type is not None or slot.leaf.refers or slot.node.spec is None:
            break
        if stop > at and (slot.start < slots[stop - 1].end or slot.number != slots[stop - 1].number + 1):
            break
        stop += 1
    return stop


def _together(text: str, slots: list[Slot], text_of: Callable[[Leaf], Texts], shared: Shared, order: Order) -> _Place:
    start, end = slots[0].start, slots[-1].end
    spans = [(slot.start - start, slot.end - start, slot.leaf.code) for slot in slots]
    read = reader(order, spans)
    texts = tuple([text_of(slot.leaf) for slot in slots])
    key = text, tuple([(slot.leaf, span[0]) for slot, span in zip(slots, spans, strict=True)])

    def make(raw: bytes) -> str:
        return text % tuple(map(getitem, texts, read(raw, 0)))

    return _Place(start, end, f"{end - start}s", shared.memo("run", key, make, _RUN_WEIGHT))


def reader(order: Order, spans: list[Span]) -> Read:
    """A function that reads the values at (start, end, code), ascending, of a message."""
    codes: list[str] = [order]
    at = 0
    for start, end, code in spans:
        codes.append(f"{start - at}x{code}" if start > at else code)
        at = end
    return struct.Struct("".join(codes)).unpack_from


def picker(order: list[int], count: int) -> Pick:
    """A function that picks places out of `count` values; where that is all of them in order, it does nothing."""
    if order == list(range(count)):
        return tuple
    if len(order) == 1:
        (only,) = order
        return lambda values: (values[only],)
    return itemgetter(*order) if order else lambda _values: ()
