"""What values of sockets and routes mean where their bytes alone do not say it: error numbers, addresses, protocols."""

from __future__ import annotations

import socket
import struct
from collections import Counter
from typing import Any

import pytest

from nlsniff.filter.compile import compile_filter
from tests.spec.make import attr, nest, shown
from tests.support import REGISTRY, check_tree, messages_of

SOCK_DIAG, BY_FAMILY, NEWROUTE, NEWLINK = 4, 20, 24, 16
LOCALS = 12  # INET_DIAG_LOCALS


def told(protocol: int, type_: int, payload: bytes, flags: int = 2):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """The only message of a datagram, its tree held."""
    data = struct.pack("<IHHII", 16 + len(payload), type_, flags, 7, 0) + payload
    (message,) = messages_of(data, protocol)
    check_tree(message)
    return message


@pytest.mark.parametrize(
    ("raw", "value"), [(113, "EHOSTUNREACH"), (2**32 - 113, "EHOSTUNREACH"), (0, 0), (4000, 4000), (2**31, 2**31)]
)
def test_an_error_in_a_route_has_its_name_with_either_sign(raw: int, value: object) -> None:
    cache = struct.pack("<IIiIIIII", 1, 2, 3, raw, 0, 0, 0, 0)
    message = told(0, NEWROUTE, bytes.fromhex("02180000fe03000100000000") + attr(12, cache))
    assert shown(message)["cacheinfo"]["rta-error"] == value
    asked = compile_filter("route.cacheinfo.rta-error == EHOSTUNREACH", REGISTRY)
    assert asked.matches(message) is (value == "EHOSTUNREACH")
    assert compile_filter(f"route.cacheinfo.rta-error == {raw}", REGISTRY).matches(message)


@pytest.mark.parametrize(
    ("cmd", "type_", "raw", "value"),
    [(20, 13, 0, 0), (20, 13, 161, "EOPNOTSUPP"), (27, 13, 234, "EINVAL"), (19, 12, 243, "EACCES"), (10, 6, 0, 0)],
)
def test_a_change_of_dcb_is_answered_by_an_error_in_one_byte(cmd: int, type_: int, raw: int, value: object) -> None:
    message = told(0, 79, bytes((0, cmd, 0, 0)) + attr(1, b"eth0\0") + attr(type_, bytes((raw,))), 0)
    found = shown(message)
    assert found[{13: "ieee", 12: "app", 6: "pg-cfg"}[type_]] == value
    assert not message.problems
    asked = told(0, 79, bytes((0, 20, 0, 0)) + nest(13, attr(1, bytes(60))), 1)
    assert "ets" in shown(asked)["ieee"]


@pytest.mark.parametrize(("text", "value"), [("-2", "ENOENT"), ("3", 3), ("-4096", -4096), ("0", 0)])
def test_what_a_system_call_returned_is_an_error_with_a_minus_only(text: str, value: object) -> None:
    record = f"audit(1700000000.000:7): arch=c000003e syscall=257 success=no exit={text} a0=0"
    message = told(9, 1300, record.encode(), 0)
    assert shown(message)["exit"] == value
    assert compile_filter(f"audit.exit == {text}", REGISTRY).matches(message)
    assert compile_filter("audit.exit == ENOENT", REGISTRY).matches(message) is (value == "ENOENT")


def _inet(family: int, *attrs: bytes) -> bytes:
    return struct.pack("<BBBB", family, 10, 0, 0) + bytes(68) + b"".join(attrs)


def test_addresses_of_an_association_have_the_members_of_their_own_family() -> None:
    four = struct.pack("<HH4s", 2, socket.htons(80), socket.inet_aton("192.0.2.1")) + bytes(120)
    six = struct.pack("<HHI16sI", 10, socket.htons(443), 0, socket.inet_pton(10, "2001:db8::1"), 3) + bytes(100)
    other = struct.pack("<H", 105) + bytes(126)
    message = told(SOCK_DIAG, BY_FAMILY, _inet(2, attr(LOCALS, four + six + other)))
    assert shown(message)["locals"] == [
        {"ss-family": "inet", "port": 80, "body": {"addr": "192.0.2.1"}},
        {"ss-family": "inet6", "port": 443, "body": {"flowinfo": 0, "addr": "2001:db8::1", "scope-id": 3}},
        {"ss-family": 105, "port": 0, "body": "00" * 124},
    ]
    assert message.counts.unknown == 124


