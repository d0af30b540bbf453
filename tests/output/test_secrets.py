"""No output shows a key unless it was asked to, however a message is cut or its lengths lie."""

from __future__ import annotations

import base64
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.message import NetlinkMessage
from nlsniff.printer.printer import Printer
from nlsniff.reader import IndexedCapture, Stream, make_decoder
from nlsniff.tui.copy_screen import hex_text
from nlsniff.wire.nlmsg import walk_messages
from tests.conftest import ROOT
from tests.keys import SECRETIVE, ipsec_keys, keys_of, leaks, recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from nlsniff.decode.decoder import Decoder

OUTPUTS = (
    ("show",),
    ("show", "-V"),
    ("show", "--json"),
    ("show", "-e", "summary", "-e", "xfrm.alg-aead.alg-key", "-e", "genl.macsec.sa-config.key"),
    ("show", "-Y", "xfrm.alg-aead.alg-key or genl.macsec.sa-config.key", "-V"),
    ("follow", "--all"),
    ("follow", "--all", "--json"),
    ("follow", "--stories"),
    ("follow", "--stories", "--json"),
)
# Recordings of families that have less to say: every output in one form.
BRIEF = ("wireguard", "macsec", "l2tp", "ovpn", "nl80211")
# Those that print every field, so that a key is there when it is asked for.
WHOLE = (("show", "-V"), ("show", "--json"))
STYLES: tuple[Literal["line", "tree", "json"], ...] = ("line", "tree", "json")


def nlsniff(*args: str) -> bytes:
    done = subprocess.run([sys.executable, "-m", "nlsniff", *args], capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", SECRETIVE)
def test_keys_are_in_the_recordings(name: str) -> None:
    # Else the tests below would hold nothing.
    keys = keys_of(name)
    assert len(keys) >= {"rejected": 1, "wireguard": 2, "l2tp": 3, "macsec": 6, "nl80211": 5}.get(name, 8)
    data = recording(name).read_bytes()
    assert all(key in data for key in keys)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        pytest.param(name, args, id=f"{name} {' '.join(args)}")
        for name in SECRETIVE
        for args in OUTPUTS
        if name not in BRIEF or args in {*WHOLE, ("follow", "--all", "--json")}
    ],
)
def test_no_output_shows_a_key(name: str, args: tuple[str, ...]) -> None:
    assert leaks(nlsniff(*args, str(recording(name))), keys_of(name)) == []


@pytest.mark.parametrize("name", SECRETIVE)
@pytest.mark.parametrize("args", WHOLE, ids=" ".join)
def test_shown_when_asked_for(name: str, args: tuple[str, ...]) -> None:
    output = nlsniff(*args, "--show-secrets", str(recording(name)))
    shown = [(key.hex(), base64.b64encode(key).decode()) for key in keys_of(name)]  # wg's are in base64
    assert [ways for ways in shown if not any(way.encode() in output for way in ways)] == []


@pytest.mark.parametrize("name", SECRETIVE)
def test_copied_bytes_show_no_key(name: str) -> None:
    keys = keys_of(name)
    with IndexedCapture(str(recording(name)), make_decoder()).load() as capture:
        text = "\n".join(hex_text(message, show_secrets=False) for message in capture)
        shown = "\n".join(hex_text(message, show_secrets=True) for message in capture)
    assert leaks(text.encode(), keys) == []
    assert all(key.hex() in shown for key in keys)


def kinds_of_messages(decoder: Decoder) -> Iterator[NetlinkMessage]:
    """One message with an IPsec key of each shape in the recordings."""
    seen = set()
    for name in SECRETIVE:
        for message in Stream(str(recording(name)), decoder):
            if any(ipsec_keys(message.data[message.start : message.end])):
                shape = (message.type_name, *(node.name for node in message.root.walk()))
                if shape not in seen:
                    seen.add(shape)
                    yield message


def shows(decoder: Decoder, printers: list[Printer], message: NetlinkMessage, data: bytes) -> bytes:
    """Everything that is printed of a datagram, blanks left out."""
    parts = []
    for span in walk_messages(data, message.start, message.order, message.protocol):
        again = NetlinkMessage(decoder, message.number, 1, 0, message.protocol, data, message.order, span)
        parts += [printer([again]) for printer in printers]
        parts.append(repr(again.problems).encode())
        parts.append(hex_text(again, show_secrets=False).encode())
    return b"".join(parts).replace(b" ", b"")


def first_key(message: NetlinkMessage) -> int:
    """The first byte of a key; what is cut before it shows none."""
    return message.start + min(start for _, start in ipsec_keys(message.data[message.start : message.end]))


def windows(message: NetlinkMessage) -> set[bytes]:
    """Every 4 bytes in a row of the keys of a message, in hex."""
    body = message.data[message.start : message.end]
    return {key[at : at + 4].hex().encode() for key, _ in ipsec_keys(body) for at in range(len(key) - 3)}


@pytest.mark.parametrize("rewrite", [False, True], ids=["cut", "cut-with-its-length"])
def test_cut_at_every_byte(rewrite: bool) -> None:
    decoder = make_decoder()
    printers = [Printer(decoder, style) for style in STYLES]
    for message in kinds_of_messages(decoder):
        secret = windows(message)
        for stop in range(first_key(message), message.end):
            data = bytearray(message.data[:stop])
            if rewrite:
                struct.pack_into("=I", data, message.start, stop - message.start)
            output = shows(decoder, printers, message, bytes(data))
            assert [part for part in secret if part in output] == [], f"{message.type_name} cut at {stop}"


def test_lengths_that_lie() -> None:
    # That of the key, and of each attribute: too short, and what is left of a key is taken for attributes.
    decoder = make_decoder()
    printers = [Printer(decoder, style) for style in STYLES]
    for message in kinds_of_messages(decoder):
        secret = windows(message)
        for data, what in lies(message):
            output = shows(decoder, printers, message, data)
            assert [part for part in secret if part in output] == [], f"{message.type_name}: {what}"


def lies(message: NetlinkMessage) -> Iterator[tuple[bytes, str]]:
    for node in message.root.walk():
        if node.name == "alg-key-len":
            for bits in (0, 1, 8, 56, 64, 104, 296, 800, 5000, 0xFFFFFFFF):
                data = bytearray(message.data[: message.end])
                struct.pack_into("=I", data, node.start, bits)
                yield bytes(data), f"a key of {bits} bits"
        elif node.type is not None and node.name.startswith("alg-"):
            for length in (*range(0, 100, 3), node.end - node.start + 4, 0xFFFF):
                data = bytearray(message.data[: message.end])
                struct.pack_into("=H", data, node.start, length)
                yield bytes(data), f"{node.name} of {length} bytes"


def test_unknown_attribute_beside_keys() -> None:
    # A newer kernel's, which may hold a key as those beside it do. From the fourth on a pattern prints it.
    decoder = make_decoder()
    message = next(kinds_of_messages(decoder))
    body = message.data[message.start : message.end]
    for style in STYLES:
        printer = Printer(decoder, style)
        for number in range(12):
            content = bytes(range(0x61 + number, 0x69 + number))
            data = bytearray(body + struct.pack("=HH", 12, 99) + content)
            struct.pack_into("=I", data, 0, len(data))
            (span,) = walk_messages(bytes(data), 0, message.order, message.protocol)
            again = NetlinkMessage(decoder, number, 1, 0, message.protocol, bytes(data), message.order, span)
            assert content.hex() not in printer([again]).decode()
            assert again.counts.unknown == 12
