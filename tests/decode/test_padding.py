"""Reserved bytes and gaps that are not zero are shown, with a note; zeros are not."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.filter.compile import compile_filter
from nlsniff.output.text import tree
from tests.spec.make import attr, bench, problems, raw_family, shown
from tests.support import REGISTRY, check_tree, messages_of

if TYPE_CHECKING:
    from pathlib import Path

SPEC = raw_family(
    "- {name: box, type: binary, struct: box}\n- {name: text, type: string}",
    definitions="""
- name: box
  type: struct
  layout: c
  members: [{name: a, type: u8}, {name: b, type: u32}, {name: spare, type: pad, len: 2}]
""",
)


@pytest.mark.parametrize(
    ("payload", "value", "said"),
    [
        (bytes.fromhex("01aabbcc 05000000 eeff 7700"),
         {"a": 1, "padding": ["aabbcc", "7700"], "b": 5, "spare": "eeff"}, ["padding", "spare", "padding"]),
        (bytes.fromhex("01000000 05000000 0000 0000"), {"a": 1, "b": 5}, []),
        (bytes.fromhex("01000000 05000000 0100 0000"), {"a": 1, "b": 5, "spare": "0100"}, ["spare"]),
    ],
)  # fmt: skip
def test_gaps_of_structs(tmp_path: Path, payload: bytes, value: object, said: list[str]) -> None:
    message = bench(tmp_path, SPEC).message(20, 16200, attr(1, payload))
    assert shown(message)["box"] == value
    assert problems(message) == [("note", f"{name} is not zero") for name in said]
    assert message.counts.padding == 7 and not message.counts.unknown  # noqa: PT018


def test_what_stands_between_attributes(tmp_path: Path) -> None:
    message = bench(tmp_path, SPEC).message(20, 16200, struct.pack("<HH2s2s", 6, 2, b"x\0", b"\7\0") + attr(2, b"y\0"))
    assert shown(message) == {"text": ["x", "y"], "padding": "0700"}
    assert problems(message) == [("note", "padding is not zero")]


@pytest.mark.parametrize(
    ("protocol", "type_", "payload", "name"),
    [
        (16, 16, "0301adde", "reserved"),  # genlmsghdr
        (0, 18, "00aa0000" + "00" * 12, "ifi-pad"),
        (0, 30, "02aaccbb" + "00" * 8, "ndm-pad1"),
        (0, 94, "00aaccbb 01000000 01000000", "pad1"),
        (0, 38, "00aaccbb" + "00" * 16, "pad1"),
    ],
)
def test_reserved_bytes_of_headers_are_shown(protocol: int, type_: int, payload: str, name: str) -> None:
    for text, present in ((payload, True), (payload.replace("aa", "00").replace("adde", "0000"), False)):
        body = bytes.fromhex(text)
        (message,) = messages_of(struct.pack("<IHHII", 16 + len(body), type_, 1, 7, 0) + body, protocol)
        check_tree(message)
        assert any(f" {name}: " in line for line in tree(message)) is present
        assert compile_filter(f'note contains "{name} is not zero"', REGISTRY).matches(message) is present