@pytest.mark.parametrize(("text", "family"), [("192.0.2.1", 2), ("2001:db8::1", 10)])
def test_an_smc_socket_has_an_address_of_either_family(text: str, family: int) -> None:
    packed = socket.inet_pton(family, text).ljust(16, b"\0")
    payload = struct.pack("<BBBBHH", 43, 1, 0, 0, 0, 0) + packed + packed + bytes(12 + 16)
    found = shown(told(SOCK_DIAG, BY_FAMILY, payload))["id"]
    assert (found["idiag-src"], found["idiag-dst"]) == (text, text)


@pytest.mark.parametrize(
    ("length", "address", "unknown"), [(6, "02:00:5e:00:00:01", 0), (2, "02:00", 30), (32, None, 0), (99, None, 0)]
)
def test_an_address_of_a_packet_socket_is_as_long_as_it_says(length: int, address: str | None, unknown: int) -> None:
    listed = struct.pack("<IIHH", 1, 1, 0, length) + bytes.fromhex("02005e000001").ljust(32, b"\0")
    message = told(SOCK_DIAG, BY_FAMILY, struct.pack("<BBHIII", 17, 3, 3, 5, 0, 0) + attr(1, listed))
    (found,) = shown(message)["mclist"]
    if address is not None:
        assert found["pdmc-addr"] == address
    assert message.counts.unknown == unknown
    assert shown(message)["pdiag-num"] == "all"


@pytest.mark.parametrize("size", [0, 2, 4, 6, 8, 10])
def test_the_group_address_of_a_bridge_has_six_bytes(size: int) -> None:
    data = nest(18, attr(1, b"bridge\0"), nest(2, attr(20, bytes.fromhex("0180c200000000000000")[:size])))
    message = told(0, NEWLINK, bytes(16) + data)
    if size == 6:
        assert shown(message)["linkinfo"]["data"]["group-addr"] == "01:80:c2:00:00:00"
        assert not message.problems
    else:
        (found,) = message.problems
        assert found.text == f"group-addr: {size} bytes, 6 are wanted"
        assert message.counts.unknown == size


@pytest.mark.parametrize(("number", "name"), [(2, "igmp"), (144, "aggfrag"), (256, "smc"), (262, "mptcp"), (99, 99)])
def test_protocols_of_sockets_have_their_names(number: int, name: object) -> None:
    payload = struct.pack("<BBBBI", 2, 6, 0, 0, 0xFFF) + bytes(48) + attr(3, struct.pack("<I", number))
    assert shown(told(SOCK_DIAG, BY_FAMILY, payload, 1))["protocol"] == name


def test_the_filter_of_ss_is_read_by_instruction_and_one_bad_jump_spoils_no_other() -> None:
    program = (
        struct.pack("<BBHBBH", 2, 8, 100, 0, 0, 80)  # S_GE 80
        + struct.pack("<BBHBBHi4s", 7, 99, 84, 2, 24, 0, -1, socket.inet_aton("192.0.2.0"))  # S_COND, a wrong jump
        + struct.pack("<BBHII", 10, 12, 24, 5, 0xFF)  # MARK_COND
        + struct.pack("<BBHI", 9, 8, 12, 3)  # DEV_COND
    )
    message = told(SOCK_DIAG, BY_FAMILY, struct.pack("<BBBBI", 2, 6, 0, 0, 0xFFF) + bytes(48) + attr(1, program), 1)
    port, host, mark, device = [item["argument"] for item in shown(message)["bytecode"]]
    assert port["port"] == 80
    assert (host["prefix-len"], host["port"], host["addr"]) == (24, -1, "192.0.2.0")
    assert (mark, device) == ({"mark": 5, "mask": 255}, {"ifindex": 3})
    assert [item.code for item in message.problems] == ["jump", "jump"]
    assert message.counts.unknown == 0


def _filter(*instructions: bytes) -> Any:  # a message that asks with this program
    head = struct.pack("<BBBBI", 2, 6, 0, 0, 0xFFF) + bytes(48)
    return told(SOCK_DIAG, BY_FAMILY, head + attr(1, b"".join(instructions)), 1)


GOOD = struct.pack("<BBHI", 9, 8, 12, 3)  # DEV_COND, the last of a program


