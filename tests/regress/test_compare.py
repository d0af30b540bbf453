"""What differs between two transcripts: found, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlsniff.regress.comparison import LevelError, compare, only_requests
from nlsniff.regress.model import Dump, Transcript
from nlsniff.regress.parse import parse
from nlsniff.regress.rules import Rules
from nlsniff.regress.write import text_of
from tests.conftest import CAPTURES
from tests.regress.made import TRANSCRIPTS, transcript_of

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.regress.comparison import Comparison
    from nlsniff.regress.difference import Difference

HEAD = "nlsniff transcript 1\nanswers objects\n"
ROUTES = f"""{HEAD}== ip
> RTM_NEWROUTE ack create
    rtm-dst-len: 24
    dst: 198.51.100.0
    oif: <if:veth0>
    metrics [nested]:
      mtu: 1400
* RTM_NEWROUTE  dst 198.51.100.0  rtm-dst-len 24 : oif <if:veth0>  protocol boot
< ok
> RTM_NEWROUTE ack create
    rtm-dst-len: 24
    dst: 203.0.113.0
    oif: <if:veth1>
    priority: 50
< EINVAL  at priority  expected u32
    # the kernel says: Invalid priority

== ss
> RTM_GETROUTE dump
    rtm-family: inet
<* any order, filtered:
    RTM_NEWROUTE  dst 198.51.100.0  rtm-dst-len 24 : oif <if:veth0>
    RTM_NEWROUTE  dst 192.0.2.0  rtm-dst-len 24 : oif <if:veth1>
