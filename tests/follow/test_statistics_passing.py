"""Figures of one pass, in which conversations are counted as they are over: those of a capture that is kept whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.decode.decoder import Decoder
from nlsniff.follow import candidates, passing, processes
from nlsniff.follow.follower import Follower
from nlsniff.follow.passing import PassingStore
from nlsniff.reader import IndexedCapture, Stream
from nlsniff.stats import conversations, latencies
from nlsniff.stats.latencies import Latencies
from nlsniff.stats.statistics import Statistics
from nlsniff.wire.delivery import Delivery, delivery_comment
from tests.conftest import CAPTURES
from tests.follow.talk import ACK, DUMP, MULTI, NEWADDR, NEWROUTE, REQUEST, RTMSG, Talk, answer, done, nlmsg
from tests.follow.test_follow_runs import messages
from tests.support import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage


def counted(follower: Follower, found: Iterable[NetlinkMessage], wanted: Callable[[int], bool]) -> dict[str, Any]:
    figures = Statistics(follower, 1000)
    for message in found:
        figures.feed(message, wanted=wanted(message.number))
    return figures.report()


@pytest.mark.parametrize("path", CAPTURES[::2], ids=lambda path: path.stem)
def test_one_pass_counts_what_the_whole_capture_counts(path: Path) -> None:
    def some(number: int) -> bool:
        return number % 7 in {0, 1}

    stream = Stream(path, Decoder(REGISTRY), store=PassingStore())
    with IndexedCapture(path, Decoder(REGISTRY)) as capture:
        assert counted(stream.follower, stream, some) == counted(capture.load().follower, capture, some)


REQUESTS = st.sampled_from([nlmsg(NEWROUTE, REQUEST | ACK, seq, port, RTMSG) for seq in (1, 2, 3) for port in (0, 500)])
NEWS = st.sampled_from([nlmsg(NEWROUTE, 0, seq, port, RTMSG) for seq in (0, 1, 2) for port in (0, 500, 501)])
ANSWERS = st.sampled_from(
    [answer(nlmsg(NEWROUTE, REQUEST | ACK, seq, 0, RTMSG), port, code) for seq in (1, 2, 3) for port in (500, 501)
     for code in (0, 22)]
)  # fmt: skip
DUMPS = st.sampled_from([nlmsg(26, REQUEST | DUMP, 2, 0, RTMSG), nlmsg(NEWROUTE, MULTI, 2, 500, RTMSG), done(2, 500)])
FRAMES = st.tuples(
    st.lists(st.one_of(REQUESTS, REQUESTS, NEWS, NEWS, ANSWERS, DUMPS), min_size=1, max_size=3),
    st.sampled_from([0, 0, 0, 2, 12]), st.sampled_from([0, 0, 1, 10, 10_000]),
    st.sampled_from(["", "", "process: ip[500]", "process: ss[7]"]),
)  # fmt: skip


@given(
    frames=st.lists(FRAMES, min_size=1, max_size=40), size=st.integers(1, 50), wanted=st.sets(st.integers(0, 4)),
    recent=st.integers(1, 4),
)  # fmt: skip
def test_whatever_comes_is_counted_once(frames: list[Any], size: int, wanted: set[int], recent: int) -> None:
    def some(number: int) -> bool:
        return number % 5 in wanted

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(candidates, "RECENT_LIMIT", recent)
        patched.setattr(candidates, "OPEN_LIMIT", recent)
        whole, by_passing = Follower(Decoder(REGISTRY)), Follower(Decoder(REGISTRY), store=PassingStore())
        found, again = messages(frames), messages(frames)
        whole.feed_all(found)
        figures = Statistics(by_passing, 1000)
        for at in range(0, len(again), size):  # counted later than followed
            by_passing.feed_all(again[at : at + size])
            for message in again[at : at + size]:
                figures.feed(message, wanted=some(message.number))
        assert figures.report() == counted(whole, found, some)


def test_what_is_over_is_not_kept_though_one_is_open_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "RECENT_LIMIT", 8)
    monkeypatch.setattr(passing, "_LINE", 32)
    store = PassingStore()
    talk = Talk(store)
    figures = Statistics(talk.follower)
    counts = []
    for turn in range(200):
        for port in (500, 501):
            request = nlmsg(NEWADDR, REQUEST | ACK, turn + (6 if turn > 100 else 1), port, RTMSG)
            first = len(talk.messages)
            talk(request)
            if turn:
                talk(answer(request, port))
            talk(nlmsg(NEWROUTE, 0, 0, 0, RTMSG + turn.to_bytes(4)))
            for message in talk.messages[first:]:
                figures.feed(message)
        counts.append(len(store._held) + len(store._line) + len(store._in_line) + len(figures._shares))
    assert counts[-1] == counts[60] < 150
    report = figures.report()
    assert report["unanswered"]["count"] == 2
    counts = [report["conversations"][kind]["count"] for kind in ("request", "event")]
    assert counts == [400, 200]
    assert report["gaps"]["skipped"] == 2 * 5


def test_a_name_that_is_learned_late_and_askers_beyond_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "RECENT_LIMIT", 1)
    monkeypatch.setattr(conversations, "_ASKERS_LIMIT", 3)
    store = PassingStore()
    talk = Talk(store)
    figures = Statistics(talk.follower)
    for port in (500, 501, 502, 503, 504, 500):
        request = nlmsg(NEWROUTE, REQUEST | ACK, port, port, RTMSG)
        first = len(talk.messages)
        talk(request, comment="process: late[500]" if len(talk.messages) > 8 else "")
        talk(answer(request, port))
        for message in talk.messages[first:]:
            figures.feed(message)
    rows = {row["process"]: row["conversations"] for row in figures.report()["processes"]}
    assert rows == {None: 2, "other": 3, "late[500]": 1}


def test_askers_are_forgotten_but_of_what_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """So are those who receive, and who owned a port id, where these are very many."""
    monkeypatch.setattr(candidates, "RECENT_LIMIT", 4)
    monkeypatch.setattr(passing, "_LINE", 16)
    monkeypatch.setattr(processes, "_MANY_ASKERS", 32)
    monkeypatch.setattr(processes, "_MANY_OWNERS", 90)
    talk = Talk(PassingStore())
    figures = Statistics(talk.follower)
    known = talk.follower.processes
    for number in range(1, 201):
        way = Delivery("to-kernel", 0, 0, 0, number % 3, number % 3, f"a{number % 80}[{number}]")
        request = nlmsg(NEWADDR, REQUEST | ACK, number, 0, RTMSG)
        for data, comment in ((request, delivery_comment(way)), (answer(request, 500), "")):
            if number == 3 and data is not request:
                continue  # it stays open
            talk(data, comment=comment)
            talk.follower.feed_all([])
            figures.feed(talk.messages[-1])
        assert len(known._asked) <= 32 + 2 * 40
    rows = {row["process"]: row["conversations"] for row in figures.report()["processes"]}
    assert len(rows) == 200
    assert rows["a3[3]"] == 1
    for number in range(200):
        known.learn(0, 500, f"b{number}[1]", 1000 + number)
        known.forget(set)
    assert len(known._port) < 93


@given(times=st.lists(st.integers(0, 1 << 62), min_size=1, max_size=60), few=st.booleans())
def test_percentiles_are_exact_of_few_and_close_of_many(times: list[int], few: bool) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(latencies, "_EXACT", 60 if few else 5)
        found = Latencies(1)
        for time in times:
            found.add(time, 1, 1, None)
    exact = sorted(times)
    assert (found.count, found.least, found.greatest) == (len(times), exact[0], exact[-1])
    for share, time in zip((1, 50, 99, 100), found.percentiles((1, 50, 99, 100)), strict=True):
        wanted = exact[max(-(-share * len(times) // 100), 1) - 1]
        assert abs(time - wanted) <= (0 if few else wanted / 128)
