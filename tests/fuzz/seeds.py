"""What inputs are made from: frames of the recordings and of the shared cases, and messages built from the model."""

from __future__ import annotations

import contextlib
import functools
import itertools
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from nlsniff.spec.registry import Registry
from tests.conftest import ROOT
from tests.file.made import Record, pcap
from tests.model.operations import Operation, operations
from tests.model.traffic import Traffic, capture, teaching
from tests.model.worst import FILLS, Place, places

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from nlsniff.wire.nlmsg import Order

CASES = ROOT.parent / "shared" / "cases"
REGISTRY = Registry()

_ORDERS: tuple[Order, Order] = ("<", ">")
_KEPT = 2000  # frames of a recording: long ones repeat themselves
_MOST = 24  # frames of an input
_TEACHING = 12  # frames at the beginning of a recording that may hold the ids of families


class Seed(NamedTuple):
    """A capture file as its writer wrote it, and the byte order of its messages."""

    data: bytes
    order: Order


@functools.cache
def recordings() -> list[Path]:
    """Every recording, and every shared case where they lie beside the checkout."""
    places = [ROOT / "captures", CASES, CASES / "hostile", CASES / "referee"]
    return sorted(path for place in places if place.is_dir() for path in place.iterdir() if _is_capture(path))


def _is_capture(path: Path) -> bool:
    return any(end in path.name for end in (".pcap", ".pcapng"))


@functools.cache
def frames(path: Path) -> list[Record]:
    """The frames of a recording as records with a cooked header."""
    found: list[Record] = []
    # A shared case may be no capture.
    with contextlib.suppress(NlsniffError):
        found.extend(Record(frame.time_ns, frame.data) for frame in itertools.islice(FrameReader(path), _KEPT))
    return found


@functools.cache
def every_operation() -> list[Operation]:
    """The operations of the shipped dissectors."""
    return operations(REGISTRY)


def recorded(random: Random) -> Seed:
    """A few frames of a recording, behind its first ones."""
    while not (known := frames(random.choice(recordings()))):
        pass
    first = random.randrange(len(known))
    chosen = known[first : first + random.randint(1, _MOST)]
    if random.random() < 0.6:
        chosen = known[:_TEACHING] + chosen
    return Seed(pcap(chosen, snaplen=1 << 18), "<")


def built(random: Random, family: str = "") -> Seed:
    """Messages of the model, most of one dissector where it is named."""
    order: Order = random.choice(_ORDERS)
    every = [item for item in every_operation() if not family or item.family.name == family]
    chosen = random.sample(every, min(random.choice((1, 3, 12)), len(every)))
    traffic = Traffic(REGISTRY, random.getrandbits(48), order, chosen=chosen)
    return Seed(capture(traffic.frames(random.choice((40, 60, 120))), order), order)


@functools.cache
def _parts() -> list[list[Place]]:
    """Parts of messages that can be repeated, those of one kind together."""
    kinds: dict[tuple[object, ...], list[Place]] = {}
    for place in places(REGISTRY):
        kinds.setdefault(place.kind, []).append(place)
    return list(kinds.values())


def long(random: Random) -> Seed:
    """A message that asks for as much work as its length allows, see `tests.model.worst`."""
    place = random.choice(random.choice(_parts()))
    fill = random.choice(("", "", *FILLS))
    frames = place.frames(random.choice((8, 32, 63)) << 10, fill, copied=random.random() < 0.2)
    return Seed(capture([*teaching(REGISTRY), *frames], "<"), "<")


def any_seed(random: Random) -> Seed:
    """A capture of either kind."""
    return recorded(random) if random.random() < 0.4 else built(random)
