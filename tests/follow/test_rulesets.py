"""Stories of tables, chains, sets and objects of nf_tables, recorded and made by hand.

The golden text in tests/follow/golden is written anew by NLSNIFF_UPDATE=1.
"""

from __future__ import annotations

import io
import struct
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.stories.stories import tell
from nlsniff.stories.story import ObjectStory, Step
from tests.conftest import ROOT
from tests.follow.talk import ACK, DUMP, ENOENT, NETFILTER, REQUEST, Talk, answer, attr, done, nlmsg
from tests.golden import check_golden

if TYPE_CHECKING:
    from collections.abc import Iterable

GOLDEN = Path(__file__).parent / "golden"
RECORDED = ROOT / "captures" / "ruleset-life.pcapng"
BEGIN, END = 16, 17
NEWTABLE, DELTABLE, NEWCHAIN, NEWRULE, GETRULE, DELRULE, NEWSET, NEWELEM, DELELEM = (
    0xA00 | number for number in (0, 2, 3, 6, 7, 8, 9, 12, 14)
)
CREATE, EXCL, APPEND = 0x400, 0x200, 0x800
EEXIST = 17
NEST = 0x8000
BRIDGE = bytes([7, 0, 0, 0])
PORT = 77


def stories(capture: IndexedCapture) -> list[ObjectStory]:
    return [item for item in tell(capture.follower, capture.message) if isinstance(item, ObjectStory)]


def told(talk: Talk) -> list[ObjectStory]:
    return [item for item in tell(talk.follower, talk.message) if isinstance(item, ObjectStory)]


@cache
def recorded() -> list[ObjectStory]:
    with IndexedCapture(RECORDED, make_decoder()) as capture:
        return stories(capture.load())


@cache
def unheard() -> list[ObjectStory]:
    """The same, where nobody listens."""
    with IndexedCapture(RECORDED, make_decoder()) as capture:
        capture.load()
        views = [view for view in capture.follower.conversations if view.kind == "event"]
        events = {capture.message(number).frame for view in views for number in view.messages}
    file = io.BytesIO()
    reader = FrameReader(str(RECORDED))
    with open_writer(file, interface="nlmon0", os="Linux") as writer:
        for number, frame in enumerate(reader, 1):
            if number not in events:
                writer.write(frame.time_ns, frame.data, comment=frame.comment)
    file.seek(0)
    return stories(IndexedCapture(file, make_decoder()).load())


def one(found: Iterable[ObjectStory], title: str) -> ObjectStory:
    (story,) = [story for story in found if story.title == title]
    return story


def steps(story: ObjectStory) -> list[str]:
    return [step.text for step in story.steps]


def text(number: int, words: str) -> bytes:
    return attr(number, words.encode() + b"\0")


def handle(number: int) -> bytes:
    return attr(3, struct.pack(">Q", number))


def chain(name: str, *more: bytes) -> bytes:
    return BRIDGE + text(1, "shop") + text(3, name) + b"".join(more)


def rule(name: str, *more: bytes) -> bytes:
    """A rule that is about nothing."""
    return BRIDGE + text(1, "shop") + text(2, name) + b"".join(more)


def batch(talk: Talk, seq: int, *messages: tuple[int, int, bytes], tried: bool = False) -> list[bytes]:
    """Say a batch, or try it, without its end; returns its messages."""
    head = bytes([0, 0, 0, 10])
    said = [nlmsg(type_, REQUEST | flags, seq + at, 0, body) for at, (type_, flags, body) in enumerate(messages, 1)]
    end = () if tried else (nlmsg(END, REQUEST, seq + 99, 0, head),)
    talk(nlmsg(BEGIN, REQUEST, seq, 0, head), *said, *end, protocol=NETFILTER)
    return said


def test_golden_text() -> None:
    found = "\n\n".join("\n".join(story.lines()) for story in recorded()) + "\n"
    check_golden(GOLDEN / "ruleset-life_stories.txt", found)


