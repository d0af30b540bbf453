"""What may be a key: the one judge, case by case, on bytes of its own."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.classify import KEYED, is_innocent, judge
from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage
from nlsniff.decode.names import Names
from nlsniff.decode.node import MASKED
from nlsniff.spec.registry import Registry
from nlsniff.wire.constants import (
    NETLINK_AUDIT,
    NETLINK_ECRYPTFS,
    NETLINK_GENERIC,
    NETLINK_ISCSI,
    NETLINK_ROUTE,
    NETLINK_SOCK_DIAG,
    NETLINK_XFRM,
)
from nlsniff.wire.nlmsg import walk_messages
from tests.spec.make import raw_family
from tests.support import REGISTRY, message_of

if TYPE_CHECKING:
    from pathlib import Path

KEY = b"7ujqCauSlxPGURq0eIO9pDN7mGwREQqX"
FAMILY = 37


def attribute(kind: int, payload: bytes, length: int | None = None) -> bytes:
    size = 4 + len(payload) if length is None else length
    return struct.pack("<HH", size, kind) + payload + bytes(-len(payload) % 4)


def message(kind: int, body: bytes, *, length: int = 0, port: int = 7, seq: int = 1) -> bytes:
    return struct.pack("<IHHII", length or 16 + len(body), kind, 5, seq, port) + body


def generic(command: int, *attributes: bytes) -> bytes:
    return message(FAMILY, struct.pack("<BBH", command, 1, 0) + b"".join(attributes))


def decoder(family: str = "", *, registry: Registry = REGISTRY, show: bool = False) -> Decoder:
    names = Names()
    if family:
        names.learn("genl", FAMILY, family, 0)
    return Decoder(registry, names, show_secrets=show)


def read(data: bytes, protocol: int, by: Decoder) -> list[NetlinkMessage]:
    spans = walk_messages(data, 0, "<", protocol)
    return [NetlinkMessage(by, number, 1, 0, protocol, data, "<", span) for number, span in enumerate(spans, 1)]


def hidden(data: bytes, protocol: int, by: Decoder) -> list[tuple[str, bytes]]:
    """The pieces of all messages; and what is masked is never less."""
    found: list[tuple[str, bytes]] = []
    for item in read(data, protocol, by):
        ctx = by.context(protocol, data, "<", item.number)
        pieces = judge(by, ctx, item, item.root).pieces
        found += [(piece.grade, data[piece.start : piece.end]) for piece in pieces]
        shown = repr([(node.text, node.value, node.raw) for node in item.root.walk()])
        for start, end, grade in pieces:
            piece = data[start:end]
            assert grade == "unread" or KEY not in piece or not any(way in shown for way in (KEY.hex(), KEY.decode()))
        again = judge(by, ctx, item, item.root).pieces
        assert again == pieces
    return found


IFNAME, OPEN = attribute(2, b"wg0\0"), attribute(4, bytes(range(32)))


@pytest.mark.parametrize(
    ("what", "data", "grades"),
    [
        ("whole", generic(1, IFNAME, attribute(3, KEY)), ["key"]),
        ("what is open stays", generic(1, IFNAME, attribute(3, KEY), OPEN), ["key"]),
        ("unknown beside keys", generic(1, IFNAME, attribute(99, KEY)), ["suspect"]),
        ("unknown in a nest beside keys", generic(1, IFNAME, attribute(0x8000 | 99, attribute(1, KEY))), ["suspect"]),
        ("a command that is unknown", generic(99, attribute(3, KEY), attribute(12, KEY)), ["key", "suspect"]),
        ("a key called a name", generic(1, IFNAME, attribute(2, KEY)), ["suspect"]),
        ("a key called a number", generic(1, attribute(6, KEY)), ["suspect"]),
        ("the name swallows the key", generic(1, attribute(2, b"wg0\0", 44), attribute(3, KEY)), ["suspect"]),
        ("a number swallows the key", generic(1, attribute(7, bytes(4), 44), attribute(3, KEY)), ["suspect"]),
        ("a length that is too large", generic(1, IFNAME, attribute(3, KEY, 99)), ["suspect"]),
        ("a length that is too small", generic(1, IFNAME, attribute(3, KEY, 2)), ["suspect"]),
        ("a key of a wrong length", generic(1, attribute(3, KEY + KEY[:4])), ["suspect"]),
    ],
)
def test_wireguard(what: str, data: bytes, grades: list[str]) -> None:
    del what
    found = hidden(data, NETLINK_GENERIC, decoder("wireguard"))
    assert [grade for grade, _ in found] == grades
    assert any(KEY in piece for _, piece in found)
    assert not any(b"wg0" in piece and grade == "key" for grade, piece in found)


BESIDE = """
name: made
protocol: genetlink
doc: A key, and beside it what may be as long as one.
definitions:
  - {name: box, type: struct, members: [{name: label, type: string, len: 40}]}
