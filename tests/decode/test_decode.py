from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlsniff.decode.names import Names
from nlsniff.output.json import body, message_line
from nlsniff.output.text import line, tree
from nlsniff.wire.constants import PROTOCOL_NAMES
from tests.conftest import CAPTURES, COMPRESSED
from tests.support import check_tree, message_of, messages_of, undescribed, vectors

if TYPE_CHECKING:
    from pathlib import Path

LENGTHS = 4  # of messages of one type that are cut
# `ip route add 198.51.100.0/24 via 192.0.2.254 dev veth0`, as iproute2 6.1 sends it.
ROUTE = (
    "34000000 1800 0506 c4b40169 00000000  02180000fe030001 0000000008000100c6336400 08000500c00002fe 0800040003000000"
)


def test_a_route_is_named_to_the_last_byte() -> None:
    names = Names()
    names.learn("link", 3, "veth0", 1)
    message = message_of(ROUTE, 0, names)
    assert message.type_name == "RTM_NEWROUTE"
    assert message.flag_names == ["REQUEST", "ACK", "EXCL", "CREATE"]
    assert message.direction == "to-kernel"
    assert message.counts == (52, 52, 0, 0)
    assert message.problems == []
    found = body(message.root)
    assert (found["dst"], found["gateway"], found["oif"], found["oif-name"]) == (
        "198.51.100.0", "192.0.2.254", 3, "veth0",
    )  # fmt: skip
    assert found["rtm-family"] == "inet"
    assert message.summary == "198.51.100.0/24 via 192.0.2.254 dev veth0"


def test_a_name_holds_from_when_it_was_learned() -> None:
    names = Names()
    names.learn("link", 3, "old", 5)
    names.learn("link", 3, "new", 9)
    assert [names.resolve("link", 3, at) for at in (4, 5, 8, 9, 100)] == ["", "old", "old", "new", "new"]


def test_every_byte_belongs_to_a_node_and_back() -> None:
    message = message_of(ROUTE, 0)
    for offset in range(message.start, message.end):
        path = message.root.at(offset)
        assert path[0] is message.root
        assert path[-1].start <= offset < path[-1].end
    assert message.root.at(message.end) == []


@pytest.mark.parametrize(
    ("attribute", "severity", "text"),
    [
        ("0c000100c6336400", "error", "dst says 12 bytes, 8 remain"),
        ("03000100c6336400", "error", "attribute 1 says 3 bytes, less than its own header of 4"),
        ("00000000", "note", "attribute 0 says 0 bytes, less than its own header of 4"),
        ("09000100c633640000000000", "warning", "dst: 5 bytes are no IP address"),
        ("0600040003000000", "warning", "oif has 2 bytes, a u32 has 4"),
        ("0c000400030000000a000000", "warning", "oif has 8 bytes, a u32 has 4"),
        ("0700040003000000", "warning", "oif: 3 bytes hold no u32"),
    ],
)
def test_wrong_lengths_say_what_differs_and_keep_the_bytes(attribute: str, severity: str, text: str) -> None:
    blob = bytes.fromhex(attribute)
    header = bytes.fromhex("02180000fe03000100000000")
    length = (16 + len(header) + len(blob)).to_bytes(4, "little")
    (message,) = messages_of(length + bytes.fromhex("1800 0506 c4b40169 00000000") + header + blob, 0)
    check_tree(message)
    assert [(item.severity, item.text) for item in message.problems] == [(severity, text)]


def test_a_short_header_shows_the_members_that_are_there() -> None:
    message = message_of("18000000 1800 0100 01000000 00000000 0218000000000000".replace(" ", ""), 0)
    check_tree(message)
    assert message.get("rtm-dst-len") == 24
    assert message.get("rtm-flags") is None


def test_a_message_of_nobody_keeps_its_bytes() -> None:
    message = message_of("18000000 ff00 0000 01000000 00000000 0102030405060708", 0)
    assert (message.type_name, message.counts.unknown) == ("ROUTE_255", 8)
    assert body(message.root) == {"unknown-bytes": "0102030405060708"}


def test_an_extended_ack_shows_the_request_and_what_was_wrong_with_it() -> None:
    message = message_of(
        "60000000 0200 0002 01000000 39300000  eaffffff"
        "24000000 1800 0506 01000000 00000000 02180000fe030001000000000800010001020304"
        "1800010062616420726f757465206174747269627574650008000200 1c000000",
        0,
    )
    check_tree(message)
    assert message.summary == "EINVAL: bad route attribute (for RTM_NEWROUTE)"
    assert message.get("error") == -22
    assert message.get("request.dst") == "1.2.3.4"
    assert message.get("offs") == 28
    assert message.counts.unknown == 0


def test_an_ack_is_capped_whatever_its_flags_say() -> None:
    message = message_of("24000000 0200 0000 01000000 39300000 00000000 24000000 1800 0506 01000000 00000000", 0)
    check_tree(message)
    assert message.summary == "ACK RTM_NEWROUTE"
    assert message.problems == []


def test_an_error_inside_an_error_ends() -> None:
    inner = "24000000 0200 0100 01000000 00000000 ffffffff 14000000 0200 0100 01000000 00000000"
    message = message_of("38000000 0200 0000 01000000 00000000 ffffffff" + inner, 0)
    check_tree(message)
    assert message.answered_type == "NLMSG_ERROR"


