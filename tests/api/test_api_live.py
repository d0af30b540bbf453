"""`nlsniff.live` where no nlmon is needed: multicast groups, in a network namespace of its own.

`tests/live/test_live_python.py` has what needs nlmon.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
import json, subprocess, sys, time
import nlsniff
from nlsniff.capture import namespace

def ip(*words):
    subprocess.run(["ip", *words], check=True)

def done(**said):
    print(json.dumps(said))

namespace.enter_new()
"""


def program(text: str, *arguments: str) -> dict[str, Any]:
    """Run a program in a network namespace of its own; returns what it said."""
    code = HEAD + textwrap.dedent(text)
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ),
    )  # fmt: skip
    if "namespace" in ended.stderr and "not permitted" in ended.stderr:
        pytest.skip("this user may make no network namespace")
    assert ended.returncode == 0, ended.stderr
    said: dict[str, Any] = json.loads(ended.stdout)
    return said


def test_messages_come_while_they_are_sent() -> None:
    said = program("""
        with nlsniff.live(groups="link,ipv4-ifaddr", describe=False) as capture:
            ip("link", "set", "lo", "up")
            first = next(capture.messages("type == RTM_NEWLINK"))
            ip("addr", "add", "192.0.2.1/24", "dev", "lo")
            messages = capture.messages("addr.local == 192.0.2.1")
            second = next(messages)
            told, shown = second.conversation, repr(capture)
            again = capture[second.number] == second
            stops = [number for number in (len(capture), capture[-1].number)]
        assert list(messages) == []  # what was begun ends with the capture
        try:
            capture.messages()
        except nlsniff.NlsniffError as error:
            closed = str(error)
        done(first=first.get("ifname"), second=second.get("local"), kind=told.kind, shown=shown, again=again,
             stops=stops, closed=closed)
    """)
    assert said["stops"][0] == said["stops"][1] >= 2
    count = said["stops"][0]
    assert said == {
        "first": "lo", "second": "192.0.2.1", "kind": "event", "shown": f"<Capture 'live' {count} messages>",
        "again": True, "stops": [count, count], "closed": "live: the capture is closed",
    }  # fmt: skip


def test_it_ends_after_so_many_seconds_and_keeps_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    said = program(
        """
        capture = nlsniff.live(sys.argv[1], groups=["link"], seconds=0.5)
        ip("link", "set", "lo", "up")
        types = [message.type for message in capture]
        done(types=types, again=[message.type for message in capture], same=len(nlsniff.Capture(sys.argv[1])))
        """,
        str(path),
    )
    assert "RTM_NEWLINK" in said["types"]
    assert said["types"] == said["again"]
    assert said["same"] == len(said["types"])


def test_it_can_be_written_while_it_grows(tmp_path: Path) -> None:
    said = program(
        """
        with nlsniff.live(groups="link", describe=False, seconds=0.5) as capture:
            ip("link", "set", "lo", "up")
            frames = nlsniff.write(sys.argv[1], capture)
        done(frames=frames, kept=[message.type for message in nlsniff.Capture(sys.argv[1])])
        """,
        str(tmp_path / "x.pcap"),
    )
    assert said["frames"] == len(said["kept"]) > 0
    assert set(said["kept"]) == {"RTM_NEWLINK"}


def test_nothing_is_left_when_a_program_forgets_it() -> None:
    said = program("""
        import os
        from pathlib import Path

        def children():
            found = []
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit():
                    try:
                        parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                    except OSError:
                        continue
                    if int(parent) == os.getpid():
                        found.append(entry.name)
            return found

        for message in nlsniff.live(groups="link", seconds=0.3):
            pass
        del message
        done(children=children())
    """)
    assert said == {"children": []}
