"""What nlsniff itself says to the kernel, recorded by nlsniff and compared with goldens: a change shows in review."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli.check import command as check
from tests import uml
from tests.cli.invoke import invoke
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("own-goldens")  # a guest for all

GOLDENS = ROOT / "tests/regress/goldens"
# A recorder is recorded in a namespace of its own, by another recorder.
COMMANDS = {
    "set-up": "capture -q --no-describe -a duration:1 -w x.pcapng",
    "self-description": "capture -q -a duration:1 -w x.pcapng",
    "record": "record --here -q -w x.pcapng -- ip link add dummy0 type dummy",
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a new recording of each command."""
    problem = uml.missing()
    if problem:
        if os.environ.get("CI"):
            pytest.fail(problem)
        pytest.skip(problem)
    share = tmp_path_factory.mktemp("own")
    pipe = "nlsniff record -q --calm -w - -- ip link add dummy0 type dummy | nlsniff check - --golden pipe.nlt"
    lines = [f"{pipe} --update", pipe, pipe.replace("dummy0", "dummy1") + " || echo status $?"]
    lines += [f"nlsniff record -q --calm -w {name}.pcapng -- nlsniff {words}" for name, words in COMMANDS.items()]
    done = uml.run("\n".join(["set -e", f"cd {share}", *lines]), share=share)
    assert done.status == 0, done.output
    (share / "said").write_text(done.output)
    return share


@pytest.mark.parametrize("name", COMMANDS)
def test_nlsniff_says_what_it_said(recorded: Path, name: str) -> None:
    update = ["--update=new,changed,refresh"] if os.environ.get("NLSNIFF_UPDATE") else []
    new = recorded / f"{name}.pcapng"
    result = invoke(check, [str(new), "--golden", str(GOLDENS / f"{name}.nlt"), "--strict-rules", *update])
    assert result.exit_code == 0, result.output


def test_a_recording_is_checked_through_a_pipe(recorded: Path) -> None:
    said = (recorded / "said").read_text().splitlines()
    assert [line for line in said if line.startswith(("pipe.nlt: ", "status "))] == [
        "pipe.nlt: written", "pipe.nlt: new, 2 conversations", "pipe.nlt: same, 2 conversations",
        "pipe.nlt: changed, 2 conversations", "status 1",
    ]  # fmt: skip


def test_each_golden_is_checked() -> None:
    assert {path.stem for path in GOLDENS.glob("*.nlt")} == set(COMMANDS)