@given(st.binary(max_size=160), st.sampled_from(sorted(PROTOCOL_NAMES)), st.sampled_from(["<", ">"]))
@example(b"\x10\0\0\0", 0, "<")
def test_any_bytes_decode(data: bytes, protocol: int, order: str) -> None:
    for message in messages_of(data, protocol, order):  # type: ignore[arg-type]
        _check_whole(message)


@given(st.integers(16, 130), st.integers(0, 0xFFFF), st.binary(max_size=120), st.sampled_from([0, 4, 6, 12, 16]))
def test_any_payload_of_any_type_decodes(type_: int, flags: int, payload: bytes, protocol: int) -> None:
    length = (16 + len(payload)).to_bytes(4, "little")
    data = length + type_.to_bytes(2, "little") + flags.to_bytes(2, "little") + bytes(8) + payload
    names = Names()
    names.learn("genl", type_, "nlctrl", 0)
    (message,) = messages_of(data, protocol, names=names)
    _check_whole(message)


def _check_whole(message: object) -> None:
    """A tree that holds, and every way to print it."""
    check_tree(message)  # type: ignore[arg-type]
    message_line(message)  # type: ignore[arg-type]
    line(message, 0)  # type: ignore[arg-type]
    list(tree(message))  # type: ignore[arg-type]


def test_every_vector_of_the_corpus_decodes(corpus: Path) -> None:
    found = vectors(corpus)
    assert len(found) == 354
    for vector in found:
        protocol = vector["sll_protocol"]
        data = bytes.fromhex(vector["hex"])
        messages = messages_of(data, 0 if protocol is None else protocol)
        assert messages, vector["id"]
        for message in messages:
            _check_whole(message)


# Requests that are wrong on purpose, and what the kernel says of them.
WRONG_ON_PURPOSE = {"rejected": {32, 33, 34, 35}, "conversations": {33, 34, 35, 36, 45, 51, 52, 56, 58, 60}}
# NetworkManager numbers the mappings of a VLAN's priorities 0 to 7, though each must be an IFLA_VLAN_QOS_MAPPING, 1; a
# kernel of 7.2 skips the other seven (net/8021q/vlan_netlink.c).
WRONG_IN_FACT = {"managers": {1654}}
# What a vendor's data mean, only the vendor knows.
VENDORS = {"nl80211": {"NL80211_CMD_NEW_WIPHY": 12}}
NOT_DESCRIBED = {"usersock"}  # protocols of which no dissector says anything


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_no_byte_of_our_captures_is_unknown(path: Path) -> None:
    from nlsniff.reader import Stream, make_decoder

    for message in Stream(path, make_decoder()):
        check_tree(message)
        if message.number in WRONG_ON_PURPOSE.get(path.stem, ()) or message.protocol_name in NOT_DESCRIBED:
            continue
        if undescribed(message):  # tests/decode/test_undescribed.py
            continue
        left = VENDORS.get(path.stem, {}).get(message.type_name, 0)
        assert message.counts.unknown in {0, left}, f"{path.name} message {message.number}: {list(tree(message))}"
        bad = [item for item in message.problems if item.severity != "note"]
        assert bad == [], f"{path.name} message {message.number}: {bad}"


@pytest.mark.parametrize("path", COMPRESSED, ids=lambda path: path.name.partition(".")[0])
def test_no_byte_of_our_large_captures_is_unknown(path: Path) -> None:
    """One message of each type, length and flags."""
    from nlsniff.reader import Stream, make_decoder

    seen = set()
    decoder = make_decoder()
    for message in Stream(path, decoder):
        key = (message.protocol, message.type, message.length, message.flags)
        wrong = message.number in WRONG_IN_FACT.get(path.name.partition(".")[0], ())
        if key not in seen and not wrong and message.protocol_name not in NOT_DESCRIBED:
            seen.add(key)
            check_tree(message)
            assert message.counts.unknown == 0, f"{path.name} message {message.number}: {list(tree(message))}"
            assert [item for item in message.problems if item.severity != "note"] == []
    assert len(seen) > 50


@pytest.fixture(scope="module")
def cut() -> dict[tuple[object, ...], set[int]]:
    """The lengths of what was cut already: link and family dumps stand in every capture."""
    return {}


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_messages_of_our_captures_cut_anywhere_decode(path: Path, cut: dict[tuple[object, ...], set[int]]) -> None:
    """Messages of each type in the captures, a few lengths of each, cut at every offset."""
    from nlsniff.reader import Stream, make_decoder

    decoder = make_decoder()
    for message in Stream(path, decoder):
        kind = message.root.first("kind", "linkinfo.kind")  # of a link, a queueing discipline, an action
        known = cut.setdefault((message.protocol, message.family, message.type_name, kind), set())
        if message.length in known or message.length > 2000 or len(known) >= LENGTHS:
            continue
        known.add(message.length)
        whole = message.data[message.start : message.end]
        step = 1 if len(whole) < 400 else 7
        for stop in range(0, len(whole), step):
            for part in messages_of(whole[:stop], message.protocol, message.order, decoder.names):
                check_tree(part)
            # The same bytes with a length that fits them: the message ends early instead of the file.
            if stop >= 16:
                shorter = stop.to_bytes(4, "little") + whole[4:stop]
                for part in messages_of(shorter, message.protocol, message.order, decoder.names):
                    check_tree(part)
