"""Stories of connections, made by hand as nlmon shows them: what moved them, who ended them, and what nothing tells.

The golden text in tests/netfilter/golden is written anew by NLSNIFF_UPDATE=1.
"""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.stories.stories import tell
from nlsniff.stories.story import ObjectStory
from tests.conftest import ROOT
from tests.follow.talk import ACK, NETFILTER, REQUEST, Talk, answer, nlmsg
from tests.golden import check_golden
from tests.spec.make import attr, be16, be32, nest, u8

NEW, DELETE = 0x100, 0x102
CREATE_EXCL = 0x600
SYN_SENT, ESTABLISHED, TIME_WAIT = 1, 3, 7
EEXIST, ENOENT = 17, 2
CONFIRMED, REPLIED, ASSURED = 8, 2, 4
ID, STATUS, TIMEOUT, MARK, ZONE = 12, 3, 7, 8, 18


def side(type_: int, ends: str) -> bytes:
    """A tuple of TCP from `10.0.0.1:1 10.0.0.2:80`."""
    (one, sport), (other, dport) = (end.split(":") for end in ends.split())
    source, target = (bytes(map(int, address.split("."))) for address in (one, other))
    ports = (attr(2, be16(int(sport))), attr(3, be16(int(dport))))
    return nest(type_, nest(1, attr(1, source), attr(2, target)), nest(2, attr(1, u8(6)), *ports))


THERE = side(1, "10.0.0.1:1000 10.0.0.2:80")
BACK = side(2, "10.0.0.2:80 10.0.0.1:1000")
NATTED = side(2, "10.0.0.9:8080 192.0.2.1:1000")


def tcp(state: int) -> bytes:
    return nest(4, nest(1, attr(1, u8(state))))


def counted(there: int, back: int) -> bytes:
    pair = ((9, there), (10, back))
    return b"".join(nest(type_, attr(1, bytes(4) + be32(n)), attr(2, bytes(4) + be32(100 * n))) for type_, n in pair)


def event(type_: int, *attributes: bytes, flags: int = 0, port: int = 0, number: int = 77) -> bytes:
    return nlmsg(type_, flags, 0, port, bytes([2, 0, 0, 0]) + b"".join(attributes) + attr(ID, be32(number)))


def asks(type_: int, seq: int, *attributes: bytes, flags: int = 0) -> bytes:
    return nlmsg(type_, REQUEST | ACK | flags, seq, 0, bytes([2, 0, 0, 0]) + b"".join(attributes))


def said(*datagrams: bytes) -> list[ObjectStory]:
    talk = Talk()
    for datagram in datagrams:
        talk(datagram, protocol=NETFILTER)
    return [story for story in tell(talk.follower, talk.message) if isinstance(story, ObjectStory)]


def text(story: ObjectStory) -> list[str]:
    """Its title, its steps without times, and its end."""
    lines = list(story.lines())
    return [lines[0].partition(": ")[2], *(line.strip().partition(" s  ")[2] or line.strip() for line in lines[1:])]


BEGIN = event(NEW, THERE, NATTED, attr(STATUS, be32(CONFIRMED)), attr(TIMEOUT, be32(120)), tcp(SYN_SENT),
              flags=CREATE_EXCL)  # fmt: skip
GOES_ON = event(NEW, THERE, NATTED, attr(STATUS, be32(CONFIRMED | REPLIED | ASSURED)), attr(TIMEOUT, be32(432000)),
                tcp(ESTABLISHED))  # fmt: skip


def test_golden_text() -> None:
    with IndexedCapture(ROOT / "captures" / "referee-conntrack-new.pcapng", make_decoder()) as capture:
        capture.load()
        stories = tell(capture.follower, capture.message)
    lines = ["\n".join(story.lines()) for story in stories if getattr(story, "kind", "") == "connection"]
    check_golden(Path(__file__).parent / "golden" / "conntrack_stories.txt", "\n\n".join(lines) + "\n")


def test_what_packets_and_timers_do() -> None:
    closes = event(NEW, THERE, NATTED, attr(TIMEOUT, be32(120)), attr(MARK, be32(7)), tcp(TIME_WAIT))
    (story,) = said(BEGIN, GOES_ON, closes, event(DELETE, THERE, NATTED, counted(5, 4), tcp(TIME_WAIT)))
    assert text(story) == [
        "connection tcp 10.0.0.1:1000 -> 10.0.0.2:80, to 10.0.0.9:8080 from 192.0.2.1:1000",
        "new, syn-sent  [1]",
        "established, assured, seen-reply  [2]",
        "time-wait, mark 7  [3]",
        "gone, last state time-wait, last timeout 120 s (5 packets, 500 bytes there; 4 packets, 400 bytes back)  [4]",
        "gone",
    ]
    found = json.loads(json.dumps(story.to_json()))
    assert (found["packets"], found["bytes"], found["end"]) == ([5, 4], [500, 400], "gone")
    assert (found["source"], found["destination_port"]) == ("10.0.0.1", 80)


