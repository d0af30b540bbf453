"""Browsing without a screen: filter, search, jumps and marks over a recording, and a file that grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.filter.errors import FilterError
from nlsniff.output.text import timestamp
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.browser import Browser
from nlsniff.tui.jumps import message_at
from nlsniff.tui.note import Note
from nlsniff.tui.search import Search
from nlsniff.tui.status import why_empty
from tests.tui.screens import CAPTURES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nlsniff.capture.session import Session
    from nlsniff.file.frame import Frame
    from nlsniff.file.write import Writer

REJECTED = CAPTURES / "rejected.pcapng"
UNFOLDED = [1, *range(20, 50)]  # what the recorder itself asked has one row
DESCRIPTION = 7  # frames
ROUTES = [26, 32, 34, 44, 45, 46]  # its messages of type RTM_NEWROUTE


def catch_up(browser: Browser) -> Browser:
    """Read what there is, filter and search to the end, and bring it into view."""
    while new := browser.read():
        browser.take_in(new)
    browser.take_in(0)
    while browser.step(0.01):
        pass
    browser.sync()
    return browser


@pytest.fixture
def browser() -> Iterator[Browser]:
    with IndexedCapture(str(REJECTED), make_decoder()) as capture:
        yield catch_up(Browser(capture, still=True))


def shown(browser: Browser) -> list[int]:
    assert browser.count == len(browser.rows)
    return [browser.rows.number(row) for row in range(browser.count)]


# -- where the user stands -----------------------------------------------------------------------------------------


def test_a_capture_opens_on_its_first_message(browser: Browser) -> None:
    assert shown(browser) == UNFOLDED
    assert browser.number == 1
    assert browser.settled
    assert browser.note == Note()


def test_the_cursor_stays_among_the_rows(browser: Browser) -> None:
    browser.go(99)
    assert browser.number == 49
    browser.go(-1)
    assert browser.number == 1


def test_a_note_stands_until_the_cursor_moves(browser: Browser) -> None:
    browser.warn("no")
    browser.go(0)
    assert browser.note == ("no", "warning")
    browser.go(1)
    assert browser.note == Note()


def test_a_jump_says_why_it_cannot_be(browser: Browser) -> None:
    assert browser.jump(30)
    assert browser.number == 30
    browser.set_filter("type == RTM_NEWROUTE")
    assert not browser.jump(1)
    assert browser.note == ("message 1 is hidden by the filter; esc takes it away", "warning")
    for number in (0, 50):
        assert not browser.jump(number)
        assert browser.note == (f"there is no message {number}, the last is 49", "warning")
    assert browser.number == 32


# -- filter --------------------------------------------------------------------------------------------------------


def test_a_filter_keeps_the_place(browser: Browser) -> None:
    browser.jump(30)
    browser.set_filter("type == RTM_NEWROUTE")
    assert shown(browser) == ROUTES
    assert browser.number == 32  # the next one that is shown
    browser.set_filter("")
    assert shown(browser) == UNFOLDED
    assert browser.number == 32


def test_a_filter_on_how_conversations_end(browser: Browser) -> None:
    browser.set_filter("status == error")
    assert shown(catch_up(browser)) == list(range(28, 38))


def test_a_wrong_filter_changes_nothing(browser: Browser) -> None:
    browser.set_filter("type == RTM_NEWROUTE")
    with pytest.raises(FilterError):
        browser.set_filter("type = 1")
    assert browser.filter_text == "type == RTM_NEWROUTE"
    assert shown(browser) == ROUTES


def test_a_filter_that_nothing_matches(browser: Browser) -> None:
    browser.set_filter("seq == 1 and seq == 2")
    assert shown(browser) == []
    assert browser.number is None
    assert browser.conversation is None
    assert why_empty(browser).startswith("no message matches")
    for act, words in (
        (browser.jumps.partner, "there is no message"),
        (lambda: browser.jumps.mark(1), "nothing is marked here; m marks a message"),
        (browser.marked_pair, "mark two messages with m to compare them (0 marked)"),
        (lambda: browser.find_next(1), "there are no messages to look through"),
        (lambda: browser.toggle_conversation(browser.conversation), "there is no message"),
    ):
        act()
        assert browser.note == (words, "warning")
    browser.toggle_mark()
    assert not browser.marked


def test_a_conversation_is_shown_alone_and_all_again(browser: Browser) -> None:
    browser.jump(31)
    browser.toggle_conversation(browser.conversation)
    assert shown(browser) == [30, 31]
    assert browser.filter_text.startswith("conversation == ")
    browser.toggle_conversation(browser.conversation)
    assert browser.filter_text == ""
    assert browser.number == 31
    browser.set_filter("errno")
    browser.toggle_conversation(browser.conversation)
    browser.toggle_conversation(browser.conversation)
    assert browser.filter_text == "errno"


def test_a_filter_that_is_stopped_keeps_what_it_found_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlsniff.tui.browser._FIRST", -1)
    monkeypatch.setattr("nlsniff.tui.rows._COLUMNS", 30)
    with IndexedCapture(str(REJECTED), make_decoder()) as capture:
        browser = catch_up(Browser(capture, still=True))
        browser.set_filter("type == RTM_NEWROUTE")
        monkeypatch.setattr("nlsniff.tui.rows.time.perf_counter", iter([0, 0, 2]).__next__)
        browser.step(1)
        browser.sync()
        monkeypatch.undo()
        browser.cancel()
        assert shown(browser) == ROUTES[:1]
        assert not browser.step(1)
        assert browser.filter_text
        assert shown(browser) == ROUTES[:1]
        browser.set_filter("type == RTM_NEWROUTE")
        catch_up(browser)
        assert shown(browser) == ROUTES
        browser.cancel()
        assert not browser.filter_text


def test_a_filter_that_is_stopped_says_how_far_it_came(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlsniff.tui.browser._FIRST", -1)
    browser.set_filter("seq == 1 and seq == 2")
    assert why_empty(browser) == ""
    browser.cancel()
    assert why_empty(browser) == "no message matches the filter among the first 0; esc takes it away"


def test_cancel_stops_the_search_then_the_filter_then_finding(browser: Browser) -> None:
    browser.set_filter("type == RTM_NEWROUTE")
    browser.find("route")
    browser.search = fruitless(browser)
    browser.cancel()
    assert browser.search is None
    assert browser.note == ("stopped", "")
    browser.cancel()
    assert browser.filter_text == ""
    assert browser.needle == "route"
    browser.cancel()
    assert browser.needle == ""


def fruitless(browser: Browser) -> Search:
    """A search that has not begun."""
    return Search(browser.rows, 0, 1, lambda messages: [False] * len(messages), "nothing")


# -- search --------------------------------------------------------------------------------------------------------


def test_finding_goes_both_ways_and_round_the_end(browser: Browser) -> None:
    visited = []
    browser.find("VXLAN")
    for step in (1, 1, -1):
        visited.append(catch_up(browser).number)
        browser.find_next(step)
    assert visited == [30, 31, 30]
    assert catch_up(browser).number == 31


def test_what_is_not_found_is_said(browser: Browser) -> None:
    browser.find("no such text")
    assert catch_up(browser).note == ("find 'no such text': none", "warning")
    browser.jump(30)
    browser.set_filter("conversation == 6 and type == RTM_NEWROUTE")
    browser.find("gateway")
    assert catch_up(browser).note == ("find 'gateway': only this one", "warning")


def test_errors_one_after_the_other(browser: Browser) -> None:
    visited = []
    for step in (1, 1, 1, 1, 1, 1, -1):
        browser.find_problem(step)
        visited.append(catch_up(browser).number)
    assert visited == [29, 31, 32, 33, 34, 35, 34]


def test_a_search_ends_with_a_note(browser: Browser) -> None:
    browser.search = fruitless(browser)
    assert not browser.step(60)
    assert browser.search is None
    assert browser.note == ("nothing: none", "warning")


# -- partners and marks --------------------------------------------------------------------------------------------


def test_partners(browser: Browser) -> None:
    browser.jump(46)
    browser.jumps.partner()
    assert browser.number == 43  # the request for the dump
    browser.jumps.partner()
    assert browser.number == 44  # its first answer
    browser.jump(30)
    browser.jumps.partner()
    assert browser.number == 31
    browser.jumps.partner()
    assert browser.number == 30


def test_marks_go_round(browser: Browser) -> None:
    for number in (26, 32, 5):
        browser.jump(number)
        browser.toggle_mark()
    visited = []
    for _ in range(4):
        browser.jumps.mark(1)
        visited.append(browser.number)
    assert visited == [26, 32, 5, 26]
    for _ in range(4):
        browser.jumps.mark(-1)
        visited.append(browser.number)
    assert visited[4:] == [5, 32, 26, 5]
    browser.set_filter("type == RTM_NEWROUTE")
    browser.jumps.mark(1)
    browser.jumps.mark(1)
    assert browser.number == 26  # 5 is hidden
    browser.toggle_mark()
    assert browser.marked == {5, 32}
    assert browser.note == ("D compares the two", "")
    browser.unmark_all()
    assert not browser.marked
    assert browser.note == ("2 marks taken away", "")
    browser.unmark_all()
    assert browser.note == ("nothing is marked", "")


def test_a_filter_on_marks_asks_them_again(browser: Browser) -> None:
    browser.set_filter("marked")
    assert shown(browser) == []
    browser.marked.update({3, 7})
    browser.set_filter("marked")
    assert shown(browser) == [3, 7]


def test_two_marked_messages_or_one_and_the_current(browser: Browser) -> None:
    browser.jump(32)
    browser.toggle_mark()
    assert browser.marked_pair() is None  # the current message is the marked one
    browser.jump(26)
    pair = browser.marked_pair()
    assert pair is not None
    assert [message.number for message in pair] == [32, 26]  # the marked one first
    browser.marked.update({1, 2})
    assert browser.marked_pair() is None
    assert browser.note == ("mark two messages with m to compare them (3 marked, U unmarks all)", "warning")


# -- files that grow -----------------------------------------------------------------------------------------------


class Growing:
    """A file into which frames of a recording are written one after the other, and a browser over it."""

    def __init__(self, path: Path, writer: Writer) -> None:
        self.frames: list[Frame] = list(FrameReader(str(REJECTED)))
        self.path = path
        self.writer = writer

    def write(self, count: int) -> None:
        for frame in self.frames[:count]:
            self.writer.write(frame.time_ns, frame.data)
        del self.frames[:count]
        self.writer.flush()


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    path = tmp_path / "grows.pcapng"
    with open_writer(path) as writer:
        yield Growing(path, writer)


@pytest.fixture
def follower(growing: Growing) -> Iterator[Browser]:
    """A browser over the file's first frame."""
    growing.write(1)
    with IndexedCapture(str(growing.path), make_decoder()) as capture:
        yield catch_up(Browser(capture))


