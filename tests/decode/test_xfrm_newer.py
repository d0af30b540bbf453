"""XFRM messages and attributes that no recording has: the recorded kernel is older, or nothing made it speak.

Layouts from linux/xfrm.h of kernel 7.2.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import Any

from tests.support import check_tree, messages_of

XFRM, ESP, DSTOPTS, INET, INET6 = 6, 50, 60, 2, 10


def address(text: str) -> bytes:
    return ipaddress.ip_address(text).packed.ljust(16, b"\0")


def attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("<HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def selector(source: str, target: str, family: int, length: int, proto: int = 0) -> bytes:
    ports = struct.pack("<HHHH", 0, 0, 0, 0)
    rest = struct.pack("<HBBB3xiI", family, length, length, proto, 0, 0)
    return address(target) + address(source) + ports + rest


def identity(target: str, spi: int, family: int) -> bytes:
    return address(target) + struct.pack(">I", spi) + struct.pack("<HBx", family, ESP)


def decoded(kind: int, body: bytes, flags: int = 0) -> Any:
    data = struct.pack("<IHHII", 16 + len(body), kind, flags, 0, 0) + body
    (message,) = messages_of(data, XFRM)
    check_tree(message)
    assert message.counts.unknown == 0
    assert message.problems == []
    return message


def test_mapping() -> None:
    body = identity("192.0.2.1", 0x700, INET) + struct.pack("<I", 7)
    body += address("192.0.2.9") + address("198.51.100.9") + struct.pack(">HH", 4500, 1025)
    message = decoded(0x26, body)
    assert message.type_name == "XFRM_MSG_MAPPING"
    assert message.summary == "esp spi 0x00000700 192.0.2.9:4500 becomes 198.51.100.9:1025 reqid 7"


def test_report() -> None:
    body = struct.pack("<B3x", DSTOPTS) + selector("2001:db8::1", "2001:db8::2", INET6, 128)
    message = decoded(0x20, body + attribute(14, address("2001:db8::9")))
    assert message.type_name == "XFRM_MSG_REPORT"
    assert message.get("proto") == "dstopts"
    assert message.get("sel.saddr") == "2001:db8::1"
    assert message.get("coaddr") == "2001:db8::9"


def test_migrate_state() -> None:
    body = identity("192.0.2.2", 0x1000, INET) + address("2001:db8::2") + address("2001:db8::1")
    body += struct.pack("<II", 0x10, 0xFF) + selector("2001:db8::1", "2001:db8::2", INET6, 128)
    body += struct.pack("<IIHH", 9, 3, INET6, 0)
    message = decoded(0x29, body, flags=5)
    assert message.type_name == "XFRM_MSG_MIGRATE_STATE"
    assert message.get("new-saddr") == "2001:db8::1"
    assert message.get("flags") == ["clear-offload", "update-h2h-sel"]
    assert message.get("id.daddr") == "192.0.2.2"


def test_migrate_with_the_key_managers_address() -> None:
    body = selector("10.1.0.0", "10.2.0.0", INET, 16) + struct.pack("<IB3x", 0, 1)
    km = address("192.0.2.1") + address("192.0.2.2") + struct.pack("<IHxx", 0, INET)
    message = decoded(0x21, body + attribute(19, km), flags=5)
    assert message.get("kmaddress.local") == "192.0.2.1"
    assert message.get("kmaddress.remote") == "192.0.2.2"


def state(tail: str = "7x") -> bytes:
    """An xfrm_usersa_info in IP-TFS mode, which ends in 7 bytes of padding, on i386 in 3."""
    info = selector("10.1.0.0", "10.2.0.0", INET, 16) + address("192.0.2.2") + struct.pack(">I", 1)
    info += struct.pack("<B3x", ESP) + address("192.0.2.1") + b"\xff" * 32 + bytes(32) + bytes(32) + bytes(12)
    return info + struct.pack(f"<IIHBBB{tail}", 0, 0, INET, 5, 0, 0)


def test_a_program_of_32_bits() -> None:
    # A key manager built for i386 sends the state without the last 4 bytes; attributes follow at once.
    message = decoded(0x10, state("3x") + attribute(31, struct.pack("<I", 42)), flags=5)
    assert message.get("if-id") == 42
    assert message.get("mode") == "iptfs"
    assert message.get("saddr") == "192.0.2.1"


def test_what_newer_kernels_say_of_a_state() -> None:
    extra = [
        (32, struct.pack("<I", 30), "mtimer-thresh", 30),
        (33, b"\2", "sa-dir", "out"),
        (34, struct.pack("<I", 20), "nat-keepalive-interval", 20),
        (35, struct.pack("<I", 3), "sa-pcpu", 3),
        (36, struct.pack("<I", 1000), "iptfs-drop-time", 1000),
        (37, struct.pack("<H", 3), "iptfs-reorder-window", 3),
        (38, b"", "iptfs-dont-frag", True),
        (39, struct.pack("<I", 50), "iptfs-init-delay", 50),
        (40, struct.pack("<I", 1 << 20), "iptfs-max-qsize", 1 << 20),
        (41, struct.pack("<I", 1400), "iptfs-pkt-size", 1400),
    ]
    message = decoded(0x10, state() + b"".join(attribute(kind, payload) for kind, payload, _, _ in extra))
    assert message.get("mode") == "iptfs"
    assert {name: message.get(name) for _, _, name, _ in extra} == {name: value for _, _, name, value in extra}
