"""What values of sockets and routes mean where their bytes alone do not say it: error numbers, addresses, protocols."""

from __future__ import annotations

import socket
import struct

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
        + struct.pack("<BBHII", 10, 12, 16, 5, 0xFF)  # MARK_COND
        + struct.pack("<BBHI", 9, 8, 12, 3)  # DEV_COND
    )
    message = told(SOCK_DIAG, BY_FAMILY, struct.pack("<BBBBI", 2, 6, 0, 0, 0xFFF) + bytes(48) + attr(1, program), 1)
    port, host, mark, device = shown(message)["bytecode"]
    assert port["port"] == 80
    assert (host["prefix-length"], host["address"]) == (24, "192.0.2.0")
    assert (mark["mark"], mark["mask"], device["device"]) == (5, 255, 3)
    assert [item.code for item in message.problems] == ["jump", "jump"]
    assert message.counts.unknown == 0
