"""Changes of recordings that a comparison has to see, and those that it may not.

Kinds: `byte` (one bit in each byte of each request), `drop`, `double`, `swap` (each message, with its neighbour),
`errno`, `path` (the rejected attribute that an error names).
"""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.follow.extack import Requests
from nlsniff.follow.own import Own
from nlsniff.wire.constants import NLMSG_ERROR
from nlsniff.wire.nlmsg import HEADER_SIZE, is_control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.reader import IndexedCapture
    from nlsniff.regress.model import Level
    from tests.regress.changes import Recording

KINDS = ("byte", "drop", "double", "swap", "errno", "path")


class Mutant(NamedTuple):
    """One change.

    Attributes:
        kind: one of `KINDS`.
        message: number of the message that is changed.
        types: its constant, and that of the request that it belongs to; of a swap those of both messages.
        what: in words.
        make: gives the changed capture.
        allowed: why nobody need see it, or "".
        told: the kernel tells of an object in it, and does not judge.
    """

    kind: str
    message: int
    types: frozenset[str]
    what: str
    make: Callable[[], IndexedCapture]
    allowed: str = ""
    told: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.what}:"

    def excuse(self, level: Level) -> str:
        """Why it need not be seen at a level, or ""."""
        return "the level keeps none of it" if self.told and level == "outcome" else ""


def mutants(recording: Recording, seed: int = 0) -> Iterator[Mutant]:
    """All changes of a recording."""
    chance = random.Random(seed)  # noqa: S311  no secret
    capture = recording.capture
    own = Own(capture.follower, capture.interfaces)
    views = list(capture.follower.conversations)
    for message in map(capture.message, range(1, len(capture) + 1)):
        view = views[message.conversation - 1]
        if own.conversation(_owner(view, views)) or own.message(message):
            continue
        if message.direction == "to-kernel":
            yield from _bytes(recording, message, chance)
        news = view.kind == "event" and not view.cause
        copy = view.kind in {"event", "datagram"} and view.copies > 1
        allowed = "news are not compared" if news else "another listener's copy" if copy else ""
        told = _tells(message)
        about = _about(capture, message, view)
        of = partial(Mutant, message=message.number, types=about, told=told)
        yield of("drop", what=message.type_name, make=partial(recording.without, message), allowed=allowed)
        again = allowed or _again(view)
        yield of("double", what=message.type_name, make=partial(recording.doubled, message), allowed=again)
        if message.number < len(capture):
            other = capture.message(message.number + 1)
            words, excuse = (
                f"{message.type_name} with {other.type_name}",
                allowed or _exchangeable(message, other, views),
            )
            yield of(
                "swap",
                types=about | _about(capture, other, views[other.conversation - 1]),
                told=told or _tells(other),
                what=words,
                make=partial(recording.swapped, message, other),
                allowed=excuse,
            )
        if message.type == NLMSG_ERROR and is_control(message.protocol, message.type):
            yield from _refusals(recording, message, about)


def _tells(message: NetlinkMessage) -> bool:
    """Whether the kernel tells of an object."""
    return message.direction != "to-kernel" and not is_control(message.protocol, message.type)


def _about(capture: IndexedCapture, message: NetlinkMessage, view: ConversationView) -> frozenset[str]:
    """The constants of a message, and of the request that it belongs to."""
    asked = Requests(view, capture.message).of(message) if view.request is not None else None
    return frozenset({message.type_name, *([asked.type_name] if asked is not None else [])})


def _bytes(recording: Recording, message: NetlinkMessage, chance: random.Random) -> Iterator[Mutant]:
    keys = [node for node in message.root.walk() if node.secret]
    for offset in range(message.start, message.end):
        mask = 1 << chance.randrange(8)
        at = offset - message.start
        allowed = "the sequence number or the port id" if 8 <= at < HEADER_SIZE else ""
        if any(node.payload <= offset < node.end for node in keys):
            allowed = "of a key only whether it is the same as another is compared"
        what, make = f"byte {at} ^ {mask:#04x}", partial(recording.flipped, message, offset, mask)
        yield Mutant("byte", message.number, frozenset({message.type_name}), what, make, allowed)


def _again(view: ConversationView) -> str:
    """A copy of an event is what another listener would get."""
    return "another listener's copy" if view.kind in {"event", "datagram"} else ""


def _exchangeable(message: NetlinkMessage, other: NetlinkMessage, views: list[ConversationView]) -> str:
    """Why two messages may change places, or ""."""
    one, two = views[message.conversation - 1], views[other.conversation - 1]
    sockets = [(view.protocol_number, view.port) for view in (_owner(one, views), _owner(two, views))]
    if sockets[0] != sockets[1]:
        return "sockets have no order between them"
    if one.id == two.id and one.kind == "dump" and message.direction == other.direction:
        return "entries of a dump have no order"
    if one.cause == two.cause and message.type == other.type and _unordered(message):
        return "chance decides their order"
    if one.id != two.id and message.direction != other.direction:
        return "how soon a program asks again is not compared"
    if message.data[message.start : message.end] == other.data[other.start : other.end]:
        return "they are equal"
    if two.kind == "event" and not two.cause:
        return "news are not compared"
    return "" if one.certain and two.certain else "which answer is whose is not certain, so that they have no order"


def _unordered(message: NetlinkMessage) -> bool:
    return message.layout.form is not None and message.layout.form.unordered


def _owner(view: ConversationView, views: list[ConversationView]) -> ConversationView:
    return views[view.cause - 1] if view.cause else view


def _refusals(recording: Recording, message: NetlinkMessage, about: frozenset[str]) -> Iterator[Mutant]:
    at = message.start + HEADER_SIZE
    old = int.from_bytes(message.data[at : at + 4], "little", signed=True)
    for new in (0, -1, -22, -17):
        if new != old:
            make = partial(recording.replaced, message, at, new.to_bytes(4, "little", signed=True))
            yield Mutant("errno", message.number, about, f"{old} -> {new}", make)
    offs = message.root.get("offs")
    if offs is not None and isinstance(offs.raw, int):
        make = partial(recording.replaced, message, offs.payload, HEADER_SIZE.to_bytes(4, "little"))
        yield Mutant("path", message.number, about, f"at byte {offs.raw} -> {HEADER_SIZE}", make)
