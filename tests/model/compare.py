"""Whether the fast printer says of messages what the walker says, each with a decoder of its own."""

from __future__ import annotations

import io
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.decoder import Decoder
from nlsniff.output import text
from nlsniff.output.json import message_line
from nlsniff.printer.printer import Printer
from nlsniff.reader import Stream
from tests.model.traffic import capture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.spec.registry import Registry
    from nlsniff.wire.nlmsg import Order
    from tests.model.traffic import Frame

STYLES = ("line", "tree", "json")
_MOST = 24  # messages that are printed together: alone, few, and so many that columns are filled


class Difference(NamedTuple):
    """A message of which the printer says something else than the walker.

    Attributes:
        number: of the message.
        style: of the printer.
        type: name of the message's type.
        printed: what the printer says.
        walked: what the walker says.
    """

    number: int
    style: str
    type: str
    printed: str
    walked: str

    def __str__(self) -> str:
        """The first line that differs, from both."""
        lines = zip(self.printed.split("\n"), self.walked.split("\n"), strict=False)
        said, right = next(((one, other) for one, other in lines if one != other), (self.printed, self.walked))
        if self.style == "json":  # the place, for lines are long
            at = next((at for at, pair in enumerate(zip(said, right, strict=False)) if pair[0] != pair[1]), 0)
            said, right = said[max(at - 60, 0) : at + 60], right[max(at - 60, 0) : at + 60]
        return (
            f"message {self.number} {self.type} as {self.style}:\n  printer {said.strip()}\n  walker  {right.strip()}"
        )


class Compared(NamedTuple):
    """What a comparison found: how many messages there were, how many of them had a pattern, and what differs."""

    messages: int
    hits: int
    differences: list[Difference]


def compare(registry: Registry, frames: Iterable[Frame], order: Order = "<", *, seed: int = 1,
            show_secrets: bool = False) -> Compared:  # fmt: skip
    """Print frames by the printer and by the walker.

    Args:
        registry: the dissectors.
        frames: whole datagrams, which become one capture.
        order: byte order of the machine that sent them.
        seed: decides how many messages are printed together.
        show_secrets: with readable keys.
    """
    return compare_capture(registry, capture(frames, order), order, seed=seed, show_secrets=show_secrets)


def compare_capture(registry: Registry, data: bytes, order: Order | None, *, seed: int = 1,
                    show_secrets: bool = False) -> Compared:  # fmt: skip
    """As `compare`, of a capture file; without an order it is found out as readers do."""
    fast, slow = (Decoder(registry, show_secrets=show_secrets) for _ in range(2))
    printers = {style: Printer(fast, style) for style in STYLES}
    random = Random(seed)  # noqa: S311  tests are no secret
    differences: list[Difference] = []
    messages = 0
    first_ns: int | None = None
    pairs = zip(_batches(data, fast, order), _batches(data, slow, order), strict=True)
    for printed, walked in pairs:
        first_ns = walked[0].time_ns if first_ns is None else first_ns
        messages += len(walked)
        at = 0
        while at < len(walked):
            stop = at + random.choice((1, 2, _MOST))
            for style, printer in printers.items():
                right = [_walk(message, style, first_ns) for message in walked[at:stop]]
                if printer(printed[at:stop]).decode() == "".join(right):
                    continue
                for message, wanted in zip(printed[at:stop], right, strict=True):
                    said = printer([message]).decode()
                    if said != wanted:
                        differences.append(Difference(message.number, style, message.type_name, said, wanted))
                        break
                else:  # each alone is right, and together they are not
                    differences.append(Difference(walked[at].number, f"{style} of many", "", "", ""))
            at = stop
    return Compared(messages, fast.patterns._hits, differences)


def _batches(data: bytes, decoder: Decoder, order: Order | None) -> Iterator[list[NetlinkMessage]]:
    return Stream(io.BytesIO(data), decoder, order).batches()


def _walk(message: NetlinkMessage, style: str, first_ns: int) -> str:
    if style == "json":
        return message_line(message).decode()
    if style == "tree":
        return "\n".join(text.tree(message)) + "\n\n"
    return text.line(message, first_ns).encode("utf-8", "backslashreplace").decode()


def told(differences: Sequence[Difference], most: int = 10) -> str:
    """The first few differences, for a person."""
    return "\n".join(map(str, differences[:most]))
