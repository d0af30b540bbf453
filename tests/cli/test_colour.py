"""Colour and the pager: when there are any, on a real terminal, and what the colours mean."""

from __future__ import annotations

import shlex
import sys

import pytest

from nlsniff.cli.printing import wants_colour
from nlsniff.cli.show import command
from nlsniff.decode.decoder import Decoder
from nlsniff.reader import IndexedCapture
from nlsniff.spec.registry import open_registry
from nlsniff.terminal import coloured
from tests.cli.invoke import invoke
from tests.conftest import ROOT
from tests.tui.terminal import Terminal

FILE = str(ROOT / "captures" / "rejected.pcapng")
FIRST = "    1    0.000000 > CTRL_CMD_GETFAMILY all"


@pytest.mark.parametrize(
    ("given", "environment", "terminal", "colour"),
    [
        ("auto", "TERM=xterm", True, True),
        ("auto", "TERM=xterm", False, False),
        ("auto", "TERM=dumb", True, False),
        ("auto", "", True, False),
        ("auto", "TERM=xterm NO_COLOR=1", True, False),
        ("auto", "TERM=xterm NO_COLOR=", True, True),
        ("auto", "CLICOLOR_FORCE=1", False, True),
        ("auto", "CLICOLOR_FORCE=0", False, False),
        ("auto", "CLICOLOR_FORCE=1 NO_COLOR=1", True, False),
        ("always", "NO_COLOR=1", False, True),
        ("never", "CLICOLOR_FORCE=1 TERM=xterm", True, False),
    ],
)
def test_when_there_is_colour(given: str, environment: str, terminal: bool, colour: bool) -> None:
    words = dict(word.partition("=")[::2] for word in environment.split())
    assert wants_colour(given, words, terminal=terminal) is colour


def test_a_terminal_has_colour_and_a_pager() -> None:
    show = f"{shlex.quote(sys.executable)} -m nlsniff show {shlex.quote(FILE)}"
    lines = [
        f"{show} -c 1", f"NO_COLOR=1 {show} -c 1", f"TERM=dumb {show} -c 1", f"{show} -c 1 | cat",
        f"{show} -V --pager='sed -n s/^frame/paged/p\\;2q' --color=never", "echo status $?",
        f"{show} --pager=no-such-pager", f"NLSNIFF_PAGER='wc -l' {show}", f"NLSNIFF_PAGER=cat {show} -c 1", "echo END",
    ]  # fmt: skip
    terminal = Terminal(["sh", "-c", "; ".join(lines)], NO_COLOR="", NLSNIFF_PAGER="", LC_ALL="C.UTF-8")
    terminal.wait_for("END")
    said = terminal.said.replace("\r", "").splitlines()
    bright = f"{coloured('dim', FIRST[:18])}{coloured('request', FIRST[18:38])} all"
    assert said[:4] == [bright, FIRST, FIRST, FIRST]
    assert said[4].startswith("paged 1  message 1  ")
    assert said[5:] == [
        "status 0",  # though the pager left when it had seen enough
        "nlsniff: pager no-such-pager: No such file or directory; --pager=cat prints without one",
        "49", bright, "END",
    ]  # fmt: skip


def test_what_colours_mean() -> None:
    shown = invoke(command, ["--color", "-V", FILE, "-Y", "message in {32, 33}"]).stdout
    assert (
        f"    {coloured('rejected', 'priority: 7')}\n      {coloured('warning', '! warning: priority has ')[:-3]}"
        in shown
    )
    assert f"{coloured('name', 'error')}:{coloured('error', ' -34 (ERANGE)')}\n" in shown
    assert (
        f"{coloured('error', 'NLMSG_ERROR  ERANGE: Attribute failed policy validation (for RTM_NEWROUTE)')}\n" in shown
    )
    secrets = str(ROOT / "captures" / "secrets.pcapng")
    shown = invoke(command, ["--color", "-V", secrets]).stdout
    assert f"{coloured('name', 'key')}:{coloured('secret', ' <secret>')}" in shown


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_in_one_pass_events_are_told_as_from_all_conversations(jobs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlsniff.select._FIRST", 1 << 9)  # parts for processes, of a small capture
    path = str(ROOT / "captures" / "at-once.pcapng.zst")
    capture = IndexedCapture(path, Decoder(open_registry())).load()
    kinds = [capture.conversation(message.number).kind for message in capture]
    lines = invoke(command, [path, "--color=always", "--jobs", jobs]).stdout.splitlines()
    event = coloured("event", "x").partition("x")[0]
    told = [event in line for line in lines]
    answers = [" < NLMSG_" in line or " < ACK" in line for line in lines]
    assert any(told)
    assert all(one == (kind == "event") for one, kind, answer in zip(told, kinds, answers, strict=True) if not answer)