def test_a_rule_that_is_deleted_or_replaced_is_told_by_its_handle() -> None:
    story = one(recorded(), "chain bridge shop input")
    assert [step.verb for step in story.steps] == [
        "make", *["add-rule"] * 4, "replace-rule", "change", "add-rule", "delete-rule", "delete",
    ]  # fmt: skip
    usual = steps(one(recorded(), "chain bridge shop usual"))
    assert "renamed from common to usual" in usual
    assert "rule 16 deleted: immediate drop" in usual


def test_nobody_listens() -> None:
    heard, alone = recorded(), unheard()
    ends = {
        "chain bridge shop input": "gone with its table", "counter bridge shop hits": "gone with its table",
        "map bridge shop doors": "deleted", "table bridge empty": "deleted",
    }  # fmt: skip
    for title, end in ends.items():
        assert one(alone, title).end == end
        assert one(heard, title).end == "deleted"
    asked = [step for step in one(heard, "chain bridge shop input").steps if step.cause is None]
    assert [step.verb for step in one(alone, "chain bridge shop input").steps] == [step.verb for step in asked]


def test_of_a_refused_batch_nothing_has_happened() -> None:
    refused = [story for story in recorded() if story.end == "refused"]
    assert [story.title for story in refused] == ["chain bridge shop extra", "chain bridge shop nowhere"]
    extra, nowhere = refused
    assert [(step.errno, step.text) for step in nowhere.steps] == [("ENOENT", "rule added: immediate accept")]
    at = nowhere.steps[0].messages[0]
    assert steps(extra) == [f"added, undone with message {at}"]
    assert {step.errno for step in extra.steps} == {"ENOENT"}
    assert f"2 changes undone with message {at}" in steps(one(recorded(), "chain bridge shop input"))


def test_a_table_that_is_there_is_not_made_again() -> None:
    talk = Talk()
    batch(talk, 1, (NEWTABLE, CREATE, BRIDGE + text(1, "shop")), (NEWCHAIN, CREATE, chain("input")))
    batch(talk, 200, (NEWTABLE, CREATE, BRIDGE + text(1, "shop")), (NEWCHAIN, CREATE, chain("input")))
    (made,) = batch(talk, 400, (NEWTABLE, CREATE | EXCL, BRIDGE + text(1, "shop")))
    talk(answer(made, PORT, EEXIST), protocol=NETFILTER)
    table, chains = told(talk)
    assert [(step.text, step.errno) for step in table.steps] == [("added", None), ("added", "EEXIST")]
    assert steps(chains) == ["added"]
    assert (table.end, chains.end) == ("", "")


def test_rules_that_a_dump_has_shown() -> None:
    talk = Talk()
    talk(nlmsg(GETRULE, REQUEST | DUMP, 1, 0, BRIDGE), protocol=NETFILTER)
    talk(nlmsg(NEWRULE, 2, 1, PORT, rule("input", handle(4), userless())), protocol=NETFILTER)
    talk(done(1, PORT), protocol=NETFILTER)
    batch(talk, 9, (DELRULE, 0, BRIDGE + text(1, "shop") + handle(4)))
    (story,) = told(talk)
    assert story.title == "chain bridge shop input"  # which only the dump tells
    assert story.before
    assert steps(story) == ["rule 4 deleted: immediate accept"]


def userless() -> bytes:
    """Expressions: accept."""
    verdict = attr(NEST | 2, attr(1, struct.pack(">I", 1)))
    data = attr(1, struct.pack(">I", 0)) + attr(NEST | 2, verdict)
    return attr(NEST | 4, attr(NEST | 1, text(1, "immediate") + attr(NEST | 2, data)))


def test_elements_of_one_batch_are_one_step() -> None:
    def elements(*last: int) -> bytes:
        keys = (attr(NEST | at, attr(NEST | 1, attr(1, bytes([10, 0, 0, n])))) for at, n in enumerate(last, 1))
        return BRIDGE + text(1, "shop") + text(2, "blocked") + attr(NEST | 3, b"".join(keys))

    talk = Talk()
    batch(talk, 1, (NEWELEM, CREATE, elements(1, 2)), (NEWELEM, CREATE, elements(3)), (DELELEM, 0, elements(1)))
    batch(talk, 200, (DELELEM, 0, BRIDGE + text(1, "shop") + text(2, "blocked")))
    (story,) = told(talk)
    assert [text.partition(":")[0] for text in steps(story)] == [
        "3 elements added", "1 element deleted", "all elements deleted",
    ]  # fmt: skip
    assert len(story.steps[0].messages) == 2