"""


def changed(*changes: tuple[str, str], text: str = ROUTES, **words: object) -> Comparison:
    """The routes compared with what they are after some changes."""
    new = text
    for before, after in changes:
        assert before in new, before
        new = new.replace(before, after, 1)
    return compare(parse(text), parse(new), **words)  # type: ignore[arg-type]


def brief(found: Difference) -> tuple[object, ...]:
    """Most of what a difference says."""
    return found.kind, found.how, found.type, found.object, found.path, found.old, found.new, found.line


ROUTE, FIRST, SECOND = "RTM_NEWROUTE", "198.51.100.0/24", "203.0.113.0/24"
ONE = [
    (("ack create\n    rtm-dst-len: 24\n    dst: 203", "ack\n    rtm-dst-len: 24\n    dst: 203"),
     ("request", "flags", ROUTE, SECOND, "flags", "ack create", "ack", 12)),
    (("mtu: 1400", "mtu: 1300"), ("request", "changed", ROUTE, FIRST, "metrics.mtu", "1400", "1300", 9)),
    (("      mtu: 1400", "      mtu: 1400\n      hoplimit: 3"),
     ("request", "new", ROUTE, FIRST, "metrics.hoplimit", None, "3", 8)),
    (("    priority: 50\n", ""), ("request", "gone", ROUTE, SECOND, "priority", "50", None, 16)),
    (("metrics [nested]", "metrics"), ("request", "marks", ROUTE, FIRST, "metrics", "nested", "", 8)),
    (("priority: 50", "priority: 50  ! odd"), ("request", "problems", ROUTE, SECOND, "priority", None, "odd", 16)),
    (("    oif: <if:veth0>", "    oif: 3"), ("request", "origin", ROUTE, FIRST, "oif", "<if:veth0>", "3", 7)),
    (("    oif: <if:veth1>", "    oif: <if:veth0>"),
     ("request", "changed", ROUTE, SECOND, "oif", "<if:veth1>", "<if:veth0>", 15)),
    (("EINVAL", "EPERM"), ("outcome", "changed", ROUTE, SECOND, "priority", "EINVAL at priority, expected u32",
                           "EPERM at priority, expected u32", 17)),
    (("at priority", "at dst"), ("outcome", "changed", ROUTE, SECOND, "priority", "EINVAL at priority, expected u32",
                                 "EINVAL at dst, expected u32", 17)),
    (("< ok\n", ""), ("outcome", "changed", ROUTE, FIRST, "", "ok", None, 11)),
    (("< ok\n", "< ok\n< ok\n"), ("outcome", "changed", ROUTE, FIRST, "", None, "ok", 4)),
    (("< ok\n", "< unanswered\n"), ("outcome", "changed", ROUTE, FIRST, "", "ok", "unanswered", 11)),
    (("protocol boot", "protocol static"), ("event", "changed", ROUTE, FIRST, "protocol", "boot", "static", 10)),
    (("* RTM_NEWROUTE  dst 198.51.100.0  rtm-dst-len 24 : oif <if:veth0>  protocol boot\n", ""),
     ("event", "gone", ROUTE, FIRST, "", "dst 198.51.100.0, rtm-dst-len 24, oif <if:veth0>, protocol boot", None, 10)),
    (("    RTM_NEWROUTE  dst 192.0.2.0  rtm-dst-len 24 : oif <if:veth1>\n", ""),
     ("answer", "gone", ROUTE, "192.0.2.0/24", "", "dst 192.0.2.0, rtm-dst-len 24, oif <if:veth1>", None, 25)),
    (("dst 192.0.2.0  rtm-dst-len 24 : oif <if:veth1>", "dst 192.0.2.0  rtm-dst-len 24 : oif <if:veth0>"),
     ("answer", "changed", ROUTE, "192.0.2.0/24", "oif", "<if:veth1>", "<if:veth0>", 25)),
    (("order, filtered", "order"),
     ("outcome", "changed", "RTM_GETROUTE", "", "filtered", "a dump, filtered", "a dump, not filtered", 23)),
    (("== ss", "== ip2"), ("lane", "changed", "", "", "", "ss", "ip2", 20)),
]  # fmt: skip


@pytest.mark.parametrize(("change", "told"), ONE, ids=[f"{index}" for index, _ in enumerate(ONE)])
def test_one_change_is_one_difference(change: tuple[str, str], told: tuple[object, ...]) -> None:
    comparison = changed(change)
    assert [brief(found) for found in comparison.differences] == [told]
    assert comparison.notes == ()
    back = compare(comparison.new, comparison.old)
    assert len(back.differences) == 1


def test_a_lost_and_a_new_request_are_told() -> None:
    lost = ROUTES[
        ROUTES.index("> RTM_NEWROUTE ack create\n    rtm-dst-len: 24\n    dst: 203") : ROUTES.index("\n== ss")
    ]
    found = changed((lost, ""))
    words = "(EINVAL at priority, expected u32): rtm-dst-len 24, dst 203.0.113.0, oif <if:veth1>, priority 50"
    assert [brief(item) for item in found.differences] == [("lost-request", "gone", ROUTE, SECOND, "", words, None, 12)]
    assert [item.kind for item in compare(found.new, found.old).differences] == ["new-request"]


def test_what_has_another_place_in_its_lane_is_told() -> None:
    start, end = (
        ROUTES.index("> RTM_NEWROUTE"),
        ROUTES.index("> RTM_NEWROUTE ack create\n    rtm-dst-len: 24\n    dst: 203"),
    )
    first, second = ROUTES[start:end], ROUTES[end : ROUTES.index("\n== ss")]
    found = changed((first + second, second + first))
    assert [(item.kind, item.how, item.type) for item in found.differences] == [("moved", "moved", ROUTE)]
    (moved,) = found.differences
    other = {FIRST: SECOND, SECOND: FIRST}[moved.object]
    assert f"{ROUTE} {moved.object} comes after {ROUTE} {other} now" in found.words()


def test_words_of_the_kernel_and_order_are_notes_unless_rules_say_otherwise() -> None:
    words = ("Invalid priority", "Bad priority")
    assert [brief(note) for note in changed(words).notes] == [
        ("outcome", "changed", ROUTE, SECOND, "words", "Invalid priority", "Bad priority", 17)
    ]
    assert not changed(words)
    assert len(changed(words, rules=Rules(extack_words=True)).differences) == 1
    order = ("    oif: <if:veth1>\n    priority: 50\n", "    priority: 50\n    oif: <if:veth1>\n")
    assert [(note.how, note.path, note.new) for note in changed(order).notes] == [
        ("order", "", "rtm-dst-len, dst, priority, oif")
    ]
    assert not changed(order)
    assert len(changed(order, rules=Rules(strict_order=True)).differences) == 1


def test_lanes_entries_and_names_of_placeholders_have_no_order() -> None:
    start = ROUTES.index("== ip")
    middle = ROUTES.index("== ss")
    other = ROUTES[:start] + ROUTES[middle:] + "\n" + ROUTES[start:middle]
    entries = [line for line in ROUTES.splitlines(keepends=True) if line.startswith("    RTM_NEWROUTE")]
    other = other.replace("".join(entries), "".join(entries[::-1]))
    other = other.replace("veth0", "x").replace("veth1", "veth0").replace("if:x", "if:veth1")
    other = other.replace("== ss", "==")
    found = compare(parse(ROUTES), parse(other))
    assert (found.differences, found.notes) == ((), ())


def test_where_one_placeholder_becomes_two_or_two_become_one_is_told() -> None:
    one = changed(("rtm-dst-len 24 : oif <if:veth0>\n", "rtm-dst-len 24 : oif <if:new>\n"))
    assert [(item.path, item.old, item.new, item.line) for item in one.differences] == [
        ("oif", "<if:veth0>", "<if:new>", 24)
    ]
    both = compare(parse(ROUTES), parse(ROUTES.replace("veth1", "veth0")))
    assert [(item.path, item.old, item.new) for item in both.differences] == [("oif", "<if:veth1>", "<if:veth0>")] * 2


def test_what_is_the_same_to_the_letter_differs_where_its_names_stand_for_others() -> None:
    old = parse(
        f"{HEAD}== a\n> A\n    x: <if:a>\n> B\n    x: <if:a>\n> C\n    x: <if:a>\n    y: 1\n> D\n    x: <if:b>\n"
    )
    new = parse(
        f"{HEAD}== a\n> A\n    x: <if:b>\n> B\n    x: <if:b>\n> C\n    x: <if:b>\n    y: 1\n> D\n    x: <if:b>\n"
    )
    assert [(item.type, item.path) for item in compare(old, new).differences] == [("D", "x")]


def test_entries_that_are_alike_but_for_names_are_paired_by_what_else_is_known() -> None:
    old = f"{HEAD}== a\n> A\n    x: <if:a>\n    y: <if:b>\n<* any order:\n"
    old += "    E  z <if:a>  w <if:b>\n    E  z <if:b>  w <if:a>\n"
    swapped = old.replace("x: <if:a>\n    y: <if:b>", "x: <if:b>\n    y: <if:a>")
    assert not compare(parse(old), parse(swapped))
    wrong = old.replace("E  z <if:b>  w <if:a>", "E  z <if:a>  w <if:b>")
    assert len(compare(parse(old), parse(wrong)).differences) == 2


def test_sockets_that_ask_the_same_are_not_mixed_up_where_the_name_of_one_is_not_known() -> None:
    text = f"{HEAD}== ip\n> A\n< B  id 1 : m <mac:1>\n\n== ip\n> A\n< B  id 1 : m <mac:2>\n\n"
    text += "== tc\n> A\n< B  id 1 : m <mac:3>\n\n== ip\n> C\n    m: <mac:1>\n    n: <mac:2>\n    o: <mac:3>\n"
    for nth in range(3):
        heads = ["== ip", "== ip", "== tc"]
        heads[nth] = "=="
        new = "".join(map("".join, zip(re.split("== (?:ip|tc)", text), [*heads, "== ip", ""], strict=True)))
        found = compare(parse(text), parse(new))
        assert not found, found.differences
        assert not compare(parse(new), parse(text))


def test_elements_of_a_list_have_an_order() -> None:
    text = f"{HEAD}== a\n> A\n    l:\n      - 1\n      - 2\n      - 3\n"
    found = changed(("- 1\n      - 2", "- 2\n      - 1"), text=text).differences
    assert [(item.path, item.old, item.new) for item in found] == [("l[1]", "1", "2"), ("l[2]", "2", "1")]
    assert [(item.how, item.path, item.old) for item in changed(("      - 2\n", ""), text=text).differences] == [
        ("gone", "l[2]", "2")
    ]


def test_what_is_asked_on_another_socket_by_another_program_is_a_note_in_a_comparison_of_two_programs() -> None:
    old = parse(f"{HEAD}== ip\n> A\n    x: 1\n< ok\n\n== ip\n> B\n    x: 2\n< ok\n")
    new = parse(f"{HEAD}== lib\n> G\n    z: 1\n> A\n    x: 1\n< ok\n> B\n    x: 3\n< ok\n")
    found = compare(old, new, one_program=False)
    assert [(item.kind, item.type, item.path, item.new) for item in found.differences] == [
        ("new-request", "G", "", "(no answer): z 1"), ("request", "B", "x", "3")
    ]  # fmt: skip
    assert sorted((note.kind, note.how) for note in found.notes) == [("lane", "changed"), ("lane", "moved")]
    assert {"lane"} < {item.kind for item in compare(old, new).differences}


def test_uncertain_conversations_share_their_answers() -> None:
    text = f"{HEAD}== a\n>? A\n    x: 1\n< EPERM\n>? A\n    x: 2\n< ok\n> A\n    x: 3\n< ok\n"
    swapped = ("< EPERM\n>? A\n    x: 2\n< ok", "< ok\n>? A\n    x: 2\n< EPERM")
    assert not changed(swapped, text=text)
    assert changed((">? A\n    x: 1\n< EPERM", ">? A\n    x: 1\n< ok"), text=text)
    refused = changed((">? A\n    x: 2\n< ok", ">? A\n    x: 2\n< EBUSY"), text=text.replace("> A\n", ">? A\n"))
    assert [(item.kind, item.line, item.new) for item in refused.differences] == [("outcome", 9, "EBUSY")]
    sure = tuple(words.replace(">?", ">") for words in swapped)
    assert len(changed(sure, text=text.replace(">?", ">")).differences) == 2  # type: ignore[arg-type]


def test_only_another_kernel_may_say_more() -> None:
    text = "nlsniff transcript 1\nanswers full\n# Linux 6.1.1\n== a\n> A\n< B  id 1 : x 1\n* C  id 1 : x 1\n"
    more = [("< B  id 1 : x 1", "< B  id 1 : x 1  y 2"), ("* C  id 1 : x 1", "* C  id 1 : x 1  y 2  z 3")]
    assert len(changed(*more, text=text).differences) == 3
    newer = changed(("Linux 6.1.1", "Linux 7.2.0"), *more, text=text)
    assert not newer
    assert [(note.type, note.path) for note in newer.notes] == [("C", "y"), ("C", "z"), ("B", "y")] or len(
        newer.notes
    ) == 3
    assert changed(("Linux 6.1.1", "Linux 7.2.0"), ("id 1 : x 1", "id 1"), text=text)
    assert changed(("Linux 6.1.1", "Linux 7.2.0"), ("> A\n", "> A\n    q: 1\n"), text=text)


def test_other_levels_cannot_be_compared() -> None:
    with pytest.raises(LevelError, match="answers objects, the other answers full"):
        changed(("answers objects", "answers full"))
    assert only_requests(parse(ROUTES)) == only_requests(parse(ROUTES.replace("protocol boot", "protocol static")))
    assert changed(("EINVAL", "EPERM")).old != only_requests(parse(ROUTES))


@settings(max_examples=40)
@given(TRANSCRIPTS, st.randoms(use_true_random=False))
def test_a_transcript_equals_itself_however_lanes_and_entries_are_shuffled(
    transcript: Transcript, random: object
) -> None:
    lanes = list(transcript.lanes)
    random.shuffle(lanes)  # type: ignore[attr-defined]
    new = replace(transcript, lanes=tuple(lanes), news=transcript.news[::-1])
    found = compare(transcript, new)
    assert (found.differences, found.notes) == ((), ())


@settings(max_examples=40)
@given(TRANSCRIPTS, TRANSCRIPTS)
def test_any_two_transcripts_can_be_compared(one: Transcript, two: Transcript) -> None:
    two = replace(two, level=one.level)
    found = compare(one, two)
    if text_of(replace(one, comments=())) == text_of(replace(two, comments=())):
        assert not found
    assert [item.rank for item in found.differences] == sorted(item.rank for item in found.differences)


@pytest.mark.parametrize("path", CAPTURES[::5], ids=lambda path: path.name)
@pytest.mark.parametrize("level", ["outcome", "objects", "full"])
def test_a_recording_equals_its_text_with_all_shuffled(path: Path, level: str) -> None:
    made = transcript_of(path, level)  # type: ignore[arg-type]
    lanes = tuple(
        replace(lane, blocks=tuple(
            replace(block, parts=tuple(
                replace(part, entries=part.entries[::-1]) if isinstance(part, Dump) else part for part in block.parts
            ))
            for block in lane.blocks
        ))
        for lane in made.lanes[::-1]
    )  # fmt: skip
    found = compare(parse(text_of(made)), replace(made, lanes=lanes))
    assert (found.differences, found.notes) == ((), ())
