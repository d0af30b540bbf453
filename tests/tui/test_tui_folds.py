"""Copies of a notification, parts of a dump and the recorder's own have one row of the list, until it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.browser import Browser
from nlsniff.tui.folds import PARTS, Fold, FoldedRows
from tests.tui.screens import CAPTURES, OpenApp, opened, row_text, settle
from tests.tui.test_browser import DESCRIPTION, REJECTED, UNFOLDED, catch_up, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT_ONCE = opened(CAPTURES / "at-once.pcapng.zst")


@pytest.fixture
def browser() -> Iterator[Browser]:
    with IndexedCapture(str(REJECTED), make_decoder()) as capture:
        yield catch_up(Browser(capture, still=True))


def test_the_recorder_s_own_messages_have_one_row(browser: Browser) -> None:
    browser.toggle_fold()
    assert shown(browser) == list(range(1, 50))
    browser.jump(32)
    browser.toggle_fold()
    assert browser.note == ("nothing is folded here; O opens or folds everything", "warning")
    assert browser.number == 32
    browser.jump(7)
    browser.toggle_fold()
    assert shown(browser) == UNFOLDED
    assert browser.number == 1  # whose row it has now
    assert browser.rows.fold(1) == Fold(1, 19)
    assert browser.rows.fold(20) is None


def test_a_jump_into_a_fold_opens_it(browser: Browser) -> None:
    assert browser.jump(15)
    assert browser.number == 15
    assert shown(browser) == list(range(1, 50))


def test_a_filter_shows_what_is_folded(browser: Browser) -> None:
    browser.set_filter("type == RTM_GETLINK and flags.dump")
    assert shown(browser) == [14]
    browser.toggle_fold()
    assert browser.note == ("a filter shows all that it matches; esc takes it away", "warning")
    browser.set_filter("")
    assert browser.number == 1
    assert shown(browser) == UNFOLDED


def test_where_the_recorder_asked_nothing_there_is_nothing_to_fold(tmp_path: Path) -> None:
    with open_writer(tmp_path / "x.pcapng") as writer:
        for frame in list(FrameReader(str(REJECTED)))[DESCRIPTION:]:
            writer.write(frame.time_ns, frame.data)
    with IndexedCapture(str(tmp_path / "x.pcapng"), make_decoder()) as capture:
        browser = catch_up(Browser(capture, still=True))
        assert shown(browser) == list(range(1, 31))


@pytest.fixture(params=["events.pcapng", "managers.pcapng.zst", "link-life.pcapng", "route-dump.pcapng"])
def capture(request: pytest.FixtureRequest) -> Iterator[IndexedCapture]:
    with opened(CAPTURES / request.param) as capture:
        yield capture


def heads(capture: IndexedCapture) -> list[int]:
    """As `FoldedRows` says it, a message at a time."""
    found, run, before = [], 0, 0
    for message in capture:
        conversation = capture.conversation(message.number)
        part = message.number != conversation.request and message.type >= 16
        run = run + 1 if conversation.id == before and run and part else 1 if part else 0
        before = conversation.id
        most = {"event": 1, "dump": PARTS + 1}.get(conversation.kind, len(capture))
        if run <= most:
            found.append(message.number)
    return found


def test_copies_and_parts_that_stand_together_are_folded(capture: IndexedCapture) -> None:
    rows = FoldedRows(capture)
    rows.grow()
    assert list(rows.numbers) == heads(capture)
    assert len(rows.numbers) < len(capture)
    folds = [fold for number in rows.numbers if (fold := rows.fold(number))]
    assert sum(fold.hidden for fold in folds) == len(capture) - len(rows.numbers)
    for fold in folds:
        kinds = {capture.conversation(number).kind for number in range(fold.first, fold.last + 1)}
        assert kinds == {"event" if rows.kind(fold) == "copies" else "dump"}


def test_rows_that_come_one_by_one_are_those_that_come_at_once(capture: IndexedCapture) -> None:
    with capture.again() as growing:
        rows = FoldedRows(growing)
        while growing.advance(1):
            before = list(rows.numbers)
            rows.grow()
            assert list(rows.numbers[: len(before)]) == before
        assert list(rows.numbers) == heads(capture)


@given(st.data())
def test_rows_and_numbers_are_each_other_s_inverse(data: st.DataObject) -> None:
    browser = catch_up(Browser(AT_ONCE, still=True))
    rows, total = browser.rows, len(AT_ONCE)
    for _ in range(data.draw(st.integers(0, 8))):
        if data.draw(st.integers(0, 9)) == 0:
            browser.toggle_fold(all_=True)
        else:
            browser.jump(data.draw(st.integers(1, total)))
            browser.toggle_fold()
        here = data.draw(st.sampled_from(rows.folded.numbers))
        browser.jump(here)
        assert browser.number == here
    numbers = shown(browser)
    assert numbers == sorted(set(numbers))
    assert [rows.row(number) for number in numbers] == list(range(len(rows)))
    around = [((fold := rows.fold(number)) and fold.last) or number for number in numbers]
    assert around == [*(number - 1 for number in numbers[1:]), total]
    assert rows.row(total + 1) == len(rows)
    browser.toggle_fold(all_=True)
    if len(rows) < total:
        browser.toggle_fold(all_=True)
    assert shown(browser) == list(range(1, total + 1))


def test_a_search_and_a_mark_reach_what_is_folded() -> None:
    browser = catch_up(Browser(AT_ONCE, still=True))
    rows = browser.rows
    fold = next(fold for number in rows.folded.numbers[1:] if (fold := rows.fold(number)) and fold.hidden > 9)
    browser.jump(fold.first - 1)
    browser.find(f"filter:message == {fold.first + 7}")
    catch_up(browser)
    assert browser.number == fold.first + 7
    browser.toggle_mark()
    browser.toggle_fold()
    assert browser.number == fold.first
    assert not rows.has(fold.first + 7)
    browser.jumps.mark(1)
    assert browser.number == fold.first + 7
    browser.toggle_fold()
    browser.jump(1)
    browser.find("filter:message == 3")  # the recorder's own are not looked through while they are folded
    catch_up(browser)
    assert "none" in browser.note.text


async def test_rows_say_how_many_are_folded(open_app: OpenApp) -> None:
    async with open_app("events").run_test(size=(120, 60)) as pilot:
        screen = await settle(pilot)
        rows = screen.browser.rows
        copies = next(fold for number in rows.folded.numbers[1:] if (fold := rows.fold(number)))
        text = row_text(screen.messages, rows.row(copies.first))
        assert f"\N{MULTIPLICATION SIGN}{copies.hidden + 1} " in text
        assert screen.browser.capture.message(copies.first).type_name in text
        screen.jump(copies.first)
        await pilot.press("o")
        assert len([n for n in shown(screen.browser) if copies.first <= n <= copies.last]) == copies.hidden + 1
        await pilot.press("o", "O")
        assert shown(screen.browser) == list(range(1, len(screen.browser.capture) + 1))
