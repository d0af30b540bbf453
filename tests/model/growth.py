"""Measures that twice the bytes cost at most 2.5 times the CPU time, whatever they are: `python -m tests.model.growth`.

Each part of each dissector makes the worst message that it can (`tests.model.worst`), at two sizes of which one is four
times the other; each way to look at a message is measured at both.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import struct
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.decoder import Decoder
from nlsniff.errors import NlsniffError
from nlsniff.filter.compile import compile_filter
from nlsniff.follow.passing import PassingStore
from nlsniff.output import ladder, text
from nlsniff.output.columns import Columns
from nlsniff.output.json import message_line
from nlsniff.output.trees import conversation_tree
from nlsniff.printer.printer import Printer
from nlsniff.reader import IndexedCapture, Stream
from nlsniff.redact.redact import redact
from nlsniff.spec.registry import Registry
from nlsniff.stats.statistics import Statistics
from nlsniff.stories.stories import tell
from nlsniff.tui.outline import Outline
from tests.model.build import build
from tests.model.operations import operations
from tests.model.traffic import Frame, capture, teaching
from tests.model.worst import FILLS, Place, places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Look = Callable[[Path, Registry, str], None]  # takes a capture, the dissectors, and a field to ask for

RATIO = 2.5  # of the CPU time at twice the size
SMALL, TIMES = 1 << 14, 4  # bytes, and how often as many the other size has
_DOUBLINGS = 2
_NOTHING = 0.1  # seconds below which nothing grows too fast
_AGAIN = 4  # measurements before what seems too slow is believed


class Slow(NamedTuple):
    """What took too long: what was looked at, how, the seconds at both sizes."""

    name: str
    how: str
    small: float
    large: float

    def __str__(self) -> str:
        return f"{self.name} {self.how}: {self.small:.3f} s, then {self.large:.3f} s ({self.large / self.small:.1f})"


def _walked(path: Path, registry: Registry, _field: str) -> None:
    for message in Stream(path, Decoder(registry)):
        text.tree(message)
        text.line(message, 0)
        message_line(message)


def _printed(style: str) -> Look:
    def look(path: Path, registry: Registry, _field: str) -> None:
        decoder = Decoder(registry)
        printer = Printer(decoder, style)
        for batch in Stream(path, decoder).batches():
            printer(batch)

    return look


def _fields(path: Path, registry: Registry, field: str) -> None:
    decoder = Decoder(registry)
    printer = Printer(decoder, Columns(["summary", "type", field]))
    for batch in Stream(path, decoder).batches():
        printer(batch)


def _filtered(path: Path, registry: Registry, field: str) -> None:
    for words in (field, f"{field} contains zz", f"{field} == 1", f'{field} == "x"'):
        try:
            wanted = compile_filter(words, registry)
        except NlsniffError:  # what a field cannot be compared with
            continue
        for message in Stream(path, Decoder(registry)):
            wanted.matches(message)


def _followed(path: Path, registry: Registry, _field: str) -> None:
    with IndexedCapture(str(path), Decoder(registry)) as found:
        found.load()
        for conversation in found.follower.conversations:
            ladder.text(conversation, found.follower, found.message)
            conversation.to_json()
            list(conversation_tree(conversation, found.follower, found.message))
        for story in tell(found.follower, found.message):
            list(story.lines())


def _counted(path: Path, registry: Registry, _field: str) -> None:
    stream = Stream(path, Decoder(registry), store=PassingStore())
    figures = Statistics(stream.follower)
    for message in stream:
        figures.feed(message)
    figures.report()


def _redacted(path: Path, registry: Registry, _field: str) -> None:
    decoder = Decoder(registry)
    with contextlib.suppress(NlsniffError):
        redact(
            str(path), path.with_suffix(".out"), decoder, lambda stream: Stream(stream, decoder), keep_unreadable=True
        )


def _outlined(path: Path, registry: Registry, _field: str) -> None:
    with IndexedCapture(str(path), Decoder(registry)) as found:
        found.load()
        outline = Outline.of(found, len(found))
        list(outline.lines({}))
        branches = list(outline.branches())
        list(outline.lines(dict.fromkeys(branches, True)))
        outline.path_of(-1, -1)
        outline.at(outline.message.end - 1)


LOOKS: dict[str, Look] = {
    "walked": _walked,
    "line": _printed("line"),
    "tree": _printed("tree"),
    "json": _printed("json"),
    "fields": _fields,
    "filtered": _filtered,
    "followed": _followed,
    "counted": _counted,
    "redacted": _redacted,
    "outlined": _outlined,
}


class Case(NamedTuple):
    """What is measured: a name, a field that the messages have, and what makes frames of about so many bytes."""

    name: str
    field: str
    make: Callable[[int], list[Frame]]


def slow(registry: Registry, case: Case, folder: Path, small: int = SMALL) -> Iterator[Slow]:
    """The ways to look at a case whose time grows faster than it may."""
    taught = teaching(registry)
    base, *paths = [folder / f"{name}.pcap" for name in ("none", "small", "large")]
    base.write_bytes(capture(taught))
    for path, size in zip(paths, (small, small * TIMES), strict=True):
        path.write_bytes(capture([*taught, *case.make(size)]))
    for how, look in LOOKS.items():
        few = many = nothing = float("inf")
        for _ in range(_AGAIN):
            nothing = min(nothing, seconds(partial(look, base, registry, case.field)))
            few = min(few, seconds(partial(look, paths[0], registry, case.field)))
            many = min(many, seconds(partial(look, paths[1], registry, case.field)))
            cost = max(few - nothing, 0.002)
            if many - nothing < max(cost * RATIO**_DOUBLINGS, _NOTHING):
                break
        else:
            yield Slow(case.name, how, cost, many - nothing)


def seconds(action: Callable[[], None]) -> float:
    """CPU time without the collector's, which comes from some number of objects on, as it likes."""
    gc.collect()
    gc.disable()
    before = time.process_time()
    action()
    spent = time.process_time() - before
    gc.enable()
    return spent