attribute-sets:
  - name: main
    attributes:
      - {name: key, type: binary, display-hint: hex, secret: true}
      - {name: station, type: binary, display-hint: mac}
      - {name: opaque, type: binary}
      - {name: box, type: binary, struct: box}
      - {name: filler, type: pad}
      - {name: any, type: binary, display-hint: hex}
      - {name: four, type: binary, display-hint: hex, checks: {exact-len: 4}}
operations:
  list:
    - {name: set, value: 1, attribute-set: main, do: {request: {}}}
"""
STATION, OPAQUE, BOX, FILLER, ANY, FOUR = range(2, 8)
BEYOND = struct.pack("<HH", 60, 99)  # an attribute that says that it ends behind its message


@pytest.mark.parametrize(
    ("what", "beside", "doubted"),
    [
        ("no address is as long", attribute(STATION, KEY), [attribute(STATION, KEY)]),
        ("addresses of each kind", b"".join(attribute(STATION, KEY[:size]) for size in (0, 4, 6, 8, 16, 20)), []),
        ("of no type", attribute(OPAQUE, KEY), [KEY]),
        ("behind the end of a text", attribute(BOX, b"ab\0" + KEY + bytes(5)), [KEY + bytes(5)]),
        ("where there should be nothing", attribute(FILLER, KEY), [KEY]),
        ("any bytes", attribute(ANY, KEY[::-1]), []),
        ("any bytes before damage", attribute(ANY, KEY) + attribute(FOUR, b"abcd") + BEYOND, [KEY, BEYOND]),
    ],
)
def test_fields_of_a_wrong_length_beside_keys(what: str, beside: bytes, doubted: list[bytes], tmp_path: Path) -> None:
    del what
    path = tmp_path / "made.yaml"
    path.write_text(BESIDE)
    found = hidden(generic(1, attribute(1, KEY), beside), NETLINK_GENERIC, decoder("made", registry=Registry([path])))
    assert found == [("key", KEY), *(("suspect", piece) for piece in doubted)]


def test_what_stands_before_the_damage_stays() -> None:
    data = generic(
        1, attribute(1, struct.pack("<I", 4242)), IFNAME, attribute(6, struct.pack("<H", 51820)), attribute(3, KEY, 99)
    )
    (item,) = read(data, NETLINK_GENERIC, decoder("wireguard"))
    assert [item.get(name) for name in ("ifindex", "ifname", "listen-port")] == [4242, "wg0", 51820]


@pytest.mark.parametrize(
    ("family", "grade"),
    [
        ("", "suspect"),
        ("TIPCv2", "suspect"),
        ("psp", "suspect"),
        ("nobody-knows", "unread"),
        ("SEG6", "key"),
        ("amneziawg", "key"),
    ],
)
def test_families(family: str, grade: str) -> None:
    number = 4 if family == "SEG6" else 3
    found = hidden(generic(1, attribute(number, KEY)), NETLINK_GENERIC, decoder(family))
    assert [item[0] for item in found] == [grade]


@pytest.mark.parametrize(
    ("command", "attributes", "grades"),
    [
        (11, attribute(2, b"wg0\0"), []),
        (11, attribute(2, b"wg0\0") + attribute(80, KEY), ["suspect"]),  # NL80211_CMD_NEW_KEY, were it of nl80211
        (11, attribute(2, b"wg0\0") + attribute(6, b"", 2) + attribute(80, KEY), ["suspect"]),
        (6, attribute(1, bytes(4)) + attribute(3, KEY), ["suspect"]),  # MACSEC_CMD_ADD_TXSA, were it of macsec
        (3, attribute(2, b"a name far beyond sixteen bytes\0"), []),  # what programs get wrong is no damage
        (3, attribute(2, b"a name"), []),
        (3, attribute(2, b"wg0\0") + attribute(1, bytes(2) + b"ab"), []),
        (3, attribute(2, KEY[:16]) + attribute(80, b"newer"), []),
        (3, attribute(2, KEY[:17]) + attribute(80, KEY), ["suspect"]),  # no family has so long a name
        (3, attribute(2, KEY), ["suspect"]),
        (3, attribute(1, KEY[:5]) + attribute(2, KEY), ["suspect"]),
        (1, attribute(2, b"wg0\0") + attribute(80, b"newer"), []),  # as a newer kernel may say it
    ],
)
def test_a_damaged_type_makes_it_no_message_of_nlctrl(command: int, attributes: bytes, grades: list[str]) -> None:
    data = message(0x10, struct.pack("<BBH", command, 1, 0) + attributes)
    found = hidden(data, NETLINK_GENERIC, decoder())
    assert [grade for grade, _ in found] == grades
    assert (KEY in b"".join(piece for _, piece in found)) == bool(grades)


@pytest.mark.parametrize("protocol", sorted({0, 2, 12, 31} | KEYED))
def test_types_that_nobody_knows(protocol: int) -> None:
    found = hidden(message(0x5555, bytes(4) + KEY), protocol, decoder())
    assert [item[0] for item in found] == ["suspect" if protocol in KEYED else "unread"]


def test_protocols_with_keys_are_those_of_the_dissectors() -> None:
    found = {family.protonum for name in REGISTRY.names if (family := REGISTRY.family(name)) and family.holds_secret}
    assert found == KEYED - {NETLINK_ISCSI, NETLINK_ECRYPTFS}  # which no dissector describes


def test_a_set_that_is_asked_inside_out() -> None:
    # Sets nest each other; whichever is asked first, each holds a key that any below it holds.
    for name in REGISTRY.names:
        family = REGISTRY.family(name)
        if family is not None and family.holds_secret:
            fresh = Registry().family(name)
            assert fresh is not None
            inward = {item: fresh.attribute_set(item).holds_secret for item in fresh.sets}
            fresh = Registry().family(name)
            assert fresh is not None
            assert {item: fresh.attribute_set(item).holds_secret for item in reversed(fresh.sets)} == inward


def refused(copy: bytes, *behind: bytes, flags: int = 0) -> bytes:
    body = struct.pack("<i", -22) + copy + b"".join(behind)
    return struct.pack("<IHHII", 16 + len(body), 2, flags, 1, 7) + body


@pytest.mark.parametrize("inner", [*range(0, 70, 2), 0x10000])
@pytest.mark.parametrize("flags", [0, 0x200])
def test_inside_an_error_with_a_wrong_length(inner: int, flags: int) -> None:
    copy = generic(1, IFNAME, attribute(3, KEY))
    copy = struct.pack("<I", inner) + copy[4:]
    found = hidden(refused(copy, flags=flags), NETLINK_GENERIC, decoder("wireguard"))
    assert any(KEY in piece for _, piece in found)


HEADER_ALONE = struct.pack("<IHHII", 20, FAMILY, 5, 1, 7)
OF_NLCTRL = struct.pack("<IHHII", 20, 0x10, 5, 1, 7)


@pytest.mark.parametrize(("size", "doubted"), [(8, False), (9, True)])
def test_a_cookie_of_the_kernel_has_eight_bytes(size: int, doubted: bool) -> None:
    found = hidden(refused(HEADER_ALONE, attribute(3, KEY[:size]), flags=0x300), NETLINK_GENERIC, decoder("wireguard"))
    assert found == [("suspect", KEY[:size])] * doubted


def test_what_nobody_can_name_beside_the_copy_of_a_header() -> None:
    unknown = attribute(0x8000 | 99, attribute(1, KEY))
    found = hidden(refused(OF_NLCTRL, unknown, flags=0x300), NETLINK_GENERIC, decoder())
    assert [(grade, KEY in piece) for grade, piece in found] == [("suspect", True)]
    asks = struct.pack("<IHHII", 16, 1000, 5, 1, 7)
    for protocol, grade in ((NETLINK_AUDIT, "suspect"), (NETLINK_ROUTE, "unread")):
        assert hidden(refused(asks, attribute(99, KEY), flags=0x300), protocol, decoder()) == [(grade, KEY)]


def test_what_hides_nothing_is_known_without_a_look() -> None:
    by = decoder("wireguard")

    def innocent(data: bytes) -> bool:
        (item,) = read(data, NETLINK_GENERIC, by)
        return is_innocent(by, by.context(NETLINK_GENERIC, data, "<", 1), item)

    done = message(3, bytes(4))
    assert [innocent(data) for data in (message(FAMILY, b""), refused(HEADER_ALONE), done)] == [True] * 3
    more = (generic(0), refused(HEADER_ALONE, bytes(4)), refused(OF_NLCTRL[:12]), message(3, bytes(8)))
    assert [innocent(data) for data in more] == [False] * 4


def test_words_of_the_kernel_stay() -> None:
    words = attribute(1, b"Invalid key\0")
    data = refused(generic(1, IFNAME, attribute(3, KEY)), words, attribute(2, struct.pack("<I", 20)), flags=0x200)
    (item,) = read(data, NETLINK_GENERIC, decoder("wireguard"))
    assert item.get("msg") == "Invalid key"
    assert item.get("offs") == 20
    assert item.get("error") == -22


def test_what_is_no_message() -> None:
    # The first says 20 bytes too few, so that the end of its key would be the next one's header.
    data = generic(1, IFNAME, attribute(3, KEY))
    cut = struct.pack("<I", len(data) - 20) + data[4:]
    by = decoder("wireguard")
    first, second = read(cut, NETLINK_GENERIC, by)
    assert (second.type_name, second.type, second.seq, second.port, second.length) == ("NLMSG_CUT", 0, 0, 0, 0)
    assert second.counts == (20, 0, 0, 20)
    found = hidden(cut, NETLINK_GENERIC, by)
    assert found[-1] == ("suspect", KEY[12:])
    assert KEY[:12] in found[-2][1]
    del first


def test_what_is_cut_is_a_message() -> None:
    # The capture ends in the middle of the second: it goes on where the first ended.
    whole = message(24, bytes(12), seq=4) + message(24, bytes(12) + attribute(6, bytes(4)), seq=5)
    _, second = read(whole[:-6], NETLINK_ROUTE, decoder())
    assert (second.type_name, second.seq, second.broken) == ("RTM_NEWROUTE", 5, True)


def test_routes_are_never_masked() -> None:
    damaged = message(24, bytes(12) + attribute(99, KEY) + attribute(1, KEY, 99))
    assert hidden(damaged, NETLINK_ROUTE, decoder()) == []


@pytest.mark.parametrize("gone", [1, 8, 60])
def test_a_header_that_lacks_bytes_is_not_passed_on(gone: int) -> None:
    state = bytes(224) + attribute(1, struct.pack("<64sI", b"cbc(aes)", 256) + KEY)
    data = message(0x10, state[gone:])
    assert [grade for grade, _ in hidden(message(0x10, state), NETLINK_XFRM, decoder())] == ["key"]
    found = hidden(data, NETLINK_XFRM, decoder())
    assert all(KEY[:4] not in part for part in _rest(data, found))
    assert found[0][0] == "suspect"
    (item,) = read(data, NETLINK_XFRM, decoder())
    assert {item.get(name) for name in ("saddr", "seq", "id.spi", "family")} == {MASKED}


def test_a_header_that_lacks_as_much_as_an_attribute_has_is_not_passed_on() -> None:
    state = bytes(224) + attribute(1, struct.pack("<64sI", b"cbc(aes)", 256) + KEY) + attribute(10, bytes(12))
    gone = 4 + 68 + len(KEY)
    data = message(0x10, state[:96] + state[96 + gone :], length=16 + len(state))
    (item,) = read(data, NETLINK_XFRM, decoder())
    assert item.root.children[-1].name == "replay-val"
    assert {item.get(name) for name in ("saddr", "seq", "id.spi", "family")} == {MASKED}
    whole = message(0x10, bytes(224) + attribute(10, bytes(12)))
    (item,) = read(whole, NETLINK_XFRM, decoder())
    assert item.get("id.spi") != MASKED


def test_a_header_before_a_known_attribute_of_a_wrong_length_is_passed_on() -> None:
    # As a program sends it that counts wrongly. Longer than any attribute of IPsec, its length may be bytes of a key.
    payload = struct.pack("<64sI", b"cbc(aes)", 256) + KEY
    for length, kind, kept in ((1024, 1, True), (1025, 1, False), (110, 0, False), (110, 1000, False)):
        data = message(0x10, bytes(224) + attribute(kind, payload, length))
        found = hidden(data, NETLINK_XFRM, decoder())
        assert all(KEY[:4] not in part for part in _rest(data, found))
        (item,) = read(data, NETLINK_XFRM, decoder())
        assert (item.get("saddr") != MASKED) == kept, (length, kind)


@pytest.mark.parametrize("key", [bytes(range(12, 44)), bytes(range(224, 256))])
def test_a_name_that_lacks_bytes_is_not_passed_on(key: bytes) -> None:
    # A piece of the key is where the name goes on, and behind the message's end there is nothing that would show it.
    algorithm = b"hmac" + key + bytes(64 - 4 - len(key)) + bytes(4)
    data = message(0x10, bytes(224) + attribute(1, algorithm))
    (item,) = read(data, NETLINK_XFRM, decoder())
    assert item.get("alg-auth.alg-name") == MASKED
    assert all(key[:4] not in part for part in _rest(data, hidden(data, NETLINK_XFRM, decoder())))
    named = message(0x10, bytes(224) + attribute(1, struct.pack("<64sI", b"hmac(sha256)", 0)))
    (item,) = read(named, NETLINK_XFRM, decoder())
    assert item.get("alg-auth.alg-name") == "hmac(sha256)"


def _rest(data: bytes, found: list[tuple[str, bytes]]) -> list[bytes]:
    """What is left of bytes without pieces of them."""
    rest = [data]
    for _, piece in found:
        rest = [part for whole in rest for part in whole.split(piece)]
    return rest


def test_a_jump_that_leads_nowhere_moves_nothing() -> None:
    program = attribute(1, bytes([1, 4]) + struct.pack("<H", 6))
    data = message(20, struct.pack("<BBBB", 2, 6, 0, 0) + bytes(52) + program * 2)
    (item,) = read(data, NETLINK_SOCK_DIAG, decoder())
    assert [found.code for found in item.problems] == ["jump", "jump"]
    assert hidden(data, NETLINK_SOCK_DIAG, decoder()) == []


def test_ipsec_of_any_type() -> None:
    # A flipped bit makes of XFRM_MSG_NEWSA each of these; what is no field there is not shown.
    key = attribute(2, b"cbc(aes)".ljust(64, b"\0") + struct.pack("<I", 256) + KEY)
    for bit in range(16):
        data = message(0x10 ^ 1 << bit, bytes(224) + key)
        assert any(KEY in piece for _, piece in hidden(data, NETLINK_XFRM, decoder())), bit


def test_a_key_that_is_read_as_its_own_length() -> None:
    # Eight bytes are lost, so that the key begins where its length and that of its check value should be.
    whole = b"hmac(sha256)".ljust(64, b"\0") + KEY
    found = hidden(message(0x10, bytes(224) + attribute(20, whole)), NETLINK_XFRM, decoder())
    assert any(KEY in piece for _, piece in found)


def test_a_key_that_is_read_as_the_members_of_a_struct() -> None:
    # A flipped bit in the type of an algorithm makes a policy of it, which ends in the midst of a limit.
    algorithm = struct.pack("<64sI", b"cbc(aes)", 256) + KEY
    found = hidden(message(0x10, bytes(224) + attribute(7, algorithm)), NETLINK_XFRM, decoder())
    assert any(KEY in piece for _, piece in found)
    twice = attribute(17, algorithm)  # a pair of endpoints and a piece of another
    assert any(KEY in piece for _, piece in hidden(message(0x10, bytes(224) + twice), NETLINK_XFRM, decoder()))
    older = struct.pack("<64sI", b"", 0) + bytes(range(52))  # as of a kernel whose policy ends behind its limits
    assert hidden(message(0x10, bytes(224) + attribute(7, older)), NETLINK_XFRM, decoder()) == []


PLAIN = """
name: wireguard
protocol: genetlink
doc: As one may write it who thinks of no keys.
definitions:
  - {name: size, type: const, value: 32}
