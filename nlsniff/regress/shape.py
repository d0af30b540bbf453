"""What two things of transcripts have in common, as numbers that can be compared fast.

The shape of something is all that it says but for the names of placeholders: in another recording they may be others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.regress.model import Dump, Outcome, Placeholder, SaidStep
from nlsniff.regress.objects import object_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlsniff.regress.model import Block, Item, Part, SaidMessage

_MASK = (1 << 64) - 1
ELEMENT = "-"


class Likeness(NamedTuple):
    """How alike two conversations are, from the strictest to the loosest; equal numbers mean alike.

    Attributes:
        whole: everything.
        judged: what was asked, and the outcome.
        asked: what was asked.
        about: the types of what was asked, and the objects that it is about.
        kind: the types of what was asked.
    """

    whole: int
    judged: int
    asked: int
    about: int
    kind: int


def items_shape(items: tuple[Item, ...]) -> int:
    """The shape of parts beside each other. Their order counts for those of one name, as that of elements of a list."""
    if len(items) == 1:
        return _item_shape(items[0], 0)
    total = 0
    seen: dict[str, int] = {}
    for item in items:
        place = seen.get(item.name, 0)
        seen[item.name] = place + 1
        total += _item_shape(item, place)
    return total & _MASK


def _item_shape(item: Item, place: int) -> int:
    value = item.value
    said = ("", value.kind) if type(value) is Placeholder else value
    parts = items_shape(item.parts) if item.parts else 0
    return hash((item.name, place, said, parts, item.marks, item.problems))


def message_shape(message: SaidMessage) -> int:
    """The shape of a message."""
    return hash((
        message.type, message.flags, items_shape(message.identity), items_shape(message.items), message.problems,
    ))  # fmt: skip


def identity_shape(message: SaidMessage) -> int:
    """The shape of which object a message is about; of all of it where it has no identity."""
    if not message.identity:
        return message_shape(message)
    return hash((message.type, items_shape(message.identity)))


def part_shape(part: Part) -> int:
    """The shape of a part of a conversation. What the kernel says in words does not count."""
    if isinstance(part, SaidStep):
        return hash((part.role, message_shape(part.message)))
    if isinstance(part, Dump):
        entries = sum(map(message_shape, part.entries)) & _MASK
        return hash((entries, len(part.entries), part.filtered, part.interrupted))
    return outcome_shape(part)


def outcome_shape(outcome: Outcome) -> int:
    """The shape of an outcome."""
    return hash((outcome.status, outcome.errno, outcome.at, outcome.expected, outcome.missing, outcome.of))


def likeness(block: Block) -> Likeness:
    """What a conversation is compared by."""
    opening = opening_of(block)
    shapes = tuple(map(part_shape, block.parts))
    asked = hash(tuple(shape for shape, part in zip(shapes, block.parts, strict=True) if is_opening(part)))
    ends = tuple(shape for shape, part in zip(shapes, block.parts, strict=True) if isinstance(part, Outcome))
    kinds = tuple(message.type for message in opening)
    return Likeness(
        hash(shapes),
        hash((asked, ends)),
        asked,
        hash((kinds, tuple(map(object_of, opening)))),
        hash(kinds),
    )


def is_opening(part: Part) -> bool:
    """Whether a part is what a program says."""
    return isinstance(part, SaidStep) and part.role in {"request", "datagram"}


def opening_of(block: Block) -> tuple[SaidMessage, ...]:
    """What is asked in a conversation; where that is not in the capture, its first message."""
    found = tuple(part.message for part in block.parts if isinstance(part, SaidStep) and is_opening(part))
    if found:
        return found
    return next(((message,) for part in block.parts for message in messages_of(part)), ())


def messages_of(part: Part) -> tuple[SaidMessage, ...]:
    """The messages in a part of a conversation."""
    if isinstance(part, SaidStep):
        return (part.message,)
    return part.entries if isinstance(part, Dump) else ()


def placeholders_of(message: SaidMessage) -> Iterator[Placeholder]:
    """The placeholders in a message, in its order."""
    yield from _placeholders(message.identity)
    yield from _placeholders(message.items)


def _placeholders(items: Iterable[Item]) -> Iterator[Placeholder]:
    for item in items:
        if type(item.value) is Placeholder:
            yield item.value
        if item.parts:
            yield from _placeholders(item.parts)


def leaves_of(block: Block) -> frozenset[int]:
    """What is asked in a conversation, each part by itself, for measuring how much of it another one has."""
    found: set[int] = set()
    for message in opening_of(block):
        found.update(hash(flag) for flag in message.flags)
        for item in (*message.identity, *message.items):
            for path, leaf in item.leaves():
                value = leaf.value
                found.add(hash((path, value.kind if isinstance(value, Placeholder) else value)))
    return frozenset(found)
