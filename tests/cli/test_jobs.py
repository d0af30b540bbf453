"""`--jobs`: several processes print what one prints, wherever a file is cut; and what becomes of them.

A third of the captures is cut at some places; `python -m tests.cli.test_jobs` cuts all at fifty.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from nlsniff import reader, select
from nlsniff.cli import check, follow, jobs, show, stats
from nlsniff.cli.commands import UsageError
from nlsniff.cli.options import jobs_for
from nlsniff.decode import names
from nlsniff.errors import NlsniffError
from nlsniff.reader import make_decoder
from tests.bench.traffic import make
from tests.cli.invoke import invoke
from tests.conftest import CAPTURES, COMPRESSED, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROUTES = str(ROOT / "captures" / "routes.pcapng")
EVENTS = str(ROOT / "captures" / "events.pcapng")
NLSNIFF = [sys.executable, "-m", "nlsniff"]
PLACES = int(os.environ.get("PLACES", "5"))
CUT = CAPTURES[::3] if PLACES < 50 else [*CAPTURES, *COMPRESSED]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of some parts."""
    path = tmp_path_factory.mktemp("jobs") / "large.pcap"
    make(path, 32_000)
    return path


def cut_at(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Give a process of its own to each part, and parts so many messages."""
    monkeypatch.setattr(select, "_WORTH", 0)
    monkeypatch.setattr(select, "_FIRST", size)
    monkeypatch.setattr(select, "_MOST", size)
    monkeypatch.setattr(select, "_MOST_HELD", size)
    monkeypatch.setattr(reader, "BATCH", size)
    monkeypatch.setattr(follow, "_TOGETHER", size)


@pytest.mark.parametrize("path", CUT, ids=lambda path: path.name)
def test_a_capture_that_is_cut_is_printed_as_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = invoke(show.command, [str(path), "--json"])
    # A part ends with a batch, and these are smaller at the end of each chunk: so cut more often.
    cut_at(monkeypatch, max(1, whole.stdout.count("\n") // (PLACES * 3 // 2)))
    with mock.patch("os.fork", side_effect=os.fork) as fork:
        assert invoke(show.command, [str(path), "--json", "--jobs", "3"]) == whole
    assert fork.call_count >= min(PLACES, whole.stdout.count("\n") - 1)


@pytest.mark.parametrize("words", [[], ["-V"], ["-Y", "errno"], ["-Y", "route.oif == 3", "-e", "frame", "-e", "time"]])
def test_all_ways_to_print(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = invoke(show.command, [ROUTES, *words])
    assert whole.stdout
    cut_at(monkeypatch, 16)
    assert invoke(show.command, [ROUTES, *words, "--jobs", "2"]) == whole


FOLLOWED = [
    ["--all"], ["--all", "-V"], ["--all", "--json"], ["-Y", "errno"], ["-Y", "route.oif == 3"], ["--stories"],
    ["--stories", "-V", "-Y", "route.oif == 3"], ["--stories", "--json"],
]  # fmt: skip


@pytest.mark.parametrize("words", FOLLOWED, ids=" ".join)
def test_all_ways_to_follow(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = invoke(follow.command, [ROUTES, *words])
    assert whole.stdout
    cut_at(monkeypatch, 7)
    assert invoke(follow.command, [ROUTES, *words, "--jobs", "2"]) == whole


@pytest.mark.parametrize("path", CUT[:: 1 if PLACES >= 50 else 5], ids=lambda path: path.name)
def test_a_capture_that_is_cut_is_counted_as_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what a body says, and with the names of its time; bodies are judged in other processes."""
    words = [str(path), "--json", "-Y", 'summary contains "1" or problem']
    whole = invoke(stats.command, words)
    count = json.loads(invoke(stats.command, words[:2]).stdout)["messages"]
    monkeypatch.setattr(names, "_MANY", 1)
    cut_at(monkeypatch, max(1, count // (PLACES * 3 // 2)))
    with mock.patch("os.fork", side_effect=os.fork) as fork:
        assert invoke(stats.command, [*words, "--jobs", "3"]) == whole
    assert fork.call_count >= min(PLACES, count - 1)


@pytest.mark.parametrize("words", [["-Y", "route.oif == 3"], ["-Y", "errno"], ["-Y", "type == RTM_NEWROUTE"], []])
def test_all_ways_to_count(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = invoke(stats.command, [ROUTES, *words])
    cut_at(monkeypatch, 7)
    with mock.patch("os.fork", side_effect=os.fork) as fork:
        assert invoke(stats.command, [ROUTES, *words, "--jobs", "2"]) == whole
    assert (fork.call_count > 5) == (words[1:] == ["route.oif == 3"])


def test_what_counts_tells_that_a_process_was_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> bytes:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return bytes(7)

    here = os.getpid()
    cut_at(monkeypatch, 7)
    monkeypatch.setattr(select.StreamSelection, "verdicts", killed)
    with pytest.raises(NlsniffError, match=r"^a process of --jobs was killed by signal 9 \(Killed\); ") as caught:
        invoke(stats.command, [ROUTES, "-Y", "route.oif == 3", "--jobs", "2"])
    assert caught.value.exit_code == 70


CHECKED = ("first-route", "rejected", "routes", "link-life", "events")
RULES = """\
format = 1
no-errors = true
[[ignore]]
filter = "type == RTM_GETLINK"
reason = "a test"
[[ignore]]
filter = "type == RTM_NEWTFILTER"
reason = "a test"
"""


@pytest.mark.parametrize("words", [[], ["--json"], ["--strict-rules", "--new", "left"]])
def test_checks_say_the_same_in_their_order(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.toml").write_text(RULES)
    captures = [str(ROOT / "captures" / f"{name}.pcapng") for name in CHECKED]
    arguments = [*captures, "--golden", "goldens", "--rules", "rules.toml"]
    assert invoke(check.command, [*captures[:-1], *arguments[-4:], "--update", "--jobs", "2"]).exit_code == 1
    left = tmp_path / "left"
    found = []
    for count in ("1", "3"):
        result = invoke(check.command, [*arguments, *words, "--jobs", count])
        files = {path.name: _timeless(path.read_text("latin-1")) for path in sorted(left.glob("*"))}
        found.append((result.exit_code, _timeless(result.stdout), result.stderr, files))
        shutil.rmtree(left, ignore_errors=True)
    assert found[0] == found[1]
    assert found[0][0] == 2  # the last has no golden
    assert "RTM_NEWTFILTER" in found[0][2]
    assert "RTM_GETLINK" not in found[0][2]  # one of the others has used this rule


def _timeless(text: str) -> str:
    """Without how long it took."""
    return re.sub(r'"seconds": ?[\d.e-]+', "", text)


def test_names_are_forgotten_behind_each_part(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = invoke(show.command, [EVENTS, "--json"])
    monkeypatch.setattr(names, "_MANY", 1)
    cut_at(monkeypatch, 16)
    assert invoke(show.command, [EVENTS, "--json", "--jobs", "2"]) == whole
    decoder = make_decoder()
    kept = 0
    for _, part in select.select(EVENTS, decoder).parts():
        taught = [number for _, _, number in decoder.names.changes]
        assert all(number >= part[0][0].number for number in taught)
        kept += len(taught)
    assert kept


@pytest.mark.parametrize("words", [["-c", "3"], ["-e", "frame"]])
def test_what_one_process_does_alone(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = invoke(show.command, [ROUTES, *words])
    cut_at(monkeypatch, 16)
    assert invoke(show.command, [ROUTES, *words, "--jobs", "2"]) == whole


def test_a_file_and_a_pipe_of_many_parts(large: Path) -> None:
    one = subprocess.run([*NLSNIFF, "show", str(large)], capture_output=True, check=True)
    two = subprocess.run([*NLSNIFF, "show", str(large), "--jobs", "2"], capture_output=True, check=True)
    assert (two.stdout, two.stderr) == (one.stdout, b"")
    shell = f"cat {large} | {' '.join(NLSNIFF)} show - | cat"
    environment = os.environ | {"NLSNIFF_JOBS": "3"}
    piped = subprocess.run(["sh", "-c", shell], capture_output=True, check=True, env=environment)
    assert (piped.stdout, piped.stderr) == (one.stdout, b"")


def test_a_pipe_of_many_parts_is_counted(large: Path) -> None:
    command = [*NLSNIFF, "stats", "-Y", "route.oif == 3"]
    one = subprocess.run([*command, str(large)], capture_output=True, check=True)
    with large.open("rb") as file:
        environment = os.environ | {"NLSNIFF_JOBS": "3"}
        shell = f"cat | {shlex.join([*command, '-'])} | cat"
        piped = subprocess.run(["sh", "-c", shell], stdin=file, capture_output=True, check=True, env=environment)
    assert (piped.stdout, piped.stderr) == (one.stdout, b"")


def test_a_pipe_that_pauses_is_printed_as_far_as_it_came() -> None:
    data = (ROOT / "captures" / "routes.pcapng").read_bytes()
    with subprocess.Popen(
        [*NLSNIFF, "show", "-", "--jobs", "2"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(data[: len(data) // 2])
        assert running.stdout.read(1)  # or it would wait for ever
        running.stdin.close()
        running.stdout.read()


def test_head_ends_all(large: Path) -> None:
    shell = f"{' '.join(NLSNIFF)} show -V {large} --jobs 2; echo $? >&2"
    done = subprocess.run(["sh", "-c", f"({shell}) | head -n 1"], capture_output=True, check=True)
    assert done.stderr == b"0\n"
    assert done.stdout.count(b"\n") == 1


def lines(task: int) -> Iterator[bytes]:
    """What the tasks of the tests below say."""
    yield b"%d\n" % task


def test_a_killed_process_is_one_line() -> None:
    def work(task: int) -> Iterator[bytes]:
        yield from lines(task)
        if task == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    with jobs.Workers(2) as workers:
        said = workers.run(((True, task) for task in range(9)), work)
        assert [next(said), next(said)] == [b"0\n", b"1\n"]
        with pytest.raises(NlsniffError, match=r"^a process of --jobs was killed by signal 9 \(Killed\); ") as caught:
            next(said)
    assert caught.value.exit_code == 70
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (NlsniffError("no such thing"), 2, "no such thing"),
        (OSError(28, "No space left on device"), 2, "input or output: No space left on device"),
        (ZeroDivisionError("so"), 70, "internal error, please report it: ZeroDivisionError: so (NLSNIFF_TRACEBACK=1 "),
    ],
)
def test_what_fails_is_told_as_if_it_had_failed_here(error: Exception, code: int, words: str) -> None:
    def work(task: int) -> Iterator[bytes]:
        yield from lines(task)
        if task == 1:
            raise error

    with jobs.Workers(2) as workers, pytest.raises(NlsniffError) as caught:
        list(workers.run(((True, task) for task in range(9)), work))
    assert caught.value.exit_code == code
    assert str(caught.value).startswith(words)


def test_where_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    cut_at(monkeypatch, 16)
    monkeypatch.setattr(os, "fork", refuse)
    with pytest.raises(NlsniffError, match=r"^--jobs: no process can be started: Resource temporarily unavailable; "):
        invoke(show.command, [ROUTES, "--jobs", "2"])


def test_slow_ones_keep_the_order() -> None:
    def work(task: int) -> Iterator[bytes]:
        time.sleep(0.1 * (task % 2))
        yield from lines(task)

    tasks = [(task % 5 > 0, task) for task in range(20)]
    with jobs.Workers(4) as workers:
        assert b"".join(workers.run(tasks, work)).split() == [b"%d" % task for task in range(20)]


def test_none_outlives_the_block() -> None:
    def tasks() -> Iterator[tuple[bool, int]]:
        yield from [(True, 0), (True, 600), (True, 600)]
        raise NlsniffError("cannot be read")

    def work(task: int) -> Iterator[bytes]:
        time.sleep(task)
        yield b""

    with pytest.raises(NlsniffError, match=r"^cannot be read$"), jobs.Workers(2) as workers:
        list(workers.run(tasks(), work))
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_large_file_is_worth_all_cores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Four at most; neither a pipe, a folder nor what is missing, and not where the user says how many."""
    large, small = tmp_path / "large", tmp_path / "small"
    for path, size in ((large, 64 << 20), (small, (64 << 20) - 1)):
        path.touch()
        os.truncate(path, size)  # takes no room
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.delenv("NLSNIFF_JOBS", raising=False)
    for cores, wanted in ((1, 1), (2, 2), (3, 3), (64, 4)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)))
        assert jobs_for(None, str(large)) == wanted
    for other in (small, tmp_path, tmp_path / "missing", tmp_path / "pipe", "-", "\0"):
        assert jobs_for(None, str(other)) == 1
    assert jobs_for(1, str(large)) == 1
    monkeypatch.setenv("NLSNIFF_JOBS", "7")
    assert jobs_for(None, str(large)) == 7


def test_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NLSNIFF_JOBS", raising=False)
    assert [jobs_for(None), jobs_for(1), jobs_for(5)] == [1, 1, 5]
    monkeypatch.setenv("NLSNIFF_JOBS", "7")
    assert [jobs_for(None), jobs_for(1), jobs_for(5)] == [7, 1, 5]
    for words in ("0", "many", "65", "-1", "1e9", "²"):
        monkeypatch.setenv("NLSNIFF_JOBS", words)
        with pytest.raises(UsageError, match=f"^NLSNIFF_JOBS={words}: is no whole number from 1 to 64"):
            jobs_for(None)


if __name__ == "__main__":
    os.environ["PLACES"] = "50"
    sys.exit(pytest.main(["-q", __file__, *sys.argv[1:]]))
