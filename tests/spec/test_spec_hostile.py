"""Dissectors are files of somebody else's: what asks for too much is refused, by `spec check` and by loading alike."""

from __future__ import annotations

import os
import resource
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nlsniff.spec.examine import examine
from nlsniff.spec.load import SpecError, SpecText, load_document
from nlsniff.spec.overlay import merge
from nlsniff.spec.registry import Registry
from tests.shared_cases import case
from tests.spec.hostile import BOUNDED, REFUSED
from tests.spec.make import Bench, attr

if TYPE_CHECKING:
    from pathlib import Path

SECONDS, BYTES = 20, 400 << 20  # of all that a process does here: without bounds either is passed by far


LONG = "more than a file"


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def _run(*argv: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nlsniff", *map(str, argv)]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=_limited)


def test_what_asks_for_too_much_is_refused_by_both(tmp_path: Path) -> None:
    paths = {}
    for number, (name, (text, _)) in enumerate(REFUSED.items()):
        if name == LONG:
            continue
        paths[name] = tmp_path / f"{number}.yaml"
        paths[name].write_text(text)
    checked = _run("spec", "check", *paths.values())
    assert (checked.returncode, checked.stderr) == (1, "")
    for name, path in paths.items():
        words = REFUSED[name][1]
        found = [line for line in checked.stdout.splitlines() if line.startswith(f"{path}:")]
        assert any("error: " in line and words in line for line in found), (name, found[:3])
        loaded = _run("spec", "list", "--spec", path)
        assert loaded.returncode == 1, name
        assert words in loaded.stderr, name
        assert len(loaded.stderr.splitlines()) == 1, name


def test_a_long_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(REFUSED[LONG][0])
    for argv in (("spec", "check", path), ("spec", "list", "--spec", path)):
        found = _run(*argv)
        assert found.returncode in {1, 2}
        assert found.stderr == f"nlsniff: {path}: {REFUSED[LONG][1]}\n"


@pytest.mark.parametrize("name", BOUNDED)
def test_what_has_paths_without_end_is_loaded_and_bounded(tmp_path: Path, name: str) -> None:
    path = tmp_path / "evil.yaml"
    path.write_text(BOUNDED[name])
    for argv in (("spec", "check", path), ("fields", "--spec", path), ("fields", "--json", "--spec", path, "evil")):
        found = _run(*argv)
        assert (found.returncode, found.stderr) == (0, ""), argv


def test_a_summary_that_doubles_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "evil.yaml"
    path.write_text(BOUNDED["sets that double"])
    payload = struct.pack("<B", 7)
    for level in range(30):
        payload = attr(1, payload) if not level else attr(1 | 0x8000, payload)
    message = Bench(path).generic("evil", 1, payload)
    assert message.summary.endswith("...")
    assert len(message.summary) < 10_000


def test_the_kept_cases() -> None:
    for name in ("hostile/bomb_doc.yaml", "hostile/neglen.yaml"):
        path = case(name)
        assert _run("spec", "check", path).returncode == 1
        assert _run("spec", "list", "--spec", path).returncode == 1


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_no_dissector(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.yaml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    found = _run("spec", "check", path)
    assert found.returncode in {1, 2}
    assert "Is a directory" in found.stderr or "is no regular file: expected a dissector" in found.stderr + found.stdout


def test_an_included_file_lies_below_its_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "common").mkdir()
    (tmp_path / "in" / "common" / "part.yaml").write_text("definitions: [{name: c, type: const, value: 4}]\n")
    good = tmp_path / "in" / "good.yaml"
    good.write_text("name: good\nprotocol: genetlink\ninclude: [common/part.yaml]\n")
    assert examine(good, Registry()).findings == []


def test_an_overlay_of_many_items_takes_no_longer_for_each() -> None:
    count = 20_000
    under = {"definitions": [{"name": f"n{number}", "value": 1} for number in range(count)]}
    over = {"definitions": [{"name": f"n{number}", "value": 2, "after": f"n{number - 1}"} for number in range(count)]}
    found = merge(under, over)["definitions"]
    assert [item["name"] for item in found[:3]] == ["n0", "n1", "n2"]
    assert {item["value"] for item in found} == {2}


def test_a_refused_document_is_never_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NLSNIFF_CACHE", str(tmp_path / "cache"))
    for name, (text, _) in REFUSED.items():
        if name != LONG and "include" not in text:
            with pytest.raises(SpecError):
                load_document([SpecText("x.yaml", text.encode())])
    assert not (tmp_path / "cache").exists()