def test_what_comes_is_counted_or_followed(growing: Growing, follower: Browser) -> None:
    del growing.frames[: DESCRIPTION - 1]
    growing.write(4)
    assert catch_up(follower).number == 1
    assert follower.unseen == follower.count - 1 > 0
    follower.go(follower.count)
    assert follower.unseen == 0
    follower.pinned = True
    growing.write(4)
    before = follower.count
    catch_up(follower)
    assert follower.number == follower.count > before
    assert follower.unseen == 0
    follower.go(follower.cursor - 1)
    assert not follower.pinned
    growing.write(1)
    assert catch_up(follower).unseen == 1
    assert follower.number == follower.count - 2


def test_only_a_change_is_to_be_shown(growing: Growing, follower: Browser) -> None:
    def changed() -> bool:
        follower.take_in(follower.read())
        follower.step(1)
        found = follower.changed
        follower.sync()
        return found

    assert not changed()
    growing.write(1)
    assert changed()
    assert not changed()
    follower.search = fruitless(follower)
    assert changed()
    assert not changed()
    follower.set_filter("seq == 1")
    follower.rows.scanned = 0
    assert changed()
    assert not changed()


def test_what_is_read_late_is_not_new(growing: Growing) -> None:
    growing.write(20)
    with IndexedCapture(str(growing.path), make_decoder()) as capture:
        browser = Browser(capture)
        browser.take_in(browser.read())
        browser.sync()
        assert browser.count > 0
        assert browser.unseen == 0
        assert not browser.settled


