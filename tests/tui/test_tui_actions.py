"""The table of actions: every key names a real action, and none is bound twice where it is pressed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from textual.keys import Keys, format_key

from nlsniff.filter.compile import compile_filter
from nlsniff.tui.actions import ACTIONS, TITLES, TOGETHER, Action, Context, bindings, of
from nlsniff.tui.columns_screen import ColumnsScreen
from nlsniff.tui.compare_screen import CompareScreen
from nlsniff.tui.conversations_screen import ConversationsScreen
from nlsniff.tui.copy_screen import CopyScreen
from nlsniff.tui.filter_bar import FilterBar
from nlsniff.tui.follow_screen import FollowScreen
from nlsniff.tui.help_screen import FILTERS, LANGUAGE, HelpLines, HelpScreen, help_lines
from nlsniff.tui.hexview import HexPane
from nlsniff.tui.key_names import key_name
from nlsniff.tui.letters import LettersScreen
from nlsniff.tui.line_view import LineView
from nlsniff.tui.main_screen import MainScreen
from nlsniff.tui.message_list import MessageList
from nlsniff.tui.overview_screen import OverviewScreen
from nlsniff.tui.save_screen import LeaveScreen, SaveScreen
from nlsniff.tui.tree import TreePane
from nlsniff.tui.window import FindLine, Window
from tests.support import REGISTRY
from tests.tui.screens import OpenApp, settle, type_text

if TYPE_CHECKING:
    from textual.dom import DOMNode

OWNERS: dict[Context, type[DOMNode]] = {
    "main": MainScreen,
    "lines": LineView,
    "list": MessageList,
    "tree": TreePane,
    "hex": HexPane,
    "bar": FilterBar,
    "follow": FollowScreen,
    "compare": CompareScreen,
    "help": HelpScreen,
    "copy": CopyScreen,
    "overview": OverviewScreen,
    "conversations": ConversationsScreen,
    "columns": ColumnsScreen,
    "save": SaveScreen,
    "leave": LeaveScreen,
    "letters": LettersScreen,
    "window": Window,
    "find": FindLine,
}


def _name(action: Action) -> str:
    return f"{action.context}-{action.name}"


def test_every_context_has_an_owner_and_a_title() -> None:
    assert set(OWNERS) == set(TITLES) >= {action.context for action in ACTIONS}


@pytest.mark.parametrize("action", ACTIONS, ids=_name)
def test_action_is_a_method_of_its_owner(action: Action) -> None:
    assert callable(getattr(OWNERS[action.context], f"action_{action.name.partition('(')[0]}", None))


@pytest.mark.parametrize("context", OWNERS)
def test_owner_binds_exactly_what_the_table_says(context: Context) -> None:
    wanted = {(binding.key, binding.action) for binding in bindings(context)}
    own = {(binding.key, binding.action) for binding in OWNERS[context].__dict__.get("BINDINGS", [])}
    assert own == wanted


@pytest.mark.parametrize("together", TOGETHER, ids="+".join)
def test_no_key_is_bound_twice_where_it_is_pressed(together: tuple[Context, ...]) -> None:
    keys = Counter(key for context in together for action in of(context) for key in action.keys)
    assert {key for key, count in keys.items() if count > 1} == set()


def test_every_context_is_active_somewhere() -> None:
    assert {context for together in TOGETHER for context in together} == set(OWNERS)


@pytest.mark.parametrize("action", ACTIONS, ids=_name)
def test_keys_are_keys_of_textual(action: Action) -> None:
    known = {key.value for key in Keys}
    for key in action.keys:
        assert len(key) == 1 or key in known or format_key(key) != key, key


def test_help_has_every_action() -> None:
    page = [(keys, words) for keys, words, _ in help_lines()]
    for action in ACTIONS:
        assert (" ".join(key_name(key) for key in action.keys), action.help) in page


@pytest.mark.parametrize("example", [example for example, _ in FILTERS])
def test_every_example_of_the_language_is_a_filter(example: str) -> None:
    compile_filter(example, REGISTRY)


async def test_the_bar_has_the_language_at_hand(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("slash")
        await type_text(pilot, "err")
        await pilot.press("f1")
        page = app.screen.query_one(HelpLines)
        await pilot.pause()
        assert page.items[round(page.scroll_offset.y)][0] == LANGUAGE
        await pilot.press("escape")
        assert screen.bar.text == "err"
        await type_text(pilot, "no")
        assert screen.bar.text == "errno"


async def test_the_page_scrolls_by_pages_and_has_no_cursor(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        page = app.screen.query_one(HelpLines)
        assert page.scroll_offset.y == 0
        await pilot.press("pagedown")
        assert page.scroll_offset.y == page.page
        await pilot.press("j", "k", "k")
        assert page.scroll_offset.y == page.page - 1
        await pilot.press("G")
        assert page.scroll_offset.y == page.count - page.page - 1
        await pilot.press("G", "g")
        assert page.scroll_offset.y == 0
        assert page.cursor == -1


async def test_palette_offers_the_actions_of_the_screen(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test() as pilot:
        await settle(pilot)
        offered = {command.title for command in app.get_system_commands(app.screen)}
        assert offered == {action.title for action in of("main") if action.palette} | {"Theme"}


async def test_palette_runs_an_action(open_app: OpenApp) -> None:
    app = open_app()
    async with app.run_test() as pilot:
        await settle(pilot)
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        app.call_later(commands["Help"].callback)
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
