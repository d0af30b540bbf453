"""A filter means the same wherever it is asked: the ways of `show`, `follow`, `stats`, the screen, Python, in parts."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest

import nlsniff
from nlsniff.cli import follow, show, stats
from nlsniff.filter.compile import compile_filter
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.select import IndexSelection, StreamSelection, select
from nlsniff.tui.rows import Rows
from tests.cli.invoke import invoke
from tests.conftest import CAPTURES, ROOT
from tests.file import made
from tests.support import REGISTRY

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.cli.commands import Command

FILTERS = (
    "type == RTM_NEWROUTE", "time > 20ms", "route and time > 20ms", "errno", "unanswered or status == error",
    "time > 20ms and latency < 1ms", "not route", 'type matches "NEW" and not errno',
)  # fmt: skip
RECORDED = [ROOT / "captures" / name for name in ("first-route.pcapng", "events.pcapng")]


def out(command: Command, *words: str | Path) -> list[str]:
    """The lines that a command prints, which finds nothing wrong."""
    done = invoke(command, [str(word) for word in words])
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
@pytest.mark.parametrize("text", FILTERS)
def test_all_who_ask_a_filter_hear_the_same(path: Path, text: str) -> None:
    numbers = [int(line) for line in out(show.command, path, "-Y", text, "-e", "message")]
    assert numbers
    assert [int(line.split()[0]) for line in out(show.command, path, "-Y", text)] == numbers
    assert json.loads("".join(out(stats.command, path, "-Y", text, "--json")))["messages"] == len(numbers)
    told = [json.loads(line)["messages"] for line in out(follow.command, path, "-Y", text, "--json")]
    assert told == [item for item in _conversations(path) if not set(numbers).isdisjoint(item)]
    with nlsniff.Capture(path) as opened:
        assert [message.number for message in opened.messages(text)] == numbers
    assert [message.number for message in nlsniff.stream(path, text)] == numbers
    with IndexedCapture(path, make_decoder()).load() as capture:
        filter_ = compile_filter(text, capture.decoder.registry)
        rows = Rows(capture)
        rows.set_filter(filter_)
        while rows.step(0.0001):
            pass
        assert [rows.number(row) for row in range(len(rows))] == numbers
        assert [message.number for batch in IndexSelection(capture, filter_) for message in batch] == numbers


ERRORS = (
    "errno", "not errno", "errno == 0", "errno != 0", "errno > 0", "errno in {EEXIST, ENOENT}", "errno != EPERM",
    "errno not in {1 .. 20}", "errno and type == NLMSG_ERROR", "errno == ENOENT or type == NLMSG_DONE",
)  # fmt: skip


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_what_is_left_out_by_what_failed_would_not_match(path: Path) -> None:
    with IndexedCapture(path, make_decoder()).load() as capture:
        every = [(message, capture.conversation(message.number)) for message in capture]
        for text in ERRORS:
            filter_ = compile_filter(text, capture.decoder.registry)
            assert list(IndexSelection(capture, filter_).numbers(0, len(capture))) == [
                message.number for message, talk in every if filter_.matches(message, talk)
            ], text


@lru_cache
def _conversations(path: Path) -> list[list[int]]:
    return [json.loads(line)["messages"] for line in out(follow.command, path, "--all", "--json")]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
@pytest.mark.parametrize("text", ["seq > 1000", "route", "errno"])
def test_a_filter_leaves_lines_as_they_are(path: Path, text: str) -> None:
    """Seconds count from the first message of the capture, printed or not."""
    chosen = invoke(show.command, [str(path), "-Y", text]).stdout.splitlines()
    left = iter(invoke(show.command, [str(path)]).stdout.splitlines())
    assert all(line in left for line in chosen)


@pytest.mark.parametrize("times", [(0, 1, 2, 3), (7, 8, 9, 10), (5, 4, 6, 7)], ids=str)
def test_time_counts_from_the_first_message(tmp_path: Path, times: tuple[int, ...]) -> None:
    """One at the epoch is a time like any other, and the first need not be the earliest."""
    frames = [made.Record(10**9 * at, made.datagram(made.message(40, seq=at + 1))) for at in times]
    path = tmp_path / "x.pcap"
    path.write_bytes(made.pcap(frames))
    expected = [number for number, at in enumerate(times, 1) if at - times[0] < 2]
    for text in ("time < 2s", "route and time < 2s", "time < 2s and not errno"):
        for fields in (["message"], ["message", "summary"]):
            words = [word for field in fields for word in ("-e", field)]
            assert [int(line.split()[0]) for line in out(show.command, path, "-Y", text, *words)] == expected
        assert [message.number for message in nlsniff.stream(path, text)] == expected
    printed = out(show.command, path, "-Y", "seq > 1 and time > 0s")
    since = [float(at - times[0]) for at in times if at and at > times[0]]
    assert [float(line.split()[1]) for line in printed] == since


def test_what_needs_conversations_is_indexed_and_all_else_is_streamed() -> None:
    for text in FILTERS:
        filter_ = compile_filter(text, REGISTRY)
        kind = IndexSelection if filter_.needs_conversation else StreamSelection
        assert type(select(RECORDED[0], make_decoder(), filter_)) is kind
    assert type(select(RECORDED[0], make_decoder())) is StreamSelection


def test_a_selection_of_a_growing_file_goes_on_where_it_stopped(tmp_path: Path) -> None:
    frames = made.records(9)
    path = tmp_path / "x.pcap"
    whole, some = made.pcap(frames), made.pcap(frames[:4])
    path.write_bytes(some)
    with IndexedCapture(path, make_decoder()) as capture:
        selection = IndexSelection(capture, compile_filter("length > 24", REGISTRY))
        assert (capture.start_ns, list(selection)) == (0, [])
        seen = []
        for data in (some, some + whole[len(some) : len(some) + 9], whole, whole):
            path.write_bytes(data)
            while capture.advance():
                pass
            seen.append([message.number for batch in selection for message in batch])
        assert seen == [[3, 4], [], [5, 6, 7, 8, 9], []]
        assert capture.start_ns == frames[0].time_ns
