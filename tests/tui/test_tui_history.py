"""Filters that were applied before: kept in a file, of which nothing is believed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.tui.history import History, history_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "nlsniff" / "filters"


def test_it_is_kept_the_last_one_last_and_each_once(path: Path) -> None:
    history = History(path)
    for text in ("errno", "seq == 1", "errno"):
        history.add(text)
    assert history.items == History(path).items == ["seq == 1", "errno"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["filters"]


def test_two_screens_lose_nothing(path: Path) -> None:
    one, two = History(path), History(path)
    assert one.items == two.items == []
    one.add("seq == 1")
    two.add("seq == 2")
    one.add("seq == 3")
    assert set(History(path).items) == {"seq == 1", "seq == 2", "seq == 3"}


def test_it_does_not_grow_without_end(path: Path) -> None:
    history = History(path)
    for number in range(250):
        history.add(f"seq == {number}")
    assert len(history.items) == 200
    assert history.items[-1] == "seq == 249"


@given(data=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_give_lines_that_can_be_shown(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("state") / "filters"
    file.write_bytes(data)
    history = History(file)
    assert all(item.isprintable() and item for item in history.items)
    history.add("errno")
    assert History(file).items[-1] == "errno"


def test_what_cannot_be_kept_is_remembered(path: Path, tmp_path: Path) -> None:
    tmp_path.joinpath("state").write_text("in the way")
    history = History(path)
    history.add("errno")
    assert history.items == ["errno"]
    history.add("summary contains '\x1b[31m'")
    assert history.items[-1] == "summary contains '\x1b[31m'"


def test_no_link_is_followed_and_no_pipe_waited_for(path: Path, tmp_path: Path) -> None:
    folder = path.parent
    folder.mkdir(parents=True)
    other = tmp_path / "other"
    other.write_text("seq == 1\n")
    path.symlink_to(other)
    history = History(path)
    assert history.items == []
    history.add("errno")
    assert other.read_text() == "seq == 1\n"
    path.unlink()
    os.mkfifo(path)
    assert History(path).items == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be in somebody else's folder")
def test_nothing_is_made_in_the_folder_of_somebody_else(path: Path, tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    History(path).add("errno")
    assert list(tmp_path.iterdir()) == []


def test_the_place_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/s")
    assert history_file() == Path("/s/nlsniff/filters")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/h")
    assert history_file() == Path("/h/.local/state/nlsniff/filters")
