"""The parts of the fast printer by themselves: what each remembers, forgets, reads and leaves out."""

from __future__ import annotations

import struct
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.decode import memo, patterns, summaries, templates
from nlsniff.decode.decoder import Decoder
from nlsniff.decode.memo import SAME, Memos
from nlsniff.decode.names import Names
from nlsniff.decode.slots import reader
from nlsniff.decode.templates import Template, plan
from nlsniff.output import text
from nlsniff.printer.printer import Printer
from nlsniff.reader import Stream
from tests.conftest import ROOT
from tests.support import REGISTRY, messages_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.wire.nlmsg import Order


class Leaf(NamedTuple):
    refers: str


class Counted:
    """A function that counts its calls."""

    def __init__(self, make: Callable[..., Any] = str) -> None:
        self.calls: list[Any] = []
        self._make = make

    def __call__(self, *args: Any) -> Any:
        self.calls.append(args[0] if len(args) == 1 else args)
        return self._make(*args)


# -- memos -----------------------------------------------------------------------------------------------------------


def test_a_memo_asks_once_for_each_value_and_is_shared_by_use_and_key() -> None:
    memos, make = Memos(Names()), Counted()
    text = memos.memo("text", "a", make)
    assert [text(value) for value in (1, 2, 1, 2)] == ["1", "2", "1", "2"]
    assert memos.memo("text", "a", make)(1) == "1"
    assert make.calls == [1, 2]
    assert memos.memo("text", "b", make)(1) == memos.memo("raw", "a", make)(1) == "1"
    assert make.calls == [1, 2, 1, 1]


def test_long_values_count_as_several(monkeypatch: pytest.MonkeyPatch) -> None:
    """A memo of too many values forgets them; one of few keeps its own, unless all few together are too much."""
    monkeypatch.setattr(memo, "_KEPT", 100)
    monkeypatch.setattr(memo, "_MANY", 40)
    memos, few, many, long = Memos(Names()), Counted(), Counted(), Counted(len)
    text_of_few, text_of_many, text_of_long = (
        memos.memo("t", 1, few),
        memos.memo("t", 2, many),
        memos.memo("t", 3, long, 3),
    )
    for value in range(20):
        text_of_few(value)
    for value in range(80):
        text_of_many(value)
    assert text_of_many(0) == "0"
    assert len(many.calls) == 80  # 100 are kept
    text_of_many(80)
    assert len(many.calls) == 81
    assert (text_of_many(0), text_of_many(80)) == ("0", "80")
    assert len(many.calls) == 83  # all were forgotten
    assert text_of_few(0) == "0"
    assert len(few.calls) == 20
    # Each of these is 3 + 64 // 32.
    for value in range(7):
        text_of_long(bytes([value] * 64))
    text_of_long(bytes([0] * 64))
    assert len(long.calls) == 7
    assert memos._kept == 20 + 2 + 7 * 5


def test_all_is_forgotten_where_little_memos_are_too_much_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "_KEPT", 100)
    monkeypatch.setattr(memo, "_MANY", 40)
    memos, make = Memos(Names()), Counted()
    texts = [memos.memo("t", key, make) for key in range(10)]
    for value in range(101):
        texts[value % 10](value)
    assert memos._kept == 0
    for value in range(101):
        texts[value % 10](value)
    assert len(make.calls) == 202


def test_names_that_do_not_come_again_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "_KEPT", 100)
    monkeypatch.setattr(memo, "_MANY", 40)
    memos, plain = Memos(Names()), Counted()
    leaf: Any = Leaf("link")
    text = memos.named("text", leaf, plain, Counted())
    assert [text(number) for number in range(101)] == list(map(str, range(101)))
    assert text(0) == "0"
    assert plain.calls == [*range(101), 0]
    assert memos._kept == 1


