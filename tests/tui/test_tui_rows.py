"""Which messages are shown, and searches, against asking every message one after the other."""

from __future__ import annotations

import re
from itertools import compress
from typing import TYPE_CHECKING

import pytest

from nlsniff.errors import NlsniffError
from nlsniff.filter.compile import compile_filter
from nlsniff.output.text import tree
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.find import Finder
from nlsniff.tui.rows import Rows
from nlsniff.tui.search import Search
from tests.tui.screens import CAPTURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nlsniff.decode.message import NetlinkMessage

FILTERS = [
    "type == RTM_NEWROUTE",
    "type == RTM_NEWROUTE and route.dst == 10.0.0.0/8",
    "errno == EINVAL",
    "problem",
    "conversation == 3",
    "not type == RTM_NEWROUTE",
    "seq == 4242424242 and seq == 1",
]


@pytest.fixture(scope="module")
def capture() -> Iterator[IndexedCapture]:
    with IndexedCapture(str(CAPTURES / "routes.pcapng"), make_decoder()) as opened:
        yield opened.load()


def all_rows(capture: IndexedCapture) -> Rows:
    """Rows of which none is folded."""
    rows = Rows(capture)
    rows.folded.toggle_all()
    return rows


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_shows_what_it_matches(capture: IndexedCapture, text: str) -> None:
    chosen = compile_filter(text, capture.decoder.registry)
    rows = Rows(capture)
    rows.set_filter(chosen)
    while rows.step(0.0001):
        pass
    expected = [message.number for message in capture if chosen.matches(message, capture.conversation(message.number))]
    assert [rows.number(row) for row in range(len(rows))] == expected
    assert rows.complete
    for number in range(1, len(capture) + 1):
        assert rows.has(number) == (number in expected)
        assert rows.row(number) == sum(other < number for other in expected)


def test_without_a_filter_every_message_has_its_row_where_nothing_is_folded(capture: IndexedCapture) -> None:
    rows = all_rows(capture)
    assert len(rows) == len(capture)
    assert [rows.number(row) for row in (0, len(capture) - 1)] == [1, len(capture)]
    assert rows.row(17) == 16
    assert rows.has(17)
    assert not rows.step(1)


def test_known_answers_are_not_asked_for(capture: IndexedCapture) -> None:
    rows = Rows(capture)
    rows.set_filter(compile_filter("conversation == 3", capture.decoder.registry), [5, 9])
    assert not rows.step(1)
    assert [rows.number(row) for row in range(len(rows))] == [5, 9]


def test_answers_that_may_have_changed_are_asked_for_again(capture: IndexedCapture) -> None:
    rows = Rows(capture)
    chosen = compile_filter("errno == EINVAL", capture.decoder.registry)
    rows.set_filter(chosen)
    rows.step(60)
    before = [rows.number(row) for row in range(len(rows))]
    assert before
    assert rows.recheck()
    rows.step(60)
    assert [rows.number(row) for row in range(len(rows))] == before
    rows.set_filter(compile_filter("type == RTM_NEWROUTE", capture.decoder.registry))
    rows.step(60)
    assert not rows.recheck()


@pytest.mark.parametrize("step", [1, -1])
def test_a_search_goes_round_and_ends_where_it_began(capture: IndexedCapture, step: int) -> None:
    rows, is_wrong = all_rows(capture), Finder(capture).is_wrong
    wrong = [message.number for message in capture if is_wrong([message])[0]]
    assert len(wrong) > 5
    at, visited = 0, []
    for _ in wrong:
        search = Search(rows, at, step, is_wrong)
        while not search.done:
            search.advance(0.0001)
        assert search.found is not None
        visited.append(search.found)
        at = search.found - 1
    assert visited == (wrong if step == 1 else wrong[::-1])


def test_a_search_for_nothing_visits_everything_once(capture: IndexedCapture) -> None:
    seen: list[int] = []

    def remember(messages: Sequence[NetlinkMessage]) -> list[bool]:
        seen.extend(message.number for message in messages)
        return [False] * len(messages)

    search = Search(Rows(capture), 10, 1, remember)  # what is folded, too
    while not search.done:
        search.advance(0.001)
    assert search.found is None
    assert search.share == 100
    assert sorted(seen) == list(range(1, len(capture) + 1))
    here = Rows(capture).number(10)
    assert seen[0] == here + 1
    assert seen[-1] == here


def test_a_search_in_nothing_is_over(capture: IndexedCapture) -> None:
    rows = Rows(capture)
    rows.set_filter(compile_filter("seq == 1 and seq == 2", capture.decoder.registry), [])
    assert Search(rows, 0, 1, lambda messages: [True] * len(messages)).done


@pytest.mark.parametrize("needle", ["rtm_newroute", "203.0.113.7", "nexthop has invalid gateway", "veth0", "multipath"])
def test_text_is_found_in_types_values_names_and_words(capture: IndexedCapture, needle: str) -> None:
    assert any(Finder(capture).matcher(needle)(list(capture)))


def test_text_that_is_nowhere_is_not_found(capture: IndexedCapture) -> None:
    assert not any(Finder(capture).matcher("wireguard")(list(capture)))


def test_a_search_finds_what_stands_in_the_tree(capture: IndexedCapture) -> None:
    """Where messages are printed by patterns as where the walker makes their trees; not where they come from."""
    shown = ["\n".join(tree(message)[1:]).lower() for message in capture]
    for needle in ("gateway", "10.", "(2)", "! ", "flags", "frame "):
        assert Finder(capture).matcher(needle)(list(capture)) == [needle in text for text in shown]


@pytest.mark.parametrize(
    ("wanted", "filter_"),
    [
        ("regex: ^rtm_(new|del)route", "type == RTM_NEWROUTE or type == RTM_DELROUTE"),
        ("regex: ^rtm_newroute", "type == RTM_NEWROUTE"),
        ("hex: cb 00 71", "route.dst == 203.0.113.0/24 or route.gateway == 203.0.113.0/24"),
        ("filter: errno", "errno"),
        ("filter: type == NLMSG_ERROR", "type == NLMSG_ERROR"),
    ],
)
def test_a_search_finds_what_else_one_may_look_for(capture: IndexedCapture, wanted: str, filter_: str) -> None:
    rows = Rows(capture)
    rows.set_filter(compile_filter(filter_, capture.decoder.registry))
    rows.step(60)
    found = compress(range(1, len(capture) + 1), Finder(capture).matcher(wanted)(list(capture)))
    expected = [rows.number(row) for row in range(len(rows))]
    assert expected
    assert set(expected) <= set(found) if "hex" in wanted else expected == list(found)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [("regex: (", "no regular expression: "), ("hex: 0a 1", "no bytes in hex: 0a 1"), ("filter: nosuch", "no field")],
)
def test_what_cannot_be_looked_for_is_said(capture: IndexedCapture, wanted: str, why: str) -> None:
    with pytest.raises(NlsniffError, match=re.escape(why)):
        Finder(capture).matcher(wanted)
