"""Filters on recorded messages, judged by a slow and simple reading of what `show --json` prints."""

from __future__ import annotations

import random
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlsniff.decode.decoder import Decoder
from nlsniff.filter.compile import compile_filter
from nlsniff.filter.fields import Found, catalog
from nlsniff.output.json import message_object
from nlsniff.reader import IndexedCapture
from nlsniff.wire.comments import process_in
from nlsniff.wire.errnos import errno_number
from tests.conftest import CAPTURES
from tests.filter.unparse import quote
from tests.support import REGISTRY, messages_of, vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage

    Told = Callable[[dict[str, Any]], bool]
    Judged = tuple[str, frozenset[int]]  # a filter, and the places of the messages that it must match

# Of a capture, as many messages and filters are tried.
MESSAGES = 100
FILTERS = 150
BARE = re.compile(r"(?:(?!\.\.)[^\s\"'(){},=<>!&|~])+")
HEADER = ("type", "protocol", "direction", "family", "flags", "seq", "port", "length", "frame", "message")


def leaves(found: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of a body with its path, lists looked through; what is empty has the value None."""
    if isinstance(found, dict) and found:
        for name, inner in found.items():
            # Elements that are numbered by their attribute type stand under that number, which no filter names.
            yield from leaves(inner, path if name.isdigit() else (*path, name))
    elif isinstance(found, list) and found:
        for inner in found:
            yield from leaves(inner, path)
    else:
        yield path, found if not isinstance(found, (dict, list)) else None


def values_of(message: NetlinkMessage) -> dict[str, list[Any]]:
    """The values of every field that the JSON of a message shows."""
    found = message_object(message)
    rows: dict[str, list[Any]] = {}
    for name in HEADER:
        if found[name] is not None:
            rows[name] = found[name] if isinstance(found[name], list) else [found[name]]
    for name in found["flags"]:
        if name.startswith("0x"):
            continue  # bits without a name
        rows["flags." + name.lower().replace("_", "-")] = [True]
    if message.layout.family is not None:
        for path, value in leaves(found["body"]):
            if message.family is not None and path in {("cmd",), ("version",)}:
                continue  # of the genlmsghdr, which JSON puts beside attributes that may have the same names
            rows.setdefault(".".join((message.layout.family.prefix, *path)), []).append(value)
    return rows


def written(value: Any) -> str | None:
    """A value as a filter names it; None for what cannot be told from another."""
    if isinstance(value, str):
        # Bits without a name are shown as one number, and a number is compared with all bits.
        if re.fullmatch(r"0x[0-9a-f]+", value):
            return None
        return value if BARE.fullmatch(value) else quote(value)
    return str(value) if type(value) is int else None


def judged(messages: list[NetlinkMessage]) -> list[Judged]:
    """Filters on values that the messages have, each with the messages that it must match."""
    chance = random.Random(1)  # noqa: S311  which values are tried is no secret
    rows = [values_of(message) for message in messages]
    known = catalog(REGISTRY)
    found: list[Judged] = []

    def add(text: str, *places: int) -> None:
        found.append((text, frozenset(places)))

    for name in dict.fromkeys(name for row in rows for name in row):
        is_flags = name == "flags"
        if name not in HEADER and not name.startswith("flags."):
            meant = known.find(name)
            if not isinstance(meant, Found):
                continue  # `oif-name` is what the capture taught about `oif`, and no field
            is_flags = any(item.kind == "flags" for item in meant.field_types)
        # A header without flags has flags all the same.
        having = [at for at, row in enumerate(rows) if name in row or name == "flags"]
        add(name, *having, *(at for at, row in enumerate(rows) if any(item.startswith(f"{name}.") for item in row)))
        if any(item.startswith(f"{name}.") for row in rows for item in row):
            continue  # a value in some messages and parts in others: JSON shows the parts only, a filter may know both
        # An empty list of flags is a value, an empty list of anything else has none.
        filled = [at for at in having if is_flags or any(item is not None for item in rows[at][name])]
        values = list({str(value): value for at in having for value in rows[at].get(name, ())}.values())
        for value in chance.sample(values, min(len(values), 3)):
            text = written(value)
            if text is None:
                continue
            # Of flags none is 0, too, where the field is a number in other messages.
            wanted = {value, None} if is_flags and value == 0 else {value}
            equal = [at for at in having if any(item in wanted for item in rows[at].get(name, ()))]
            add(f"{name} == {text}", *equal)
            add(f"{name} != {text}", *(at for at in filled if at not in equal))
            add(f"{name} in {{{text}}}", *equal)
            add(f"{name} not in {{{text}}}", *(at for at in filled if at not in equal))
            if all(type(item) is int for row in rows for item in row.get(name, ())):
                add(f"{name} < {text}", *(at for at in having if any(item < value for item in rows[at][name])))
                between = (at for at in having if any(value <= item <= value + 9 for item in rows[at][name]))
                add(f"{name} in {{{text}..{value + 9}}}", *between)
    return chance.sample(found, min(len(found), FILTERS))


@lru_cache(maxsize=1)
def recorded(path: Path) -> tuple[list[NetlinkMessage], list[Judged]]:
    capture = IndexedCapture(path, Decoder(REGISTRY)).load()
    messages = [capture.message(number) for number in range(1, len(capture) + 1, len(capture) // MESSAGES + 1)]
    return messages, judged(messages)


def check(messages: list[NetlinkMessage], text: str, expected: frozenset[int]) -> None:
    filter_ = compile_filter(text, REGISTRY)
    found = frozenset(at for at, message in enumerate(messages) if filter_.matches(message))
    assert found == expected, text
    assert not filter_.needs_conversation


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_each_value_of_a_capture_finds_the_messages_that_have_it(path: Path) -> None:
    messages, filters = recorded(path)
    assert len(filters) == FILTERS
    for text, expected in filters:
        check(messages, text, expected)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
@settings(max_examples=20)
@given(st.data())
def test_and_or_not_of_filters_join_what_they_find(path: Path, data: st.DataObject) -> None:
    messages, filters = recorded(path)
    whole = frozenset(range(len(messages)))
    joined = st.recursive(
        st.sampled_from(filters),
        lambda inner: (
            inner.map(lambda item: (f"not ({item[0]})", whole - item[1]))
            | st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) and ({two[1][0]})", two[0][1] & two[1][1]))
            | st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) or ({two[1][0]})", two[0][1] | two[1][1]))
        ),
        max_leaves=6,
    )
    check(messages, *data.draw(joined))


def test_each_value_of_the_corpus_finds_the_messages_that_have_it(corpus: Path) -> None:
    messages: list[NetlinkMessage] = []
    for vector in vectors(corpus)[::3]:
        found = messages_of(bytes.fromhex(vector["hex"]), vector["sll_protocol"] or 0)
        messages += [message for message in found if message.end - message.start >= 16]
    for text, expected in judged(messages):
        check(messages, text, expected)


def test_each_value_of_the_corpus_captures_finds_the_messages_that_have_it(corpus: Path) -> None:
    for path in sorted((corpus / "pcap").glob("*sockets*.pcap"))[:2]:
        messages, filters = recorded(path)
        for text, expected in filters:
            check(messages, text, expected)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_conversations_are_found_by_what_follow_says_of_them(path: Path) -> None:
    with IndexedCapture(path, Decoder(REGISTRY)) as capture:
        capture.load()
        told = {item.id: item.to_json() for item in capture.follower.conversations}
        pairs = [(capture.message(number), capture.conversation(number)) for number in range(1, len(capture) + 1)]

        def check_all(text: str, wanted: Told, *, answers: bool = True) -> None:
            """Ask all messages; without `answers` not those whose own error number comes before the conversation's."""
            filter_ = compile_filter(text, REGISTRY)
            for message, conversation in pairs:
                if answers or message.type not in {2, 3}:
                    found = told[conversation.id]
                    # Nobody asked for an event, but its frame may say whose change it tells.
                    whose = found["process"] or process_in(message.comment) or None
                    expected = wanted(found | {"process": whose})
                    assert filter_.matches(message, conversation) == expected, (text, message.number)

        for status in ("ok", "error", "interrupted", "unanswered", "partial"):
            check_all(f"status == {status}", equal_to("status", status))
        check_all("unanswered", equal_to("status", "unanswered"))
        check_all("latency", lambda found: found["latency"] is not None)
        check_all("latency > 100us", lambda found: (found["latency"] or 0) > 0.0001)
        check_all("latency <= 0.0001", lambda found: found["latency"] is not None and found["latency"] <= 0.0001)
        for name in ("duration", "took"):
            check_all(f"{name} > 100us", lambda found: found["duration"] > 0.0001)
        check_all("duration == 0s", lambda found: found["duration"] == 0)
        check_all("parts > 3", lambda found: found["parts"] > 3)
        check_all("frames in {2..4}", lambda found: found["frames"] in {2, 3, 4})
        check_all("cause", lambda found: found["cause"] is not None)
        check_all("process", lambda found: found["process"] is not None)
        for name in {str(found["errno"]) for found in told.values() if found["errno"]}:
            # Of ipset one number has several names, by the type of the set; a filter means the number.
            check_all(f"errno == {name}", numbered(name), answers=False)
        check_all("errno", lambda found: found["errno"] is not None, answers=False)
        for number in list(told)[:: len(told) // 5 + 1]:
            check_all(f"conversation == {number}", equal_to("id", number))
            check_all(f"cause == {number}", equal_to("cause", number))
        for name in {found["process"] for found in told.values() if found["process"]}:
            asked = [name, *name.removesuffix("]").split("[")]
            for each in asked:
                check_all(f"process == {quote(each)}", asked_by(each))
        words = {found["extack"]["text"] for found in told.values() if found["extack"] and found["extack"]["text"]}
        for text in words:
            check_all(f"extack == {quote(text)}", extack_says(text))
            check_all(f"extack contains {quote(text[2:9])}", extack_has(text[2:9]))


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_a_family_or_a_protocol_alone_is_all_of_its_messages(path: Path) -> None:
    with IndexedCapture(path, Decoder(REGISTRY)) as capture:
        messages = list(capture.load())
    protocols = {
        "xfrm": "xfrm", "sock_diag": "sock-diag", "genl": "generic", "netfilter": "netfilter", "audit": "audit",
        "connector": "connector", "kobject_uevent": "kobject-uevent",
    }  # fmt: skip
    for name, protocol in protocols.items():
        found = compile_filter(name, REGISTRY)
        assert found.header_only
        assert [found.matches(item) for item in messages] == [item.protocol_name == protocol for item in messages]
    for prefix in catalog(REGISTRY).prefixes():
        if prefix not in {*protocols.values(), "extack"}:
            found = compile_filter(f"not {prefix.upper()}", REGISTRY)
            other = [item.layout.family is None or item.layout.family.prefix != prefix for item in messages]
            assert [found.matches(item) for item in messages] == other


def numbered(name: str) -> Told:
    number = errno_number(name)
    return lambda found: found["errno"] is not None and errno_number(found["errno"]) == number


def equal_to(key: str, value: Any) -> Told:
    return lambda found: bool(found[key] == value)


def asked_by(name: str) -> Told:
    return lambda found: name in {found["process"], *(found["process"] or "").removesuffix("]").split("[")} - {""}


def extack_has(part: str) -> Told:
    return lambda found: bool(found["extack"]) and part in (found["extack"]["text"] or "")


def extack_says(text: str) -> Told:
    return lambda found: bool(found["extack"]) and bool(found["extack"]["text"] == text)