def cases(found: list[Place], *, every: bool = False) -> Iterator[Case]:
    """What is measured: each part repeated, alone and inside of an error, and filled with everything."""
    kinds = set()
    for place in found:
        if place.kind in kinds and not every:
            continue
        kinds.add(place.kind)
        yield Case(place.name, place.field, place.frames)
        yield Case(f"{place.name} in an error", place.field, partial(place.frames, copied=True))
        for fill in FILLS:
            yield Case(f"{place.name} of {fill}", place.field, partial(place.frames, fill=fill))


def crowds(registry: Registry) -> Iterator[Case]:
    """Many messages instead of a large one: of each operation the same again and again, in one datagram or in many.

    With what the kernel answers: an error that names an attribute, an ACK, nothing.
    """
    for operation in operations(registry):
        data = build(operation, Random(1))  # noqa: S311  tests are no secret
        for answer in ("", "refused", "done"):
            for apart in (False, True):
                name = f"{operation.name} {answer or 'not answered'} {'apart' if apart else 'together'}"
                make = partial(_crowd, operation.protocol, data, answer, apart=apart)
                yield Case(name, f"{operation.family.prefix.lower()}.x", make)


def _crowd(protocol: int, data: bytes, answer: str, size: int, *, apart: bool) -> list[Frame]:
    messages = [data]
    if answer:
        code = -22 if answer == "refused" else 0
        copy = data if code else data[:16]
        body = (
            struct.pack("<i", code) + copy + bytes(-len(copy) % 4) + struct.pack("<HHI", 8, 2, max(len(data) - 8, 16))
        )
        head = struct.pack("<IHH", 16 + len(body), 2, 0x200 if code else 0x300)
        messages.append(head + data[8:16] + body)
    count = size // sum(map(len, messages)) + 1
    if apart:
        return [Frame(protocol, (message,)) for message in messages] * count
    return [Frame(protocol, (message,) * count) for message in messages]


def main() -> int:
    """Measure; exit status 1 where something grows too fast."""
    parser = argparse.ArgumentParser(prog="python -m tests.model.growth", description=__doc__)
    parser.add_argument("--every", action="store_true", help="every field of every dissector, not one of each kind")
    parser.add_argument("--small", type=int, default=SMALL, help="bytes of the smaller message (default: %(default)s)")
    parser.add_argument("--part", type=int, default=1, help="measure one in so many cases (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of those")
    parser.add_argument("--crowds", action="store_true", help="many small messages instead of one large one")
    parser.add_argument("only", nargs="?", default="", help="cases with this in their name")
    given = parser.parse_args()
    registry = Registry()
    every = crowds(registry) if given.crowds else cases(places(registry), every=given.every)
    chosen = [item for item in every if given.only in item.name]
    random = Random(given.seed)  # noqa: S311  tests are no secret
    chosen = random.sample(chosen, max(len(chosen) // given.part, 1))
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for at, case in enumerate(chosen, 1):
            for found in slow(registry, case, Path(folder), given.small):
                wrong += 1
                print(found, flush=True)
            if at % 20 == 0:
                print(f"{at} of {len(chosen)}", file=sys.stderr, flush=True)
    print(f"{len(chosen)} cases, {wrong} times too slow")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
