"""`nlsniff diff` on recordings."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli.diff import command
from nlsniff.cli.redact import command as redact_command
from nlsniff.errors import NlsniffError
from nlsniff.regress.write import text_of
from tests.cli.invoke import invoke
from tests.conftest import ROOT
from tests.regress.made import transcript_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.invoke import Result

CAPTURES = ROOT / "captures"
BASICS, REJECTED, FIRST, WIREGUARD = (
    str(CAPTURES / f"{name}.pcapng") for name in ("basics", "rejected", "first-route", "wireguard")
)


def diff(*words: str) -> Result:
    return invoke(command, words)


def test_what_works_with_ip_and_is_refused_from_a_library_is_explained() -> None:
    """Both are real: `ip route add ... mtu` in one capture, a Python program that sends 2 bytes in the other."""
    found = diff(f"{BASICS}:45", f"{REJECTED}:34")
    assert found.exit_code == 1
    assert found.stdout.splitlines()[0] == (
        "RTM_NEWROUTE 203.0.113.0/24: metrics.mtu was 1400, now 1300; metrics.mtu is damaged now: mtu has 2 bytes, "
        "a u32 has 4, which is why the kernel now refuses it with EINVAL at metrics.mtu (was ok)  [45 -> 34]"
    )
    readme = (ROOT / "README.md").read_text()
    assert (
        f"$ nlsniff diff captures/basics.pcapng:45 captures/rejected.pcapng:34\n{found.stdout.splitlines()[0]}\n"
        in readme
    )
    assert "-      mtu: 1400\n" in found.stdout
    assert "+      mtu: 1300  ! mtu has 2 bytes, a u32 has 4\n" in found.stdout
    assert "-< ok\n+< EINVAL  at metrics.mtu\n" in found.stdout


def test_a_capture_equals_itself_and_its_text(tmp_path: Path) -> None:
    assert diff(REJECTED, REJECTED) == (0, "", "")
    for level in ("outcome", "objects", "full"):
        text = tmp_path / f"{level}.nlt"
        text.write_text(text_of(transcript_of(CAPTURES / "rejected.pcapng", level)))
        assert diff(str(text), REJECTED) == (0, "", "")
        assert diff(REJECTED, str(text)) == (0, "", "")


def test_a_redacted_copy_equals_what_it_is_a_copy_of(tmp_path: Path) -> None:
    copy = tmp_path / "public.pcapng"
    invoke(redact_command, (WIREGUARD, str(copy)))
    assert b"*" * 32 in copy.read_bytes()
    for one, other in ((WIREGUARD, str(copy)), (str(copy), WIREGUARD)):
        found = diff(one, other)
        assert found.exit_code == 0
        assert "private-key is blanked, and not compared" in found.stdout
    assert diff(str(copy), str(copy)) == (0, "", "")


def test_a_line_of_a_transcript_is_told(tmp_path: Path) -> None:
    text = tmp_path / "golden.nlt"
    text.write_text(text_of(transcript_of(CAPTURES / "rejected.pcapng")).replace("high: 400", "high: 600"))
    line = text.read_text().splitlines().index("          high: 600") + 1
    found = diff(str(text), REJECTED)
    assert found.stdout.splitlines()[0] == (
        f"{text}:{line}: RTM_NEWLINK vxlan0: linkinfo.data.port-range.high was 600, now 400  [-> 30]"
    )
    assert diff(f"{text}:{line}", f"{REJECTED}:30").stdout.splitlines()[0] == found.stdout.splitlines()[0]
    assert diff(f"{text}:{line}", f"{REJECTED}:31").exit_code == 1
    assert diff("--requests", str(text), REJECTED).exit_code == 1


def test_only_requests_are_compared_where_that_is_asked_for(tmp_path: Path) -> None:
    text = tmp_path / "golden.nlt"
    text.write_text(text_of(transcript_of(CAPTURES / "rejected.pcapng")).replace("mtu 1500", "mtu 1400"))
    assert diff(str(text), REJECTED).exit_code == 1
    assert diff("--requests", str(text), REJECTED) == (0, "", "")


def test_json_has_an_object_for_each() -> None:
    found = diff("--json", f"{BASICS}:45", f"{REJECTED}:34")
    items = [json.loads(line) for line in found.stdout.splitlines()]
    assert items[0] == {
        "kind": "outcome", "how": "changed", "type": "RTM_NEWROUTE", "object": "203.0.113.0/24", "path": "metrics.mtu",
        "old": "ok", "new": "EINVAL at metrics.mtu", "line": None, "old_message": 45, "message": 34, "request": None,
        "note": False,
    }  # fmt: skip
    assert {item["note"] for item in items} <= {False, True}
    contract = (ROOT / "docs/json.md").read_text()
    assert all(f"`{key}`" in contract for key in items[0])


def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        def __init__(self, data: bytes) -> None:
            self.buffer = io.BytesIO(data)

    raw = (CAPTURES / "rejected.pcapng").read_bytes()
    monkeypatch.setattr(sys, "stdin", Stdin(raw))
    assert diff("-", REJECTED).exit_code == 0
    text = text_of(transcript_of(CAPTURES / "rejected.pcapng"))
    monkeypatch.setattr(sys, "stdin", Stdin(text.encode()))
    assert diff(REJECTED, "-").exit_code == 0
    with pytest.raises(NlsniffError, match="standard input can be read once"):
        diff("-", "-")


def test_a_file_that_is_named_so_wins(tmp_path: Path) -> None:
    text = tmp_path / "x:3"
    text.write_text(text_of(transcript_of(CAPTURES / "first-route.pcapng")))
    assert diff(str(text), FIRST).exit_code == 0
    assert diff(f"{text}:9", FIRST).exit_code == 1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("absent", FIRST, "absent: cannot be read: No such file or directory"),
        (FIRST, f"{FIRST}:999", "first-route.pcapng: message 999: the last is 31"),
        (FIRST, f"{FIRST}:1", "first-route.pcapng: message 1: belongs to no conversation that is compared"),
        ("empty.nlt", "empty.nlt", "there is nothing in them to compare"),
        ("empty.nlt:1", FIRST, "empty.nlt: line 1: belongs to no conversation that is compared"),
        ("bad.nlt", FIRST, "bad.nlt:3: `> A` stands in no lane"),
        ("full.nlt", "empty.nlt", "one transcript has answers full, the other answers objects"),
        ("bytes.nlt", FIRST, "bytes.nlt:2: a transcript is UTF-8, and this line is not"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_said(
    old: str, new: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.nlt").write_text("nlsniff transcript 1\nanswers objects\n")
    (tmp_path / "full.nlt").write_text("nlsniff transcript 1\nanswers full\n== a\n> A\n")
    (tmp_path / "bad.nlt").write_text("nlsniff transcript 1\nanswers objects\n> A\n")
    (tmp_path / "bytes.nlt").write_bytes(b"nlsniff transcript 1\n\xff")
    with pytest.raises(NlsniffError) as caught:
        diff(old, new)
    assert told in str(caught.value)
    assert caught.value.exit_code == 2


def test_what_is_equal_in_a_capture_that_is_cut_is_not_taken_for_equal(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes((CAPTURES / "rejected.pcapng").read_bytes()[:-6])
    found = diff(str(cut), str(cut))
    assert found.exit_code == 2
    assert "what is equal may not be" in found.stderr
