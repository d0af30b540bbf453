"""`nlsniff follow`, run as users run it."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.conftest import ROOT

EVENTS = ROOT / "captures" / "events.pcapng"


def follow(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nlsniff", "follow", *args], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_ladder_of_a_message() -> None:
    every = [json.loads(line) for line in follow(str(EVENTS), "--all", "--json").stdout.splitlines()]
    added = next(item for item in every if len(item["effects"]) == 4)
    done = follow(str(EVENTS), str(added["request"]), "--width", "100")
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"conversation {added['id']}: request, route, ok")
    assert "RTM_NEWADDR 192.0.2.1/24" in done.stdout
    assert "RTM_NEWROUTE local 192.0.2.1/32" in done.stdout
    assert "ACK RTM_NEWADDR" in lines[-1]
    assert max(map(len, lines)) <= 100
    # Any message of it leads to it, and an event to its own.
    assert follow(str(EVENTS), str(added["messages"][-1]), "--width", "100").stdout == done.stdout
    event = follow(str(EVENTS), str(added["request"] + 1))
    assert f"caused by message {added['request']}" in event.stdout


def test_json_has_what_is_promised() -> None:
    done = follow(str(EVENTS), "--all", "--json")
    every = [json.loads(line) for line in done.stdout.splitlines()]
    keys = {
        "id", "kind", "protocol", "request", "messages", "status", "errno", "extack", "parts", "bytes", "start",
        "duration", "certain", "cause", "copies", "process",
    }  # fmt: skip
    assert all(keys <= set(item) for item in every)
    assert [item["id"] for item in every] == list(range(1, len(every) + 1))
    assert sum(len(item["messages"]) for item in every) == max(max(item["messages"]) for item in every)


def test_what_is_wrong_is_one_line() -> None:
    for args, words in (
        ((str(EVENTS), "99999"), "no message 99999"),
        ((str(EVENTS),), "--all"),
        ((str(EVENTS), "1", "--all"), "--all"),
        (("nowhere.pcap", "1"), "nowhere.pcap"),
    ):
        done = follow(*args)
        assert done.returncode == 2
        assert done.stdout == ""
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