def test_a_live_capture_begins_at_its_end(growing: Growing) -> None:
    with IndexedCapture(str(growing.path), make_decoder()) as capture:
        browser = Browser(capture, cast("Session", object()))
        assert why_empty(browser) == "reading"
        assert why_empty(catch_up(browser)) == "nothing was captured yet"
        del growing.frames[:DESCRIPTION]
        growing.write(3)
        assert catch_up(browser).number == browser.count > 1


def test_a_request_is_wanted_for_an_error_that_came_after_it(growing: Growing, follower: Browser) -> None:
    growing.write(17)  # to the request for a vxlan, its error left out
    catch_up(follower).set_filter("errno == EINVAL")
    assert shown(catch_up(follower)) == []
    growing.write(2)
    assert shown(catch_up(follower)) == [30, 31]
    follower.go(1)
    growing.write(len(growing.frames))
    assert shown(catch_up(follower)) == [30, 31, 34, 35, 36, 37]
    assert follower.number == 31


def test_rows_stay_in_view_while_they_are_filtered_again(growing: Growing, follower: Browser) -> None:
    growing.write(18)
    catch_up(follower).set_filter("unanswered or errno == EINVAL")
    before = shown(catch_up(follower))
    growing.write(1)
    follower.take_in(follower.read())
    assert not follower.rows.complete
    assert shown(follower) == before == [30, 31]
    assert shown(catch_up(follower)) == [30, 31, 32]  # the request of the last frame
    growing.write(1)
    assert shown(catch_up(follower)) == [30, 31]  # it has an answer now
    assert follower.unseen == 1


