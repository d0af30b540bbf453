"""The bracket around what the current message belongs to."""

from __future__ import annotations

import pytest

from nlsniff.tui.brackets import bracket
from tests.tui.screens import OpenApp, main, opened, settle


@pytest.mark.parametrize("name", ["events", "routes", "rejected", "link-life"])
def test_a_bracket_goes_around_all_of_a_conversation(name: str) -> None:
    with opened(name) as capture:
        follower, wholes = capture.follower, dict[int, set[int]]()
        for number in range(1, len(capture) + 1):
            view = capture.conversation(number)
            wholes.setdefault(view.cause or view.id, set()).add(number)
        assert any(len(whole) > 4 for whole in wholes.values())
        for id_, whole in wholes.items():
            for number in sorted(whole)[:20]:
                around = bracket(follower, number)
                assert (around.conversation, around.first) == (id_, min(whole))
                assert number <= around.last <= max(whole)
            around = bracket(follower, max(whole))
            signs = "".join(around.sign(follower, n, n) for n in range(around.first, around.last + 1))
            if len(whole) == 1:
                assert signs == " "
            else:
                members = [n - around.first for n, sign in enumerate(signs, around.first) if sign != "│"]
                assert members == [n - around.first for n in sorted(whole)]
                assert signs[0] + signs[-1] == "┌└"
                assert set(signs[1:-1]) <= {"├", "│"}
            assert around.sign(follower, around.last + 1, around.last + 1) == " "


def gutter(screen: object) -> str:
    messages = screen.messages  # type: ignore[attr-defined]
    return "".join(messages.render_line(y).text[2] for y in range(messages.count)).rstrip()


async def test_the_bracket_goes_with_the_cursor(open_app: OpenApp) -> None:
    async with open_app().run_test(size=(100, 90)) as pilot:
        screen = await settle(pilot)
        screen.jump(32)
        await pilot.pause()
        seen = gutter(screen)
        assert seen.strip().startswith("┌")
        assert seen.endswith("└")
        assert len(seen.strip()) == len(main(pilot).browser.conversation.messages)  # type: ignore[union-attr]
        await pilot.press("down", "down", "down")
        await pilot.pause()
        assert gutter(screen) != seen