def test_elements_of_which_only_the_news_are_there() -> None:
    def told_of(last: int, seq: int) -> None:
        key = attr(NEST | 1, attr(NEST | 1, attr(1, bytes([10, 0, 0, last]))))
        body = BRIDGE + text(1, "shop") + text(2, "blocked") + attr(NEST | 3, key)
        talk(nlmsg(NEWELEM, 0, seq, PORT, body), protocol=NETFILTER)

    talk = Talk()
    for last in range(1, 6):
        told_of(last, 5)
    told_of(9, 6)
    (story,) = told(talk)
    assert [text.partition(":")[0] for text in steps(story)] == ["5 elements added", "1 element added"]
    assert [len(step.messages) for step in story.steps] == [5, 1]


def test_many_numbers_of_messages_are_told_by_the_first_and_the_last() -> None:
    step = Step(0, "add-elements", "elements added", [1, *range(3, 40), 42, 43], 1)
    assert step.line(0).endswith("elements added  [1 3-39 42-43]")
    assert Step(0, "x", "x", [1, 2, 3], 1).line(0).endswith("[1 2 3]")


def test_a_flush_ends_what_was_before_and_not_what_comes_after() -> None:
    talk = Talk()
    batch(talk, 1, (NEWTABLE, CREATE, BRIDGE + text(1, "shop")), (NEWCHAIN, CREATE, chain("input")))
    batch(talk, 200, (DELTABLE, 0, bytes(4)), (NEWTABLE, CREATE, BRIDGE + text(1, "shop")),
          (NEWCHAIN, CREATE, chain("input")), (NEWRULE, CREATE | APPEND, rule("input", userless())))  # fmt: skip
    found = told(talk)
    assert [(story.kind, story.end) for story in found] == [
        ("table", "deleted"), ("chain", "gone with its table"), ("table", ""), ("chain", ""),
    ]  # fmt: skip
    assert steps(found[0]) == ["added", "deleted with all tables"]
    assert steps(found[3]) == ["added", "rule added: immediate accept"]


def test_what_is_only_tried_does_not_happen() -> None:
    talk = Talk()
    batch(talk, 1, (NEWTABLE, CREATE, BRIDGE + text(1, "shop")), tried=True)
    assert told(talk) == []
    (said,) = batch(talk, 200, (NEWRULE, CREATE, rule("input", userless())), tried=True)
    talk(answer(said, PORT, ENOENT), protocol=NETFILTER)
    (story,) = told(talk)
    assert (steps(story), story.end) == (["tried: rule inserted: immediate accept"], "refused")


def test_sets_that_the_kernel_names() -> None:
    talk = Talk()

    def anonymous(number: int) -> bytes:
        return BRIDGE + text(1, "shop") + text(2, "__set%d") + attr(10, struct.pack(">I", number))

    batch(talk, 1, (NEWSET, CREATE, anonymous(1)), (NEWSET, CREATE, anonymous(2)))
    batch(talk, 200, (NEWSET, CREATE, anonymous(1)))
    assert [story.title for story in told(talk)] == ["set bridge shop __set%d"] * 3


@pytest.mark.parametrize("type_", [NEWTABLE, NEWCHAIN, NEWRULE, NEWSET, NEWELEM, DELRULE])
def test_messages_without_names(type_: int) -> None:
    talk = Talk()
    (said,) = batch(talk, 1, (type_, CREATE | ACK, b""))
    talk(answer(said, PORT, ENOENT), protocol=NETFILTER)
    batch(talk, 200, (type_, 0, BRIDGE))
    for story in told(talk):
        assert list(story.lines())
