"""Keys for messages that are no attribute chains: text up to a mark, NAME=VALUE pairs, structs in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.cli.spec import command
from tests.cli.invoke import invoke
from tests.spec.make import Bench, bench, problems, raw_family, shown, u8, u16

if TYPE_CHECKING:
    from pathlib import Path

RECORD = """
- name: record
  type: struct
  summary: "{msg.op}[ by {comm}][ {msg.res}]"
  members:
    - {name: word, type: string, until: "("}
    - {name: serial, type: u32, until: "): "}
    - {name: fields, type: pairs, between: " ", nested-attributes: fields, rest: true}
"""
FIELDS = """
- name: fields
  attributes:
    - {name: pid, type: s32}
    - {name: mask, type: u16, display-hint: hex}
    - {name: uid, type: u32, special: {4294967295: unset}}
    - {name: comm, type: string}
    - {name: link, type: u32, refers-to: link}
    - {name: msg, type: pairs, between: " ", nested-attributes: fields}
"""
SPEC = raw_family("- {name: x, type: u8}", definitions=RECORD, more=FIELDS, extra="payload: record")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench(tmp_path_factory.mktemp("text"), SPEC)


def test_a_record_of_pairs(made: Bench) -> None:
    text = b"hello(17): pid=-4 comm=\"a b\" Some_Name=any words here msg='op=login res=failed' mask=1f uid=4294967295"
    message = made.message(20, 16200, text + b"\0\0")
    assert shown(message) == {
        "word": "hello", "serial": 17, "pid": -4, "comm": "a b", "some-name": "any words here",
        "msg": {"op": "login", "res": "failed"}, "mask": 31, "uid": 4294967295,
    }  # fmt: skip
    assert message.summary == "login by a b failed"
    assert message.root.get("uid").text == "unset"  # type: ignore[union-attr]
    assert message.root.get("mask").text == "0x001f"  # type: ignore[union-attr]
    assert problems(message) == []
    # Quotes around a list of pairs, and the NULs at the end.
    assert message.counts == (16 + len(text) + 2, 16 + len(text) + 2 - 4, 4, 0)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (b"a(1): ", {"word": "a", "serial": 1}),
        (b"a(1): no pair at all", {"word": "a", "serial": 1, "text": "no pair at all"}),
        (b"a(1): avc: { read } for pid=1", {"word": "a", "serial": 1, "text": "avc: { read } for", "pid": 1}),
        (b"a(1): pid=(null) comm=", {"word": "a", "serial": 1, "pid": "(null)", "comm": ""}),
        (b"a(1): pid=99999999999", {"word": "a", "serial": 1, "pid": "99999999999"}),
        (b"a(one): ", {"word": "a", "serial": "one"}),
        (b'a(1): comm="never ends pid=1', {"word": "a", "serial": 1, "comm": '"never ends', "pid": 1}),
        (b"a(1): msg='it's op=x' uid=0", {"word": "a", "serial": 1, "msg": {"text": "it's", "op": "x"}, "uid": 0}),
        (b"a(1): pid=1 pid=2", {"word": "a", "serial": 1, "pid": [1, 2]}),
        (b"a(1): comm=\xff\xfe", {"word": "a", "serial": 1, "comm": "\\xff\\xfe"}),
    ],
)
def test_odd_records(made: Bench, text: bytes, body: dict[str, Any]) -> None:
    message = made.message(20, 16200, text)
    assert shown(message) == body
    assert (message.counts.unknown, problems(message)) == (0, [])


def test_a_mark_that_never_comes(made: Bench) -> None:
    message = made.message(20, 16200, b"a(12")
    assert shown(message) == {"word": "a", "serial": "", "text": "12"}
    assert problems(message) == [("warning", "serial: there is no '): ' that ends it")]


def test_a_number_that_the_capture_has_a_name_for(made: Bench) -> None:
    made.names.learn("link", 7, "eth7", 0)
    message = made.message(20, 16200, b"a(1): link=7")
    assert (shown(message)["link"], shown(message)["link-name"]) == (7, "eth7")


@given(st.binary(max_size=200) | st.text("a(=): '\"m\0gps", max_size=80).map(str.encode))
def test_any_bytes(made: Bench, text: bytes) -> None:
    message = made.message(20, 16200, text)  # which checks the tree
    assert message.summary is not None


def test_items_with_a_mark_between(tmp_path: Path) -> None:
    spec = SPEC.replace(
        'between: " ", nested-attributes: fields, rest', 'between: "\\0", nested-attributes: fields, rest'
    )
    message = bench(tmp_path, spec).message(20, 16200, b'a(1): PID=5\0comm="x y" z\0=\0\0alone\0')
    assert shown(message) == {"word": "a", "serial": 1, "pid": 5, "comm": '"x y" z', "text": ["=", "alone"]}


def test_any_other_name(tmp_path: Path) -> None:
    spec = SPEC.replace("- {name: pid, type: s32}", '- {name: "*", type: u8}')
    assert shown(bench(tmp_path, spec).message(20, 16200, b"a(1): pid=5 b=x uid=7")) == {
        "word": "a", "serial": 1, "pid": 5, "b": "x", "uid": 7,
    }  # fmt: skip


def test_a_key_in_a_text_is_masked_and_so_is_what_nobody_knows_beside_it(tmp_path: Path) -> None:
    made = bench(tmp_path, SPEC.replace("{name: comm, type: string}", "{name: comm, type: string, secret: true}"))
    text = b"a(1): lead pid=5 comm=hidden other=hidden msg='comm=\"hidden\"'"
    message = made.message(20, 16200, text)
    assert shown(message) == {
        "word": "a", "serial": 1, "text": "<secret>", "pid": 5, "comm": "<secret>", "other": "<secret>",
        "msg": {"comm": "<secret>"},
    }  # fmt: skip
    assert "hidden" in str(shown(made.message(20, 16200, text, show_secrets=True)))


STRUCTS = """
- {name: head, type: struct, members: [{name: kind, type: u16}, {name: size, type: u16}]}
- {name: body, type: struct, members: [{name: data, type: binary, length-from: size, display-hint: hex}]}
- name: sized
  type: struct
  members:
    - {name: count, type: u8}
    - {name: all, type: u16, count: 3, used-from: count}
