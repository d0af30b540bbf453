"""Hex texts that are tried: frames of recordings in every form, with words between them, and damaged."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.file.hexdump import read_hex
from nlsniff.reader import IndexedCapture, Stream, make_decoder
from tests.file.hex_forms import FORMS
from tests.fuzz import mutate, seeds
from tests.fuzz.promises import promise

if TYPE_CHECKING:
    from random import Random

_BETWEEN = ("", "\n", "and then\n", "[   12.345678] other: line\n", "19:10:58.478254 IP\n", "*\n", "> \n")
_MOST = 4


def hex_text(random: Random) -> bytes:
    """Some frames in one form or several, perhaps damaged."""
    frames = seeds.frames(random.choice(seeds.recordings()))
    forms = random.sample(sorted(FORMS), random.choice((1, 1, 2)))
    parts: list[str] = []
    for record in random.sample(frames, min(len(frames), random.randint(1, _MOST))):
        parts += [random.choice(_BETWEEN), FORMS[random.choice(forms)](record.data[random.choice((0, 16)) :][:2000])]
    data = "".join(parts).encode()
    return mutate.octets(random, data) if random.random() < 0.7 else data


def hex_holds(data: bytes, random: Random) -> None:
    """It is read without a mistake, each datagram begins at a line of it, and all ways to read it see the same."""
    text = read_hex(data.splitlines(keepends=True))
    count = data.count(b"\n") + data.count(b"\r") + 1
    promise(all(1 <= line <= count for line in text.lines), "a datagram begins at no line")
    promise(sum(len(told.data) for told in text.datagrams) <= len(data) + (1 << 20), "more bytes than the text has")
    linktype = random.choice((None, 0x10000))
    streamed = _read(data, linktype, indexed=False)
    promise(streamed == _read(data, linktype, indexed=True), "a stream and an index read different messages")


def _read(data: bytes, linktype: int | None, *, indexed: bool) -> list[bytes]:
    decoder = make_decoder()
    try:
        if indexed:
            with IndexedCapture(io.BytesIO(data), decoder, None, linktype).load() as capture:
                return [message.data[message.start : message.end] for message in capture]
        return [item.data[item.start : item.end] for item in Stream(io.BytesIO(data), decoder, None, linktype)]
    except NlsniffError:
        return []
