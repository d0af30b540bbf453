"""Pictures of the screen, compared with those in __snapshots__/.

After an intended change (or a new recording of captures/rejected.pcapng): look at the report that pytest names, then
run `pytest tests/tui/test_tui_snapshots.py --snapshot-update`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tests.tui.screens import settle, type_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.app import App
    from textual.pilot import Pilot

    from tests.tui.screens import OpenApp


class Compare(Protocol):
    """The fixture of pytest-textual-snapshot."""

    def __call__(
        self,
        app: App[None],
        *,
        terminal_size: tuple[int, int] = ...,
        run_before: Callable[[Pilot[None]], Awaitable[None]] = ...,
    ) -> bool: ...


def keys(*pressed: str, jump: int | None = None, typed: str = "") -> Callable[[Pilot[None]], Awaitable[None]]:
    """Wait until the file is read, go to a message, press keys, type."""

    async def run(pilot: Pilot[None]) -> None:
        screen = await settle(pilot)
        if jump is not None:
            screen.jump(jump)
            await pilot.pause()
        for key in pressed:
            await pilot.press(key)
            await settle(pilot)
        if typed:
            await type_text(pilot, typed)
            await settle(pilot)

    return run


def test_main(snap_compare: Compare, open_app: OpenApp) -> None:
    assert snap_compare(open_app(), terminal_size=(120, 32), run_before=keys(jump=26))


def test_rejected_attribute(snap_compare: Compare, open_app: OpenApp) -> None:
    assert snap_compare(open_app(), terminal_size=(100, 30), run_before=keys("tab", jump=30))


def test_bytes_of_a_dump_with_another_part_dim(snap_compare: Compare, open_app: OpenApp) -> None:
    pressed = ("tab", "tab", "down", "down", "right", "right")
    assert snap_compare(open_app(), terminal_size=(120, 28), run_before=keys(*pressed, jump=45))


def test_secret_is_masked(snap_compare: Compare, open_app: OpenApp) -> None:
    pressed = ("tab", "x", "G", "up", "up", "up", "up", "up")
    assert snap_compare(open_app(), terminal_size=(120, 30), run_before=keys(*pressed, jump=38))


def test_filter_error(snap_compare: Compare, open_app: OpenApp) -> None:
    run = keys("slash", jump=26, typed="type == RTM_NEWROUTE adn errno")
    assert snap_compare(open_app(), terminal_size=(90, 16), run_before=run)


def test_completion(snap_compare: Compare, open_app: OpenApp) -> None:
    run = keys("slash", jump=26, typed="type == RTM_NEWN")
    assert snap_compare(open_app(), terminal_size=(90, 20), run_before=run)


def test_filtered(snap_compare: Compare, open_app: OpenApp) -> None:
    assert snap_compare(open_app(filter_text="status == error"), terminal_size=(100, 24), run_before=keys())


def test_follow(snap_compare: Compare, open_app: OpenApp) -> None:
    assert snap_compare(open_app(), terminal_size=(100, 30), run_before=keys("f", jump=30))


def test_follow_a_dump_of_the_link(snap_compare: Compare, open_app: OpenApp) -> None:
    assert snap_compare(open_app(), terminal_size=(80, 20), run_before=keys("f", "down", jump=15))


def test_help(snap_compare: Compare, open_app: OpenApp) -> None:
    assert snap_compare(open_app(), terminal_size=(80, 30), run_before=keys("question_mark"))


def test_compare(snap_compare: Compare, open_app: OpenApp) -> None:
    async def run(pilot: Pilot[None]) -> None:
        screen = await settle(pilot)
        screen.browser.marked.update({26, 34})
        await pilot.press("D")

    assert snap_compare(open_app(), terminal_size=(100, 34), run_before=run)


def test_copy(snap_compare: Compare, open_app: OpenApp) -> None:
    assert snap_compare(open_app(), terminal_size=(80, 18), run_before=keys("c", jump=26))


def test_small_terminal(snap_compare: Compare, open_app: OpenApp) -> None:
    assert snap_compare(open_app(), terminal_size=(40, 10), run_before=keys(jump=31))


def test_tree_on_a_small_terminal(snap_compare: Compare, open_app: OpenApp) -> None:
    assert snap_compare(open_app(), terminal_size=(40, 10), run_before=keys("tab", jump=30))
