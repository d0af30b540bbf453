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
        "duration", "certain", "cause", "copies", "process", "frames",
    }  # fmt: skip
    assert all(keys <= set(item) for item in every)
    assert all(item["frames"] == len(item["messages"]) for item in every if item["kind"] != "dump")
    assert all(1 < item["frames"] < len(item["messages"]) for item in every if item["parts"] > 2)
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


def test_a_filter_chooses_conversations_by_any_of_their_messages() -> None:
    every = [json.loads(line) for line in follow(str(EVENTS), "--all", "--json").stdout.splitlines()]
    chosen = {
        "cause": [item for item in every if item["cause"] is not None],
        "unanswered": [item for item in every if item["status"] == "unanswered"],
        "conversation == 7": [item for item in every if item["id"] == 7],
        "latency > 20us": [item for item in every if (item["latency"] or 0) > 0.00002],
        # One message of a conversation is enough, and the bodies of others are not looked at.
        "message in {1, 40}": [item for item in every if {1, 40} & set(item["messages"])],
    }
    for text, wanted in chosen.items():
        done = follow(str(EVENTS), "-Y", text, "--json")
        assert [json.loads(line) for line in done.stdout.splitlines()] == wanted, text
    assert follow(str(EVENTS), "-Y", "conversation == 7").stdout.startswith("conversation 7: ")
    assert follow(str(EVENTS), "--all", "-Y", "conversation == 7").stdout.startswith("conversation 7: ")
    assert follow(str(EVENTS), "1", "-Y", "xfrm").returncode == 2
    assert follow(str(EVENTS), "-Y", "copies").stderr.count("\n") == 1


def test_a_filter_chooses_stories() -> None:
    path = str(ROOT / "captures" / "strongswan.pcapng")
    rows = [json.loads(line) for line in follow(path, "--stories", "--json").stdout.splitlines()]
    found = [
        json.loads(line) for line in follow(path, "--stories", "--json", "-Y", "errno == ESRCH").stdout.splitlines()
    ]
    assert found == [row for row in rows if any(step["errno"] == "ESRCH" for step in row["steps"])]
    assert 0 < len(found) < len(rows)


def test_json_says_what_the_kernel_rejected_where_and_who_asked() -> None:
    path = ROOT / "captures" / "rejected.pcapng"
    every = [json.loads(line) for line in follow(str(path), "--all", "--json").stdout.splitlines()]
    (port_range,) = [item for item in every if item["extack"] and item["extack"]["path"] == "linkinfo.data.port-range"]
    said = port_range["extack"]
    assert (said["text"], said["offset"], said["range"]) == ("Invalid source port range", 64, [64, 72])
    assert (port_range["errno"], port_range["cause"], port_range["copies"]) == ("EINVAL", None, 1)
    assert every[0]["process"].startswith("nlsniff[")


def test_verbose_shows_every_field_below_what_it_belongs_to() -> None:
    every = [json.loads(line) for line in follow(str(EVENTS), "--all", "--json").stdout.splitlines()]
    added = next(item for item in every if len(item["effects"]) == 4)
    done = follow(str(EVENTS), str(added["request"]), "-V")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"conversation {added['id']}: request, route, ok")
    events = [item for item in every if item["id"] in added["effects"]]
    for number in added["messages"]:
        assert any(line.startswith("  frame ") and f"  message {number}  " in line for line in lines)
    for event in events:
        assert any(line.startswith(f"  conversation {event['id']}: event") for line in lines)
        first, *copies = event["messages"]
        assert any(line.startswith("    frame ") and f"  message {first}  " in line for line in lines)
        assert all(f"    message {copy}: the same bytes again" in lines for copy in copies)
    assert "      ifa-prefixlen: 24" in lines


def test_verbose_stories_keep_secrets() -> None:
    path = str(ROOT / "captures" / "xfrm.pcapng")
    text = follow(path, "--stories", "-V", "-Y", "xfrm").stdout
    plain = follow(path, "--stories", "-Y", "xfrm").stdout.splitlines()
    assert set(plain) <= set(text.splitlines())
    assert "alg-key: <secret>" in text
    assert "secret" not in follow(path, "--stories", "-V", "-Y", "xfrm", "--show-secrets").stdout
