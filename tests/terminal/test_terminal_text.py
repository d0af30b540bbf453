"""Text that is safe for a terminal: one form of escapes, from which the text can be told again."""

from __future__ import annotations

import ast
import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlsniff.filter.parse import parse
from nlsniff.filter.syntax import Compare
from nlsniff.output.json import quoted
from nlsniff.terminal import clip, columns, decoded, duration, escape, fill, one_line

CJK = "\N{CJK UNIFIED IDEOGRAPH-4E2D}"
# Code points of every kind that may do harm, and those that must stay.
HARMFUL = [
    *range(0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, 0x200B, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029,
    *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xD800, 0xDFFF, 0xE000, 0xFEFF, 0xFFFE, 0xFFFF,
    0xE0001, 0xF0000, 0x10FFFF,
]  # fmt: skip


@pytest.mark.parametrize("code", HARMFUL, ids=hex)
def test_what_may_do_harm_is_escaped_everywhere(code: int) -> None:
    for shown in (escape(f"a{chr(code)}b"), one_line(f"a{chr(code)}b"), quoted(f"a{chr(code)}b")):
        assert shown.isprintable()
        assert shown != f"a{chr(code)}b"


def test_what_people_write_stays() -> None:
    text = f"veth0 é {CJK} \N{DEVANAGARI LETTER KA}\N{DEVANAGARI VOWEL SIGN I} \N{HEAVY BLACK HEART}\ufe0f '\"%{{}}"
    assert escape(text) == one_line(text) == text


@pytest.mark.parametrize(
    ("data", "value", "text"),
    [
        (b"veth0", "veth0", "veth0"),
        (b"a\nb\r\tc\0", "a\nb\r\tc\0", "a\\nb\\r\\tc\\x00"),
        (b"\x1b[2J\x07\x08\x7f", "\x1b[2J\x07\x08\x7f", "\\x1b[2J\\x07\\x08\\x7f"),
        (b"a\\x1b", "a\\x1b", "a\\\\x1b"),
        ("\x9b\u202e\u2066\u2028\U000e0001".encode(), "\x9b\u202e\u2066\u2028\U000e0001",
         "\\u009b\\u202e\\u2066\\u2028\\U000e0001"),
        (b"\xff\xfe\x9b", "\\xff\\xfe\\x9b", "\\xff\\xfe\\x9b"),
        (b"\xff\\", "\\xff\\", "\\xff\\\\"),
        ("é".encode(), "é", "é"),
    ],
)  # fmt: skip
def test_the_form(data: bytes, value: str, text: str) -> None:
    assert decoded(data) == (value, text)


@given(st.binary(max_size=40))
@example(b"\\x1b\x1b")
@example(b"\\\\")
@example(b"\x9b\xc2\x9b")
def test_no_two_texts_look_the_same(data: bytes) -> None:
    value, text = decoded(data)
    assert text.isprintable()
    assert _bytes_of(text) == data
    if text == value and "\\" not in value:
        assert value.encode() == data


def _bytes_of(text: str) -> bytes:
    """The bytes that an escaped text stands for."""
    short = {"\\": b"\\", "n": b"\n", "r": b"\r", "t": b"\t"}

    def undo(found: re.Match[str]) -> str:
        body = found[1]
        if body in short:
            return short[body].decode()
        code = int(body[1:], 16)
        return bytes([code]).decode("utf-8", "surrogateescape") if body[0] == "x" else chr(code)

    plain = re.sub(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)", undo, text)
    return plain.encode("utf-8", "surrogateescape")


@given(st.text())
def test_what_is_shown_can_be_typed_in_quotes_as_a_filter(text: str) -> None:
    shown = escape(text)
    assert ast.literal_eval('"' + shown.replace('"', '\\"') + '"') == text
    found = parse('summary == "' + shown.replace('"', '\\"') + '"')
    assert isinstance(found, Compare)
    assert found.value.text == text


@given(st.text())
def test_one_line_twice_is_one_line_once(words: str) -> None:
    line = one_line(words)
    assert line.isprintable()
    assert one_line(line) == line
    assert one_line(f"file {escape(words)}") == f"file {escape(words)}"


@given(
    st.recursive(
        st.text() | st.integers(-(2**63), 2**64 - 1), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
@example("\x7f\x9b\u2028\U000e0001\ud800")
def test_json_without_harm_says_the_same(value: object) -> None:
    text = quoted(value)
    assert text.isprintable()
    assert json.loads(text) == value


def test_columns_count_what_a_terminal_uses() -> None:
    assert columns(f"eth{CJK}") == 5
    assert clip(CJK * 10, 8) == CJK * 3 + "…"
    assert fill(CJK, 4) == f"{CJK}  "
    assert (clip("│════ eth0", 6), clip("eth0", 0)) == ("│════…", "…")
    assert (duration(21_000), duration(12_300_000_000)) == ("0.021 ms", "12.3 s")


@given(st.text(st.sampled_from(f"a{CJK}e\N{COMBINING ACUTE ACCENT}\N{BOX DRAWINGS DOUBLE HORIZONTAL}"), max_size=12))
def test_a_text_is_cut_to_the_width_by_whole_characters(text: str) -> None:
    for width in range(1, 14):
        cut = clip(text, width)
        assert columns(cut) <= width
        if columns(text) <= width:
            assert cut == text
        else:
            kept = cut.removesuffix("…")
            assert text.startswith(kept)
            assert columns(text[: len(kept) + 1]) > width - 1
