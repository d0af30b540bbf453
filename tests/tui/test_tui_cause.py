"""What caused an event: its ladder is that of the cause, and p goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.filter.compile import compile_filter
from nlsniff.output.ladder import EVENTS_SHOWN, rows
from nlsniff.select import IndexSelection
from nlsniff.tui.browser import Browser
from nlsniff.tui.follow_screen import FollowScreen
from nlsniff.tui.partner import partner
from tests.tui.screens import CAPTURES, opened, settle

if TYPE_CHECKING:
    from tests.tui.screens import OpenApp


async def test_an_event_is_followed_in_the_conversation_that_caused_it(open_app: OpenApp) -> None:
    app = open_app("events")
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        screen.jump(80)  # the second copy of a deleted address
        await pilot.press("f")
        await pilot.pause()
        window = app.screen
        assert isinstance(window, FollowScreen)
        assert window.conversation.request == 78
        assert window.ladder.step is not None
        assert list(window.ladder.step.messages) == [79, 80, 81]
        await pilot.press("g", "enter")
        await settle(pilot)
        assert screen.browser.number == 78
        screen.jump(80)
        await pilot.press("p")
        assert screen.browser.number == 78


def test_the_frames_of_long_conversations_are_counted_once() -> None:
    with opened(CAPTURES / "at-once.pcapng.zst") as capture:
        found = compile_filter("frames > 1", capture.decoder.registry)
        chosen = sum(1 for _ in IndexSelection(capture, found).numbers(0, len(capture)))
        slow = [
            len({capture.message(number).frame for number in one.messages}) for one in capture.follower.conversations
        ]
        assert chosen == sum(
            one.count for one, frames in zip(capture.follower.conversations, slow, strict=True) if frames > 1
        )
        assert 0 < len(capture.follower.frame_counts) <= 4096


def test_an_event_without_a_cause_says_so() -> None:
    with opened("link-life") as capture:
        browser = Browser(capture, still=True)
        alone = next(
            number for number in range(1, len(capture) + 1)
            if (found := capture.conversation(number)).kind == "event" and found.cause is None
        )  # fmt: skip
        browser.sync()
        browser.jump(alone)
        browser.jumps.partner()
        assert browser.number == alone
        assert browser.note.text == "the capture does not tell what caused this event"


def test_the_partner_of_an_error_in_a_batch_is_what_it_refuses() -> None:
    with opened(CAPTURES / "batches.pcapng.zst") as capture:
        for number, other in ((641, 616), (616, 641), (508, 505), (505, 508), (502, 501), (501, 502)):
            assert partner(capture.conversation(number), number, capture.message) == (other, "")


def test_each_of_many_events_has_a_row_in_the_ladder_of_its_cause() -> None:
    with opened(CAPTURES / "batches.pcapng.zst") as capture:
        follower = capture.follower
        cause = max(follower.conversations, key=lambda found: len(found.effects))
        effects = cause.effects
        assert len(effects) > EVENTS_SHOWN + 3
        plain = rows(cause, follower, capture.message)
        for event in (effects[0], effects[EVENTS_SHOWN], effects[EVENTS_SHOWN + 2], effects[-2], effects[-1]):
            steps = rows(cause, follower, capture.message, event)
            (row,) = (step for step in steps if step.role == "event" and step.conversation == event)
            assert list(row.messages) == list(follower.conversation(event).messages)
            told = {number for step in steps for number in step.messages}
            assert told >= {number for step in plain for number in step.messages}
            assert [step.messages[0] for step in steps if step.role == "event"] == sorted(
                step.messages[0] for step in steps if step.role == "event"
            )
