"""Stories of links, addresses and routes, recorded and made by hand.

The golden text in tests/follow/golden is written anew by NLSNIFF_UPDATE=1.
"""

from __future__ import annotations

import random
import struct
from functools import cache
from pathlib import Path

import pytest

from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.stories.stories import tell
from nlsniff.stories.story import ObjectStory
from tests.conftest import ROOT
from tests.file import made
from tests.follow.talk import (
    ACK,
    DELROUTE,
    ENOENT,
    GETLINK,
    NEWADDR,
    NEWLINK,
    NEWROUTE,
    REQUEST,
    RTMSG,
    Talk,
    answer,
    attr,
    nlmsg,
)
from tests.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"
ROUTE, CREATE, EXCL, REPLACE = 0, 0x400, 0x200, 0x100
DELLINK, UP = 17, 1


def told(talk: Talk) -> list[ObjectStory]:
    found = tell(talk.follower, talk.message)
    return [story for story in found if isinstance(story, ObjectStory)]


@cache
def recorded(name: str) -> list[ObjectStory]:
    with IndexedCapture(ROOT / "captures" / f"{name}.pcapng", make_decoder()) as capture:
        capture.load()
        return [item for item in tell(capture.follower, capture.message) if isinstance(item, ObjectStory)]


def steps(story: ObjectStory) -> list[str]:
    return [step.text for step in story.steps]


def link(index: int, *attributes: bytes, flags: int = 0, change: int = 0) -> bytes:
    """An ifinfomsg and attributes."""
    return struct.pack("<BxHiII", 0, 1, index, flags, change) + b"".join(attributes)


def name(text: str) -> bytes:
    return attr(3, text.encode() + b"\0")


KIND = attr(18, attr(1, b"dummy\0"))
DOWN = attr(16, b"\2")  # operstate, which the kernel always tells


@pytest.mark.parametrize("capture", ["events", "link-life", "routes"])
def test_golden_text(capture: str) -> None:
    text = "\n\n".join("\n".join(story.lines()) for story in recorded(capture)) + "\n"
    path = GOLDEN / f"{capture}_stories.txt"
    check_golden(path, text)


def test_a_link_from_its_making_to_its_end() -> None:
    (story,) = [item for item in recorded("events") if item.kind == "link"]
    assert [step.verb for step in story.steps] == ["make", "set", "address", "address", "address", "set", "delete"]
    assert (story.title, story.end, story.before) == ("link dummy0", "deleted", False)
    assert story.steps[5].text == "mtu 1500 -> 1400"
    renamed = next(item for item in recorded("link-life") if item.facts.get("name") == "renamed0")
    assert "renamed from dummy0 to renamed0" in steps(renamed)


def test_every_message_of_a_step_is_in_the_conversations_of_its_object() -> None:
    for capture in ("events", "link-life", "routes", "bridge-life", "link-kinds"):
        stories = recorded(capture)
        assert stories
        for story in stories:
            assert story.steps
            assert [step.time_ns for step in story.steps] == sorted(step.time_ns for step in story.steps)
            for step in story.steps:
                assert list(step.messages) == sorted(set(step.messages))
            last = story.steps[-1]
            if last.verb == "delete" and last.errno is None and story.kind != "route":
                assert story.end in {"deleted", "moved to another namespace"}


def test_a_replaced_route_says_what_led_where_before() -> None:
    story = next(item for item in recorded("routes") if item.facts.get("destination") == "203.0.113.0/24")
    assert steps(story)[1] == "replaced: via 192.0.2.254 dev veth0 by via 192.0.2.252 dev veth0"
    assert story.steps[1].verb == "replace"


def test_nobody_listens_so_only_the_requests_tell() -> None:
    talk = Talk()
    make = nlmsg(NEWLINK, REQUEST | ACK | CREATE | EXCL, 1, 0, link(0, name("a0"), KIND))
    talk(make)
    talk(answer(make, 500))
    look = nlmsg(GETLINK, REQUEST, 2, 0, link(0, name("a0")))
    talk(look)
    talk(nlmsg(NEWLINK, 0, 2, 500, link(9, name("a0"), KIND, DOWN)))
    for number, body in ((3, link(9, name("b0"))), (4, link(9, flags=UP, change=UP))):
        request = nlmsg(NEWLINK, REQUEST | ACK, number, 0, body)
        talk(request)
        talk(answer(request, 500))
    gone = nlmsg(DELLINK, REQUEST | ACK, 5, 0, link(9))
    talk(gone)
    talk(answer(gone, 500))
    (story,) = told(talk)
    assert steps(story) == ["made: dummy", "renamed from a0 to b0", "up", "deleted"]
    assert story.to_json()["index"] == 9
    assert (story.title, story.end, story.steps[0].messages) == ("link b0", "deleted", (1, 2))