"""


def test_structs_in_a_row_look_up_what_those_before_them_say(tmp_path: Path) -> None:
    made = bench(tmp_path, raw_family("- {name: x, type: u8}", definitions=STRUCTS, extra="payload: [head, body]"))
    message = made.message(20, 16200, u16(1) + u16(2) + b"\xab\xcd\0\0")
    assert shown(message) == {"kind": 1, "size": 2, "data": "abcd"}
    assert message.counts == (24, 22, 2, 0)
    longer = made.message(20, 16200, u16(1) + u16(2) + b"\xab\xcdxyz")
    assert longer.counts.unknown == 3
    assert [item.text for item in longer.problems] == ["3 bytes follow body"]


def test_a_member_behind_other_structs_tells_messages_apart(tmp_path: Path) -> None:
    spec = raw_family("- {name: x, type: u8}", definitions=STRUCTS, extra="payload: [head, sized]\nwhen: {count: 2}")
    spec += "    - name: other\n      payload: [head, body]\n      do: {request: {value: 16200}}\n"
    made = bench(tmp_path, spec)
    assert made.message(20, 16200, u16(1) + u16(1) + u8(2) + u16(1) * 3).type_name == "MADE_CMD_SAY"
    assert made.message(20, 16200, u16(1) + u16(1) + u8(3)).type_name == "MADE_CMD_OTHER"


@pytest.mark.parametrize(
    ("count", "rest", "value", "unknown"), [(1, u16(0), [7], 0), (9, u16(0), [7, 0, 0], 0), (1, u16(5), [7], 4)]
)
def test_an_array_that_is_not_full(tmp_path: Path, count: int, rest: bytes, value: list[int], unknown: int) -> None:
    made = bench(tmp_path, raw_family("- {name: x, type: u8}", definitions=STRUCTS, extra="payload: sized"))
    message = made.message(20, 16200, u8(count) + u16(7) + rest * 2)
    assert shown(message)["all"] == value
    assert message.counts.unknown == unknown


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ('{name: p, type: pairs, between: " "}', "needs `rest: true`"),
        ("{name: p, type: pairs, rest: true}", "needs `between:`"),
        ('{name: p, type: string, until: ""}', "expected the text that ends the member"),
        ("{name: p, type: u8, count: 2, used-from: nothing}", "nothing is called 'nothing'"),
    ],
)
def test_mistakes_are_said(tmp_path: Path, member: str, words: str) -> None:
    from nlsniff.cli.spec import command
    from tests.cli.invoke import invoke

    path = tmp_path / "wrong.yaml"
    struct = f"- {{name: s, type: struct, members: [{member}]}}"
    path.write_text(raw_family("- {name: x, type: u8}", definitions=struct, extra="payload: s"))
    result = invoke(command, ["check", str(path)])
    assert words in result.output, result.output


def test_a_payload_taken_back(tmp_path: Path) -> None:
    spec = raw_family("- {name: x, type: u8}", definitions=STRUCTS, extra="payload: none")
    spec = spec.replace("  enum-model", "  payload: [head, sized]\n  enum-model")
    made = bench(tmp_path, spec)
    assert shown(made.message(20, 16200, bytes.fromhex("0500010009000000"))) == {"x": 9}
    whole = bench(tmp_path, spec.replace("payload: none", "doc: x"))
    assert shown(whole.message(20, 16200, u16(1) + u16(2) + u8(1) + u16(9) + bytes(4))) == {
        "kind": 1, "size": 2, "count": 1, "all": [9],
    }  # fmt: skip


def test_a_summary_may_show_what_only_messages_name(tmp_path: Path) -> None:
    path = tmp_path / "made.yaml"
    path.write_text(SPEC)
    result = invoke(command, ["check", "--strict", str(path)])
    assert result.exit_code == 0, result.output
