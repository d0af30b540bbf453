"""A conversation as a ladder: rows, and golden text in tests/follow/golden (NLSNIFF_UPDATE=1 writes it anew)."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.patterns import Patterns
from nlsniff.output import ladder
from nlsniff.reader import IndexedCapture
from nlsniff.stories.stories import tell
from nlsniff.terminal import columns, escape
from tests.conftest import CAPTURES
from tests.follow.talk import (
    ACK,
    DUMP,
    EINVAL,
    GETADDR,
    IFADDR,
    INTR,
    MULTI,
    NETFILTER,
    NEWADDR,
    NEWROUTE,
    PRIVATE,
    REQUEST,
    RTMSG,
    Talk,
    answer,
    attr,
    done,
    nlmsg,
)
from tests.golden import check_golden
from tests.support import REGISTRY

GOLDEN = Path(__file__).parent / "golden"


def address_with_listeners() -> Talk:
    talk = Talk()
    request = nlmsg(NEWADDR, REQUEST | ACK, 77, 0, IFADDR + attr(1, b"\xc0\0\2\1"))
    told = nlmsg(NEWADDR, 0, 77, 500, IFADDR + attr(1, b"\xc0\0\2\1"))
    route = nlmsg(NEWROUTE, 0, 0, 0, RTMSG + attr(1, b"\xc0\0\2\0"))
    for datagram in (request, told, told, told, route):
        talk(datagram)
    talk(answer(request, 500), comment="process: ip[500]", after_us=200)
    return talk


def rejected_metric() -> Talk:
    talk = Talk()
    body = RTMSG + attr(1, b"\x0a\0\0\0") + attr(8, attr(2, b"\x14\5"))
    request = nlmsg(NEWROUTE, REQUEST | ACK, 77, 0, body)
    talk(request)
    tlvs = attr(1, b"Invalid attribute in metrics\0") + attr(2, (40).to_bytes(4, "little"))
    talk(answer(request, 500, EINVAL, whole=True, tlvs=tlvs))
    return talk


def missing_attribute() -> Talk:
    talk = Talk()
    request = nlmsg(NEWADDR, REQUEST | ACK, 77, 0, IFADDR)
    talk(request)
    talk(answer(request, 500, EINVAL, whole=True, tlvs=attr(5, (2).to_bytes(4, "little"))))
    return talk


def long_dump() -> Talk:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"))
    for number in range(20):
        talk(nlmsg(NEWADDR, MULTI | INTR, 9, 500, IFADDR + attr(1, bytes([10, 0, 0, number]))))
    talk(done(9, 500))
    return talk


def batch_in_the_middle() -> Talk:
    talk = Talk()
    parts = [
        nlmsg(16, REQUEST, 0, 0, bytes(4)),
        nlmsg(0xA00, REQUEST | ACK, 1, 0, bytes(4)),
        nlmsg(0xA03, REQUEST | ACK, 2, 0, bytes(4)),
        nlmsg(17, REQUEST, 3, 0, bytes(4)),
    ]
    talk(*parts, protocol=NETFILTER)
    talk(answer(parts[1], 500), protocol=NETFILTER)
    talk(answer(parts[2], 500, EINVAL, whole=True), protocol=NETFILTER)
    return talk


def hello() -> Talk:
    talk = Talk()
    talk(nlmsg(20, 0, 0, 4711, b"Hello"), protocol=PRIVATE)
    return talk


SCENES = [address_with_listeners, rejected_metric, missing_attribute, long_dump, hello]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_golden(scene: object) -> None:
    talk: Talk = scene()  # type: ignore[operator]
    lines: list[str] = []
    for width in (100, 64):
        for found in talk.follower.conversations:
            lines += [*ladder.text(found, talk.follower, talk.message, width), ""]
    text = "\n".join(line.rstrip() for line in lines)
    path = GOLDEN / f"{scene.__name__}.txt"  # type: ignore[attr-defined]
    check_golden(path, text)


def test_rows_name_messages_and_conversations() -> None:
    talk = address_with_listeners()
    rows = ladder.rows(talk[1], talk.follower, talk.message)
    assert [(row.role, row.side, list(row.messages), row.conversation, row.certain) for row in rows] == [
        ("request", "user", [1], 1, True),
        ("event", "kernel", [2, 3, 4], 2, True),
        ("event", "kernel", [5], 3, False),
        ("ack", "kernel", [6], 1, True),
    ]
    assert [row.delta_ns for row in rows] == [0, 10_000, 40_000, 240_000]


def test_rows_of_a_batch() -> None:
    talk = batch_in_the_middle()
    rows = ladder.rows(talk[1], talk.follower, talk.message)
    assert [(row.role, row.side, *row.messages) for row in rows] == [
        ("request", "user", 1),
        ("request", "user", 2),
        ("request", "user", 3),
        ("error", "kernel", 6),
        ("request", "user", 4),
        ("ack", "kernel", 5),
    ]


def test_bytes_behind_a_message_are_counted() -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST, 9, 0, b"\2\0\0\0") + b"\0\0\1")
    assert [(row.role, row.side, row.text) for row in ladder.rows(talk[1], talk.follower, talk.message)][1:] == [
        ("rest", "user", "3 bytes that are no message")
    ]


def test_a_key_in_bytes_that_are_no_message_is_not_said() -> None:
    talk = Talk()
    talk(bytes.fromhex("00000000a000000080000000") + b"efghijklmnopqrstuvwx", protocol=6)
    assert [row.text for row in ladder.rows(talk[1], talk.follower, talk.message)] == ["32 bytes that are no message"]
    assert "ijklm" not in "".join(ladder.text(talk[1], talk.follower, talk.message, 200))


def test_every_message_of_a_long_dump_is_reachable() -> None:
    talk = long_dump()
    rows = ladder.rows(talk[1], talk.follower, talk.message)
    assert [number for row in rows for number in row.messages] == list(range(1, 23))
    assert [row.role for row in rows] == ["request", "part", "part", "part", "more", "part", "done"]


def test_every_event_of_a_busy_request_is_reachable() -> None:
    talk = Talk()
    request = nlmsg(NEWADDR, REQUEST | ACK, 77, 0, IFADDR)
    talk(request)
    for number in range(100):
        talk(nlmsg(NEWROUTE, 0, 77, 500, RTMSG + attr(1, bytes([10, 0, 0, number]))))
    talk(answer(request, 500))
    rows = ladder.rows(talk[1], talk.follower, talk.message)
    assert [number for row in rows for number in row.messages] == list(range(1, 103))


def test_a_note_in_wide_characters_stays_off_the_bar() -> None:
    talk = Talk()
    request = nlmsg(NEWROUTE, REQUEST | ACK, 77, 0, RTMSG)
    talk(request)
    words = "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 50
    talk(answer(request, 500, EINVAL, whole=True, tlvs=attr(1, words.encode() + b"\0")))
    for width in (64, 65):
        notes = ladder.text(talk[1], talk.follower, talk.message, width)[5:]
        assert len(notes) == 2
        assert all(line.endswith(" │") for line in notes)


def test_wide_and_harmful_characters() -> None:
    talk = address_with_listeners()
    talk.names.learn("link", 3, escape("\N{CJK UNIFIED IDEOGRAPH-4E2D}\x1b[2J"), 0)
    lines = ladder.text(talk[1], talk.follower, talk.message, 80)
    assert "\x1b" not in "".join(lines)
    assert "\N{CJK UNIFIED IDEOGRAPH-4E2D}" in "".join(lines)
    bars = {columns(line[: line.rindex("│")]) for line in lines if "│" in line}
    assert len(bars) == 1


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_shapes_tell_of_conversations_what_trees_tell(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> list[object]:
        with IndexedCapture(path, Decoder(REGISTRY)) as capture:
            capture.load()
            source, every = capture.message, list(capture.follower.conversations)
            ladders = [ladder.text(found, capture.follower, source) for found in every]
            stories = [(list(story.lines()), story.to_json()) for story in tell(capture.follower, source)]
            return [*ladders, *[found.to_json() for found in every], *stories]

    by_shapes = told()
    monkeypatch.setattr(Patterns, "find", lambda *_: None)
    assert by_shapes == told()