@pytest.mark.parametrize(
    ("bad", "problems", "unknown"),
    [
        # yes as long as the instruction, whose code or family nobody knows
        (struct.pack("<BBHI", 99, 8, 16, 0xABCD), ["jump?", "selector"], 4),
        (struct.pack("<BBHBBHi4s", 7, 16, 24, 99, 32, 0, 80, b"\1\2\3\4"), [], 0),
        # yes leads nowhere: as long as the code says, or as far as no leads
        (struct.pack("<BBHBBH", 2, 255, 16, 0, 0, 80), ["jump"], 0),
        (struct.pack("<BBHBBHi4s", 7, 3, 24, 2, 32, 0, 80, b"\1\2\3\4"), ["jump"], 0),
        (struct.pack("<BBHBBHi4s", 7, 3, 16, 99, 32, 0, 80, b"\1\2\3\4"), ["jump"], 0),
        # longer than its argument
        (struct.pack("<BBHBBHI", 2, 12, 20, 0, 0, 80, 7), [], 4),
        # no leads into the next one
        (struct.pack("<BBHBBH", 2, 8, 12, 0, 0, 80), ["jump"], 0),
        # what stands for padding is not zero
        (struct.pack("<BBHBBH", 2, 8, 16, 5, 6, 80), ["padding"], 0),
    ],
)
def test_a_bad_instruction_spoils_itself_only(bad: bytes, problems: list[str], unknown: int) -> None:
    message = _filter(bad, GOOD)
    first, last = shown(message)["bytecode"]
    assert last == {"code": "dev-cond", "yes": 8, "no": 12, "argument": {"ifindex": 3}}
    assert first["yes"] == bad[1]
    assert [item.code for item in message.problems] == [code for code in problems if not code.endswith("?")]
    assert message.counts.unknown == unknown


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_program_cut_anywhere_keeps_what_stands_before(cut: int) -> None:
    whole = struct.pack("<BBHBBH", 2, 8, 28, 0, 0, 80) + struct.pack("<BBHBBHi4s", 7, 16, 20, 2, 24, 0, -1, b"\1\2\3\0")
    message = _filter(whole[:-cut])
    found = shown(message)["bytecode"]
    if cut <= 16:
        assert found[0]["argument"] == {"port": 80}
    assert message.problems


def test_classic_bpf_is_read_by_instruction() -> None:
    program = [(0x28, 0, 0, 12), (0x15, 0, 1, 0x800), (0xB1, 0, 0, 14), (6, 0, 0, 0x40000), (0xFFFF, 1, 2, 3)]
    blob = b"".join(struct.pack("<HBBI", *item) for item in program)
    message = told(SOCK_DIAG, BY_FAMILY, struct.pack("<BBHIII", 17, 3, 3, 5, 0, 0) + attr(7, blob))
    found = shown(message)["filter"]
    assert [item["code"] for item in found] == ["ldh [k]", "jeq #k", "ldxb 4*([k]&0xf)", "ret #k", 0xFFFF]
    assert found[1] == {"code": "jeq #k", "jt": 0, "jf": 1, "k": 0x800}
    assert compile_filter('sock-diag.filter.code == "jeq #k" and sock-diag.filter.k == 0x800', REGISTRY).matches(
        message
    )
    kind = nest(2, attr(4, struct.pack("<H", 5)), attr(5, blob))
    data = bytes(8) + bytes(12) + attr(1, b"bpf\0") + kind
    assert shown(told(0, 44, data))["options"]["ops"] == found


def test_every_instruction_that_the_kernel_takes_has_a_name() -> None:
    """The codes of sk_check_classic(): 16 sources of loads, 2 stores, 21 of arithmetic, 9 jumps, returns, moves."""
    family = REGISTRY.family("sock-diag")
    assert family is not None
    code = family.struct("sock-filter").by_name["code"].enum
    assert code is not None
    by_class = Counter(number & 7 for number in code.by_value)
    assert by_class == {0: 9, 1: 4, 2: 1, 3: 1, 4: 21, 5: 9, 6: 2, 7: 2}
    assert len(set(code.by_value.values())) == len(code.by_value)


def test_an_operation_of_a_family_is_named_by_its_command() -> None:
    def family(name: bytes, *ids: int) -> Any:
        ops = nest(6, *(nest(at, attr(1, struct.pack("<I", id_))) for at, id_ in enumerate(ids, 1)))
        return told(16, 16, bytes((1, 2, 0, 0)) + attr(2, name + b"\0") + ops)

    ids = [item[str(at)] for at, item in enumerate(shown(family(b"wireguard", 0, 1, 77))["ops"], 1)]
    assert ids == [{"id": 0, "id-name": "WG_CMD_GET_DEVICE"}, {"id": 1, "id-name": "WG_CMD_SET_DEVICE"}, {"id": 77}]
    assert shown(family(b"stranger", 1))["ops"] == [{"1": {"id": 1}}]
    asked = told(16, 16, bytes((10, 1, 0, 0)) + attr(2, b"nlctrl\0") + attr(10, struct.pack("<I", 3)), 0x301)
    assert shown(asked)["op-name"] == "CTRL_CMD_GETFAMILY"
    assert "command CTRL_CMD_GETFAMILY" in asked.summary
    assert compile_filter("genl.nlctrl.ops.id == WG_CMD_SET_DEVICE", REGISTRY).matches(family(b"wireguard", 0, 1))
