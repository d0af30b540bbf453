"""`nlsniff stats`, run as users run it; golden text in tests/cli/golden (NLSNIFF_UPDATE=1 writes it anew)."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.file import made
from tests.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"
CAPTURES = ROOT / "captures"


def stats(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nlsniff", "stats", *map(str, args)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip


def figures(*args: str | Path) -> dict[str, Any]:
    done = stats("--json", *args)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", ["rejected", "routes", "strongswan"])
def test_golden_text(name: str) -> None:
    done = stats(CAPTURES / f"{name}.pcapng")
    assert (done.returncode, done.stderr) == (0, "")
    path = GOLDEN / f"{name}.stats.txt"
    check_golden(path, done.stdout)


def test_filters_of_messages_and_of_conversations() -> None:
    path = CAPTURES / "conversations.pcapng"
    report = figures("-Y", "type == RTM_NEWADDR", path)
    assert {row["type"] for row in report["types"]} == {"RTM_NEWADDR"}
    report = figures("-Y", "errno == ERANGE", path)
    assert {row["errno"] for row in report["errors"]} == {"ERANGE"}
    assert report["messages"] == 2 * report["conversations"]["request"]["count"] == 4
    report = figures("-Y", "type == RTM_NEWMDB", path)
    assert (report["messages"], report["start"], report["start_ns"], report["types"]) == (0, None, None, [])
    done = stats("-Y", "type == RTM_NEWMDB", path)
    assert done.stdout.startswith("0 messages in 0 frames, 0 bytes\n")


@pytest.mark.parametrize("time_ns", [1_795_282_243_495_526_001, 2_000_001, 4_102_444_799_999_999_999])
def test_the_beginning_is_exact(time_ns: int, tmp_path: Path) -> None:
    """A float of seconds has no nanoseconds in these years; the text rounds nothing up."""
    path = tmp_path / "one.pcap"
    path.write_bytes(made.pcap([made.Record(time_ns, made.datagram(made.message()))]))
    report = figures(path)
    assert report["start_ns"] == time_ns
    assert report["start"] == float(f"{time_ns // 10**9}.{time_ns % 10**9:09d}")
    day = {4_102_444_799_999_999_999: "2099-12-31 23:59:59", 2_000_001: "1970-01-01 00:00:00"}
    assert day.get(time_ns, "2026-11-21 ") in stats(path).stdout


def test_a_clock_that_begins_at_zero(tmp_path: Path) -> None:
    path = tmp_path / "three.pcap"
    path.write_bytes(made.pcap([made.Record(at, made.datagram(made.message())) for at in (0, 5_000_000_000, 10**9)]))
    report = figures(path)
    assert (report["start"], report["start_ns"], report["duration"]) == (0, 0, 5)


def test_tables_are_as_long_as_asked_for() -> None:
    path = CAPTURES / "conversations.pcapng"
    done = stats("--top", "2", path)
    assert "... " in done.stdout
    assert len(figures("--top", "2", path)["slowest_dumps"]) == 2
    assert stats("--top", "0", path).returncode == 2


def test_drop_counts_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "dropped.pcapng"
    stamp = struct.pack("<III", 0, 0, 0)
    counts = made.option(4, struct.pack("<Q", 10)) + made.option(5, struct.pack("<Q", 3)) + bytes(4)
    frames = b"".join(made.packet(record) for record in made.records(7))
    path.write_bytes(made.section() + made.interface() + frames + made.block(5, stamp + counts))
    assert figures(path)["drops"] == {"received": 10, "dropped": 3, "os_dropped": None}
    assert "       3 frames dropped by the kernel, 10 received" in stats(path).stdout
    plain = tmp_path / "plain.pcap"
    plain.write_bytes(made.pcap(made.records(3)))
    assert figures(plain)["drops"] is None
    assert "does not say how many frames" in stats(plain).stdout


def test_what_is_wrong_with_the_file_is_told_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(made.pcap(made.records(3))[:-5])
    done = stats("--json", path)
    assert done.returncode == 0
    assert "cut.pcap: error at byte" in done.stderr
    report = json.loads(done.stdout)
    assert (report["problems"], report["gaps"]["cut_messages"]) == (1, 1)


def test_big_endian_and_the_wrong_one(tmp_path: Path) -> None:
    path = tmp_path / "big.pcap"
    path.write_bytes(made.pcap([made.Record(0, made.datagram(made.message(order=">")))]))
    assert [row["type"] for row in figures("--endian", "big", path)["types"]] == ["RTM_NEWROUTE"]
    refused = stats(tmp_path / "absent.pcap")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
