"""Transcripts as text: what is written is read again, and what is wrong is said with its line."""

from __future__ import annotations

import contextlib
import gc
import time
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlsniff.regress.model import Block, Item, Lane, Placeholder, SaidMessage, SaidStep, Transcript
from nlsniff.regress.parse import MAX_DEPTH, TranscriptError, parse
from nlsniff.regress.write import text_of
from tests.conftest import CAPTURES, COMPRESSED
from tests.regress.made import TRANSCRIPTS, transcript_of

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "nlsniff transcript 1\nanswers objects\n"


@settings(max_examples=60)
@given(TRANSCRIPTS)
def test_what_is_written_is_read_again(transcript: Transcript) -> None:
    text = text_of(transcript)
    again = parse(text)
    assert again == transcript
    assert text_of(again).splitlines()[:2] == text.splitlines()[:2]
    assert parse(text.replace("\n", "\r\n")) == transcript
    assert all(char == "\n" or unicodedata.category(char) not in {"Cc", "Cf", "Zl", "Zp", "Cs"} for char in text)
    assert not [line for line in text.split("\n") if line != line.rstrip()]


@pytest.mark.parametrize("level", ["outcome", "objects", "full"])
@pytest.mark.parametrize("path", [*CAPTURES[::4], *COMPRESSED[:1]], ids=lambda path: path.name)
def test_a_recording_is_read_again(path: Path, level: str) -> None:
    made = transcript_of(path, level, news=True)  # type: ignore[arg-type]
    text = text_of(made)
    assert parse(text) == made
    assert (parse(text).kernel, parse(text).comments) == (made.kernel, made.comments)
    assert text_of(parse(text)) == text


PIECES = [
    "== ip", "== news", "> RTM_NEWLINK ack", ">?", ">+ A", "| B", "* C  d e : f <if:g>  ! h", "< ok", "<* any order:",
    "< EINVAL  at a.b", "    a: b", "      - c", "  # the kernel says: x", "\t+ a b", "# x", "<<<<<<< x", '"', "<* x:",
    "    -: ! x", '    "a": "b" ', "    a [b]:", "< E1  of 2", ">  ", "    a: <b:c",
]  # fmt: skip


