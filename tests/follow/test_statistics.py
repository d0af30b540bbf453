"""Figures of a capture, held against what messages and conversations say one by one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from nlsniff.follow.passing import PassingStore
from nlsniff.reader import IndexedCapture, Stream, make_decoder
from nlsniff.stats.statistics import Statistics
from tests.conftest import CAPTURES
from tests.follow.talk import (
    ACK,
    DUMP,
    EINVAL,
    GETADDR,
    IFADDR,
    INTR,
    MULTI,
    NEWADDR,
    NEWROUTE,
    REQUEST,
    RTMSG,
    Talk,
    answer,
    attr,
    done,
    nlmsg,
)

if TYPE_CHECKING:
    from pathlib import Path


def streamed(path: Path) -> dict[str, Any]:
    stream = Stream(path, make_decoder(), store=PassingStore())
    figures = Statistics(stream.follower, 1000)
    for message in stream:
        figures.feed(message)
    return figures.report()


def told(talk: Talk) -> dict[str, Any]:
    figures = Statistics(talk.follower, 1000)
    for message in talk.messages:
        figures.feed(message)
    return figures.report()


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_every_capture_adds_up(path: Path) -> None:
    report = streamed(path)
    with IndexedCapture(path, make_decoder()) as capture:
        messages, conversations = list(capture.load()), list(capture.follower.conversations)
    assert report["messages"] == len(messages)
    assert report["frames"] == len({message.frame for message in messages})
    assert report["bytes"] == sum(message.end - message.start for message in messages)
    names = Counter((message.protocol_name, message.family, message.type_name) for message in messages)
    assert {(row["protocol"], row["family"], row["type"]): row["messages"] for row in report["types"]} == names
    ways = Counter(message.direction for message in messages)
    assert sum(row["to_kernel"] for row in report["types"]) == ways["to-kernel"]
    assert sum(row["to_user"] for row in report["types"]) == ways["to-user"]
    assert {row["protocol"]: row["messages"] for row in report["protocols"]} == Counter(
        message.protocol_name for message in messages
    )
    ends = Counter((item.kind, item.status) for item in conversations)
    for kind, row in report["conversations"].items():
        assert row["count"] == sum(count for (each, _), count in ends.items() if each == kind)
        assert all(row[status] == count for (each, status), count in ends.items() if each == kind)
    answered = [item.latency_ns for item in conversations if item.latency_ns is not None and item.request is not None]
    assert sum(row["count"] for row in report["latency"]) == len(answered)
    if answered:
        assert max(row["max"] for row in report["latency"]) == max(answered) / 1e9
    asked_by = {item.request: item for item in conversations}
    for row in report["latency"]:
        slowest = asked_by[row["slowest"]]
        assert (slowest.latency_ns or 0) / 1e9 == row["max"]
        assert slowest.process == row["process"]
    asked = Counter(item.process for item in conversations if item.kind != "event")
    assert {row["process"]: row["conversations"] for row in report["processes"]} == asked
    assert report["unanswered"]["count"] == sum(item.status == "unanswered" for item in conversations)
    dumps = sorted((-item.duration_ns, item.id) for item in conversations if item.kind == "dump" and item.request)
    assert [row["conversation"] for row in report["slowest_dumps"]] == [number for _, number in dumps]
    refused = [message for message in messages if message.type in {2, 3} and message.get("error")]
    assert sum(row["messages"] for row in report["errors"]) == len(refused)
    assert sum(row["count"] for row in report["rejected"]) == len(refused)
    assert Counter(row["text"] for row in report["rejected"] for _ in range(row["count"])) == Counter(
        message.get("msg") for message in refused
    )


def test_percentiles_are_values_that_were_measured() -> None:
    talk = Talk()
    for number in range(1, 201):
        request = nlmsg(NEWROUTE, REQUEST | ACK, number, 500, RTMSG)
        talk(request)
        talk(answer(request, 500), after_us=number)
    (row,) = told(talk)["latency"]
    assert (row["type"], row["count"]) == ("RTM_NEWROUTE", 200)
    assert [round(row[name] * 1e6) for name in ("min", "p50", "p90", "p99", "max")] == [1, 100, 180, 198, 200]


def test_only_so_many_dumps_are_listed_the_slowest_first() -> None:
    talk = Talk()
    for number, wait in enumerate((30, 10, 50, 20, 40), 1):
        talk(nlmsg(GETADDR, REQUEST | DUMP, number, 0, b"\2\0\0\0"))
        talk(nlmsg(NEWADDR, MULTI | (INTR if wait == 20 else 0), number, 500, IFADDR), after_us=5)
        talk(done(number, 500), after_us=wait)
    figures = Statistics(talk.follower, 2)
    for message in talk.messages:
        figures.feed(message)
    report = figures.report()
    assert [round(row["duration"] * 1e6) for row in report["slowest_dumps"]] == [55, 45]
    assert [round(row["latency"] * 1e6) for row in report["slowest_dumps"]] == [5, 5]
    assert report["interrupted"] == {"dumps": 1, "messages": 1, "overruns": 0}


def test_refusals_by_what_was_asked_and_what_the_kernel_said() -> None:
    talk = Talk()
    for number, words in enumerate((b"no", b"no", b"never"), 1):
        request = nlmsg(NEWROUTE, REQUEST | ACK, number, 500, RTMSG)
        talk(request)
        talk(answer(request, 500, EINVAL, whole=True, tlvs=attr(1, words + b"\0")))
    report = told(talk)
    assert report["rejected"] == [
        {"type": "RTM_NEWROUTE", "errno": "EINVAL", "text": "no", "meaning": None, "count": 2, "message": 2},
        {"type": "RTM_NEWROUTE", "errno": "EINVAL", "text": "never", "meaning": None, "count": 1, "message": 6},
    ]
    assert report["errors"] == [{"errno": "EINVAL", "messages": 3, "bytes": 3 * (36 + 12) + 2 * 8 + 12}]


def test_who_asked_and_what_was_never_answered() -> None:
    talk = Talk()
    request = nlmsg(NEWROUTE, REQUEST | ACK, 1, 500, RTMSG)
    talk(request, comment="process: ip[500]")
    talk(nlmsg(NEWROUTE, 0, 0, 0, RTMSG))
    report = told(talk)
    assert report["processes"] == [{"process": "ip[500]", "conversations": 1, "messages": 1, "bytes": 28, "errors": 0}]
    assert report["unanswered"] == {
        "count": 1,
        "first": [{"conversation": 1, "message": 1, "type": "RTM_NEWROUTE", "process": "ip[500]"}],
    }


def test_processes_of_one_program_are_added_up() -> None:
    talk = Talk()
    for number, name in enumerate(("ip[500]", "ip[501]", "odd[x]y", ""), 1):
        request = nlmsg(NEWROUTE, REQUEST | ACK, number, 500 + number, RTMSG)
        talk(request, comment=f"process: {name}" if name else "")
        talk(answer(request, 500 + number, EINVAL if number == 2 else 0))
    rows = [(row["program"], row["processes"], row["conversations"], row["errors"]) for row in told(talk)["programs"]]
    assert rows == [("ip", 2, 2, 1), ("odd", 1, 1, 0)]


def test_numbers_that_a_socket_skipped_and_answers_without_a_request() -> None:
    talk = Talk()
    for number in (1, 2, 3, 4, 8, 9, 5000, 5001):
        request = nlmsg(NEWROUTE, REQUEST | ACK, number, 500, RTMSG)
        talk(request)
        talk(answer(request, 500))
    talk(answer(nlmsg(NEWROUTE, REQUEST | ACK, 77, 0, RTMSG), 600))
    gaps = told(talk)["gaps"]
    assert gaps["skipped"] == 3
    assert [(row["message"], row["port"], row["skipped"]) for row in gaps["first_skipped"]] == [(9, 500, 3)]
    assert (gaps["answers_without_request"], gaps["requests_without_end"]) == (1, 0)


def test_only_what_is_wanted_is_counted() -> None:
    talk = Talk()
    for number in (1, 2):
        request = nlmsg(NEWROUTE if number == 1 else NEWADDR, REQUEST | ACK, number, 500, RTMSG)
        talk(request)
        talk(answer(request, 500))
    figures = Statistics(talk.follower)
    for message in talk.messages:
        figures.feed(message, wanted=message.number == 4)
    report = figures.report()
    assert [(row["type"], row["messages"]) for row in report["types"]] == [("NLMSG_ERROR", 1)]
    assert report["conversations"]["request"]["count"] == 1
    # Its conversation is known by what it began with, though that is not counted.
    assert [row["type"] for row in report["latency"]] == ["RTM_NEWADDR"]
    assert (report["frames"], report["duration"]) == (1, 0.0)


def test_refusals_beyond_a_limit_count_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlsniff.stats.statistics._REFUSALS_LIMIT", 3)
    talk = Talk()
    for number in range(1, 101):
        request = nlmsg(NEWROUTE, REQUEST | ACK, number, 500, RTMSG)
        talk(request)
        talk(answer(request, 500, EINVAL, whole=True, tlvs=attr(1, b"%d\0" % number)))
    figures = Statistics(talk.follower)
    for message in talk.messages:
        figures.feed(message)
    rejected = figures.report()["rejected"]
    assert len(rejected) == 4
    assert sum(row["count"] for row in rejected) == 100
