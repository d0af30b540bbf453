"""A sample of `python -m tests.model.growth`: what it measures grows as it may."""

from __future__ import annotations

import gc
import io
import struct
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from nlsniff.decode.decoder import Decoder
from nlsniff.printer.printer import Printer
from nlsniff.reader import Stream
from tests.model.growth import RATIO, cases, crowds, seconds, slow
from tests.model.traffic import Frame, capture
from tests.model.worst import places
from tests.support import REGISTRY

if TYPE_CHECKING:
    from pathlib import Path

_SMALL = 1 << 13


def test_cpu_time_grows_with_the_bytes(tmp_path: Path) -> None:
    gc.collect()
    gc.freeze()  # what other tests have left, else `seconds` looks through it hundreds of times
    random = Random(3)  # noqa: S311  which cases are tried is no secret
    chosen = random.sample([*cases(places(REGISTRY, seeds=1))], 2)
    chosen += islice(crowds(REGISTRY), random.randrange(500), None, 5000)
    assert not [str(found) for case in chosen for found in slow(REGISTRY, case, tmp_path, _SMALL)]


def _group(count: int) -> io.BytesIO:
    """An error that copies a request to make a group of so many next hops."""
    members = b"".join(struct.pack("<IBBH", number, 0, 0, 0) for number in range(1, count + 1))
    body = bytes(8) + struct.pack("<HH", 4 + len(members), 2) + members
    request = struct.pack("<IHHII", 16 + len(body), 104, 5, 1, 0) + body
    error = struct.pack("<IHHIIi", 20 + len(request), 2, 0, 1, 500, -22) + request
    return io.BytesIO(capture([Frame(0, (error,))]))


def _printed(count: int) -> float:
    def action() -> None:
        decoder = Decoder(REGISTRY)
        printer = Printer(decoder, "line")
        for batch in Stream(_group(count), decoder).batches():
            printer(batch)

    return seconds(action)


def test_a_pattern_is_made_in_time_that_grows_with_its_names() -> None:
    few, many = (min(_printed(count) for _ in range(3)) for count in (1900, 7600))
    assert many < few * RATIO**2
