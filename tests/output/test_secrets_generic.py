"""Keys of generic netlink families that no recording has: WireGuard's, L2TP's cookies, MACsec's where they lie deep.

Layouts from linux/wireguard.h, linux/l2tp.h, linux/if_macsec.h and linux/genetlink.h.
"""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.printer.printer import Printer
from nlsniff.reader import Stream, make_decoder
from nlsniff.redact import redact
from tests.file.made import Record, datagram, pcap

if TYPE_CHECKING:
    from pathlib import Path

GENERIC, NLCTRL, FAMILY = 16, 16, 41
KEY = bytes(range(0xA0, 0xC0))
PSK = bytes(range(0x60, 0x80))


def attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def message(kind: int, command: int, *attributes: bytes, flags: int = 5) -> bytes:
    body = struct.pack("=BBxx", command, 1) + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body


def capture(name: str, *messages: bytes) -> bytes:
    """A capture that begins with the kernel's word on the family's id (CTRL_CMD_NEWFAMILY)."""
    told = message(NLCTRL, 1, attribute(2, name.encode() + b"\0"), attribute(1, struct.pack("=H", FAMILY)), flags=0)
    return pcap([Record(10**18, datagram(each, protocol=GENERIC)) for each in (told, *messages)])


PEER = attribute(0, attribute(1, bytes(range(32))) + attribute(2, PSK))
WIREGUARD = message(FAMILY, 1, attribute(2, b"wg0\0"), attribute(3, KEY), attribute(8, PEER))
COOKIES = message(
    FAMILY, 5, attribute(9, bytes([10, 0, 0, 0])), attribute(11, bytes([100, 0, 0, 0])), attribute(15, KEY[:8]),
    attribute(16, PSK[:4]),
)  # fmt: skip
SA = attribute(1, b"\2") + attribute(4, KEY) + attribute(5, bytes(range(16))) + attribute(9, PSK[:12])
MACSEC = message(FAMILY, 7, attribute(1, bytes([3, 0, 0, 0])), attribute(3, SA))

CASES = [
    ("wireguard", WIREGUARD, (KEY, PSK)),
    ("l2tp", COOKIES, (KEY[:8], PSK[:4])),
    ("macsec", MACSEC, (KEY, PSK[:12])),
]


@pytest.mark.parametrize(("family", "request_", "secrets"), CASES, ids=[case[0] for case in CASES])
def test_masked_unless_asked_for(family: str, request_: bytes, secrets: tuple[bytes, ...], tmp_path: Path) -> None:
    path = tmp_path / "in.pcap"
    # And in the copy inside the kernel's refusal.
    refused = struct.pack("=IHHIIi", 20 + len(request_), 2, 0, 1, 4711, -22) + request_
    path.write_bytes(capture(family, request_, refused))
    for show in (False, True):
        decoder = make_decoder(show_secrets=show)
        for item in Stream(str(path), decoder):
            assert item.counts.unknown == 0
            assert item.problems == []
            if item.number == 1:
                continue
            for style in ("tree", "json"):
                shown = Printer(decoder, style)([item]).decode()
                # wg writes keys in base64, and so do we.
                ways = [(secret.hex(), base64.b64encode(secret).decode()) for secret in secrets]
                assert [any(way in shown for way in each) for each in ways] == [show] * len(secrets)
                assert show or "<secret>" in shown


@pytest.mark.parametrize(("family", "request_", "secrets"), CASES, ids=[case[0] for case in CASES])
def test_redacted(family: str, request_: bytes, secrets: tuple[bytes, ...], tmp_path: Path) -> None:
    source, target = tmp_path / "in.pcap", tmp_path / "out.pcap"
    refused = struct.pack("=IHHIIi", 20 + len(request_), 2, 0, 1, 4711, -22) + request_
    source.write_bytes(capture(family, request_, refused))
    decoder = make_decoder()
    done = redact.redact(str(source), target, decoder, lambda stream: Stream(stream, decoder))
    after = target.read_bytes()
    assert not any(secret in after for secret in secrets)
    assert (done.secrets, done.messages, done.unread.total()) == (2 * len(secrets), 2, 0)
    assert len(after) == source.stat().st_size


@pytest.mark.parametrize("style", ["tree", "json"])
def test_what_nobody_names_is_hidden_as_a_whole_and_in_its_parts(style: str, tmp_path: Path) -> None:
    # A peer where no peer belongs says that it is a nest, and is opened.
    source, target = tmp_path / "in.pcap", tmp_path / "out.pcap"
    nest = attribute(0x8000, PEER[4:])
    source.write_bytes(capture("wireguard", message(FAMILY, 1, attribute(2, b"wg0\0"), nest)))
    decoder = make_decoder()
    (strayed,) = list(Stream(str(source), decoder))[1:]
    assert [child.name for child in strayed.root.get("unknown-0").children] == ["unknown-1", "unknown-2"]  # type: ignore[union-attr]
    shown = Printer(decoder, style)([strayed]).decode()
    assert PSK.hex() not in shown
    assert base64.b64encode(PSK).decode() not in shown
    assert redact.redact(str(source), target, decoder, lambda stream: Stream(stream, decoder)).unread.total() == 2
    assert PSK not in target.read_bytes()


def test_a_key_that_is_none(tmp_path: Path) -> None:
    # All zero stands for no key, and zeros are everywhere: blanked, but not looked for.
    source, target = tmp_path / "in.pcap", tmp_path / "out.pcap"
    source.write_bytes(capture("wireguard", message(FAMILY, 1, attribute(2, b"wg0\0"), attribute(3, bytes(32)))))
    decoder = make_decoder()
    done = redact.redact(str(source), target, decoder, lambda stream: Stream(stream, decoder))
    assert (done.secrets, done.distinct) == (1, 0)


def test_a_family_without_a_name_is_not_trusted(tmp_path: Path) -> None:
    source, target = tmp_path / "in.pcap", tmp_path / "out.pcap"
    source.write_bytes(pcap([Record(10**18, datagram(WIREGUARD, protocol=GENERIC))]))
    decoder = make_decoder()
    done = redact.redact(str(source), target, decoder, lambda stream: Stream(stream, decoder))
    assert done.unread == {f"generic family {FAMILY}": 1}
    assert KEY not in target.read_bytes()
