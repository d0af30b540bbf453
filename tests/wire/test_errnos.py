"""Error numbers are the kernel's, whatever machine reads; its headers are the referee."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.filter.compile import compile_filter
from nlsniff.wire.constants import NETLINK_NETFILTER, NETLINK_ROUTE
from nlsniff.wire.errnos import (
    ALIASES,
    BY_TYPE,
    NUMBERS,
    elsewhere,
    errno_name,
    errno_number,
    errno_text,
    numbers_elsewhere,
)
from tests.follow.talk import NETFILTER, NEWLINK, Talk, answer, done, nlmsg
from tests.spec.make import attr
from tests.support import REGISTRY, check_tree, messages_of
from tests.support_tools import need_file

HEADERS = Path("/usr/include")


def defined(path: str) -> dict[str, str]:
    """What a header of the system says of errors: `#define EPERM 1`, and members of an enum."""
    file = HEADERS / path
    need_file(file, "linux-libc-dev")
    found: dict[str, str] = dict(re.findall(r"#define\s+(E\w+)\s+(\w+)", file.read_text()))
    at = 0
    for name, value in re.findall(r"^\s+(IPSET_ERR_\w+)(?:\s*=\s*(\w+))?,", file.read_text(), re.MULTILINE):
        at = 4352 if value == "IPSET_ERR_TYPE_SPECIFIC" else int(value) if value else at + 1
        found[name] = str(at)
    return found


@pytest.mark.parametrize("path", ["asm-generic/errno-base.h", "asm-generic/errno.h"])
def test_every_error_of_the_kernel_has_its_name_words_and_number(path: str) -> None:
    found = defined(path)
    assert len(found) > 30
    for name, value in found.items():
        number = errno_number(name)
        assert number is not None, name
        if value.isdigit():
            assert (number, errno_name(number)) == (int(value), name)
        else:
            assert (name in ALIASES, errno_name(number)) == (True, value)
        assert errno_text(number), name


@pytest.mark.parametrize("name", ["ip_set", "ip_set_hash", "ip_set_bitmap", "ip_set_list"])
def test_ipset_has_errors_of_its_own(name: str) -> None:
    found = {key: int(value) for key, value in defined(f"linux/netfilter/ipset/{name}.h").items()}
    for constant, number in found.items():
        if constant in {"IPSET_ERR_PRIVATE", "IPSET_ERR_TYPE_SPECIFIC"}:
            continue
        assert errno_number(constant) == number
        if number < 4352:
            assert errno_name(number, NETLINK_NETFILTER) == constant
        else:
            assert constant in errno_text(number, NETLINK_NETFILTER)
    assert len(found) > 1


def test_the_numbers_of_ipset_mean_nothing_elsewhere() -> None:
    assert (errno_name(4103, NETLINK_ROUTE), errno_text(4103, NETLINK_ROUTE)) == ("E4103", "")
    assert errno_text(4353, NETLINK_NETFILTER) == (
        "by the type of the set: IPSET_ERR_HASH_ELEM or IPSET_ERR_BITMAP_RANGE_SIZE or IPSET_ERR_LOOP"
    )
    assert errno_text(5000, NETLINK_NETFILTER) == "by the type of the set"


@pytest.mark.parametrize(
    ("set_type", "code", "said"),
    [
        (b"hash:ip,port\0", -4352, "IPSET_ERR_HASH_FULL (No more elements fit) for IPSET_CMD_CREATE"),
        (b"bitmap:ip\0", -4353, "IPSET_ERR_BITMAP_RANGE_SIZE (The range is larger than such a set can be) for"),
        (b"list:set", -4357, "IPSET_ERR_REF_EXIST (The set to put it before or after is not in the list) for"),
        (b"bitmap:ip\0", -4357, "E4357 (by the type of the set: IPSET_ERR_HASH_RANGE or IPSET_ERR_REF_EXIST) for"),
        (b"new:type\0", -4352, "E4352 (by the type of the set: IPSET_ERR_HASH_FULL or IPSET_ERR_BITMAP_RANGE or"),
        (b"hash:ip\0", -4103, "IPSET_ERR_EXIST (The element is there already"),
        (None, -4352, "E4352 (by the type of the set: IPSET_ERR_HASH_FULL or"),
    ],
)
def test_an_error_of_ipset_is_named_by_the_type_that_the_request_carries(
    set_type: bytes | None, code: int, said: str
) -> None:
    named = b"" if set_type is None else attr(3, set_type)
    request = nlmsg(1538, 5, 1, 400, b"\2\0\0\0" + attr(1, b"\7") + attr(2, b"s\0") + named)
    copies = [struct.pack("<i", code) + request, struct.pack("<i", code) + request.replace(b"s\0", b"t\0")]
    data = b"".join(nlmsg(2, 0, 1, 400, copy) for copy in copies)
    messages = messages_of(data, NETFILTER)
    assert all(message.summary.startswith(said) for message in messages), messages[0].summary
    if set_type == b"hash:ip,port\0":
        assert compile_filter("errno == IPSET_ERR_HASH_FULL", REGISTRY).matches(messages[0])
        assert messages[0].root.get("error").resolved == "IPSET_ERR_HASH_FULL"  # type: ignore[union-attr]  # it is there
        talk = Talk()
        talk(request, protocol=NETFILTER)
        talk(nlmsg(2, 0, 1, 400, copies[0]), protocol=NETFILTER)
        assert talk[1].errno == "IPSET_ERR_HASH_FULL"


@pytest.mark.parametrize(
    ("number", "name", "words"),
    [
        (0, "", ""),
        (524, "ENOTSUPP", "Operation is not supported"),
        (-5, "+EIO", "Input/output error; sent as a positive number"),
        (4095, "E4095", ""),
        (-4095, "+E4095", "an error; sent as a positive number"),
        (1 << 31, "E2147483648", ""),
    ],
)
def test_what_is_no_usual_error(number: int, name: str, words: str) -> None:
    assert (errno_name(number), errno_text(number)) == (name, words)


def test_big_endian_machines_that_number_otherwise_are_named() -> None:
    assert errno_text(122, order=">") == "Disk quota exceeded; on MIPS EOPNOTSUPP, on SPARC EILSEQ"
    assert errno_text(122, order="<") == "Disk quota exceeded"
    assert elsewhere(45) == "on MIPS and PA-RISC EDEADLK, on SPARC EOPNOTSUPP"
    assert elsewhere(22) == elsewhere(0) == elsewhere(100_000) == ""
    for names in numbers_elsewhere().values():
        assert len(names) == len(set(names.values())) > 80  # a name has one number
        assert not [number for number in names if number < 35]
        assert set(NUMBERS) >= set(names.values()) - {
            "EDEADLOCK", "EINIT", "EREMDEV", "EPROCLIM", "ERREMOTE", "ENOSYM", "EREMOTERELEASE", "ENOTSUP",
        }  # fmt: skip


@given(st.integers(-(1 << 31), (1 << 31) - 1), st.integers(0, 40), st.sampled_from([2, 3]), st.sampled_from("<>"))
def test_any_error_number_is_shown_and_followed(code: int, protocol: int, type_: int, order: str) -> None:
    data = struct.pack(order + "IHHIIi", 20, type_, 2, 1, 7, code)
    (message,) = messages_of(data, protocol, order)  # type: ignore[arg-type]  # one of the two
    check_tree(message)
    assert isinstance(message.summary, str)


@pytest.mark.parametrize(
    ("code", "protocol", "status", "name"),
    [
        (0, NETLINK_ROUTE, "ok", None),
        (-19, NETLINK_ROUTE, "error", "ENODEV"),
        (5, NETLINK_ROUTE, "error", "+EIO"),
        (-4103, NETFILTER, "error", "IPSET_ERR_EXIST"),
        (-4103, NETLINK_ROUTE, "error", "E4103"),
        (-70_000, NETLINK_ROUTE, "error", "E70000"),
        (-(1 << 31), NETLINK_ROUTE, "error", "E2147483648"),
    ],
)
def test_a_refusal_is_one_whatever_its_number(code: int, protocol: int, status: str, name: str | None) -> None:
    talk = Talk()
    request = nlmsg(NEWLINK if protocol == NETLINK_ROUTE else 1545, 5, 1, 400)
    talk(request, protocol=protocol)
    talk(answer(request, 400, -code), protocol=protocol)
    assert (talk[1].status, talk[1].errno, talk[1].errno_value) == (status, name, -code)
    found = compile_filter("errno", REGISTRY).matches(talk.message(2))
    assert found is (code != 0)


def test_the_end_of_a_dump_fails_with_a_negative_number_only() -> None:
    for code, status in ((0, "ok"), (-(1 << 31), "error"), (7, "ok")):
        talk = Talk()
        talk(nlmsg(18, 0x301, 1, 400, bytes(16)))
        talk(done(1, 400, -code))
        assert talk[1].status == status, code


@pytest.mark.parametrize(
    ("text", "code", "protocol"),
    [
        ("EWOULDBLOCK", -11, NETLINK_ROUTE), ("EDEADLOCK", -35, NETLINK_ROUTE), ("ENOTSUP", -95, NETLINK_ROUTE),
        ("EOPNOTSUPP", -95, NETLINK_ROUTE), ("ENOTSUPP", -524, NETLINK_ROUTE), ("EHWPOISON", -133, NETLINK_ROUTE),
        ("IPSET_ERR_EXIST", -4103, NETFILTER), ("IPSET_ERR_HASH_FULL", -4352, NETFILTER),
        ("ipset-err-bitmap-range", -4352, NETFILTER), ("4352", -4352, NETFILTER), ("-5", 5, NETLINK_ROUTE),
    ],
)  # fmt: skip
def test_a_filter_takes_every_name(text: str, code: int, protocol: int) -> None:
    (message,) = messages_of(struct.pack("<IHHIIi", 20, 2, 0, 1, 7, code), protocol)
    assert compile_filter(f"errno == {text}", REGISTRY).matches(message)
    (other,) = messages_of(struct.pack("<IHHIIi", 20, 2, 0, 1, 7, -1), protocol)
    assert not compile_filter(f"errno == {text}", REGISTRY).matches(other)


def test_every_name_has_one_number() -> None:
    assert len(set(NUMBERS.values())) == len(NUMBERS)
    assert not set(NUMBERS) & (set(ALIASES) | set(BY_TYPE))
