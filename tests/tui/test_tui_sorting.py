"""Sorting the list: what keys compare as, the order over rows, and keys and clicks in the running application."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.browser import Browser
from nlsniff.tui.message_list import ListHeader
from nlsniff.tui.sort_keys import WIDTH, text_key
from nlsniff.tui.sorting import SortedBy, after, toggled
from tests.tui.screens import CAPTURES, filter_by, opened, row_text, settle

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.screens import OpenApp


@pytest.mark.parametrize(
    "ascending",
    [
        ("-3", "0", "0.5", "7", "0x10", "100"),
        ("20 ns", "3 ms", "2.5", "1 min", "2 h"),
        ("10.0.0.9", "10.0.0.10", "192.0.2.0/24", "192.0.2.0/25", "2001:db8::9", "2001:db8::10"),
        ("Eth1", "eth2", "eth10", "veth0"),
        ("1", "192.0.2.1", "fe80::1", "lo", ""),
        ("2,9", "10,1"),
    ],
)
def test_keys_compare_as_people_do(ascending: tuple[str, ...]) -> None:
    keys = [text_key(text) for text in ascending]
    assert keys == sorted(set(keys))


@given(st.text())
def test_every_text_has_a_key(text: str) -> None:
    assert len(text_key(text)) == WIDTH


def test_a_column_is_sorted_up_then_down_then_not_at_all() -> None:
    up, down = SortedBy("seq"), SortedBy("seq", descending=True)
    assert [toggled(None, "seq"), toggled(up, "seq"), toggled(down, "seq"), toggled(up, "type")] == [
        up, down, None, SortedBy("type"),
    ]  # fmt: skip
    assert [after(None, ["a", "b"], 1), after(SortedBy("a"), ["a", "b"], 1), after(SortedBy("b"), ["a", "b"], 1)] == [
        SortedBy("a"), SortedBy("b"), None,
    ]  # fmt: skip


def arranged(browser: Browser) -> list[int]:
    """The numbers of all rows, when everything is done."""
    while browser.step(1):
        pass
    browser.sync()
    return [browser.rows.number(row) for row in range(browser.count)]


def test_the_order_is_that_of_the_values_over_all_messages_or_those_of_a_filter() -> None:
    browser = Browser(opened("events"), still=True)
    browser.take_in(browser.read())
    capture, folded = browser.capture, arranged(browser)
    length = {number: capture.message(number).length for number in range(1, len(capture) + 1)}
    browser.go(7)
    here = browser.number
    for descending in (False, True):
        browser.sort(SortedBy("length", descending=descending))
        numbers = arranged(browser)
        assert [length[number] for number in numbers] == sorted(length.values(), reverse=descending)
        assert browser.number == here
        assert all(browser.rows.row(number) == row for row, number in enumerate(numbers))
    assert browser.jump(folded[-1] - 1), "what is folded has a row"
    browser.find("filter: flags.dump")
    first = browser.cursor
    browser.step(1)
    assert browser.cursor > first or browser.search is None
    browser.sort(SortedBy("route.dst", descending=True))
    browser.set_filter("route")
    numbers = arranged(browser)
    read = [capture.message(number).get("dst") or "" for number in numbers]
    filled = [text for text in read if text]
    assert read == filled + [""] * (len(read) - len(filled)), "what has no value stands below"
    assert [text_key(text) for text in filled] == sorted(map(text_key, filled), reverse=True)
    browser.cancel()
    browser.cancel()
    assert arranged(browser) == folded, "esc takes the filter, then the order away"


def test_what_comes_later_stands_below_until_one_sorts_again(tmp_path: Path) -> None:
    data, file = (CAPTURES / "events.pcapng").read_bytes(), tmp_path / "grows.pcapng"
    file.write_bytes(data[: len(data) // 2])
    with IndexedCapture(str(file), make_decoder()) as capture:
        browser = Browser(capture)
        while not browser.caught_up:
            browser.take_in(browser.read())
        browser.sort(SortedBy("length"))
        before = arranged(browser)
        file.write_bytes(data)
        browser.take_in(browser.read())
        assert arranged(browser) == [*before, *range(len(before) + 1, len(capture) + 1)]
        assert browser.rows.unsorted == len(capture) - len(before) > 0
        browser.sort(SortedBy("length", descending=True))
        assert set(arranged(browser)) == set(range(1, len(capture) + 1))
        assert not browser.rows.unsorted
        browser.sort(SortedBy("summary"))
        browser.rows.step(0, sort=True)
        browser.cancel()
        assert browser.rows.by == SortedBy("length", descending=True), "esc stops a sort, and leaves the order before"


async def test_keys_and_clicks_sort(open_app: OpenApp) -> None:
    app = open_app("rejected")
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await settle(pilot)
        header = screen.query_one(ListHeader)
        await pilot.press("v", "V")
        assert (await settle(pilot)).browser.rows.by == SortedBy("message", descending=True)
        assert "no.▼" in header.render_line(0).text
        assert str(len(screen.browser.capture)) in row_text(screen.messages, 0)[:8]
        at = header.render_line(0).text.index("type")
        await pilot.click(ListHeader, offset=(at + 1, 0))
        await settle(pilot)
        assert screen.browser.rows.by == SortedBy("type")
        assert "by type ▲" in screen.status.text
        await filter_by(pilot, "route")
        assert screen.browser.rows.by == SortedBy("type")
        await pilot.press("o")
        assert "a filter shows all" in screen.status.text
        await pilot.press("vertical_line", "s", "escape", "o")
        assert screen.browser.rows.by == SortedBy("message")
        assert "a sorted list has all rows" in screen.status.text
