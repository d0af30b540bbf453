"""Errors of ipset: the entry that is refused, and the type of set that a number belongs to."""

from __future__ import annotations

import struct

import pytest

from nlsniff.reader import Stream, make_decoder
from tests.conftest import ROOT
from tests.follow.talk import Talk, attr, nlmsg
from tests.support import messages_of

NETFILTER = 12
CREATE, ADD, DEL, TEST = 1538, 1545, 1546, 1547
NESTED, BIG = 0x8000, 0x4000
IP, PORT, ETHER, NAME, IP2, IFACE, MARK, LINENO = 1, 4, 17, 18, 20, 23, 10, 9
EXIST, TIMEOUT, PROTOCOL, ENOENT = 4103, 4107, 4097, 2
V4 = attr(IP | NESTED, attr(1 | BIG, bytes((192, 0, 2, 1))))
V6 = attr(IP | NESTED, attr(2 | BIG, bytes(16)))
TCP_80 = attr(PORT | BIG, b"\0\x50") + attr(7, b"\6")
MAC = attr(ETHER, b"\2\0\0\0\0\1")


def summary(request: int, entries: bytes, error: int, line: int | None = None) -> str:
    """The line of an error that answers a request about set `s`."""
    lines = b"" if line is None else attr(LINENO | BIG, struct.pack(">I", line))
    body = b"\2\0\0\0" + attr(1, b"\7") + attr(2, b"s\0") + lines + entries
    copy = nlmsg(request, 5, 1, 400, body)
    (message,) = messages_of(nlmsg(2, 0, 1, 400, struct.pack("<i", -error) + copy), NETFILTER)
    return message.summary


def listed(*lines: int) -> bytes:
    """Entries 192.0.2.1, 192.0.2.2, ... that were read from these lines."""
    return attr(
        8 | NESTED,
        b"".join(
            attr(
                7 | NESTED,
                attr(IP | NESTED, attr(1 | BIG, bytes((192, 0, 2, at)))) + attr(LINENO | BIG, struct.pack(">I", line)),
            )
            for at, line in enumerate(lines, 1)
        ),
    )


@pytest.mark.parametrize(
    ("lines", "line", "error", "said"),
    [
        ((7, 8, 9), 8, EXIST, ": rejected: adt.data.2 192.0.2.2; nlsniff: the entry is in the set already (for"),
        ((7, 8, 9), 9, TIMEOUT, ": rejected: adt.data.3 192.0.2.3 (for IPSET_CMD_ADD s 192.0.2.1, "),
        ((7,), 7, EXIST, ": rejected: adt.data.1 192.0.2.1; nlsniff: the entry is in the set already (for"),
        # Of these two errors the kernel has looked at no entry, and what it sends back is as the program wrote it.
        ((7, 8, 9), 7, ENOENT, "ENOENT: nlsniff: there is no set of this name (for IPSET_CMD_ADD s 192.0.2.1, "),
        ((7, 8, 9), 7, PROTOCOL, " for IPSET_CMD_ADD s 192.0.2.1, 192.0.2.2, 192.0.2.3"),
        # Which one is meant is not known.
        ((7, 7, 9), 7, TIMEOUT, " for IPSET_CMD_ADD s 192.0.2.1, 192.0.2.2, 192.0.2.3"),
        ((7, 8, 9), 10, TIMEOUT, " for IPSET_CMD_ADD s 192.0.2.1, 192.0.2.2, 192.0.2.3"),
        ((7, 8, 9), None, TIMEOUT, " for IPSET_CMD_ADD s 192.0.2.1, 192.0.2.2, 192.0.2.3"),
        (range(1, 101), 100, TIMEOUT, ": rejected: adt.data.100 192.0.2.100 (for IPSET_CMD_ADD s 192.0.2.1"),
    ],
)  # fmt: skip
def test_the_entry_that_is_refused_is_named(lines: tuple[int, ...], line: int | None, error: int, said: str) -> None:
    assert said in summary(ADD, listed(*lines), error, line)