def test_the_rest_of_a_cut_record_is_read_where_the_file_is_still(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcapng"
    path.write_bytes(REJECTED.read_bytes()[:5000])
    counts = []
    for still in (False, True):
        with IndexedCapture(str(path), make_decoder()) as capture:
            counts.append(catch_up(Browser(capture, still=still)).count)
            assert bool(capture.problems) == still
    assert 0 < counts[0] <= counts[1] < 49


def test_a_file_that_is_no_capture_of_netlink_says_so(corpus: Path) -> None:
    with IndexedCapture(str(corpus / "pcap" / "nldecap-not-netlink.pcap"), make_decoder()) as capture:
        browser = catch_up(Browser(capture, still=True))
        assert browser.note.meaning == "error"
        assert "netlink" in browser.note.text
        assert why_empty(browser).startswith("no netlink message; ")


# -- jumps ---------------------------------------------------------------------------------------------------------


def test_back_and_forward_lead_through_the_places_that_jumps_left(browser: Browser) -> None:
    visited = []
    for number in (22, 30, 45):
        browser.jump(number)
    for step in (1, 1, 1, 1, -1, -1, -1, -1):
        browser.jumps.back(step)
        visited.append(browser.number)
    assert visited == [30, 22, 1, 1, 22, 30, 45, 45]
    assert browser.note.text == "there is no place after this"
    browser.jumps.back(1)
    browser.jump(20)  # what was ahead is forgotten
    browser.jumps.back(-1)
    assert browser.number == 20
    browser.jumps.back(1)
    assert browser.number == 30


def test_the_next_of_a_conversation(browser: Browser) -> None:
    browser.jump(43)
    visited = []
    for step in (1, 1, 1, 1, 1, -1, -1, -1, -1, -1):
        browser.jumps.in_conversation(step)
        visited.append(browser.number)
    assert visited == [44, 45, 46, 47, 47, 46, 45, 44, 43, 43]
    assert browser.note.text == "this is the first of its conversation"


@pytest.mark.parametrize(
    ("text", "number"),
    [("31", 31), (" 31 ", 31), ("0.0", 1), ("1.0114", 30), ("1.0115", 31), ("1011ms", 30), ("2.4s", 39)],
)
def test_a_place_is_named_by_number_or_time(browser: Browser, text: str, number: int) -> None:
    catch_up(browser)
    assert message_at(text, browser.capture) == number


def test_a_place_is_named_by_the_time_of_day(browser: Browser) -> None:
    catch_up(browser)
    message = browser.capture.message(30)
    day, _, hour = timestamp(message.time_ns).partition(" ")
    assert message_at(hour, browser.capture) == 30
    assert message_at(f"{day}T{hour[:8]}", browser.capture) <= 30


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "a number"), ("abc", "a number"), ("999.5", "no message at 999.5 or later"), ("25:61", "a number")],
)
def test_what_names_no_place_is_said(browser: Browser, text: str, why: str) -> None:
    catch_up(browser)
    with pytest.raises(NlsniffError, match=f"^{why}"):
        message_at(text, browser.capture)
