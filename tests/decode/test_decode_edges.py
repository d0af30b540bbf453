"""Decoding at its edges: short control messages, templates that end in the middle, memos that are full, odd times."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode import layouts
from nlsniff.decode.decoder import Decoder
from nlsniff.decode.fields.format import utc
from nlsniff.decode.fields.tc_numbers import fraction, handle, rate, ticks, u32_handle
from nlsniff.decode.message import NetlinkMessage
from nlsniff.decode.names import Names
from nlsniff.decode.node import Node, counting
from nlsniff.decode.summary import summarise, tidy
from nlsniff.output import text
from nlsniff.output.json import body
from nlsniff.wire.nlmsg import walk_messages
from tests.spec.make import attr, bench, raw_family
from tests.support import REGISTRY, check_tree, messages_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nlsniff.wire.nlmsg import Order

NOOP, ERROR, DONE, OVERRUN = 1, 2, 3, 4
ROUTE, SOCK_DIAG = 0, 4


def message(type_: int, payload: bytes, *, flags: int = 0, protocol: int = ROUTE, order: Order = "<") -> NetlinkMessage:
    data = struct.pack(order + "IHHII", 16 + len(payload), type_, flags, 7, 500) + payload
    (found,) = messages_of(data, protocol, order)
    check_tree(found)
    return found


def wrong(found: NetlinkMessage) -> list[tuple[str, str, str]]:
    return [(item.severity, item.code, item.text) for item in found.problems]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("type_", [NOOP, OVERRUN])
def test_control_messages_that_say_nothing_may_carry_unknown_bytes(type_: int, order: Order) -> None:
    assert body(message(type_, b"", order=order).root) == {}
    found = message(type_, b"\1\2\3\4", order=order)
    assert (body(found.root), found.counts.unknown, wrong(found)) == ({"unknown-bytes": "01020304"}, 4, [])


def test_what_nobody_describes_has_no_summary() -> None:
    assert [message(4711, bytes(8)).summary, message(NOOP, b"").summary, message(16, b"").summary] == ["", "", ""]


def test_what_is_not_there_is_nothing_unknown() -> None:
    found = message(4711, b"")
    assert ([part.name for part in found.root.children], wrong(found)) == (["nlmsghdr"], [])


@pytest.mark.parametrize(("type_", "size"), [(ERROR, 0), (ERROR, 1), (ERROR, 3), (DONE, 1), (DONE, 3)])
def test_an_error_number_that_is_cut(type_: int, size: int) -> None:
    found = message(type_, bytes([0xEA] * size))
    assert found.counts.unknown == size
    assert wrong(found) == [("error", "short-message", f"an error number needs 4 bytes, {size} remain")]


def test_the_end_of_a_dump_may_say_nothing() -> None:
    found = message(DONE, b"", flags=2)
    assert (body(found.root), wrong(found)) == ({}, [])


def test_an_error_without_a_copy_lacks_nothing() -> None:
    found = message(ERROR, struct.pack("<i", -22))
    assert ([part.name for part in found.root.children], wrong(found)) == (["nlmsghdr", "error"], [])


@pytest.mark.parametrize("size", [1, 4, 15])
def test_a_copied_header_that_is_cut(size: int) -> None:
    found = message(ERROR, struct.pack("<i", -22) + bytes(range(1, size + 1)))
    assert (found.counts.unknown, found.answered_type, found.meaning) == (size, "", "")
    assert wrong(found) == [("warning", "short-message", f"a copied header needs 16 bytes, {size} remain")]


def test_a_copy_inside_a_copy_is_kept_unread() -> None:
    inner = struct.pack("<IHHIIi", 36, ERROR, 0, 3, 0, -1) + struct.pack("<IHHII", 16, 18, 1, 3, 0)
    found = message(ERROR, struct.pack("<i", -95) + inner)
    assert found.answered_type == "NLMSG_ERROR"
    assert (found.root.get("request.error").raw, found.root.get("request.request").children[0].raw) == (  # type: ignore[union-attr]
        -1,
        struct.pack("<IHHII", 16, 18, 1, 3, 0),
    )
    assert found.counts.unknown == 16


@pytest.mark.parametrize(
    ("claimed", "words"),
    [
        (15, ("error", "message-length", "nlmsg_len says 15 bytes, less than its own header of 16")),
        (0, ("error", "message-length", "nlmsg_len says 0 bytes, less than its own header of 16")),
        (32, ("error", "message-length", "nlmsg_len says 32 bytes, 28 remain")),
        (4000, ("error", "message-length", "nlmsg_len says 4000 bytes, 28 remain")),
    ],
)
def test_a_length_that_cannot_be_true_is_told(claimed: int, words: tuple[str, str, str]) -> None:
    data = struct.pack("<IHHII", claimed, 26, 1, 7, 0) + bytes(12)
    (span,) = walk_messages(data, 0, "<")
    found = NetlinkMessage(Decoder(REGISTRY), 1, 1, 0, ROUTE, data, "<", span)
    check_tree(found)
    assert words in wrong(found)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "1970-01-01"), (-1, "1969-12-31"), (253402300799, "9999-12-31"), (253402300800, "253402300800"),
     (1 << 62, str(1 << 62)), (-(1 << 62), str(-(1 << 62))), (-62135596800, "1-01-01"), (-62135596801, "-62135596801")],
)  # fmt: skip
def test_a_time_that_no_calendar_has_is_a_number(seconds: int, shown: str) -> None:
    assert utc(seconds, "%Y-%m-%d").lstrip("0") == shown


@pytest.mark.parametrize("order", ["<", ">"])
def test_numbers_are_as_wide_as_they_were_sent(tmp_path: Path, order: Order) -> None:
    made = bench(tmp_path, raw_family("- {name: whole, type: uint}\n- {name: signed, type: sint}"))
    for size in (1, 2, 4, 8):
        raw = (200).to_bytes(size, "little" if order == "<" else "big"), b"\xff" * size
        payload = attr(1, raw[0], order) + attr(2, raw[1], order)
        found = made.message(20, 16200, payload, order=order)
        assert (body(found.root), wrong(found)) == ({"whole": 200, "signed": -1}, [])


def test_a_short_number_has_the_sign_of_its_kind(tmp_path: Path) -> None:
    made = bench(tmp_path, raw_family("- {name: plain, type: u32}\n- {name: signed, type: s32}"))
    found = made.message(20, 16200, attr(1, b"\xfe\xff") + attr(2, b"\xfe\xff"))
    assert body(found.root) == {"plain": 0xFFFE, "signed": -2}
    assert [text for _, _, text in wrong(found)] == [
        "plain has 2 bytes, a u32 has 4",
        "signed has 2 bytes, a s32 has 4",
    ]


def test_what_does_not_fit_is_its_bytes(tmp_path: Path) -> None:
    made = bench(tmp_path, raw_family("- {name: plain, type: u32}"))
    found = made.message(20, 16200, attr(1, b"\1\2\3")).root.get("plain")
    assert found is not None
    assert (found.raw, found.value, found.text) == (b"\1\2\3", "010203", "010203")


@pytest.mark.parametrize(
    ("shape", "raw", "shown"),
    [
        (rate, 0, "0 bit/s"), (rate, 124, "992 bit/s"), (rate, 125, "1 kbit/s"), (rate, 124_999, "999.992 kbit/s"),
        (rate, 125_000, "1 Mbit/s"), (rate, 10**9, "8 Gbit/s"), (rate, 125 * 10**9, "1 Tbit/s"),
        (rate, 1 << 63, "7.3787e+07 Tbit/s"), (ticks, 0, "0 ns"), (ticks, 15, "960 ns"), (ticks, 16, "1.024 us"),
        (ticks, 15_625, "1 ms"), (ticks, 15_625_000, "1 s"), (ticks, (1 << 32) - 1, "274.878 s"),
        (fraction, 0, "0 %"), (fraction, 1 << 31, "50 %"), (fraction, (1 << 32) - 1, "100 %"),
        (u32_handle, 0x80112003, "801:12:3"), (u32_handle, 0x80000000, "800::"), (u32_handle, 0xFFFFF, ":ff:fff"),
        (handle, 0, "none"), (handle, 0xFFFFFFFF, "root"), (handle, 0x10000, "1:"), (handle, 0x1000A, "1:a"),
        (handle, 0xA, ":a"),
    ],
)  # fmt: skip
def test_numbers_of_traffic_control_in_words(shape: Callable[[int, int], str], raw: int, shown: str) -> None:
    assert shape(raw, 4) == shown


def test_what_is_rounded_has_its_number_behind_it(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        raw_family(
            "- {name: x, type: u32, display-hint: fraction, special: {0: none}}\n"
            "- {name: several, type: binary, sub-type: u32, display-hint: fraction}"
        ),
    )

    def line(raw: int) -> str:
        return text.tree(made.message(20, 16200, attr(1, struct.pack("<I", raw))))[-1]

    assert [line(raw) for raw in (0, 85899345, 85899346)] == ["  x: none", "  x: 2 % (85899345)", "  x: 2 % (85899346)"]
    several = made.message(20, 16200, attr(2, struct.pack("<II", 1 << 31, 85899346)))
    assert text.tree(several)[-1] == "  several: 50 % 2 % (2147483648 85899346)"


def test_of_two_parts_with_one_name_the_last_that_can_be_read_counts(tmp_path: Path) -> None:
    made = bench(tmp_path, raw_family("- {name: x, type: u32}"))

    def value(*parts: bytes) -> object:
        return made.message(20, 16200, b"".join(parts)).get("x")

    one, two, bad = attr(1, b"\1\0\0\0"), attr(1, b"\2\0\0\0"), b"\x50\0\1\0\7\7"
    assert (value(one, two), value(two, one)) == (2, 1)
    assert value(one, bad) == 1
    later, cut, item = Node("x", 0, 4, type=1), Node("x", 0, 4, "unknown", type=1), Node("x", 0, 4)
    inside, rows = Node("y", 0, 8, "nest"), Node("y", 0, 8, "list")
    assert [counting(*pair, inside) for pair in ((later, later), (later, cut), (cut, later), (cut, cut))] == [
        True, False, True, True,
    ]  # fmt: skip
    assert not any((counting(later, later, rows), counting(item, later, inside), counting(later, item, inside)))


@pytest.mark.parametrize(
    ("size", "first"), [(60, "mptcpi-subflows"), (103, "mptcpi-subflows"), (104, "tcpi-state"), (320, "tcpi-state"),
                        (321, "sctpi-tag"), (400, "sctpi-tag")],
)  # fmt: skip
def test_what_a_socket_says_of_itself_is_told_by_its_size(size: int, first: str) -> None:
    info = attr(2, bytes(range(1, 201)) * 2)[: 4 + size]
    info = struct.pack("<H", 4 + size) + info[2:] + bytes(-size % 4)
    found = message(20, struct.pack("<BBBB", 2, 1, 0, 0) + bytes(68) + info, protocol=SOCK_DIAG)
    assert next(iter(body(found.root)["info"])) == first


# -- memos -----------------------------------------------------------------------------------------------------------


def test_layouts_are_found_again_when_their_memo_was_full(monkeypatch: pytest.MonkeyPatch) -> None:
    types = [16, 17, 18, 20, 24, 26, 28, 104, 4711, 16, 24]
    wanted = [message(type_, bytes(32)).type_name for type_ in types]
    monkeypatch.setattr(layouts, "_KEPT", 2)
    decoder = Decoder(REGISTRY, Names())
    decoder.names.learn("genl", 0x30, "wireguard", 0)
    seen = [
        messages_of(struct.pack("<IHHII", 48, type_, 0, 7, 5) + bytes(32), ROUTE, decoder=decoder)[0].type_name
        for type_ in types
    ]
    assert seen == wanted
    commands = [
        messages_of(struct.pack("<IHHIIBBH", 20, 0x30, 1, 7, 5, command, 1, 0), 16, decoder=decoder)[0].type_name
        for command in (0, 1, 7, 200, 0, 1)
    ]
    assert commands == [
        "WG_CMD_GET_DEVICE", "WG_CMD_SET_DEVICE", "WIREGUARD_CMD_7", "WIREGUARD_CMD_200", "WG_CMD_GET_DEVICE",
        "WG_CMD_SET_DEVICE",
    ]  # fmt: skip
    assert len(decoder.layouts._variants) <= 2
    assert len(decoder.layouts._commands) <= 2


# -- summaries -------------------------------------------------------------------------------------------------------


def leaf(name: str, value: object, **more: object) -> Node:
    node = Node(name, 0, 4, **more)  # type: ignore[arg-type]
    node.value = node.raw = value
    node.text = str(value)
    return node


def tree() -> Node:
    root = Node("root", 0, 40, "nest")
    nest = Node("nest", 0, 8, "nest")
    nest.add(leaf("a", 1), leaf("pad", 0, kind="padding"), leaf("b", 2))
    flags = leaf("flags", ["up", "x"])
    flags.raw, flags.text = 65, "up,x"
    named = leaf("state", 3)
    named.value = named.resolved = "ready"
    lists = Node("list", 8, 20, "list")
    lists.add(leaf("1", 7), leaf("2", 8), leaf("3", "", kind="unknown"))
    root.add(nest, flags, named, lists, leaf("text", ""), leaf("other", 3))
    return root


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("", ""), ("plain", "plain"), ("{a|b}", ""), ("{nest}", "1 2"), ("{nest.b}", "2"), ("{none|nest.a}", "1"),
        ("{none|'else'}", "else"), ("x[ {none}] y", "x y"), ("x[ {nest.a}] y", "x 1 y"), ("x[ {nest.a}", "x 1"),
        ("x[ {none}", "x"), ("x] y", "x] y"), ("[a [{none}]{nest.a}]", "a 1"), ("[a [{nest.b}]{none}]c", "c"),
        ("{#nest}", "2"), ("{#list}", "2"), ("{list}", "7, 8"), ("{state}", "ready"), ("{state#}", "3"),
        ("{flags}", "up,x"),
        ("[{?state==ready}is]", "is"), ("[{?state==3}is]", "is"), ("[{?state!=ready}not]", ""), ("[{?state==4}is]", ""),
        ("[{?flags==up}is]", "is"), ("[{?flags==65}is]", "is"), ("[{?flags==down}is]", ""),
        ("[{?flags!=down}not]", "not"),
        ("[{?none}is]", ""), ("[{?!none}not]", "not"), ("[{?nest.a}is]", "is"), ("[{?!nest.a}not]", ""),
        ("[{?state==@other}same]", "same"), ("[{?state==@nest.a}same]", ""), ("[{?state!=@nest.a}other]", "other"),
        ("[{?none==3}is]", ""), ("[{?none!=3}not]", "not"), ("[{?state==@none}same]", ""), ("[{?state!=@none}x]", "x"),
        ("\\{a\\} \\[b\\] \\\\", "{a} [b] \\"), ("{text}.", "."), ("a {text} b", "a b"),
    ],
)  # fmt: skip
def test_what_a_template_says(template: str, line: str) -> None:
    assert summarise(template, tree()) == line


def test_a_line_has_single_blanks() -> None:
    lines = ["", "a", " a", "a ", "a  b", "a\tb", "a\u2003b", " a \n b "]
    assert [tidy(line) for line in lines] == ["", "a", "a", "a", "a b", "a b", "a b", "a b"]