def test_routes_of_ipv4_go_with_their_link_and_nobody_is_told() -> None:
    talk = Talk()
    oif = attr(4, struct.pack("<I", 9))
    for number, text in enumerate((b"\x0a\0\0\0", b"\x0a\1\0\0"), 1):
        request = nlmsg(NEWROUTE, REQUEST | ACK | CREATE, number, 0, RTMSG + attr(1, text) + oif)
        talk(request)
        talk(answer(request, 500))
    request = nlmsg(DELROUTE, REQUEST | ACK, 3, 0, RTMSG + attr(1, b"\x0a\1\0\0"))
    talk(request)
    talk(answer(request, 500))
    down = nlmsg(NEWLINK, REQUEST | ACK, 4, 0, link(9, flags=0, change=UP))
    talk(down)
    talk(answer(down, 500))
    routes = [story for story in told(talk) if story.kind == "route"]
    assert [story.end for story in routes] == ["gone with its link, which went down", "deleted"]


def test_what_was_refused_never_was_unless_it_was_there() -> None:
    talk = Talk()
    for number, code in ((1, 17), (2, ENOENT)):
        prefix = struct.pack("<BBBBI", 2, 24, 0, 0, number) + attr(2, b"\xc0\0\2\1")
        request = nlmsg(NEWADDR, REQUEST | ACK | CREATE, number, 0, prefix)
        talk(request)
        talk(answer(request, 500, code, whole=True))
    there, never = told(talk)
    assert (there.before, there.end) == (True, "")
    assert (never.before, never.end) == (False, "refused")
    assert list(never.lines())[-1] == "  refused"


def test_a_kernel_that_only_tries_is_no_link() -> None:
    talk = Talk()
    request = nlmsg(NEWLINK, REQUEST | ACK, 1, 0, link(0))
    talk(request)
    talk(answer(request, 500, 19, whole=True))
    assert told(talk) == []


def test_any_bytes_make_stories(tmp_path: Path) -> None:
    with IndexedCapture(ROOT / "captures" / "link-life.pcapng", make_decoder()) as capture:
        capture.load()
        frames = [capture.frame(number) for number in range(1, capture.index.frames + 1)]
    chance = random.Random(5)  # noqa: S311  which bytes are changed is no secret
    for turn in range(12):
        records = []
        for frame in frames:
            data = bytearray(frame.data)
            for _ in range(chance.randrange(3)):
                data[chance.randrange(24, len(data))] = chance.randrange(256)
            records.append(made.Record(frame.time_ns, bytes(data)))
        path = tmp_path / f"{turn}.pcap"
        path.write_bytes(made.pcap(records))
        with IndexedCapture(path, make_decoder()) as capture:
            capture.load()
            for story in tell(capture.follower, capture.message):
                assert list(story.lines())
                assert story.to_json()["id"] == story.id


def test_a_route_is_deleted_and_added_again_before_the_kernel_tells_of_either() -> None:
    talk = Talk()
    body = RTMSG + attr(1, b"\x0a\0\0\0") + attr(4, struct.pack("<I", 9))
    add = nlmsg(NEWROUTE, REQUEST | ACK | CREATE, 1, 0, body)
    talk(add)
    talk(nlmsg(NEWROUTE, 0, 1, 500, body))
    talk(answer(add, 500))
    again = [nlmsg(DELROUTE, REQUEST | ACK, 2, 0, body), nlmsg(NEWROUTE, REQUEST | ACK | CREATE, 3, 0, body)]
    talk(*again)
    for number, type_ in ((2, DELROUTE), (3, NEWROUTE)):
        talk(nlmsg(type_, 0, number, 500, body))
        talk(answer(again[number - 2], 500))
    first, second = told(talk)
    assert ([step.messages for step in first.steps], first.end) == ([(1, 2, 3), (4, 6, 7)], "deleted")
    assert ([step.messages for step in second.steps], second.end) == ([(5, 8, 9)], "")