@settings(max_examples=60)
@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("\n".join)))
def test_any_text_is_read_or_refused_in_a_line(text: str) -> None:
    for whole in (text, HEAD + text, HEAD + "== ip\n" + text):
        try:
            found = parse(whole, "x.nlt")
        except TranscriptError as error:
            told = str(error)
        else:
            told = "x.nlt:" * (parse(text_of(found)) == found)
        assert told.startswith("x.nlt:")
        assert told.isprintable()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "x:1: expected `nlsniff transcript 1`, this is no transcript"),
        ("{}\n", "x:1: expected `nlsniff transcript 1`, this is no transcript"),
        ("nlsniff transcript 2\n", "x:1: version `2` of the format: a newer nlsniff wrote it, update nlsniff"),
        ("nlsniff transcript 1x\n", "x:1: version `1x` of the format: expected 1"),
        ("nlsniff transcript 1\nanswers all\n", "x:2: expected one of `answers outcome`, `answers objects`"),
        ("nlsniff transcript 1\n", "expected one of `answers outcome`, `answers objects`, `answers full`"),
        (f"{HEAD}> RTM_NEWLINK\n", "x:3: `> RTM_NEWLINK` stands in no lane; expected `== NAME`"),
        (f"{HEAD}== ip\n<<<<<<< HEAD\n", "x:4: `<<<<<<<` marks a conflict of a merge, which must be resolved first"),
        (f"{HEAD}=======\n", "x:3: `=======` marks a conflict"),
        (f"{HEAD}== ip\n    a: b\n", "x:4: `a: b` belongs to nothing; expected a line that begins with"),
        (f"{HEAD}== ip\n> A\n    b\n", "x:5: `b`: expected `name: value`, or `- value`"),
        (f"{HEAD}== ip\n> A\n    b: <c\n", "x:5: `<c`: expected `<kind:name>`; a text that begins with < is quoted"),
        (f'{HEAD}== ip\n> A\n    b: "c\n', 'x:5: `"c`: expected a JSON string, with its end'),
        (f'{HEAD}== ip\n> A\n    b: "c" d\n', "x:5: `d`: expected the end of the line, or a problem behind `! `"),
        (f"{HEAD}== ip\n> A\n    b:\n        c: 1\n      d: 2\n", "x:7: this line is indented by 6, those beside"),
        (f"{HEAD}== ip\n> A\n<* any:\n", "x:5: `any` is nothing that a dump can be; expected `any order`"),
        (f"{HEAD}== ip\n> A\n<* any order\n", "x:5: `any order` ends a dump's line; expected `<* any order:`"),
        (f"{HEAD}== ip\n> A\n<* any order:\n    B\n  C\n", "x:7: this line is indented by 2, the entries"),
        (f"{HEAD}== ip\n> A\n< EINVAL  on x\n", "x:5: `on x`: expected `at PATH`, `expected WORDS`"),
        (f"{HEAD}== ip\n> A\n< EINVAL  of 0x1\n", "x:5: `0x1` is no number of a request"),
        (f"{HEAD}== ip\n~ A\n", "x:4: `~ A` is no part of a conversation; expected `> TYPE`"),
        (f"{HEAD}== ip\n*\n", "x:4: `*` is no part of a conversation"),
        (f"{HEAD}== news\n> A\n", "x:4: `> A` is no event; expected `* TYPE`"),
        (f"{HEAD}== ip\n* A  b c : d e : f g\n", "x:4: `: f g`: the parts of a message begin once"),
        (f"{HEAD}== ip\n> \x1b[31mA\n    \u202e\n", "x:5: `\\u202e`: expected"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(text: str, told: str) -> None:
    with pytest.raises(TranscriptError) as caught:
        parse(text, "x")
    assert told in str(caught.value)
    assert caught.value.exit_code == 2


def test_other_widths_tabs_and_lines_for_people_are_read() -> None:
    plain = f"{HEAD}# Linux 6.1.176 x86_64\n\n== ip\n> A ack\n    b:\n      c: 1\n    d: <if:e>\n< ok\n"
    other = f"\ufeff# x\n\n{HEAD}# y\n== ip\n# z\n> A ack\n\tb:\n# z\n\t\tc: 1   \n\n\td: <if:e>\n# z\n< ok"
    assert parse(plain) == parse(other)
    assert parse(plain).kernel == "Linux 6.1.176 x86_64"
    assert parse(plain).comments == ("Linux 6.1.176 x86_64",)
    assert parse(other).comments == ("x", "y")


def test_everything_knows_its_line() -> None:
    text = "== ip\n> A\n    b:\n      c: 1\n* D  e 1\n    + f 2\n    + g 3 : h 4\n< ok\n<* any order:\n    I\n"
    lane = parse(HEAD + text).lanes[0]
    request, event, outcome, dump = lane.blocks[0].parts
    assert lane.line == 3
    assert [request.message.line, event.message.line, outcome.line, dump.line] == [4, 7, 10, 11]  # type: ignore[union-attr]
    assert [(item.name, item.line) for item in request.message.items] == [("b", 5)]  # type: ignore[union-attr]
    assert request.message.items[0].parts == (Item("c", "1"),)  # type: ignore[union-attr]
    assert request.message.items[0].parts[0].line == 6  # type: ignore[union-attr]
    assert [(item.name, item.line) for item in event.message.identity] == [("e", 0), ("f", 8), ("g", 9)]  # type: ignore[union-attr]
    assert dump.entries[0].line == 12  # type: ignore[union-attr]


def test_parts_may_be_nested_only_so_deep() -> None:
    deep = "".join(f"{' ' * level}a:\n" for level in range(1, MAX_DEPTH + 2))
    assert parse(f"{HEAD}== ip\n> A\n{deep[: deep.rindex(' ' * (MAX_DEPTH + 1))]}")
    with pytest.raises(TranscriptError, match=f"nested deeper than {MAX_DEPTH}"):
        parse(f"{HEAD}== ip\n> A\n{deep}")


def test_what_could_be_mistaken_is_quoted() -> None:
    values = ("<if:x>", '"', "a  b", "a : b", "[nested]", "! x", "- x", "", "\x1b", Placeholder("if", "a b>"))
    lines = f"{HEAD}== ip\n> A\n" + "".join(f"    v: {line}\n" for line in (
        '"<if:x>"', '"\\""', '"a  b"', '"a : b"', '"[nested]"', '"! x"', "- x", '""', '"\\u001b"', '<if:"a b>">'
    ))  # fmt: skip
    found = parse(lines)
    assert tuple(item.value for item in found.lanes[0].blocks[0].parts[0].message.items) == values  # type: ignore[union-attr]
    assert text_of(found) == lines.replace("\n==", "\n\n==")


def test_reading_takes_time_in_proportion() -> None:
    def seconds(line: str, count: int, join: str) -> float:
        text = HEAD + "== ip\n> A\n* B" + join.join([line] * count)
        best = float("inf")
        for _ in range(3):  # a machine that does other things makes one of them long
            gc.disable()  # it looks through all that other tests have left, once in a while
            start = time.process_time()
            with contextlib.suppress(TranscriptError):
                parse(text)
            best = min(best, time.process_time() - start)
            gc.enable()
        return best

    for line, join in (("  a b", ""), ("\n  + a b", ""), ("  ! x", ""), (" b", ""), ("\n    a: b", ""), ("\n# x", "")):
        few, many = seconds(line, 10_000, join), seconds(line, 40_000, join)
        assert many < 10 * few + 0.1, line


def test_a_placeholder_is_read_again_whatever_its_link_is_called() -> None:
    for name in ("eth<0>", "<", ">", "a:b", 'x"y', "veth0#2"):
        assert text_of(parse(text_of(_with_link(name)))) == text_of(_with_link(name))
        assert parse(text_of(_with_link(name))) == _with_link(name)


def _with_link(name: str) -> Transcript:
    item = Item("oif", Placeholder("if", name))
    return Transcript("objects", (Lane("", (Block((SaidStep("request", SaidMessage("A", items=(item,))),)),)),))
