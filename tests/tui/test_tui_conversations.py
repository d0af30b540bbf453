"""The window of conversations: every order against a slow sort, and where its rows lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.steps import finish
from nlsniff.tui.conversation_list import ORDERS, cells, in_order
from nlsniff.tui.conversations_screen import ConversationsScreen
from tests.tui.screens import CAPTURES, opened, settle

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tests.tui.screens import OpenApp


async def conversations(pilot: Pilot[None], *keys: str) -> ConversationsScreen:
    """Press keys that open the window, or sort it, and wait until it is sorted."""
    await pilot.press(*keys)
    for _ in range(500):
        await pilot.pause(0.01)
        window = pilot.app.screen
        if isinstance(window, ConversationsScreen) and window.done:
            return window
    pytest.fail("the conversations did not come")


@pytest.mark.parametrize("name", ["managers.pcapng.zst", "at-once.pcapng.zst", "rejected.pcapng"])
def test_each_order_is_what_it_says(name: str) -> None:
    with opened(CAPTURES / name) as capture:
        alone = [one for one in capture.follower.conversations if one.cause is None]
        worst = ["error", "unanswered", "interrupted", "partial", "ok"]
        sorted_by = {
            "as they began": alone,
            "the longest first": sorted(alone, key=lambda one: one.start - one.end),
            "the most parts first": sorted(alone, key=lambda one: one.parts, reverse=True),
            "what failed first": sorted(alone, key=lambda one: worst.index(one.status)),
        }
        assert sorted_by.keys() == ORDERS.keys()
        for order, wanted in sorted_by.items():
            assert list(finish(in_order(capture.follower, order))) == [one.id for one in wanted]


def test_a_row_says_who_what_and_what_came_of_it() -> None:
    with opened(CAPTURES / "managers.pcapng.zst") as capture:
        found = capture.conversation(2020)
        row = cells(found, capture.message(2020))
        assert row == {
            "message": "2020", "kind": "request", "who": "NetworkManager[795]", "took": "0.019 ms", "parts": "",
            "events": "", "result": "ENOENT", "what": row["what"],
        }  # fmt: skip
        assert row["what"].startswith("RTM_DELQDISC ")


async def test_the_longest_conversation_is_three_keys_away(open_app: OpenApp) -> None:
    app = open_app("events")
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        window = await conversations(pilot, "C")
        assert window.rows.count == sum(one.cause is None for one in screen.browser.capture.follower.conversations)
        await conversations(pilot, "s")
        longest = max(screen.browser.capture.follower.conversations, key=lambda one: (one.duration_ns, -one.id))
        await pilot.press("enter")
        await settle(pilot)
        assert screen.browser.number == longest.first_message


async def test_a_conversation_is_shown_alone(open_app: OpenApp) -> None:
    app = open_app("rejected")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settle(pilot)
        window = await conversations(pilot, "C")
        chosen = window.rows.conversation(0)
        await pilot.press("F")
        await settle(pilot)
        assert screen.browser.filter_text == f"conversation == {chosen.id}"
        assert len(screen.browser.rows) == chosen.count