attribute-sets:
  - name: device
    attributes:
      - {name: one, type: u32}
      - {name: two, type: string}
      - {name: three, type: binary, display-hint: hex, checks: {exact-len: size}}
      - {name: peers, type: indexed-array, sub-type: nest, nested-attributes: peer, value: 8}
  - name: peer
    attributes:
      - {name: first, type: binary, display-hint: hex}
      - {name: second, type: binary, display-hint: hex}
operations:
  list:
    - {name: get, value: 0, attribute-set: device, dump: {request: {}, reply: {}}}
    - {name: set, value: 1, attribute-set: device, do: {request: {}}}
"""
NARROW = PLAIN.replace("nested-attributes: peer, ", "").replace("sub-type: nest", "sub-type: binary")
NONE = PLAIN[: PLAIN.index("      - {name: three")] + PLAIN[PLAIN.index("operations:") :]


@pytest.mark.parametrize("text", [PLAIN, NARROW, NONE], ids=["plain", "a blob for a nest", "without the key"])
def test_a_plain_spec_keeps_the_masks(text: str, tmp_path: Path) -> None:
    path = tmp_path / "wireguard.yaml"
    path.write_text(text)
    registry = Registry([path])
    family = registry.family("wireguard")
    assert family is not None
    assert family.source == str(path)
    peer = attribute(0, attribute(1, bytes(range(32))) + attribute(2, KEY[::-1]))
    data = generic(1, IFNAME, attribute(3, KEY), attribute(8, peer))
    found = hidden(data, NETLINK_GENERIC, decoder("wireguard", registry=registry))
    for key in (KEY, KEY[::-1]):
        assert any(key in piece for _, piece in found)
    (item,) = read(data, NETLINK_GENERIC, decoder("wireguard", registry=registry, show=True))
    assert KEY.hex() in repr([node.value for node in item.root.walk()])
    assert item.get("two") == "wg0"


def test_a_spec_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "wireguard.yaml"
    path.write_text("name: wireguard\nprotocol: genetlink\ndoc: x\noperations: 7\n")
    by = decoder("wireguard", registry=Registry([path], shipped=tmp_path))
    assert [grade for grade, _ in hidden(generic(1, attribute(3, KEY)), NETLINK_GENERIC, by)] == ["suspect"]


@pytest.mark.parametrize("used", ["", ", used-from: count"], ids=["all", "in part"])
@pytest.mark.parametrize("show", [False, True])
def test_a_key_that_is_an_array_of_numbers_is_masked(tmp_path: Path, show: bool, used: str) -> None:
    path = tmp_path / "made.yaml"
    path.write_text(
        raw_family(
            "- {name: box, type: binary, struct: box}",
            definitions="- {name: box, type: struct, members: [{name: count, type: u8}, "
            f"{{name: key, type: u8, count: 4, secret: true{used}}}]}}",
        )
    )
    by = decoder(registry=Registry([path]), show=show)
    (item,) = read(message(16200, attribute(1, b"\2\1\2\3\4")), 20, by)
    key = item.root.get("box.key")
    assert key is not None
    assert not key.children
    assert (key.secret, key.text, key.value) == (True, *(("1 2 3 4", [1, 2, 3, 4]) if show else (MASKED, MASKED)))


def test_what_is_left_of_a_text_is_no_attribute() -> None:
    """An error of audit that copies a request cut at its end, in a text: fewer bytes than a header has."""
    request = "8c000000 2705 0000 0000000000000000 617564697428313739353331323237352e350000"
    message = message_of(f"48000000 0200 0000 0201000067120000 eaffffff {request}", NETLINK_AUDIT)
    assert message.root.end == message.end
