"""Looks for keys in everything that is made of a capture."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Literal

from nlsniff.errors import NlsniffError
from nlsniff.output import ladder
from nlsniff.output.trees import conversation_tree
from nlsniff.printer.printer import Printer
from nlsniff.reader import IndexedCapture, Stream, make_decoder
from nlsniff.redact.redact import redact
from nlsniff.stories.stories import tell
from nlsniff.tui.copy_screen import hex_text
from tests.leaks.seeds import LEAST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage
    from tests.leaks.damage import Damaged
    from tests.leaks.seeds import Seed

STYLES: tuple[Literal["line", "tree", "json"], ...] = ("line", "tree", "json")


def leaks(seed: Seed, capture: Damaged, folder: Path) -> Iterator[str]:
    """Say where a key of the message can be read though nothing makes it look like something else."""
    decoder = make_decoder()
    with IndexedCapture(io.BytesIO(capture.data), decoder, capture.endian).load() as opened:
        messages = list(opened)
        sound = any(_is_sound(message) and _run(seed, message.data) for message in messages)
        if (found := _in_text(seed, _followed(opened))) and not sound:
            yield f"followed: {found}"
    for message in messages:
        shown = b"".join(Printer(decoder, style)([message]) for style in STYLES)
        shown += hex_text(message, show_secrets=False).encode() + repr(message.problems).encode()
        if (found := _in_text(seed, shown.replace(b" ", b"").replace(b":", b""))) and not _is_sound(message):
            yield f"shown: {found}: {shown[:2000]!r}"
    source, target = folder / "in", folder / "out"
    source.write_bytes(capture.data)
    decoder = make_decoder()
    try:
        redact(str(source), target, decoder, lambda stream: Stream(stream, decoder, capture.endian))
    except NlsniffError:  # it refuses, which is no leak
        return
    after = target.read_bytes()
    target.unlink()
    if (run := _run(seed, after)) and not sound:
        yield f"left by redact: {run.hex()}"


def _followed(capture: IndexedCapture) -> bytes:
    """What is said of the conversations, and of what they did."""
    follower, get = capture.follower, capture.message
    blocks: list[Iterable[str]] = [story.lines() for story in tell(follower, get)]
    for item in follower.conversations:
        blocks += [conversation_tree(item, follower, get), ladder.text(item, follower, get, 200)]
        blocks.append([repr(item.to_json())])
    return "".join(line for lines in blocks for line in lines).replace(" ", "").encode()


def _run(seed: Seed, data: bytes) -> bytes:
    """Bytes in a row of a key that stand somewhere."""
    windows = (key[at : at + LEAST] for key in seed.keys for at in range(len(key) - LEAST + 1))
    return next((window for window in windows if len(set(window)) > LEAST // 2 and window in data), b"")


def _in_text(seed: Seed, shown: bytes) -> str:
    lower = shown.lower()
    for key in seed.keys:
        for at in range(len(key) - LEAST + 1):
            window = key[at : at + LEAST]
            if len(set(window)) <= LEAST // 2:
                continue
            # Digits of a text in hex are also bytes of others in hex.
            if window in shown and not all(byte in b"0123456789abcdefABCDEF" for byte in window):
                return f"{window.hex()} raw"
            if window.hex().encode() in lower:
                return f"{window.hex()} in hex"
            for shift in range(3):
                coded = base64.b64encode(bytes(shift) + window)
                if coded[4 if shift else 0 : -4] in shown:
                    return f"{window.hex()} in base64"
    return ""


def _is_sound(message: NetlinkMessage) -> bool:
    """Whether nothing is wrong with a message: then a key that it calls something else cannot be told from that."""
    return not message.broken and not message.problems and not message.counts.unknown
