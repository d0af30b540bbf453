"""`nlsniff live` into a pipe, without a kernel: a recording is written piece by piece while it is read."""

from __future__ import annotations

import itertools
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nlsniff.capture import privilege, session
from nlsniff.capture.plan import Stats
from nlsniff.cli import live, show, who
from nlsniff.reader import IndexedCapture, make_decoder
from tests.cli.invoke import invoke
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RECORDED = [ROOT / "captures" / name for name in ("first-route.pcapng", "events.pcapng")]
FIRST = RECORDED[0]
REFUSED = 24  # the message of FIRST that the kernel refuses in the next


class Writer:
    """Stands in for a `Session`: each time that it is asked how the capture stands, there is a piece more."""

    def __init__(self, path: Path, pieces: Iterable[bytes]) -> None:
        self.path, self.name = path, str(path)
        self.earlier: list[tuple[Path, Stats]] = []
        self.device = ""
        self._pieces = iter(pieces)
        path.write_bytes(b"")

    def stats(self) -> Stats:
        piece = next(self._pieces, None)
        if piece is not None:
            with self.path.open("ab") as file:
                file.write(piece)
        return Stats(alive=piece is not None)

    def stop(self) -> Stats:
        return Stats(alive=False)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Runs `live` over pieces of a file and gives what it printed, line by line with the ends."""

    def call(pieces: Iterable[bytes], *words: str) -> list[str]:
        def start(path: Path, *_: Any, **__: Any) -> Writer:
            return Writer(Path(path), pieces)

        monkeypatch.setattr(session, "start", start)
        monkeypatch.setattr(live, "_PAUSE", 0)
        monkeypatch.setattr(privilege, "effective", lambda: 0)
        monkeypatch.setattr(privilege, "drop", lambda: None)
        done = invoke(live.command, ["-w", str(tmp_path / "live.pcapng"), *words])
        assert done.exit_code == 0
        assert "written to" in done.stderr
        return done.stdout.splitlines(keepends=True)

    return call


def cut(path: Path, *messages: int) -> list[bytes]:
    """A recording in pieces; each ends inside the record of one of these messages, so that only the next has it."""
    data = path.read_bytes()
    with IndexedCapture(path, make_decoder()).load() as capture:
        frames = [capture.message(number).frame for number in messages]
        places = [0, *(capture.index.offsets[frame - 1] for frame in frames), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(places)]


def test_who_says_as_it_happens_what_it_says_of_the_file(
    tmp_path: Path, run: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run([])  # sets up what stands in for the capture
    writer = Writer(tmp_path / "who.pcapng", [RECORDED[1].read_bytes()])
    writer.device = "nlmon0"
    monkeypatch.setattr(session, "start", lambda *_, **__: writer)
    printed = invoke(who.command, ["dev", "dummy0"])
    assert printed.exit_code == 0
    assert printed.stderr.startswith("watching dev dummy0 on nlmon0, Ctrl-C ends it\n")
    assert printed.stdout == invoke(who.command, ["dev", "dummy0", str(RECORDED[1])]).stdout


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
@pytest.mark.parametrize("size", [1 << 30, 1000])
def test_live_prints_what_show_prints(path: Path, size: int, run: Callable[..., list[str]]) -> None:
    data = path.read_bytes()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    shown = invoke(show.command, [str(path)]).stdout.splitlines(keepends=True)
    assert len(shown) > 20
    assert run(pieces) == shown
    assert "\n" not in shown


class Interrupted(Writer):
    """As `Writer`; Ctrl-C comes after some pieces, and the rest of them while the capture ends."""

    def stats(self) -> Stats:
        if not super().stats().alive:
            raise KeyboardInterrupt
        return Stats(alive=True)

    def stop(self) -> Stats:
        with self.path.open("ab") as file:
            file.write(FIRST.read_bytes()[self.path.stat().st_size :])
        return super().stop()


@pytest.mark.parametrize("size", [0, 1000, 3001])
def test_what_comes_while_a_capture_ends_is_printed(
    size: int, run: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "Writer", Interrupted)
    shown = invoke(show.command, [str(FIRST)]).stdout.splitlines(keepends=True)
    assert run([FIRST.read_bytes()[:size]] if size else []) == shown


class Swallower(Writer):
    """A signal comes once, and is swallowed as a library may do it. Without another there is no end for long."""

    ended = 0.0

    def stats(self) -> Stats:
        super().stats()
        if not Swallower.ended:
            Swallower.ended = time.monotonic() + 30
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
        time.sleep(0.01)
        return Stats(alive=time.monotonic() < Swallower.ended)


def test_a_signal_that_is_swallowed_comes_again(run: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Swallower, "ended", 0.0)
    monkeypatch.setattr(live, "_AGAIN", 0.2)
    monkeypatch.setitem(globals(), "Writer", Swallower)
    run([FIRST.read_bytes()])
    assert time.monotonic() < Swallower.ended


@pytest.mark.parametrize(
    "text", ["route", "type == RTM_NEWROUTE", "time > 10ms", "errno", "status == error", "latency"]
)
def test_a_filter_of_live_chooses_what_that_of_show_chooses(text: str, run: Callable[..., list[str]]) -> None:
    """Where the whole traffic is there when it is looked at, conversations included."""
    shown = invoke(show.command, [str(FIRST), "-Y", text]).stdout.splitlines(keepends=True)
    assert shown
    assert run([FIRST.read_bytes()], "-Y", text) == shown


def numbers(lines: list[str]) -> list[int]:
    return [int(line.split()[0]) for line in lines]


def test_live_judges_a_message_by_its_conversation_so_far(run: Callable[..., list[str]]) -> None:
    whole, pieces = [FIRST.read_bytes()], cut(FIRST, REFUSED + 1)
    assert numbers(run(whole, "-Y", "errno == ENETUNREACH")) == [REFUSED, REFUSED + 1]
    assert numbers(run(pieces, "-Y", "errno == ENETUNREACH")) == [REFUSED + 1]
    assert REFUSED not in numbers(run(whole, "-Y", "unanswered"))
    assert REFUSED in numbers(run(pieces, "-Y", "unanswered"))
    assert numbers(run(pieces, "-Y", f"status == unanswered and message == {REFUSED}")) == [REFUSED]
