"""The keys of the recordings, found without nlsniff: what must not appear in any output."""

from __future__ import annotations

import base64
import re
import struct
from typing import TYPE_CHECKING

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Recordings that hold keys.
SECRETIVE = (
    "xfrm", "xfrm-options", "strongswan", "secrets", "rejected", "wireguard", "macsec", "l2tp", "ovpn",
    "nl80211",
)  # fmt: skip

# Where the key begins behind the name of an algorithm in an attribute: XFRMA_ALG_AUTH, CRYPT, AEAD and AUTH_TRUNC.
_KEY_AT = {1: 68, 2: 68, 18: 72, 20: 72}
_NAME = re.compile(rb"[a-z][a-z0-9_]*\([a-z0-9_(),]+\)\0")
# What stands before the keys of a scene: MACsec's and their salt, WireGuard's, L2TP's cookies; OpenVPN's are in quotes.
_TOLD = re.compile(
    r"(?:key [0-9a-f]{32}|salt) ([0-9a-f]{20,})|secret \w+ ([0-9A-F]{64})|cookie ([0-9a-f]{8,16})\b|keys d:0:(\w+)"
)
_QUOTED = re.compile(r'"([0-9a-f]{16,64})"')


def keys_of(name: str) -> set[bytes]:
    """The keys of a recording: of IPsec from the bytes of the file, of WPA from a log, all others from its scene."""
    (path,) = (ROOT / "captures" / "scenes").rglob(f"{name}.sh")
    told = {bytes.fromhex(text) for found in _TOLD.findall(path.read_text()) for text in found if text}
    client = path.with_suffix(".py")
    if client.exists():
        told |= {bytes.fromhex(text) for text in _QUOTED.findall(client.read_text())}
    data = recording(name).read_bytes()
    logged = path.parents[2] / f"{name}.keys.txt"
    if logged.exists():  # all that the daemons had, of which the kernel was given a part
        keys = (bytes.fromhex(line.partition("): ")[2]) for line in logged.read_text().splitlines())
        told |= {key for key in keys if len(key) in {16, 32} and key in data}
    return told | {key for key, _ in ipsec_keys(data)}


def ipsec_keys(data: bytes) -> Iterator[tuple[bytes, int]]:
    """The keys of struct xfrm_algo and its kin (linux/xfrm.h) in some bytes, and where each is."""
    for match in _NAME.finditer(data):
        at = match.start()
        kind = struct.unpack_from("=H", data, at - 2)[0] & 0x3FFF
        if kind in _KEY_AT:
            bits = struct.unpack_from("=I", data, at + 64)[0]
            start = at + _KEY_AT[kind]
            if bits:
                yield data[start : start + (bits + 7) // 8], start


def forms(key: bytes) -> Iterator[tuple[str, bytes]]:
    """How a key might be written, in whole or by its first or last 8 bytes."""
    for piece in {key, key[:8], key[-8:]}:
        yield "raw", piece
        for separator in ("", " ", ":", "\\x"):
            text = piece.hex() if not separator else separator.join(f"{byte:02x}" for byte in piece)
            yield "hex", text.encode()
            yield "hex", text.upper().encode()
        for shift in range(3):
            # Its middle is the same whatever stands before and behind it.
            coded = base64.b64encode(bytes(shift) + piece)
            yield "base64", coded[4 if shift else 0 : -4]


def leaks(output: bytes, keys: set[bytes]) -> list[str]:
    """The keys that some output shows."""
    return [f"{key.hex()} as {how}" for key in keys for how, text in forms(key) if text and text in output]


def recording(name: str) -> Path:
    """The file of a recording."""
    return ROOT / "captures" / f"{name}.pcapng"
