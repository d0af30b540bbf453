"""What the recorder itself asked has one row of the list, until it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.browser import Browser
from nlsniff.tui.rows import Fold, Rows, runs
from tests.tui.test_browser import DESCRIPTION, REJECTED, UNFOLDED, catch_up, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def browser() -> Iterator[Browser]:
    with IndexedCapture(str(REJECTED), make_decoder()) as capture:
        yield catch_up(Browser(capture, still=True))


def test_the_recorder_s_own_messages_have_one_row(browser: Browser) -> None:
    browser.jump(32)
    browser.toggle_own()
    assert shown(browser) == list(range(1, 50))
    assert browser.number == 32
    browser.jump(7)
    browser.toggle_own()
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
    browser.toggle_own()
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
        browser.toggle_own()
        assert browser.note == ("the recorder asked nothing in this capture", "warning")


@given(st.lists(st.integers(1, 60), unique=True).map(sorted))
def test_rows_and_numbers_are_each_other_s_inverse(folded: list[int]) -> None:
    rows = Rows(cast("IndexedCapture", range(60)))
    rows.folds = runs(folded)
    hidden = {number for number in folded if number - 1 in folded}
    numbers = [number for number in range(1, 61) if number not in hidden]
    assert [rows.number(row) for row in range(len(rows))] == numbers
    assert [rows.row(number) for number in numbers] == list(range(len(rows)))
    assert [number for number in range(1, 61) if rows.has(number)] == numbers
    for number in hidden:
        first = rows.number(rows.row(number))
        assert set(range(first, number + 1)) <= set(folded)
    assert rows.row(61) == len(rows)
