"""What filters mean, on single messages made for the purpose."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage
from nlsniff.decode.names import Names
from nlsniff.filter.codegen import columns_of
from nlsniff.filter.compile import compile_filter
from nlsniff.filter.types import types_of
from nlsniff.wire.nlmsg import walk_messages
from tests.spec.make import DATA, Bench, bench, raw_family
from tests.support import REGISTRY

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.wire.nlmsg import Order


def attr(type_: int, payload: bytes) -> bytes:
    return struct.pack("<HH", 4 + len(payload), type_) + payload + bytes(-len(payload) % 4)


def make(
    protocol: int, type_: int, flags: int, body: bytes, *, names: Names | None = None, comment: str = ""
) -> NetlinkMessage:
    data = struct.pack("<IHHII", 16 + len(body), type_, flags, 1000, 77) + body
    order: Order = "<"
    (span,) = walk_messages(data, 0, order)
    return NetlinkMessage(
        Decoder(REGISTRY, names), 5, 3, 1_795_282_243_495_526_000, protocol, data, order, span, comment
    )


def route() -> NetlinkMessage:
    """198.51.100.0/24 via two next hops, scope link, dev 3 (veth0), mtu 1400."""
    names = Names()
    names.learn("link", 3, "veth0", 1)
    hops = b""
    for index, gateway in ((3, "c0000201"), (4, "c0000202")):
        hops += struct.pack("<HBBi", 16, 0, 0, index) + attr(5, bytes.fromhex(gateway))
    header = struct.pack("<8BI", 2, 24, 0, 0, 254, 4, 253, 1, 0)
    body = header + attr(1, bytes.fromhex("c6336400")) + attr(4, struct.pack("<I", 3))
    body += attr(8, attr(2, struct.pack("<I", 1400))) + attr(9, hops) + attr(77, b"\x01\x02")
    return make(0, 24, 0x505, body, names=names)


ROUTE_HOLDS = [
    "route.rtm-table == MAIN", "route.rtm-table == main", "route.rtm-table in {LOCAL, Main}", "route.rtm-scope == LINK",
    "type == RTM_NEWROUTE", "type == rtm_newroute", "type == 24", "type == 0x18", "type != RTM_NEWLINK",
    "type in {RTM_NEWLINK, RTM_NEWROUTE}", "type in {16..30}", "type not in {16, 17}", 'type matches "NEW.*ROUTE$"',
    "type contains ROUTE", "type", "protocol == route", "protocol == NETLINK_ROUTE", "protocol == 0", "protocol < 1",
    "protocol contains out", "direction == to-kernel", "direction != to_user", "direction matches kernel",
    "flags.request", "flags.request == true", "flags.echo == false", "flags.echo != true", "flags == request",
    "flags == NLM_F_CREATE", "flags.create", "flags.replace", "not flags.match", "not flags.dump", "flags == 0x505",
    "flags != 0x504",
    "flags contains 0x401", "flags >= 0x500", "flags in {dump, ack}", "flags matches create",
    "flags matches request",
    "seq == 1000", "seq in {1, 1000}", "port == 77", "port > 76", "length > 16", "frame == 3", "message == 5",
    "time > 2026-11-21T17:30:43", 'time < "2026-11-21 17:30:44"', "time == 1795282243.495526", "time == 0s",
    "time < 1ms",
    "route.dst", "route.dst == 198.51.100.0", "route.dst == 198.51.100.0/24", "route.dst == 198.51.0.0/16",
    "route.dst == 0.0.0.0/0", "route.dst in {10.0.0.0/8, 198.51.100.0/24}", "route.dst > 10.0.0.0",
    "route.dst in {198.51.99.0..198.51.101.0}", "route.dst in {10.0.0.0..198.51.100.0}",
    "route.dst in {198.51.100.0..200.0.0.0}", "route.metrics.mtu in {1400..1500}", "route.metrics.mtu in {1000..1400}",
    "route.dst != 10.0.0.1", 'route.dst == "198.51.100.0"',
    'route.dst matches "^198"', "route.dst contains 51.100", "not route.dst == ::/0",
    "route.oif == 3", "route.oif == veth0", 'route.oif == "veth0"', 'route.oif matches "^veth"',
    "route.oif contains eth",
    "route.oif != veth1", "route.oif in {1..3}", "ROUTE.OIF == 3", "route.rtm_dst_len == 24", "route.rtm-dst-len >= 24",
    "route.rtm-scope == link", "route.rtm-scope == RT_SCOPE_LINK", "route.rtm-scope == 253", "route.rtm-scope < host",
    'route.rtm-scope == "link"', "route.rtm-scope != universe", "route.rtm-family == AF_INET",
    "route.metrics", "route.metrics.mtu == 1400", "route.metrics.mtu in {1000..1500}",
    "route.multipath", "route.multipath.rtnh-ifindex == 4", "route.multipath.gateway == 192.0.2.2",
    "route.multipath.gateway == 192.0.2.0/30", "not route.multipath.gateway != 192.0.2.1",
    "route.multipath.rtnh-ifindex not in {5, 6}", "route.unknown-77 == 01:02", "route.unknown-77 == 0x0102",
    "route.unknown-77 contains 02", "unknown", "unknown == 6", "summary contains 198.51",
    "route.dst == 198.51.100.0/24 and (route.oif == veth1 or route.metrics.mtu > 1000)",
]  # fmt: skip
ROUTE_DENIES = [
    "type == RTM_GETROUTE", "type == CTRL_CMD_GETFAMILY", "type != RTM_NEWROUTE", "flags.dump", "flags == dump",
    "flags.excl", "flags.root", "flags contains 0x300", "flags contains 0", "protocol == xfrm", "family",
    "route.gateway", "route.gateway == 192.0.2.1", "route.gateway != 192.0.2.1", "route.gateway not in {192.0.2.1}",
    "route.dst == 198.51.100.0/25 and route.dst == 198.51.101.0/24", "route.dst == 198.51.101.0/24",
    "route.dst == ::/0", "route.dst in {0.0.0.0 .. ffff::}", "route.dst in {:: .. 255.0.0.0}",
    "route.dst < 10.0.0.0", "route.oif == veth", "route.oif == veth1", 'route.oif == "3 "', "route.rtm-scope > host",
    "route.multipath.gateway != 192.0.2.1", "route.multipath.rtnh-ifindex == 5", "link.ifname", "addr.address",
    'protocol contains "^r"', 'route.rtm-dst-len matches "^$"', 'direction contains "to.k"',
    "genl.cmd == 24", "genl.nlctrl.family-name", "extack", "errno", "errno == 0", "latency > 0s", "status == ok",
    "unanswered", "conversation == 1", "process == ip", "cause", "problem", "marked", "time > 1s", "extack.offs",
    "xfrm.sel.daddr == 198.51.100.0/24", "route.metrics.mtu in {1..5, 1500..1600}", "length == 5",
]  # fmt: skip


def holds(text: str, message: NetlinkMessage) -> bool:
    """Whether a message that begins a capture matches."""
    found = compile_filter(text, REGISTRY)
    found.begin(message.time_ns)
    return found.matches(message)


@pytest.mark.parametrize("text", ROUTE_HOLDS)
def test_holds_for_a_route(text: str) -> None:
    assert holds(text, route())
    assert not holds(f"not ({text})", route())


@pytest.mark.parametrize("text", ROUTE_DENIES)
def test_does_not_hold_for_a_route(text: str) -> None:
    assert not holds(text, route())
    assert holds(f"not ({text})", route())


def test_what_a_hook_may_show_is_compared_with_what_is_no_word() -> None:
    """Without its kind an encapsulation may be an address or labels; a word must fit what the dissector knows."""
    labels = struct.pack(">II", 100 << 12, 200 << 12 | 0x100)
    message = make(0, 24, 0x505, bytes(12) + attr(22, attr(1, labels)) + attr(21, struct.pack("<H", 1)))
    assert message.get("encap.dst") == "100/200"
    assert holds("route.encap.dst == 100/200", message)


def link(flags: int = 0x1043) -> NetlinkMessage:
    body = struct.pack("<BxHiII", 0, 1, 4, flags, 0) + attr(3, b"veth0\0") + attr(1, bytes.fromhex("02005e100001"))
    return make(0, 16, 0, body)


@pytest.mark.parametrize(
    "text",
    [
        "link.ifi-flags == up", "link.ifi-flags contains up", "link.ifi-flags == IFF_UP", "link.ifi-flags != promisc",
        "link.ifi-flags in {promisc, up}", "link.ifi-flags == 0x1043", "link.ifi-flags contains 0x3",
        "link.ifi-flags > 0x1000", 'link.ifi-flags matches "multi"', "not link.ifi-flags == loopback",
        "link.address == 02:00:5e:10:00:01", "link.address == 02005E100001", 'link.address == "02-00-5e-10-00-01"',
        "link.address contains 5e:10", 'link.address matches "^02:"', 'link.ifname matches "^VETH"',
        'not link.ifname matches "(?-i:^VETH)"', "link.ifname == veth0", "link.ifname in {eth0, veth0}",
        "direction == to-user",
    ],
)  # fmt: skip
def test_holds_for_a_link(text: str) -> None:
    assert compile_filter(text, REGISTRY).matches(link())


def refused(code: int, words: str) -> NetlinkMessage:
    request = struct.pack("<IHHII", 20, 24, 5, 1000, 77)
    body = struct.pack("<i", -code) + request + attr(1, words.encode() + b"\0") + attr(2, struct.pack("<I", 36))
    return make(0, 2, 0x300, body)


def test_an_error_is_found_by_number_name_and_words() -> None:
    message = refused(22, "Nexthop has invalid gateway")
    for text in ("errno", "errno == EINVAL", "errno == 22", "errno != EEXIST", "errno in {EINVAL, EPERM}",
                 "errno contains INV",
                 'extack contains "gateway"', 'extack matches "NEXTHOP"', "extack", "extack.offs == 36",
                 "extack.msg contains invalid", "type == NLMSG_ERROR", "flags.capped", "flags.ack-tlvs"):  # fmt: skip
        assert compile_filter(text, REGISTRY).matches(message), text
    for text in (
        "errno == EEXIST",
        "errno == 0",
        "extack.offs == 40",
        "extack contains nothing",
        "route.dst",
        "flags.dump",
    ):
        assert not compile_filter(text, REGISTRY).matches(message), text
    # An ACK has the error number 0, which alone is no error.
    ack = make(0, 2, 0x100, bytes(20))
    assert compile_filter("errno == 0", REGISTRY).matches(ack)
    assert not compile_filter("errno", REGISTRY).matches(ack)


def test_a_generic_family_is_known_by_the_name_that_the_capture_taught() -> None:
    names = Names()
    names.learn("genl", 0x1F, "nlctrl", 1)  # as if a kernel had put it there
    body = struct.pack("<BBH", 1, 2, 0) + attr(2, b"wireguard\0") + attr(1, struct.pack("<H", 31))
    message = make(16, 0x1F, 0, body, names=names)
    for text in ("family == nlctrl", "type == CTRL_CMD_NEWFAMILY", "genl.cmd == 1", "genl.version in {2..3}",
                 'type matches "^CTRL"', "type != RTM_NEWLINK", 'genl.cmd matches "NEWFAMILY"'):  # fmt: skip
        assert compile_filter(text, REGISTRY).matches(message), text
    assert not compile_filter('genl.version matches "NEWFAMILY"', REGISTRY).matches(message)
    ctrl = make(16, 16, 0, body)
    header = make(16, 16, 0, body[:4])
    assert all(holds(text, header) for text in ("genl.cmd == 1", "genl.version == 2"))
    assert not holds("genl.cmd == 1", make(16, 16, 0, body[:3]))
    for text in ("genl.nlctrl.family-name == wireguard", "genl.nlctrl.family-id == 31", "type == CTRL_CMD_NEWFAMILY"):
        assert compile_filter(text, REGISTRY).matches(ctrl), text
    assert not compile_filter("type == CTRL_CMD_DELFAMILY", REGISTRY).matches(ctrl)


def test_the_process_is_found_by_name_number_and_both() -> None:
    message = make(0, 24, 0x505, bytes(12), comment="some words\nprocess: ip[412]")
    for text in ("process == ip", 'process == "ip[412]"', "process == 412", "process", 'process matches "^ip$"'):
        assert compile_filter(text, REGISTRY).matches(message), text
    assert not compile_filter("process == 41", REGISTRY).matches(message)


def test_marks_are_looked_at_when_the_filter_runs() -> None:
    marks: set[int] = set()
    filter_ = compile_filter("marked and route.dst", REGISTRY, marks=marks)
    only = compile_filter("not marked", REGISTRY, marks=marks)
    assert not filter_.matches(route())
    assert only.matches(route())
    marks.add(5)
    assert filter_.matches(route())
    assert not only.matches(route())
    assert only.header_only


def test_times_with_a_unit_count_from_the_first_message() -> None:
    filter_ = compile_filter("time < 1.5s", REGISTRY)
    first = route().time_ns - 1_500_000_000
    filter_.begin(first)
    assert not filter_.matches(route())
    filter_.begin(first + 1)
    assert filter_.matches(route())


def test_the_values_of_a_list_are_compared_one_by_one() -> None:
    """The addresses that a bond probes."""

    def bond(*targets: int) -> NetlinkMessage:
        probed = b"".join(attr(at, bytes([192, 0, 2, last])) for at, last in enumerate(targets))
        return make(0, 16, 0, bytes(16) + attr(18, attr(1, b"bond\0") + attr(2, attr(8, probed))))

    message, empty = bond(9, 10), bond()
    name = "link.linkinfo.data.arp-ip-target"
    for text in ("", " == 192.0.2.10", " == 192.0.2.9", " in {192.0.2.10..192.0.2.20}", " != 192.0.2.11"):
        assert holds(name + text, message), text
    for text in (" == 192.0.2.11", " != 192.0.2.9", " not in {192.0.2.10}"):
        assert not holds(name + text, message), text
    # A list of nothing is there, and has no value.
    assert holds(name, empty)
    assert not holds(f"{name} != 192.0.2.9", empty)


def test_a_flag_that_is_there_is_among_true(tmp_path: Path) -> None:
    made = bench(tmp_path, raw_family("- {name: light, type: flag}"))
    for text, there, absent in (("in {true}", True, False), ("in {yes, 1}", True, False), ("in {false}", False, False)):
        found = compile_filter(f"made.light {text}", made.registry)
        assert found.matches(made.message(20, 16200, attr(1, b""))) is there, text
        assert found.matches(made.message(20, 16200, b"")) is absent, text


def test_padding_is_no_value_of_a_field_that_is_called_so(tmp_path: Path) -> None:
    made = bench(tmp_path, raw_family("- {name: word, type: string}\n- {name: padding, type: u8}"))
    word, value = attr(1, b"a\0"), attr(2, b"\0")
    found = compile_filter("made.padding", made.registry)
    assert not found.matches(made.message(20, 16200, word))
    assert found.matches(made.message(20, 16200, value))
    assert compile_filter("made.padding == 0", made.registry).matches(made.message(20, 16200, word + value))


def test_answers_that_have_names_of_their_own_are_found_by_them() -> None:
    """The kernel calls what answers X by a number that is no message's own X_REPLY."""
    every, directed = Bench(DATA / "every.yaml"), Bench(DATA / "directed.yaml")
    for made, name, answer, others in (
        (every, "EVERY_CMD_GET", every.message(20, 16145, bytes(8), flags=0), [every.message(20, 16144, bytes(8))]),
        (directed, "DIRECTED_CMD_GET", directed.generic("directed", 2, b"", flags=0),
         [directed.generic("directed", 1, b""), directed.generic("directed", 2, b"")]),
    ):  # fmt: skip
        assert answer.type_name == f"{name}_REPLY"
        for text in (f"type == {name}_REPLY", "type contains REPLY", f"type != {name}"):
            found = compile_filter(text, made.registry)
            assert found.matches(answer), text
            assert found.header_predicate(*columns_of(answer)), text
        for other in others:
            assert not compile_filter(f"type == {name}_REPLY", made.registry).matches(other)
    # Where question and answer have one number, they have one name, and no other is offered.
    assert not [name for name in types_of(REGISTRY).constants() if name.endswith("-reply")]


def test_values_that_a_dissector_masks_are_masked_for_filters_too() -> None:
    key = bytes.fromhex("00112233445566778899aabbccddeeff")
    algo = b"aes".ljust(64, b"\0") + struct.pack("<I", 128) + key
    message = make(6, 16, 5, bytes(224) + attr(2, algo))
    held = [part.name for part in message.root.walk() if part.secret]
    assert held
    assert not compile_filter("xfrm.alg-crypt.alg-key == 00112233445566778899aabbccddeeff", REGISTRY).matches(message)
    assert compile_filter("xfrm.alg-crypt.alg-key", REGISTRY).matches(message)
