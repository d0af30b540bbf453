"""`nlsniff doctor` in surroundings where something is lacking: it names what, and what mends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from nlsniff.capture import device
from tests.support_tools import need

if TYPE_CHECKING:
    from pathlib import Path

DOCTOR = [sys.executable, "-m", "nlsniff", "doctor"]
NO_CAPABILITIES = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]  # for root, also of a namespace
NO_NAMESPACES = ["unshare", "-Ur", "sh", "-c", 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"', "sh"]


def examined(
    within: list[str] = [], status: int | None = None, **environment: str  # noqa: B006
) -> dict[str, tuple[bool, str, str]]:  # fmt: skip
    """Each check: whether it works, words, mend."""
    done = subprocess.run(
        [*within, *DOCTOR, "--json"], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    report: dict[str, Any] = json.loads(done.stdout)
    found = {check["name"]: (check["works"], check["words"], check["mend"]) for check in report["checks"]}
    assert done.returncode == (0 if all(works for works, *_ in found.values()) else 1)
    assert status in {None, done.returncode}
    return found


def test_nothing_is_wrong_with_what_needs_no_kernel(tmp_path: Path) -> None:
    found = examined(NLSNIFF_CACHE=str(tmp_path / "a" / "b"), XDG_CONFIG_HOME=str(tmp_path))
    assert found["cache"] == (True, f"{tmp_path}/a/b, to be made", "")
    assert [found[name][0] for name in ("libraries", "read files", "dissectors", "screen")] == [True] * 4
    assert "textual" in found["libraries"][1]
    assert found.keys() >= {"record", "record --here", "capture, live", "name processes", "crosscheck"}


def test_programs_that_are_absent(tmp_path: Path) -> None:
    found = examined(status=1, PATH=str(tmp_path))
    assert found["crosscheck"] == (False, "there is no tshark", "sudo apt install tshark")
    assert found["record --here"] == (False, "there is no strace", "sudo apt install strace")


def test_no_user_namespaces() -> None:
    need("unshare")
    need("setpriv")
    found = examined([*NO_NAMESPACES, *NO_CAPABILITIES], status=1)
    works, words, mend = found["record"]
    assert not works
    assert words == "this machine allows no user namespaces (user.max_user_namespaces=0)"
    assert mend == "sudo sysctl user.max_user_namespaces=15000"


def test_no_capabilities() -> None:
    need("setpriv")
    found = examined([] if os.geteuid() else NO_CAPABILITIES, status=1)
    works, words, mend = found["capture, live"]
    assert not works
    assert words == "capturing needs CAP_NET_ADMIN and CAP_NET_RAW, which this user lacks"
    assert mend.startswith("run `sudo ")
    assert found["name processes"][0] is False
    assert "CAP_SYS_PTRACE" in found["name processes"][1]


def test_somebody_traces_already() -> None:
    need("strace")
    found = examined(["strace", "-f", "-o", os.devnull, "-e", "trace=none"], status=1)
    works, words, mend = found["record --here"]
    assert not works
    assert words.startswith("strace cannot attach, for strace[")
    assert mend == "run nlsniff outside of it"


def test_a_cache_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert examined(NLSNIFF_CACHE=str(tmp_path / "file"))["cache"] == (
        False, f"{tmp_path}/file is no folder", "export NLSNIFF_CACHE=FOLDER",
    )  # fmt: skip
    assert examined(NLSNIFF_CACHE=str(tmp_path / "file" / "x"))["cache"][:2] == (
        False, f"{tmp_path}/file/x: Not a directory",
    )  # fmt: skip


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_cache_of_somebody_else(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, -1)
    for folder in (tmp_path, tmp_path / "to" / "be made"):
        works, words, _ = examined(NLSNIFF_CACHE=str(folder))["cache"]
        assert (works, words) == (False, f"{tmp_path} belongs to user 12345, so that nothing is kept")


def test_a_dissector_of_ones_own_that_is_broken(tmp_path: Path) -> None:
    folder = tmp_path / "nlsniff" / "dissectors"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("name: mine\nprotocol: [\n")
    works, words, mend = examined(XDG_CONFIG_HOME=str(tmp_path), status=1)["dissectors"]
    assert not works
    assert words.startswith(f"{folder}/mine.yaml:")
    assert mend == f"nlsniff spec check {folder}/*.yaml"


def test_libraries_that_are_absent_or_old(tmp_path: Path) -> None:
    made = tmp_path / "nlsniff-9.dist-info"
    made.mkdir()
    needs = ["orjson>=3,<99", "textual<4000,>=99", "no-such-library>=1", "alone-in-tests>=1; extra == 'test'"]
    lines = "".join(f"Requires-Dist: {need}\n" for need in needs)
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: nlsniff\nVersion: 9\n{lines}")
    works, words, mend = examined(PYTHONPATH=str(tmp_path), status=1)["libraries"]
    assert not works
    assert words.startswith("textual is ")
    assert words.endswith(", and <4000,>=99 is needed; no-such-library is absent")
    assert mend == f"{sys.executable} -m pip install 'textual<4000,>=99' 'no-such-library>=1'"


def test_a_terminal_without_a_screen() -> None:
    assert examined(TERM="dumb", status=1)["screen"] == (
        False, "TERM=dumb names a terminal that has no screen", "export TERM=xterm-256color",
    )  # fmt: skip


def test_text(tmp_path: Path) -> None:
    done = subprocess.run(
        DOCTOR, env={**os.environ, "PATH": str(tmp_path), "TERM": "dumb"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["nlsniff", done.stdout.split()[1]]
    at = lines.index("✗ crosscheck      there is no tshark")
    assert lines[at + 1] == "                  → sudo apt install tshark"
    assert "  strace          none" in lines


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["modules/6.1/kernel/drivers/net/nlmon.ko.xz"], "a module that is not loaded"),
        (["modules/6.1/kernel/drivers/net/nlmon.ko", "sys/nlmon/refcnt"], "loaded"),
        (["modules/6.1/modules.builtin"], "built in"),
        (["modules/6.1/kernel/drivers/net/dummy.ko"], "not among the modules of this kernel"),
        (["modules/5.9/kernel/drivers/net/nlmon.ko"], "not known: no modules of this kernel here"),
    ],
)
def test_the_state_of_nlmon(files: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("kernel/drivers/net/nlmon.ko\n")
    monkeypatch.setattr(device, "_MODULES", tmp_path / "modules")
    monkeypatch.setattr(device, "_LOADED", tmp_path / "sys")
    assert device.state("6.1") == words