def test_what_is_left_of_the_timeout_is_told_and_no_reason() -> None:
    (story,) = said(BEGIN, event(DELETE, THERE, NATTED, attr(TIMEOUT, be32(31)), tcp(SYN_SENT)))
    assert text(story)[2:] == ["gone, last state syn-sent, last timeout 120 s, 31 s left  [2]", "gone"]


def test_a_request_and_what_everybody_is_told_are_one_step() -> None:
    request = asks(DELETE, 5, THERE)
    (story,) = said(BEGIN, request, event(DELETE, THERE, NATTED, port=500), answer(request, 500))
    assert text(story)[2:] == ["deleted  [2 3 4]", "deleted"]


def test_a_flush_deletes_each() -> None:
    flush = asks(DELETE, 5)
    other, backwards = side(1, "10.0.0.1:1001 10.0.0.2:80"), side(2, "10.0.0.2:80 10.0.0.1:1001")
    ends = (event(DELETE, THERE, NATTED, port=500), event(DELETE, other, backwards, port=500, number=78))
    told = said(BEGIN, event(NEW, other, backwards, flags=CREATE_EXCL, number=78), flush, *ends, answer(flush, 500))
    assert [text(story)[2:] for story in told] == [
        ["deleted, last state syn-sent because of conversation 3  [4]", "deleted"],
        ["deleted because of conversation 3  [5]", "deleted"],
    ]


def test_a_flush_that_nobody_hears_of() -> None:
    flush = asks(DELETE, 5)
    (story,) = said(BEGIN, flush, answer(flush, 500))
    assert text(story)[2:] == ["deleted with all others  [2 3]", "deleted"]
    (story,) = said(BEGIN, asks(DELETE, 5, attr(MARK, be32(1))), answer(flush, 500))
    assert story.end == ""


def test_a_program_that_the_capture_does_not_show() -> None:
    (story,) = said(BEGIN, event(DELETE, THERE, NATTED, port=500))
    assert text(story)[2:] == ["deleted by the program of port id 500, last state syn-sent  [2]", "deleted"]


def test_what_a_program_makes_and_changes() -> None:
    make, change = (
        asks(NEW, 5, THERE, BACK, tcp(ESTABLISHED), flags=CREATE_EXCL),
        asks(NEW, 6, THERE, attr(MARK, be32(9))),
    )
    (story,) = said(
        make, event(NEW, THERE, BACK, tcp(ESTABLISHED), flags=CREATE_EXCL, port=500), answer(make, 500),
        change, event(NEW, THERE, BACK, attr(MARK, be32(9)), port=500), answer(change, 500),
    )  # fmt: skip
    assert text(story)[1:] == ["made, established  [1 2 3]", "changed, mark 9  [4 5 6]",
                               "is there at the end of the capture"]  # fmt: skip


def test_refusals() -> None:
    make, delete = asks(NEW, 5, THERE, BACK, flags=CREATE_EXCL), asks(DELETE, 6, THERE)
    (story,) = said(BEGIN, make, answer(make, 500, EEXIST))
    assert text(story)[2:] == ["changed, refused: EEXIST  [2 3]", "is there at the end of the capture"]
    (story,) = said(delete, answer(delete, 500, ENOENT))
    assert text(story)[1:] == ["deleted, refused: ENOENT  [1 2]", "refused"]


def test_two_after_each_other_have_one_tuple() -> None:
    first, second = said(BEGIN, event(DELETE, THERE, NATTED), event(NEW, THERE, BACK, flags=CREATE_EXCL, number=78))
    assert (first.end, second.end, second.before) == ("gone", "", False)
    first, second = said(BEGIN, event(NEW, THERE, BACK, flags=CREATE_EXCL, number=78))
    assert (first.end, second.end) == ("gone, which nothing tells", "")


def test_one_that_was_there_before() -> None:
    (story,) = said(GOES_ON)
    assert story.before
    assert text(story)[2:] == ["established, assured, seen-reply  [1]", "is there at the end of the capture"]


def test_an_expected_connection_names_its_master() -> None:
    data, back = side(1, "10.0.0.1:1001 10.0.0.2:2000"), side(2, "10.0.0.2:2000 10.0.0.1:1001")
    master = side(14, "10.0.0.1:1000 10.0.0.2:80")
    _, story = said(BEGIN, event(NEW, data, back, master, flags=CREATE_EXCL, number=78))
    assert text(story)[1] == "new, expected by story 1  [2]"


def test_zones_keep_tuples_apart() -> None:
    told = said(BEGIN, event(NEW, THERE, NATTED, attr(ZONE, be16(5)), flags=CREATE_EXCL, number=78))
    assert [story.facts["zone"] for story in told] == [0, 5]


@given(st.lists(st.tuples(st.sampled_from([NEW, DELETE]), st.integers(0, 3), st.integers(0, 2)), max_size=12))
def test_every_end_is_said_once(news: list[tuple[int, int, int]]) -> None:
    """Whatever comes in whatever order: a story ends once, and its last step is its end."""
    told = said(*(event(type_, THERE, BACK, number=number, port=500 * port) for type_, number, port in news))
    for story in told:
        ends = [step for step in story.steps if step.verb in {"delete", "end"}]
        assert len(ends) <= 1
        assert not ends or story.steps[-1] is ends[0]
