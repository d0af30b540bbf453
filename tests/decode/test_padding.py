"""Reserved bytes and gaps that are not zero are shown, with a note; zeros are not."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.filter.compile import compile_filter
from nlsniff.output.json import message_object
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
         {"a": 1, "padding": ["aabbcc", "7700"], "b": 5, "spare": "eeff"},
         ["padding is not zero: aabbcc", "spare is not zero: eeff", "padding is not zero: 7700"]),
        (bytes.fromhex("01000000 05000000 0000 0000"), {"a": 1, "b": 5}, []),
        (bytes.fromhex("01000000 05000000 0100 0000"), {"a": 1, "b": 5, "spare": "0100"}, ["spare is not zero: 0100"]),
    ],
)  # fmt: skip
def test_gaps_of_structs(tmp_path: Path, payload: bytes, value: object, said: list[str]) -> None:
    message = bench(tmp_path, SPEC).message(20, 16200, attr(1, payload))
    assert shown(message)["box"] == value
    assert problems(message) == [("note", text) for text in said]
    assert message.counts.padding == 7 and not message.counts.unknown  # noqa: PT018


def test_what_stands_between_attributes(tmp_path: Path) -> None:
    message = bench(tmp_path, SPEC).message(20, 16200, struct.pack("<HH2s2s", 6, 2, b"x\0", b"\7\0") + attr(2, b"y\0"))
    assert shown(message) == {"text": ["x", "y"], "padding": "0700"}
    assert problems(message) == [("note", "padding is not zero: 0700")]


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


KEYED = raw_family(
    "- {name: key, type: binary, struct: box, secret: true}\n- {name: text, type: string}\n"
    "- {name: box, type: binary, struct: box}",
    definitions="""
- name: box
  type: struct
  members: [{name: a, type: u8}, {name: spare, type: pad, len: 3}, {name: name, type: string, len: 4}]
""",
)
KEY, TEXT, BOX = 1, 2, 3


@pytest.mark.parametrize(
    ("attribute", "said", "masked"),
    [
        (attr(KEY, b"\1\xab\xcd\xefabc\0"), "spare is not zero: abcdef", "spare is not zero: <secret>"),
        (attr(BOX, b"\1\xab\xcd\xefabc\0"), "spare is not zero: abcdef", "spare is not zero: <secret>"),
        (attr(BOX, b"\1\0\0\0a\0\xab\xcd"), "name has 2 bytes behind its NUL: abcd",
         "name has 2 bytes behind its NUL: <secret>"),
        (attr(TEXT, b"a\0\xab\xcd"), "text has 2 bytes behind its NUL: abcd",
         "text has 2 bytes behind its NUL: <secret>"),
        (attr(TEXT, b"a\0\0\0"), "text has more than one NUL at its end: 3",
         "text has more than one NUL at its end: 3"),
        (attr(TEXT, b"zz\0")[:-1] + b"\xab", "padding is not zero: ab", "padding is not zero: <secret>"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("show", [False, True])
def test_notes_beside_keys_hide_the_bytes_that_are_hidden(
    tmp_path: Path, attribute: bytes, said: str, masked: str, show: bool
) -> None:
    message = bench(tmp_path, KEYED).message(20, 16200, attribute, show_secrets=show)
    assert [text for severity, text in problems(message) if severity == "note"] == [said if show else masked]
    if said != masked:
        assert (said.rpartition(": ")[2] in "\n".join(tree(message))) is show
        assert (said.rpartition(": ")[2] in str(message_object(message))) is show
