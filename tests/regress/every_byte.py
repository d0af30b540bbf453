"""Every byte of every request of a recording, changed one at a time: is another transcript made of it?

Only the request is read again, with what had been said before it, so that ten captures take a minute. How a comparison
tells it is `tests.regress.campaign`'s matter, which reads whole captures.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.message import NetlinkMessage
from nlsniff.follow.own import Own
from nlsniff.regress.comparison import compare
from nlsniff.regress.items import Items
from nlsniff.regress.model import Block, Lane, Placeholder, SaidStep, Transcript
from nlsniff.regress.origin import Origins
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nlsniff.regress.model import SaidMessage
    from tests.regress.changes import Recording

PAIRING = range(8, HEADER_SIZE)  # sequence number and port id, which only say what belongs together


class Change(NamedTuple):
    """One bit in a byte of a request.

    Attributes:
        message: its number.
        type: its constant.
        byte: counts from its nlmsghdr.
        mask: the bit.
        seen: a comparison finds it.
        excuse: why it need not, or "".
    """

    message: int
    type: str
    byte: int
    mask: int
    seen: bool
    excuse: str

    def __str__(self) -> str:
        return f"message {self.message} {self.type}: byte {self.byte} ^ {self.mask:#04x}"


class Asked(NamedTuple):
    """A request, and what a transcript has of it.

    Attributes:
        message: the request.
        usual: what the transcript has.
        before: who had said what until then.
        origins: the same with the request itself.
    """

    message: NetlinkMessage
    usual: SaidMessage
    before: Origins
    origins: Origins

    def is_told(self, changed: NetlinkMessage) -> bool:
        """Whether a comparison finds that the request was another one."""
        items = Items(_copied(self.before))
        items.hear(changed)
        now = items.request(changed)
        # Alone, a message may call what it names as it likes; the names are those of what was said before.
        return (
            changed.direction != self.message.direction
            or bool(compare(_alone(self.usual), _alone(now)))
            or _placeholders(self.usual) != _placeholders(now)
        )


def requests(recording: Recording) -> Iterator[Asked]:
    """All requests of a recording but the recorder's own, each to be looked at before the next."""
    capture = recording.capture
    own = Own(capture.follower, capture.interfaces)
    origins = Origins(capture.decoder.names)
    items = Items(origins)
    for message in capture:
        if message.direction != "to-kernel" or own.message(message):
            items.hear(message)
            continue
        before = _copied(origins)
        items.hear(message)
        yield Asked(message, items.request(message), before, origins)


def changes(recording: Recording, bits: Sequence[int] = (0,)) -> Iterator[Change]:
    """Change each byte of each request behind its length.

    Args:
        recording: what is changed.
        bits: which bits of a byte, 0 to 7; each makes a change of its own, turned on by one from byte to byte.
    """
    for asked in requests(recording):
        message, origins = asked.message, asked.origins
        echoes = [node for node in message.root.walk() if node.kind == "value" and is_placeholder(origins.text(node))]
        keys = [node for node in message.root.walk() if node.secret]
        for offset in range(message.start + 4, message.end):
            at = offset - message.start
            excuse = "the sequence number or the port id" if at in PAIRING else ""
            if any(node.payload <= offset < node.end for node in keys):
                excuse = "of a key only whether it is the same as another is compared"
            if any(node.payload <= offset < node.end for node in echoes):
                excuse = "of what the kernel chose, or a program's own number, only whether it is the same is compared"
            for bit in bits:
                mask = 1 << (bit + at) % 8
                seen = asked.is_told(flipped(message, offset, mask))
                yield Change(message.number, message.type_name, at, mask, seen, excuse)


def is_placeholder(value: object) -> bool:
    """Whether a value is shown as a placeholder of something that has no name."""
    return isinstance(value, Placeholder) and value.name.isdigit()


def _copied(origins: Origins) -> Origins:
    """As it is now; much faster than a deep copy."""
    other = copy.copy(origins)
    for name, value in vars(origins).items():
        if isinstance(value, (dict, set)) and name != "_links":
            setattr(other, name, value.copy())
    return other


def flipped(message: NetlinkMessage, offset: int, mask: int) -> NetlinkMessage:
    """The message with some bits of a byte changed."""
    data = bytearray(message.data)
    data[offset] ^= mask
    _, type_, flags, seq, port = HEADER[message.order].unpack_from(data, message.start)
    span = Span(message.start, message.end, message.length, type_, flags, seq, port, message.broken)
    return NetlinkMessage(
        message._decoder, message.number, message.frame, message.time_ns, message.protocol, bytes(data), message.order,
        span, message.comment,
    )  # fmt: skip


def _placeholders(message: SaidMessage) -> list[str]:
    return [
        str(leaf.value) for item in message.items for _, leaf in item.leaves() if isinstance(leaf.value, Placeholder)
    ]


def _alone(message: SaidMessage) -> Transcript:
    return Transcript("full", (Lane("", (Block((SaidStep("request", message),)),)),))
