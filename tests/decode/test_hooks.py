"""The shapes that no table holds, whole and cut at every byte."""

from __future__ import annotations

import ast
import ipaddress
import itertools
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from nlsniff.decode.fields.registry import LATE
from nlsniff.output import text
from nlsniff.output.json import message_line
from nlsniff.spec import keys
from tests.conftest import ROOT
from tests.golden import check_golden
from tests.spec.make import attr, be16, be32, bench, problems, raw_family, shown, u16, u32

if TYPE_CHECKING:
    from pathlib import Path


GOLDEN = ROOT / "tests" / "decode" / "golden" / "hooks.txt"


def ip(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def test_every_late_module_registers_what_the_registry_says_and_the_checker_knows_all_hooks() -> None:
    code = """if True:
        import importlib, nlsniff.decode.decoder
        from nlsniff.decode.fields.registry import LATE, _MAKERS
        print(sorted(_MAKERS))
        for module in LATE:
            before = set(_MAKERS)
            importlib.import_module(module)
            print(sorted(_MAKERS.keys() - before))"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    early, *late = map(ast.literal_eval, done.stdout.splitlines())
    assert late == [sorted(kinds) for kinds in LATE.values()]
    registered = {*early, *itertools.chain(*late)}
    assert {kind.removeprefix("hook: ") for kind in registered if kind.startswith("hook: ")} == keys.HOOKS


HMAC = bytes([5, 38]) + be16(0) + be32(0x1234) + bytes(range(32))
SEGMENTS = ip("fc00::1") + ip("fc00::2")
OPTIONS = {
    "prefix-information": (
        bytes([3, 4, 64, 0xC0]) + be32(3600) + be32(0xFFFFFFFF) + bytes(4) + ip("2001:db8::"),
        {"type": 3, "length": 4, "prefix-length": 64, "flags": 0xC0, "valid-lifetime": 3600,
         "preferred-lifetime": 0xFFFFFFFF, "prefix": "2001:db8::"},
    ),
    "source-link-address": (bytes([1, 1, 2, 0, 0, 0, 0, 1]), {"type": 1, "length": 1, "address": "02:00:00:00:00:01"}),
    "mtu": (bytes([5, 1, 0, 0]) + be32(1400), {"type": 5, "length": 1, "mtu": 1400}),
    "route-information": (
        bytes([24, 2, 48, 0x08]) + be32(60) + ip("2001:db8::")[:8],
        {"type": 24, "length": 2, "prefix-length": 48, "preference": 8, "lifetime": 60, "prefix": "2001:db8::"},
    ),
    "rdnss": (
        bytes([25, 5, 0, 0]) + be32(600) + ip("2001:db8::1") + ip("2001:db8::2"),
        {"type": 25, "length": 5, "lifetime": 600, "servers": ["2001:db8::1", "2001:db8::2"]},
    ),
    "dnssl": (
        bytes([31, 3, 0, 0]) + be32(600) + b"\x02ab\x03org\0" + b"\x01c\0" + bytes(5),
        {"type": 31, "length": 3, "lifetime": 600, "domains": ["ab.org", "c"]},
    ),
    "captive-portal": (bytes([37, 2]) + b"https://a.b/\0\0", {"type": 37, "length": 2, "uri": "https://a.b/"}),
    "pref64": (
        bytes([38, 2]) + be16(600 << 3 >> 3 & 0xFFF8) + ip("64:ff9b::")[:12],
        {"type": 38, "length": 2, "lifetime": 600, "prefix": "64:ff9b::"},
    ),
    "option-99": (bytes([99, 1, 1, 2, 3, 4, 5, 6]), {"type": 99, "length": 1, "data": "010203040506"}),
}  # fmt: skip

CASES: list[tuple[str, str, bytes, Any]] = [
    ("srh", "ipv6-sr-hdr", bytes([43, 4, 4, 1, 1, 0]) + be16(7) + SEGMENTS,
     {"nexthdr": 43, "hdrlen": 4, "type": 4, "segments-left": 1, "first-segment": 1, "flags": 0, "tag": 7,
      "segments": ["fc00::1", "fc00::2"]}),
    ("srh-hmac", "ipv6-sr-hdr", bytes([41, 7, 4, 0, 0, 8]) + be16(0) + ip("fc00::1") + HMAC,
     {"nexthdr": 41, "hdrlen": 7, "type": 4, "segments-left": 0, "first-segment": 0, "flags": 8, "tag": 0,
      "segments": ["fc00::1"],
      "tlvs": [{"hmac": {"type": 5, "length": 38, "flags": 0, "keyid": 0x1234, "value": bytes(range(32)).hex()}}]}),
    ("srh-padding", "ipv6-sr-hdr", bytes([41, 3, 4, 0, 0, 0]) + be16(0) + ip("fc00::1") + bytes([4, 6]) + bytes(6),
     {"nexthdr": 41, "hdrlen": 3, "type": 4, "segments-left": 0, "first-segment": 0, "flags": 0, "tag": 0,
      "segments": ["fc00::1"], "tlvs": []}),
    ("rpl", "ipv6-rpl-sr-hdr", bytes([41, 4, 3, 2]) + be32(0) + SEGMENTS,
     {"nexthdr": 41, "hdrlen": 4, "type": 3, "segments-left": 2,
      "compression": {"cmpri": 0, "cmpre": 0, "pad": 0, "reserved": 0}, "segments": ["fc00::1", "fc00::2"]}),
    *((name, "nd-options", payload, [{name: value}]) for name, (payload, value) in OPTIONS.items()),
    ("sockaddr", "sockaddr", u16(2) + be16(51820) + ip("192.0.2.1") + bytes(8),
     {"family": "inet", "port": 51820, "address": "192.0.2.1"}),
    ("sockaddr6", "sockaddr", u16(10) + be16(1) + be32(0) + ip("fe80::1") + u32(3),
     {"family": "inet6", "port": 1, "flowinfo": 0, "address": "fe80::1", "scope-id": 3}),
    ("mpls", "mpls-labels", be32(16 << 12) + be32(17 << 12 | 1 << 8), "16/17"),
    ("mpls-odd", "mpls-labels", be32(16 << 12 | 5 << 9 | 1 << 8) + be32(17 << 12 | 64),
     "16 tc 5 bottom/17 not bottom ttl 64"),
    ("unix-path", "unix-name", b"/run/x\0", "/run/x"),
    ("unix-at", "unix-name", b"@x\0", "@x"),
    ("unix-abstract", "unix-name", b"\0x\0y", "@x\0y"),
]  # fmt: skip


@pytest.mark.parametrize(("hook", "payload", "value"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_hook(tmp_path: Path, hook: str, payload: bytes, value: Any) -> None:
    made = bench(tmp_path, raw_family(f"- {{name: x, type: binary, hook: {hook}}}"))
    message = made.message(20, 16200, attr(1, payload))
    assert shown(message)["x"] == value
    assert (message.counts.unknown, problems(message)) == (0, [])
    for stop in range(len(payload)):  # the tree of each holds, which `message` checks
        message_line(made.message(20, 16200, attr(1, payload[:stop])))
        message_line(made.message(20, 16200, attr(1, payload[:stop] + b"\xff" * (len(payload) - stop))))


def test_golden_trees(tmp_path: Path) -> None:
    """Each hook as it is printed, whole, cut and with all bits set: golden/hooks.txt (NLSNIFF_UPDATE=1 writes it)."""
    lines = []
    for name, hook, payload, _ in CASES:
        made = bench(tmp_path, raw_family(f"- {{name: x, type: binary, hook: {hook}}}"))
        ends = range(0, len(payload), 9)
        damaged = [payload, *(payload[:stop] for stop in ends), *(payload[:stop] + b"\xff" * 9 for stop in ends)]
        for number, data in enumerate(damaged):
            message = made.message(20, 16200, attr(1, data))
            lines += [f"{name} {number}: {data.hex()}", *text.tree(message)[7:]]
    said = "\n".join(lines) + "\n"
    check_golden(GOLDEN, said)


@pytest.mark.parametrize(
    ("hook", "payload", "at"),
    [
        ("nd-options", OPTIONS["prefix-information"][0], 12),
        ("nd-options", OPTIONS["mtu"][0], 2),
        ("ipv6-sr-hdr", bytes([41, 3, 4, 0, 0, 0]) + be16(0) + ip("fc00::1") + bytes([4, 6]) + bytes(6), 27),
    ],
)
def test_reserved_bytes_of_a_hook_are_shown_where_they_are_not_zero(
    tmp_path: Path, hook: str, payload: bytes, at: int
) -> None:
    made = bench(tmp_path, raw_family(f"- {{name: x, type: binary, hook: {hook}}}"))
    whole = made.message(20, 16200, attr(1, payload))
    dirty = made.message(20, 16200, attr(1, payload[:at] + b"\x5a" + payload[at + 1 :]))
    assert problems(whole) == []
    ((severity, said),) = problems(dirty)
    assert (severity, said.replace("00", "")) == ("note", "padding is not zero: 5a")
    assert dirty.counts == whole.counts
    assert "5a" in str(shown(dirty))


def test_a_route_says_its_segments(tmp_path: Path) -> None:
    made = bench(tmp_path, raw_family("- {name: x, type: binary, hook: ipv6-sr-hdr}", extra='summary: "segs {x}"'))
    assert made.message(20, 16200, attr(1, CASES[0][2])).summary == "segs fc00::2,fc00::1"


def test_what_does_not_fit_a_routing_header_is_kept_and_said(tmp_path: Path) -> None:
    made = bench(tmp_path, raw_family("- {name: x, type: binary, hook: ipv6-sr-hdr}"))
    short = made.message(20, 16200, attr(1, CASES[0][2][:24]))
    assert problems(short) == [("warning", "x: the header says 40 bytes, 24 remain")]
    longer = made.message(20, 16200, attr(1, CASES[0][2] + b"abcd"))
    assert problems(longer) == [("note", "bytes behind the routing header")]
    assert longer.counts.unknown == 4


@pytest.mark.parametrize(
    ("proto", "group", "value"),
    [(0x0800, ip("224.1.2.3") + bytes(12), "224.1.2.3"), (0x86DD, ip("ff02::1"), "ff02::1"),
     (0, bytes([1, 0, 0x5E, 0, 0, 1]) + bytes(10), "01:00:5e:00:00:01"), (0x1234, bytes(16), "00" * 16)],
)  # fmt: skip
def test_a_multicast_group_by_what_stands_behind_it(tmp_path: Path, proto: int, group: bytes, value: str) -> None:
    members = "{name: u, type: binary, len: 16, hook: mdb-address}, {name: proto, type: u16, byte-order: big-endian}"
    made = bench(tmp_path, raw_family(
        "- {name: x, type: binary, struct: s}", definitions=f"- {{name: s, type: struct, members: [{members}]}}"
    ))  # fmt: skip
    message = made.message(20, 16200, attr(1, group + be16(proto)))
    assert shown(message)["x"] == {"u": value, "proto": proto}
    assert message.counts.unknown == 0


@pytest.mark.parametrize("flag", [0, 0x8000])
def test_a_struct_from_the_kernel_a_nest_from_a_program(tmp_path: Path, flag: int) -> None:
    made = bench(tmp_path, raw_family(
        "- {name: x, type: binary, struct: s, nested-attributes: inner, hook: struct-or-nest}",
        definitions="- {name: s, type: struct, members: [{name: a, type: u32}, {name: b, type: u32}]}",
        more="- {name: inner, attributes: [{name: y, type: u32}]}",
    ))  # fmt: skip
    assert shown(made.message(20, 16200, attr(1 | flag, attr(1, u32(5)))))["x"] == {"y": 5}
    if not flag:
        assert shown(made.message(20, 16200, attr(1, u32(1) + u32(2))))["x"] == {"a": 1, "b": 2}