@pytest.mark.parametrize(
    ("request_", "entry", "error", "name"),
    [
        (ADD, attr(NAME, b"t\0"), 4352, "IPSET_ERR_NAME"),
        (DEL, attr(NAME, b"t\0"), 4357, "IPSET_ERR_REF_EXIST"),
        (ADD, TCP_80, 4352, "IPSET_ERR_BITMAP_RANGE"),
        (ADD, MAC, 4353, "IPSET_ERR_HASH_ELEM"),
        (ADD, V4 + TCP_80, 4352, "IPSET_ERR_HASH_FULL"),
        (ADD, V4 + attr(IP2 | NESTED, attr(1 | BIG, bytes(4))), 4357, "IPSET_ERR_HASH_RANGE"),
        (ADD, V4 + attr(IFACE, b"eth0\0"), 4352, "IPSET_ERR_HASH_FULL"),
        (ADD, V4 + attr(MARK | BIG, bytes(4)), 4352, "IPSET_ERR_HASH_FULL"),
        (ADD, V6, 4352, "IPSET_ERR_HASH_FULL"),
        (ADD, V4, 4353, "IPSET_ERR_HASH_ELEM"),
        (TEST, V4, 4352, "IPSET_ERR_BITMAP_RANGE"),
        (DEL, V4 + MAC, 4352, "IPSET_ERR_BITMAP_RANGE"),
        # A hash that is full and a bitmap that has no such address refuse the same request by the same number.
        (ADD, V4, 4352, "E4352 (by the type of the set: IPSET_ERR_HASH_FULL or IPSET_ERR_BITMAP_RANGE or"),
        (ADD, V4 + MAC, 4352, "E4352"),
        (ADD, b"", 4352, "E4352"),
    ],
)
def test_an_entry_tells_the_type_of_set_that_an_error_belongs_to(
    request_: int, entry: bytes, error: int, name: str
) -> None:
    assert summary(request_, attr(7 | NESTED, entry), error).startswith(f"{name} (" if "(" not in name else name)


@pytest.mark.parametrize("name", ["referee-ipset", "referee-ipset-new"])
def test_the_kernel_names_the_entry_by_its_line(name: str) -> None:
    """ipset printed `Error in line 6` and `Error in line 4` for these two."""
    refused = {}
    for message in Stream(ROOT / "captures" / f"{name}.pcapng", make_decoder()):
        line = message.root.get("request.lineno")
        if message.type_name == "NLMSG_ERROR" and line is not None and message.root.get("request.adt") is not None:
            refused[line.raw] = message.summary.partition(": rejected: ")[2].partition(" (for ")[0]
    assert refused == {6: "adt.data.6 10.9.0.200; nlsniff: the entry is in the set already", 4: "adt.data.3 192.0.2.3"}


def test_ladders_and_json_name_the_entry_too() -> None:
    body = b"\2\0\0\0" + attr(1, b"\7") + attr(2, b"s\0") + attr(LINENO | BIG, struct.pack(">I", 8))
    request = nlmsg(ADD, 5, 7, 0, body + listed(7, 8, 9))
    talk = Talk()
    talk(request, protocol=NETFILTER)
    talk(nlmsg(2, 0, 7, 400, struct.pack("<i", -TIMEOUT) + request), protocol=NETFILTER)
    found = talk[1].extack
    assert found is not None
    assert (found.path, found.value, found.request, found.answer) == ("adt.data.2", "192.0.2.2", 1, 2)
    assert found.range is not None
    assert request[slice(*found.range)] == attr(7 | NESTED, listed(1, 8)[4 + 24 + 4 :])
    assert found.node is not None
    assert found.node.start == 16 + found.range[0]  # of the request, behind the cooked header


def test_an_entry_in_a_list_tells_it_too() -> None:
    port = attr(7 | NESTED, TCP_80 + attr(LINENO | BIG, struct.pack(">I", 3)))
    said = summary(ADD, attr(8 | NESTED, port), 4352, 3)
    assert said.startswith(
        "IPSET_ERR_BITMAP_RANGE (The element is outside of the set's range): rejected: adt.data.1 tcp:80 (for IPSET"
    )
    assert summary(ADD, attr(8 | NESTED, port), 4352, 4).startswith("E4352 (")


def test_other_subsystems_have_no_sets() -> None:
    """The number of ipset's error, but about a message of nf_tables."""
    assert summary(0x0A00, b"", 4352).startswith("E4352 (")