@pytest.mark.parametrize(("far", "made"), [(200, (1, 4)), (1, (3, 4))])
def test_names_hold_from_the_message_that_taught_them(
    far: int, made: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memo, "_FAR", far)
    names = Names()
    for number, name in ((3, "eth0"), (7, "lan"), (9, "wan")):
        names.learn("link", 5, name, number)
    memos = Memos(names)
    leaf: Any = Leaf("link")
    plain, named = Counted(), Counted(lambda raw, name: f"{raw} ({name})")
    text = memos.named("text", leaf, plain, named)
    assert memos.named("text", leaf, plain, named) == text
    said = []
    for number in (1, 2, 3, 6, 7, 8, 9, 20, 4, 1):
        until = memos.at(number)
        said.append((until, text(5), text(6)))
    eth, lan, wan = "5 (eth0)", "5 (lan)", "5 (wan)"
    assert [line[1] for line in said] == ["5", "5", eth, eth, lan, lan, wan, wan, eth, "5"]
    assert [line[0] for line in said] == [2, 2, 6, 6, 8, 8, sys.maxsize, sys.maxsize, 6, 2]
    assert {line[2] for line in said} == {"6"}
    # A text is made anew when its own name changes, forth or back, or where many names did.
    assert (plain.calls.count(6), len(named.calls)) == made


# -- templates -------------------------------------------------------------------------------------------------------


def at(*data: bytes) -> list[Any]:
    """Messages that begin at byte 2."""
    return [SimpleNamespace(data=b"##" + each, start=2) for each in data]


@given(
    st.sampled_from("<>"),
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from("BHIQ")), min_size=1, max_size=6),
    st.data(),
)
def test_values_are_read_once_each_in_any_order(
    order: Order, parts: list[tuple[int, str]], data: st.DataObject
) -> None:
    spans, end = [], 0
    for gap, code in parts:
        start = end + gap
        end = start + struct.calcsize(f"={code}")
        spans.append((start, end, code))
    wanted = data.draw(st.lists(st.sampled_from(spans), max_size=8))
    raw = data.draw(st.binary(min_size=end, max_size=end))
    read, pick = plan(order, wanted)
    assert list(pick(read(b"##" + raw, 2))) == [
        struct.unpack_from(order + code, raw, start)[0] for start, _, code in wanted
    ]
    assert len(read(b"##" + raw, 2)) == len(set(wanted))
    every = reader(order, spans)(raw, 0)
    assert every == tuple(struct.unpack_from(order + code, raw, start)[0] for start, _, code in spans)


@pytest.mark.parametrize("count", range(1, 8))
def test_one_by_one_and_by_columns_is_the_same(count: int) -> None:
    read, pick = plan("<", [(2, 4, "H"), (0, 1, "B"), (0, 1, "B")])
    template = Template(["<", " ", ":", ",", ">"], read, pick, (SAME, hex, str))
    messages = at(*(struct.pack("<BxH", 7, number % 3) for number in range(count)))
    heads = [(f"h{number // 2}",) for number in range(count)]
    said = list(template.fill(heads, messages))
    assert said == [f"<h{number // 2} {number % 3}:0x7,7>" for number in range(count)]
    assert said == [template.one(head, message) for head, message in zip(heads, messages, strict=True)]


def test_a_value_that_all_have_is_turned_into_text_once() -> None:
    read, pick = plan("<", [(0, 1, "B"), (1, 2, "B")])
    same, other = Counted(), Counted()
    template = Template(["", "=", ""], read, pick, (same, other))
    assert list(template.fill([()] * 5, at(*(bytes([9, number]) for number in range(5))))) == [
        f"9={number}" for number in range(5)
    ]
    assert (same.calls, other.calls) == ([9], [0, 1, 2, 3, 4])
    assert templates._COLUMNS <= 5


# -- patterns and summaries ------------------------------------------------------------------------------------------


