"""Keys that the user chose in config.toml, and marks with letters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nlsniff.errors import NlsniffError
from nlsniff.tui.actions import ACTIONS, choose_keys, footer
from nlsniff.tui.config import Config, config_file
from nlsniff.tui.help_screen import help_lines
from nlsniff.tui.key_choice import chosen_keys
from nlsniff.tui.key_names import key_of
from nlsniff.tui.letters import Letters
from tests.tui.screens import CAPTURES, OpenApp, settle

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = config_file()
    path.parent.mkdir()
    yield path
    choose_keys({})


def write(path: Path, text: str) -> None:
    path.write_text(text)


async def test_keys_do_and_are_shown_as_chosen(open_app: OpenApp, config: Path) -> None:
    write(
        config, '[keys]\nnext-error = "n"\nnext-match = ["e", "ctrl-g"]\nfilter = ","\ndown = "i"\nstatistics = "B"\n'
    )
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("n")
        screen = await settle(pilot)
        assert screen.browser.number == 29
        await pilot.press("i")
        assert screen.browser.number == 30
        assert [hint.key for hint in footer("list")[:5]] == [",", "ctrl-f", "n", "f", "B"]
        page = [(keys, words) for keys, words, _ in help_lines()]
        assert ("e ctrl-g", "next message that has it") in page
        await pilot.press("comma")
        assert screen.bar.has_class("-open")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("next-eror = 'n'", "no action 'next-eror': did you mean next-error"),
        ("follow = 'e'", "e is the key of next-error and of follow-conversation"),
        ("follow-conversation = 'ctrl-p'", "ctrl-p is the key of follow-conversation and of the palette"),
        ("quit = 'j'", "j is the key of down and of quit"),
        ("quit = 'contrl-x'", "quit: no key 'contrl-x': write x, X"),
        ("quit = 7", "quit: no key 7"),
        ("quit = []", "quit has none"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_line(config: Path, text: str, words: str) -> None:
    config.write_text(f"[keys]\n{text}\n")
    with pytest.raises(NlsniffError) as error:
        chosen_keys(Config(config))
    assert str(error.value).startswith(f"{config}: keys: ")
    assert "\n" not in str(error.value)
    assert words in str(error.value) or "no action 'follow'" in str(error.value)


async def test_a_wrong_table_is_said_and_the_usual_keys_stay(open_app: OpenApp, config: Path) -> None:
    write(config, '[keys]\nfilter = "e"\n')
    async with open_app().run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        assert "e is the key of filter and of next-error" in screen.status.text
        await pilot.press("slash")
        assert screen.bar.has_class("-open")


def test_names_of_actions_are_theirs_alone() -> None:
    """In one context; a name that several contexts share is one choice for all of them."""
    names = [(action.context, action.setting) for action in ACTIONS if action.setting]
    assert len(names) == len(set(names))
    assert all(name.replace("-", "").isalnum() for _, name in names)


async def test_letters_stand_for_messages_of_files(open_app: OpenApp, config: Path) -> None:
    other = Letters(str(CAPTURES / "basics.pcapng"))
    other.set("b", 7)
    app = open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("e", "M", "a", "g", "apostrophe", "a")
        await pilot.pause()
        assert screen.browser.number == 29
        assert screen.messages.render_line(screen.browser.cursor - screen.messages.scroll_offset.y).text[0] == "a"
        await pilot.press("m", "g", "apostrophe", "apostrophe")
        await pilot.pause()
        assert screen.browser.number == 29
        await pilot.press("apostrophe", "z")
        await pilot.pause()
        assert "z stands for no message" in screen.status.text
        await pilot.press("U", "apostrophe", "b")
        await pilot.pause()
        assert screen.browser.marked == set()
    assert app.reopened is not None
    with app.reopened.capture as there:
        assert (Path(there.path).name, app.reopened.home) == ("basics.pcapng", 7)
    write(config.parent / "marks", "a 3 /x\nquatsch\nb 99999999999999 /x\na 4 /x\nc 1 relative\n")
    assert Letters("/x").find("a") == ("a", 4, "/x")
    assert len(Letters("/x").all()) == 1


def test_a_character_is_typed_by_a_key() -> None:
    """By the names that bindings have; those of Unicode are others."""
    assert [key_of(one) for one in "aZ7/, -_@é"] == [
        "a", "Z", "7", "slash", "comma", "space", "minus", "underscore", "at", "é"
    ]  # fmt: skip
