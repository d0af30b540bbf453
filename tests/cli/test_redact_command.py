"""`nlsniff redact`, run as users run it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.conftest import ROOT
from tests.keys import keys_of, recording

if TYPE_CHECKING:
    from pathlib import Path


def redact(*args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "nlsniff", "redact", *args]
    return subprocess.run(command, capture_output=True, check=False, cwd=ROOT, input=stdin)


def test_says_what_it_did(tmp_path: Path) -> None:
    target = tmp_path / "out.pcapng"
    done = redact(str(recording("secrets")), str(target))
    assert done.returncode == 0
    assert done.stdout == b""
    assert done.stderr.startswith(f"nlsniff: {target}: 11 secrets overwritten in 10 messages; none of 8".encode())
    assert target.stat().st_size == recording("secrets").stat().st_size
    assert not any(key in target.read_bytes() for key in keys_of("secrets"))


def test_reads_standard_input(tmp_path: Path) -> None:
    target = tmp_path / "out.pcapng"
    assert redact("-", str(target), stdin=recording("secrets").read_bytes()).returncode == 0
    assert target.exists()


def test_says_what_it_could_not_read(tmp_path: Path) -> None:
    source = str(ROOT / "captures" / "secrets.pcapng")
    empty = tmp_path / "specs"
    empty.mkdir()
    # A user's dissector of the same name wins over ours, and this one knows nothing.
    (empty / "macsec.yaml").write_text(
        "name: macsec\nprotocol: genetlink\ndoc: empty\nattribute-sets: []\noperations: {list: []}\n"
    )
    target = tmp_path / "out.pcapng"
    done = redact(source, str(target), "--spec", str(empty))
    assert done.returncode == 0
    assert b"cannot be read or may be a secret, and were blanked on suspicion: " in done.stderr
    assert b"no copy of a known one is left" in done.stderr
    assert b"none of" not in done.stderr  # for what was guessed may have been one
    assert b"MACSEC_CMD_4" in done.stderr
    assert not any(key in target.read_bytes() for key in keys_of("secrets"))
    kept = redact(source, str(target), "--spec", str(empty), "--keep-unreadable")
    assert kept.returncode == 0
    assert b"may be a secret, and are left, for --keep-unreadable was given: " in kept.stderr


def test_refusals_are_one_line(tmp_path: Path) -> None:
    source = str(recording("secrets"))
    for args in ((source, source), (source, "-"), ("nowhere.pcap", str(tmp_path / "out"))):
        done = redact(*args)
        assert done.returncode == 2
        assert done.stdout == b""
        assert done.stderr.startswith(b"nlsniff: ")
        assert done.stderr.count(b"\n") == 1
    assert list(tmp_path.iterdir()) == []
