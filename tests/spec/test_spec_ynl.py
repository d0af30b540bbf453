"""Plain specs of the kernel's format: every feature, on bytes made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.make import DATA, NESTED, Bench, attr, be16, be32, nest, problems, shown, u8, u16, u32, u64

RDMA = 20
HEADER = u8(1) + b"\0" + be16(443) + u32(0b10011)
EVERY = Bench(DATA / "every.yaml")


def number(name: str, of: str = "main") -> int:
    found = EVERY.family("every").attribute_set(of).by_name(name)
    assert found is not None
    return found.number


def ask(*attrs: bytes, flags: int = 1) -> Any:
    return EVERY.message(RDMA, 16144, HEADER + b"".join(attrs), flags)


def test_nothing_is_wrong_with_it() -> None:
    assert EVERY.complaints == []


def test_the_fixed_header_stands_beside_the_attributes() -> None:
    message = ask()
    assert message.type_name == "EVERY_CMD_GET"
    assert shown(message) == {"kind": "line", "port": 443, "lamps": ["on", "off", "dim"]}
    assert message.counts == (24, 23, 1, 0)


@pytest.mark.parametrize(
    ("name", "payload", "value"),
    [
        ("byte", u8(200), 200),
        ("word", be16(443), 443),
        ("number", u32(0xDEADBEEF), 0xDEADBEEF),
        ("large", u64(1 << 63), 1 << 63),
        ("small", b"\xff", -1),
        ("wide", b"\xfe" + b"\xff" * 7, -2),
        ("any-uint", u32(7), 7),
        ("any-uint", u64(1 << 40), 1 << 40),
        ("any-sint", b"\xff\xff\xff\xff", -1),
        ("any-sint", b"\xff" * 8, -1),
        ("text", b"veth0\0", "veth0"),
        ("here", b"", True),
        ("blob", b"\x01\x02", "0102"),
        ("bits", u32(1) + u32(3), {"value": ["on"], "selector": ["on", "off"]}),
        ("color", u8(5), "red"),
        ("color", u8(10), "blue"),
        ("color", u8(77), 77),
        ("colors", u32(0b111), ["dot", "line", "0x4"]),
        ("list", u16(1) + u16(2), [1, 2]),
        ("v4", bytes([192, 0, 2, 1]), "192.0.2.1"),
        ("address", bytes([192, 0, 2, 1]), "192.0.2.1"),
        ("address", bytes(15) + b"\1", "::1"),
        ("six", bytes(15) + b"\1", "::1"),
        ("id", bytes(range(16)), "00010203-0405-0607-0809-0a0b0c0d0e0f"),
        ("far", u8(1), 1),
        ("next", u8(2), 2),
        ("fiber", bytes(range(6)), "00:01:02:03:04:05"),
        ("box", b"a box\0\0\0" + u16(1) + b"\xff\xff" + bytes(range(6)) + bytes(7),
         {"label": "a box", "corner": {"x": 1, "y": -1}, "mac": "00:01:02:03:04:05", "cut": "00000000000000"}),
    ],
)  # fmt: skip
def test_a_value(name: str, payload: bytes, value: Any) -> None:
    message = ask(attr(number(name), payload))
    assert shown(message)[name] == value
    assert problems(message) == []


def test_numbers_count_on_from_the_last() -> None:
    assert [number(name) for name in ("byte", "word", "far", "next", "by-header")] == [1, 2, 100, 101, 102]


def test_nests_and_lists() -> None:
    deep = nest(number("inside"), attr(1, u32(1)), nest(2, attr(1, u32(2)), nest(2)))
    assert shown(ask(deep))["inside"] == {"id": 1, "deeper": {"id": 2, "deeper": {}}}
    points = nest(number("points"), attr(0, u16(1) + u16(2)), attr(1, u16(3) + u16(4)))
    assert shown(ask(points))["points"] == [{"0": {"x": 1, "y": 2}}, {"1": {"x": 3, "y": 4}}]
    assert shown(ask(nest(number("names"), attr(1, b"a\0"), attr(2, b"b\0"))))["names"] == ["a", "b"]
    assert shown(ask(nest(number("numbers"), attr(1, u16(8)), attr(2, u16(9)))))["numbers"] == [8, 9]
    for name in ("parts", "old-parts"):
        assert shown(ask(nest(number(name), nest(5, attr(1, u32(6))))))[name] == [{"5": {"id": 6}}]
    again = attr(number("again"), u32(1))
    assert shown(ask(again))["again"] == [1]
    assert shown(ask(again, attr(number("again"), u32(2))))["again"] == [1, 2]


def test_attribute_types_that_are_values() -> None:
    message = ask(nest(number("table"), nest(3, nest(8, attr(1, u32(9)))), nest(4, nest(1))))
    rows = [{"row": 3, "column": [{"column": 8, "id": 9}]}, {"row": 4, "column": [{"column": 1}]}]
    assert shown(message)["table"] == {"row": rows}


@pytest.mark.parametrize(
    ("which", "payload", "value"),
    [
        (b"plain\0", attr(1, u32(5)), {"id": 5}),
        (b"headed\0", u32(2) + attr(1, u32(5)), {"version": 2, "id": 5}),
        (b"bare\0", u32(2), {"version": 2}),
        (b"empty\0", b"", ""),
    ],
)
@pytest.mark.parametrize("first", [True, False], ids=["selector-first", "selector-last"])
def test_a_selector_chooses(which: bytes, payload: bytes, value: Any, *, first: bool) -> None:
    both = [attr(number("which"), which), attr(number("chosen") | NESTED, payload)]
    assert shown(ask(*(both if first else both[::-1])))["chosen"] == value


def test_a_selector_may_be_in_the_fixed_header() -> None:
    assert shown(ask(attr(number("by-header"), attr(1, u32(5)))))["by-header"] == {"id": 5}


def test_a_kind_that_no_format_has_is_kept_and_said() -> None:
    message = ask(attr(number("which"), b"new\0"), attr(number("chosen"), u32(5)))
    assert shown(message)["chosen"] == "05000000"
    assert message.counts.unknown == 4
    assert problems(message) == [("note", "chosen: no layout is known for which new")]


def test_padding_and_unused_attributes() -> None:
    message = ask(attr(number("filler"), bytes(4)), attr(number("gone"), b"\1"))
    assert "filler" not in shown(message)
    assert shown(message)["gone"] == "01"
    assert (message.counts.padding, message.counts.unknown) == (1 + 4 + 3, 1)


def test_a_subset_has_the_numbers_and_types_of_its_set_and_its_own_corrections() -> None:
    message = EVERY.message(
        RDMA, 16146, HEADER + attr(1, u8(4)) + attr(3, bytes([192, 0, 2, 9])) + attr(101, u8(3)) + attr(2, be16(1))
    )
    found = shown(message)
    assert (found["byte"], found["number"], found["next"]) == (4, "192.0.2.9", 3)
    assert found["unknown-2"] == "0001"  # not of the subset


def test_replies_and_notifications_have_their_own_numbers() -> None:
    family = EVERY.family("every")
    assert [(item.name, item.notification) for item in family.operations] == [
        ("get", False), ("set", False), ("changed", True), ("bang", True),
    ]  # fmt: skip
    answer = EVERY.message(RDMA, 16145, HEADER + attr(1, u8(4)), flags=0)
    assert (answer.type_name, shown(answer)["byte"]) == ("EVERY_CMD_GET_REPLY", 4)
    assert ask().layout.operation.replies == (16145,)
    news = EVERY.message(RDMA, 16147, HEADER + attr(1, u8(4)), flags=0)
    assert (news.type_name, shown(news)["byte"]) == ("EVERY_CMD_CHANGED", 4)
    bang = EVERY.message(RDMA, 16148, HEADER + attr(1, u32(4)), flags=0)
    assert (bang.type_name, shown(bang)["id"]) == ("EVERY_CMD_BANG", 4)


def test_the_machine_may_be_big_endian() -> None:
    header = u8(0) + b"\0" + be16(443) + be32(1)
    payload = header + attr(number("number"), be32(7), ">") + attr(number("word"), be16(5), ">")
    message = EVERY.message(RDMA, 16144, payload, order=">")
    assert (shown(message)["number"], shown(message)["word"], shown(message)["lamps"]) == (7, 5, ["on"])


# -- generic netlink ------------------------------------------------------------------------------------------------

UNIFIED = Bench(DATA / "unified.yaml")
DIRECTED = Bench(DATA / "directed.yaml")


@pytest.mark.parametrize(
    ("command", "flags", "name"),
    [(1, 1, "UNI_CMD_GET"), (1, 0, "UNI_CMD_GET"), (2, 1, "UNI_CMD_SET"), (3, 0, "UNI_EVENT_NEWS"),
     (4, 0, "UNI_EVENT_END"), (9, 1, "UNIFIED_CMD_9")],
)  # fmt: skip
def test_unified_numbers(command: int, flags: int, name: str) -> None:
    assert UNIFIED.generic("unified", command, attr(1, u32(3)), flags).type_name == name


def test_unified_attributes() -> None:
    payload = attr(1, u32(3)) + attr(2, u8(1)) + attr(3, b"x\0")
    assert shown(UNIFIED.generic("unified", 3, payload, 0)) == {"id": 3, "state": "busy", "name": "x"}


@pytest.mark.parametrize(
    ("command", "flags", "name"),
    [
        (1, 1, "DIRECTED_CMD_GET"),
        (2, 0, "DIRECTED_CMD_GET_REPLY"),
        (2, 1, "DIRECTED_CMD_SET"),
        (3, 0, "DIRECTED_CMD_CHANGED"),
    ],
)
def test_directional_numbers(command: int, flags: int, name: str) -> None:
    message = DIRECTED.generic("directed", command, attr(1, u32(3)), flags)
    assert (message.type_name, shown(message)["id"]) == (name, 3)