def walked(printer: Printer, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the messages that the walker has to print from now on."""
    found: list[int] = []
    walk = printer._walk
    monkeypatch.setattr(printer, "_walk", lambda message: found.append(message.number) or walk(message))  # type: ignore[func-returns-value]
    return found


def route(number: int, size: int = 0, metric: int = 1) -> bytes:
    body = struct.pack("<BBBBBBBBI", 2, 24, 0, 0, 254, 3, 0, 1, 0) + struct.pack("<HHI", 8, 6, metric)
    body += struct.pack("<HH", 4 + size, 900) + bytes(size)
    return struct.pack("<IHHII", 16 + len(body), 24, 0x301, number, 7 + number % 5) + body


def messages(decoder: Decoder, *data: bytes) -> list[NetlinkMessage]:
    return [message for each in data for message in messages_of(each, 0, decoder=decoder)]


def test_each_shape_is_walked_once_and_then_read_by_its_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = Decoder(REGISTRY)
    printer = Printer(decoder, "line")
    walks = walked(printer, monkeypatch)
    printer(messages(decoder, *(route(number, 4 * (number % 3), number) for number in range(30))))
    assert (printer.patterns._made, printer.patterns._hits, walks) == (3, 27, [])


def test_a_name_that_a_value_shows_is_no_part_of_a_shape() -> None:
    names = Names()
    for link, name, number in ((3, "veth3", 0), (4, "veth4", 0), (3, "lan", 3)):
        names.learn("link", link, name, number)
    decoder = Decoder(REGISTRY, names)
    printer = Printer(decoder, "line")
    head = struct.pack("<IHHIIBBBBBBBBI", 36, 24, 0x301, 1, 7, 2, 24, 0, 0, 254, 3, 0, 1, 0)
    routes = b"".join(head + struct.pack("<HHI", 8, 4, link) for link in (3, 4, 3, 4))
    said = printer(messages(decoder, routes)).decode()
    assert (printer.patterns._made, printer.patterns._hits) == (1, 3)
    assert [said.count(name) for name in ("veth3", "veth4", "lan")] == [1, 2, 1]


@pytest.mark.parametrize("style", ["line", "tree", "json"])
def test_bytes_without_a_name_are_values_and_not_part_of_a_shape(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = Decoder(REGISTRY)
    printer = Printer(decoder, style)
    shapes = [bytearray(route(number, 8)) for number in range(6)]
    for number, shape in enumerate(shapes):
        shape[-8:] = bytes([number + 1]) * 8
    walks = walked(printer, monkeypatch)
    said = printer(messages(decoder, *map(bytes, shapes))).decode()
    assert (printer.patterns._made, printer.patterns._hits, walks) == (1, 5, [])
    assert style == "line" or all(f"{number + 1:02x}" * 8 in said for number in range(6))


def test_numbers_too_short_for_their_type_are_values_and_not_part_of_a_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = Decoder(REGISTRY)
    printer = Printer(decoder, "tree")
    heads = [route(number, 4) for number in range(6)]
    shapes = [head[:-8] + struct.pack("<HH3BB", 7, 6, *[at + 1] * 3, 0) for at, head in enumerate(heads)]
    walks = walked(printer, monkeypatch)
    said = printer(messages(decoder, *shapes)).decode()
    assert said.count("3 bytes hold no u32") == 6
    assert (printer.patterns._made, printer.patterns._hits, walks) == (1, 5, [])


def split(number: int, size: int) -> bytes:
    """A route of 84 bytes whose unknown bytes stand in two attributes, the first of which has so many."""
    body = struct.pack("<BBBBBBBBI", 2, 24, 0, 0, 254, 3, 0, 1, 0)
    for type_, length in ((900, size), (901, 48 - size)):
        body += struct.pack("<HH", 4 + length, type_) + bytes(length)
    return struct.pack("<IHHII", 16 + len(body), 24, 0x301, number, 7) + body


def test_shapes_of_one_head_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of messages alike in their first 8 bytes, so many masks are tried; the walker prints the others."""
    decoder = Decoder(REGISTRY)
    monkeypatch.setattr(patterns, "PER_KEY", 3)
    printer = Printer(decoder, "line")
    walks = walked(printer, monkeypatch)
    for number in range(10):
        printer(messages(decoder, split(number, 4 * (number % 5))))
    assert (printer.patterns._made, printer.patterns._hits, len(walks)) == (3, 3, 4)


def test_shapes_whose_values_stand_in_the_same_places_are_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = Decoder(REGISTRY)
    monkeypatch.setattr(patterns, "PER_KEY", 3)
    printer = Printer(decoder, "line")
    walks = walked(printer, monkeypatch)
    for number in range(100):
        shape = bytearray(route(1, 40))
        struct.pack_into("<H", shape, 16 + 12 + 8 + 2, 900 + number % 50)
        printer(messages(decoder, bytes(shape)))
    assert (printer.patterns._made, printer.patterns._hits, walks) == (50, 50, [])


@pytest.mark.parametrize(("name", "bound", "made"), [("AT_MOST", 5, 5), ("TOGETHER", 250, 5), ("LONGEST", 60, 6)])
def test_patterns_are_bounded(name: str, bound: int, made: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their number, by the bytes that they were made of, and each by its own: 40, 44, 48, ... here."""
    monkeypatch.setattr(patterns, name, bound)
    decoder = Decoder(REGISTRY)
    printer = Printer(decoder, "line")
    printer(messages(decoder, *(route(1, 4 * size) for size in range(12))))
    assert printer.patterns._made == made


def test_a_message_is_as_long_as_it_is_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "LONGEST", 60)
    decoder = Decoder(REGISTRY)
    printer = Printer(decoder, "line")
    printer(messages(decoder, b"".join(route(1, 4 * size) for size in range(5))))
    assert printer.patterns._made == 5


def test_a_value_that_is_too_short_is_so_many_unknown_bytes() -> None:
    body = bytes(12) + struct.pack("<HH", 7, 4) + b"\1\2\3\0"
    (message,) = messages(Decoder(REGISTRY), struct.pack("<IHHII", 16 + len(body), 24, 0x301, 1, 0) + body)
    assert [line for line in text.tree(message) if line.startswith("  oif")] == ["  oif: 010203  (3 bytes unknown)"]


def test_seconds_are_those_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = Decoder(REGISTRY)
    (message,) = messages(decoder, route(1))
    assert text.line(message, -2_000_000 * 10**9).split()[1] == "2000000.000000"
    for longest in (patterns.LONGEST, 0):  # by a pattern, and by the walker
        monkeypatch.setattr(patterns, "LONGEST", longest)
        assert Printer(Decoder(REGISTRY), "line")([message]).split()[1] == b"0.000000"  # a file without a clock


def test_a_further_pattern_must_be_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "FREE", 3)
    monkeypatch.setattr(patterns, "PRICE", 4)
    decoder = Decoder(REGISTRY)
    printer = Printer(decoder, "line")
    printer(messages(decoder, *(route(1, 4 * size) for size in range(12))))
    assert printer.patterns._made == 4
    for paid in range(1, 9):
        printer(messages(decoder, route(1)))
        assert printer.patterns._hits == paid
        printer(messages(decoder, route(1, 400 + 4 * paid)))
        assert printer.patterns._made == 4 + paid // 4


@pytest.mark.parametrize("kept", [1, 2, 1024])
def test_answers_of_a_summary_are_remembered_for_a_few_values(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template asks about values; for what it finds there is a body, made once while it is remembered."""
    monkeypatch.setattr(summaries, "_BODIES_KEPT", kept)
    monkeypatch.setattr(patterns, "FREE", 200)
    found: list[summaries.Summary] = []
    bodies: list[summaries.Summary] = []
    init, made = summaries.Summary.__init__, summaries.Summary._made

    def note(self: summaries.Summary, *args: Any) -> None:
        found.append(self)
        init(self, *args)

    def note_body(self: summaries.Summary, *args: Any) -> Template:
        bodies.append(self)
        return made(self, *args)

    monkeypatch.setattr(summaries.Summary, "__init__", note)
    monkeypatch.setattr(summaries.Summary, "_made", note_body)
    decoder = Decoder(REGISTRY)
    printer = Printer(decoder, "line", lambda: 0)
    for batch in Stream(ROOT / "captures" / "routes.pcapng", decoder).batches():
        assert printer(batch) == b"".join(printer._walk(message).encode() for message in batch)
    for most in max(len(item._bodies) for item in found), max(len(item._by_values) for item in found):
        assert most == kept if kept < 3 else 2 < most < kept
    if kept > 2:  # two values may have one answer
        assert all(bodies.count(item) == len(item._bodies) for item in found)
        assert any(len(item._by_values) > len(item._bodies) for item in found)
