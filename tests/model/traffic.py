"""Traffic made of such messages: all operations in any order, shapes that come again, answers, and what teaches ids."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nlsniff.wire.constants import HEADERLESS, NETLINK_GENERIC, NETLINK_ROUTE
from tests.file.made import Record, datagram, pcap
from tests.model.build import Builder, build_like
from tests.model.knobs import DAMAGED, ODD, PERFECT
from tests.model.operations import CONTROLLER, Operation, family_ids, operations
from tests.model.values import header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlsniff.spec.registry import Registry
    from nlsniff.wire.nlmsg import Order
    from tests.model.knobs import Knobs

_START_NS = 1_795_282_243_495_526_000
_LINKS = 6
_AGAIN = 400  # frames after which ids are taught anew, for random messages teach others
_CAPPED, _TLVS, _MULTI = 0x100, 0x200, 2
_ERROR, _DONE = 2, 3


class Frame(NamedTuple):
    """A datagram: the messages in it, of one netlink protocol."""

    protocol: int
    messages: tuple[bytes, ...]


def capture(frames: Iterable[Frame], order: Order = "<") -> bytes:
    """Frames as a pcap file, a millisecond apart."""
    records = [
        Record(_START_NS + at * 1_000_000, datagram(*frame.messages, protocol=frame.protocol))
        for at, frame in enumerate(frames)
    ]
    return pcap(records, order, snaplen=max([1 << 18, *[len(record.data) for record in records]]))


def teaching(registry: Registry, order: Order = "<") -> list[Frame]:
    """What a capture begins with that explains itself: nlctrl's answers with the ids of families, then a few links."""
    frames = []
    for name, number in family_ids(registry).items():
        body = attribute(order, 2, name.encode() + b"\0") + attribute(order, 1, number.to_bytes(2, _word(order)))
        frames.append(Frame(NETLINK_GENERIC, (message(order, CONTROLLER, _MULTI, b"\1\2\0\0" + body),)))
    for index in range(1, _LINKS):
        link = bytes(4) + index.to_bytes(4, _word(order)) + bytes(8)
        link += attribute(order, 3, f"veth{index}".encode() + b"\0")
        frames.append(Frame(NETLINK_ROUTE, (message(order, 16, 0, link),)))
    return frames


class Traffic:
    """An endless stream of messages, the same for the same seed.

    Args:
        registry: the dissectors.
        seed: of everything.
        order: byte order of the machine.
        knobs: how imperfect the messages are, one for each; those of one shape share it.
        chosen: the operations that speak; all by default.
    """

    def __init__(
        self,
        registry: Registry,
        seed: int,
        order: Order = "<",
        knobs: tuple[Knobs, ...] = (PERFECT, ODD, ODD, DAMAGED),
        chosen: list[Operation] | None = None,
    ) -> None:
        self._registry = registry
        self._random = Random(seed)  # noqa: S311  tests are no secret
        self._order: Order = order
        self._knobs = knobs
        self._operations = operations(registry) if chosen is None else chosen
        self._shapes: list[tuple[Operation, int, Knobs]] = []
        self._before: list[Frame] = []

    def frames(self, count: int) -> Iterator[Frame]:
        """So many frames of one message each: every operation as often as any other, shapes again with other values.

        They begin with `teaching`.
        """
        random = self._random
        waiting: list[Operation] = []
        taught = teaching(self._registry, self._order)
        for at in range(count):
            if at % _AGAIN < len(taught):
                yield taught[at % _AGAIN]
                continue
            pick = random.random()
            if pick < 0.5 and self._shapes:
                operation, shape, knobs = random.choice(self._shapes)
                data = build_like(operation, shape, random.getrandbits(64), knobs, order=self._order)
            elif pick < 0.6 and self._before:
                yield self._altered(random.choice(self._before))
                continue
            elif pick < 0.68 and self._before:
                yield self._answer(random.choice(self._before))
                continue
            else:
                if not waiting:
                    waiting = random.sample(self._operations, len(self._operations))
                operation, shape, knobs = waiting.pop(), random.getrandbits(64), random.choice(self._knobs)
                _keep(self._shapes, (operation, shape, knobs), random)
                data = build_like(operation, shape, random.getrandbits(64), knobs, order=self._order)
            frame = Frame(operation.protocol, (data,))
            _keep(self._before, frame, random)
            yield frame

    def _altered(self, frame: Frame) -> Frame:
        """A message from before with a few other bytes behind its nlmsghdr, which may be values or lengths."""
        random = self._random
        data = bytearray(frame.messages[0])
        for _ in range(random.randint(1, 4)):
            if len(data) > 16:
                data[random.randrange(16, len(data))] = random.choice((0, 1, 65, 255, random.randrange(256)))
        return Frame(frame.protocol, (bytes(data),))

    def _answer(self, frame: Frame) -> Frame:
        """An ACK, an error with a copy of the message, or the end of a dump, with what the kernel says beside it."""
        random = self._random
        if frame.protocol in HEADERLESS:
            return frame
        copy = frame.messages[0]
        flags = random.choice((0, _CAPPED, _TLVS, _TLVS, _CAPPED | _TLVS))
        tlvs = b""
        core = self._registry.family("core")
        if flags & _TLVS and core is not None:
            knobs = random.choice(self._knobs)
            tlvs = Builder(random, random, knobs, self._order).chain(core.attribute_set("nlmsgerr-attrs"))
        code = random.choice((0, 0, -22, -2, -95, 5, -4095, random.randrange(-(1 << 31), 1 << 31)))
        number = code.to_bytes(4, _word(self._order), signed=True)
        if random.random() < 0.2:
            return Frame(frame.protocol, (message(self._order, _DONE, _MULTI | flags & _TLVS, number + tlvs),))
        if code == 0 or flags & _CAPPED:
            copy = copy[:16]
        copy += bytes(-len(copy) % 4)
        return Frame(frame.protocol, (message(self._order, _ERROR, flags, number + copy + tlvs),))


def _keep(kept: list[Any], item: Any, random: Random) -> None:
    """Remember some of what was sent: much of it recent."""
    if len(kept) < 300:
        kept.append(item)
    else:
        kept[random.randrange(len(kept))] = item


def _word(order: Order) -> Literal["little", "big"]:
    return "little" if order == "<" else "big"


def attribute(order: Order, number: int, payload: bytes) -> bytes:
    """An attribute, padding included."""
    head = (4 + len(payload)).to_bytes(2, _word(order)) + number.to_bytes(2, _word(order))
    return head + payload + bytes(-len(payload) % 4)


def message(order: Order, type_: int, flags: int, body: bytes) -> bytes:
    """A message of seq 1 to or from port 0, without its padding."""
    return header(order, 16 + len(body), type_, flags, 1, 0) + body
