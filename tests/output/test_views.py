"""Patterns print what the walker prints: on every message of every capture, and on messages with changed values."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage
from nlsniff.output.columns import Columns
from nlsniff.printer.printer import Printer
from nlsniff.reader import Stream
from nlsniff.wire.nlmsg import walk_messages
from tests.conftest import CAPTURES
from tests.decode.test_paths import paths_of
from tests.output.golden import AGREED, place, printed
from tests.support import REGISTRY

if TYPE_CHECKING:
    from pathlib import Path

STYLES = ("line", "tree", "json")


def hits(printer: Printer) -> int:
    return printer.patterns._hits


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_patterns_print_what_the_walker_prints(path: Path, style: str) -> None:
    decoder = Decoder(REGISTRY)
    printer = Printer(decoder, style)
    messages = 0
    for batch in Stream(path, decoder).batches():  # a shape is compiled when it is met, and used from then on
        messages += len(batch)
        together = printer(batch)
        apart = [printer([message]) for message in batch]
        walked = [printer._walk(message).encode("utf-8", "backslashreplace") for message in batch]
        for message, one, other in zip(batch, apart, walked, strict=True):
            assert one == other, message.number
        same = together == b"".join(walked)  # pytest would compare megabytes line by line
        assert same
    assert hits(printer) > messages / 20


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_patterns_give_the_cells_that_trees_give(path: Path) -> None:
    names = {"tc.info.priority", "tc.info.protocol"}  # parts of a number
    for message in Stream(path, Decoder(REGISTRY)):
        if message.layout.family is not None and message.number % 3 == 0:
            names |= {f"{message.layout.family.prefix}.{path}" for path in paths_of(message.root)}
    columns = Columns(["frame", "summary", "type", "family", *sorted(names)[:: len(names) // 99 + 1], "flags", "time"])
    decoder = Decoder(REGISTRY)
    printer = Printer(decoder, columns)
    for batch in Stream(path, decoder).batches():
        by_shapes = printer.texts(batch)
        assert all(message.root for message in batch)  # by which they are read from now on
        assert by_shapes == list(map(columns.row, batch))
    assert hits(printer) > 0


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("show_secrets", [False, True], ids=["masked", "shown"])
def test_changed_values_print_alike(style: str, show_secrets: bool) -> None:
    """Random bytes in the place of values and of constants: a pattern must say the same as the walker, or pass."""
    chance = random.Random(style)  # noqa: S311  which bytes are tried is no secret
    for path in CAPTURES[show_secrets::2]:  # each takes a second
        decoder = Decoder(REGISTRY, show_secrets=show_secrets)
        printer = Printer(decoder, style)
        seen = []
        for message in Stream(path, decoder):
            if message.number % 3 == 0 or message.length < 200:
                printer([message])
                seen.append(message)
        before = hits(printer)
        others = []
        for message in sorted(chance.sample(seen, min(len(seen), 100)), key=lambda message: message.number):
            changed = bytearray(message.data)
            for _ in range(chance.randint(1, 4)):
                changed[chance.randrange(message.start + 8, message.end)] = chance.choice((0, 1, 65, 255))
            data = bytes(changed)
            span = next(walk_messages(data[: message.end], message.start, message.order, message.protocol))
            other = NetlinkMessage(
                decoder, message.number, message.frame, message.time_ns, message.protocol, data, message.order, span
            )  # fmt: skip
            others.append(other)
            assert printer([other]).decode() == printer._walk(other), (path.stem, message.number)
        same = printer(others).decode() == "".join(map(printer._walk, others))
        assert same, path.stem
        assert hits(printer) > before, path.stem


def test_a_file_in_which_no_shape_comes_twice_is_not_compiled() -> None:
    decoder = Decoder(REGISTRY)
    printer = Printer(decoder, "line")
    for number in range(3000):
        # Unknown attributes of ever other lengths, each twice.
        payload = bytes(12) + b"".join(
            (4 + size).to_bytes(2, "little") + (900 + size).to_bytes(2, "little") + bytes((size + 3) & ~3)
            for size in (number // 2 % 50, number // 100 % 50)
        )
        data = (16 + len(payload)).to_bytes(4, "little") + bytes.fromhex("180001000000000000000000") + payload
        (span,) = walk_messages(data, 0, "<")
        printer([NetlinkMessage(decoder, number + 1, 1, 0, 0, data, "<", span)])
    assert printer.patterns._made <= 400


@pytest.mark.parametrize(("name", "style"), AGREED)
def test_what_is_printed_is_what_was_agreed(name: str, style: str) -> None:
    assert printed(name, style) == place(name, style).read_text()
