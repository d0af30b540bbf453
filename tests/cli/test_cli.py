from __future__ import annotations

import gzip
import importlib.metadata
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli import COMMANDS, _version
from tests.conftest import CAPTURES, ROOT
from tests.file import made

if TYPE_CHECKING:
    from pathlib import Path

FIRST = ROOT / "captures" / "first-route.pcapng"


def run(*arguments: str | Path, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "nlsniff", *map(str, arguments)],
        input=stdin, capture_output=True, check=False, cwd=ROOT, env={**os.environ, **environ},
    )  # fmt: skip


def refused(*arguments: str | Path, stdin: bytes = b"") -> str:
    """The one line that a refusal prints, after checking that it is one."""
    done = run(*arguments, stdin=stdin)
    text = done.stderr.decode()
    assert done.returncode == 2, text
    assert done.stdout == b""
    assert text.count("\n") == 1, text
    assert text.startswith("nlsniff: ")
    return text.removeprefix("nlsniff: ").strip()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.startswith(b"usage: ")


def test_refusals_are_one_line(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.touch()
    text = tmp_path / "notes.txt"
    text.write_text("no capture at all\n")
    assert "no such file" in refused("show", tmp_path / "absent.pcap")
    assert "is empty" in refused("show", empty)
    assert "is no pcap" in refused("show", text)
    assert "is a folder" in refused("show", tmp_path)
    assert "no such file or folder" in refused("show", FIRST, "--spec", tmp_path / "absent")
    assert "did you mean show" in refused("shwo", FIRST)
    assert "--nonsense" in refused("show", "--nonsense", FIRST)
    assert "there is no message 999" in refused("follow", FIRST, "999")
    assert "column" in refused("show", "-Y", "type ==", FIRST)


def test_an_ethernet_capture_is_refused(corpus: Path) -> None:
    assert "holds Ethernet frames, no netlink" in refused("show", corpus / "pcap" / "nldecap-not-netlink.pcap")


def test_a_cut_file_shows_what_is_whole_and_says_where_it_ends(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(FIRST.read_bytes()[:-100])
    done = run("show", cut)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) >= 25
    assert b"nlsniff: " in done.stderr


def test_standard_input_and_compression() -> None:
    plain = run("show", FIRST).stdout
    assert plain
    assert run("show", "-", stdin=FIRST.read_bytes()).stdout == plain
    assert run("show", "-", stdin=gzip.compress(FIRST.read_bytes())).stdout == plain


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m nlsniff show -V captures/route-dump.pcapng | head -n 1"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, check=True)
    assert done.stderr == b""


def test_json_keeps_its_contract() -> None:
    keys = [
        "frame", "message", "time", "time_ns", "direction", "protocol", "family", "type", "type_value", "flags", "seq",
        "port", "length", "conversation", "summary", "body", "bytes", "problems",
    ]  # fmt: skip
    for path in CAPTURES:
        for row, line in enumerate(run("show", "--json", path).stdout.splitlines(), 1):
            found = json.loads(line)
            assert [key for key in found if key not in {"genl", "notes", "attribute_flags", "comment"}] == keys
            counts = found["bytes"]
            assert counts["named"] + counts["padding"] + counts["unknown"] == counts["total"]
            assert found["message"] == row
            assert found["conversation"] >= 1


def test_endian_is_obeyed() -> None:
    done = run("show", "--endian", "big", FIRST)
    assert done.returncode == 0
    assert b"error: nlmsg_len says" in done.stdout


def test_version_of_a_checkout_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    assert _version() == "nlsniff, from a checkout that is not installed"


@pytest.mark.parametrize("time_ns", [2_000_000, 1_700_000_000_002_000_000, 1_795_282_243_495_526_123, 2**63 - 1])
def test_times_are_those_of_the_text(time_ns: int, tmp_path: Path) -> None:
    path = tmp_path / "one.pcapng"
    path.write_bytes(made.pcapng([made.Record(time_ns, made.datagram(made.message(20)))] * 9))
    for words in (["show", "--json"], ["show", "--json", "-Y", "summary contains 'no such'"]):
        for line in run(*words, path).stdout.splitlines():
            found = json.loads(line)
            assert found["time_ns"] == time_ns
            assert found["time"] == float(f"{time_ns // 10**9}.{time_ns % 10**9:09d}")
    (found,) = map(json.loads, run("follow", "--json", path, "1").stdout.splitlines())
    assert found["start_ns"] == time_ns
    assert found["start"] == float(f"{time_ns // 10**9}.{time_ns % 10**9:09d}")
