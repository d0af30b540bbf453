"""Copies of captures that say of each frame how it was delivered, as the truth beside them knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.wire.delivery import Delivery, delivery_comment
from tests.follow.sockets import Truth
from tests.follow.truth import truth_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

FIRST_SOCKET = 84211  # they count from here
GROUP = 1  # the truth does not know which
ALL = frozenset(Delivery._fields)


def deliveries_of(truth: Truth, known: Collection[str] = ALL) -> dict[int, Delivery]:
    """What the truth says of frames, by their numbers; of that what is not in `known` is left out."""
    found: dict[int, Delivery] = {}
    for socket, owner in enumerate(truth.owners, start=FIRST_SOCKET):
        sent = Delivery("to-kernel", owner.port, 0, 0, socket, 3, owner.process)
        received = Delivery("to-user", 0, owner.port, 0, socket, 3, owner.process)
        told = Delivery("to-user", 0, 0, GROUP, socket, 3, owner.process)
        for frames, delivery in ((owner.sent, sent), (owner.received, received), (owner.told, told)):
            left_out = {name: "" if name == "process" else None for name in delivery._fields if name not in known}
            found.update(dict.fromkeys(frames, delivery._replace(**left_out)))  # type: ignore[arg-type]
    return found


def write_with(deliveries: Mapping[int, Delivery], capture: Path, target: Path, *, alone: bool = False) -> Path:
    """A copy of a capture with these deliveries, by frame; `alone` leaves out the frames without one."""
    with open_writer(target) as writer:
        for frame in FrameReader(capture):
            delivery = deliveries.get(frame.number)
            lines = (frame.comment, delivery_comment(delivery) if delivery is not None else "")
            if delivery is not None or not alone:
                writer.write(frame.time_ns, frame.data, frame.length, "\n".join(filter(None, lines)))
    return target


def with_truth(capture: Path, target: Path, known: Collection[str] = ALL) -> Path:
    """A copy of a capture that says what the truth beside it knows."""
    beside = truth_of(capture)
    assert beside is not None
    return write_with(deliveries_of(Truth.load(beside), known), capture, target)
