"""What users of tshark, Wireshark and tcpdump type by reflex, and what comes of it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli import habits, told
from nlsniff.cli import run as run_words
from nlsniff.errors import NlsniffError
from tests.cli.invoke import Result, invoke
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE, FILE2 = "captures/rejected.pcapng", "captures/first-route.pcapng"
FIRST = "    1    0.000000 > CTRL_CMD_GETFAMILY all"
COLOURED = "\x1b[2m    1    0.000000 \x1b[m\x1b[1m> CTRL_CMD_GETFAMILY\x1b[m all\n"
TREE = "frame 1  message 1  2026-11-21 19:38:36.382031019  generic/nlctrl  to the kernel  20 bytes"
JSON = '{"frame":1,"message":1,"time":1795289916.382031,'
FIGURES = "49 messages in 35 frames, 12372 bytes, "
ERRORS = "   28    0.931472 > RTM_NEWLINK"
ROUTE = "   26    0.840230 > RTM_NEWROUTE"
VERSION = "nlsniff "

# All 71 lines that users of Wireshark, tshark and tcpdump typed when they first met nlsniff: what works, with the begin
# of its output; what is refused, with words of the line that says what to do instead; what records, with the line that
# it stands for, if that is another one.
WORKED = [
    (f"-r {FILE}", FIRST),
    (FILE, FIRST),
    ("-D", ""),
    ("-h", "usage: nlsniff "),
    ("-v", VERSION),
    ("--version", VERSION),
    ("-V", VERSION),
    ("help", "usage: nlsniff "),
    ("help show", "usage: nlsniff show"),
    ("man", '.TH "NLSNIFF" 1'),
    (f"show -r {FILE}", FIRST),
    (f"show {FILE} -T json", JSON),
    (f"show {FILE} -T fields -e route.dst", "\n"),
    (f"show {FILE} -T ek", JSON),
    (f"show {FILE} -e frame.number -e netlink.hdr_type", "1\tCTRL_CMD_GETFAMILY"),
    (f"show {FILE} -e type -e seq -E separator=,", "CTRL_CMD_GETFAMILY,1\n"),
    (f"show {FILE} -Y 'netlink-route.nltype == 24'", ROUTE),
    (f"show {FILE} -Y 'type == NEWROUTE'", ROUTE),
    (f"show {FILE} -Y RTM_NEWROUTE", ROUTE),
    (f"show {FILE} -Y rtnetlink", "   14    0.013099 > RTM_GETLINK "),
    (f"show {FILE} -Y 'nlmsg_type == 24'", ROUTE),
    (f"show {FILE} -Y 'frame.number == 3'", "   13    0.000323 < NLMSG_DONE"),
    (f"show {FILE} -R 'type == RTM_NEWLINK' -2", "   15    0.013145 < RTM_NEWLINK "),
    (f"show {FILE} -q -z io,stat,1", FIGURES),
    (f"show {FILE} -z conv", FIGURES),
    (f"show {FILE} -x", f"{FIRST}\n0000  14 00 00 00 10 00 01 03 01 00 00 00 ca 02 00 00  ................\n0010  "),
    (f"show {FILE} -n", FIRST),
    (f"show {FILE} -c 3", FIRST),
    (f"show {FILE} -c3 -t a", "    1 19:38:36.382031019 > CTRL_CMD_GETFAMILY all\n"),
    (f"show {FILE} -t r", FIRST),
    (f"show {FILE} -w OUT", FIRST),
    (f"show -Y type==RTM_NEWROUTE {FILE} -w OUT", FIRST),  # with the frames that name families
    (f"show {FILE} -o json", JSON),
    (f"show {FILE} -j", JSON),
    (f"show {FILE} --format json", JSON),
    (f"show {FILE} --color=always", COLOURED),
    (f"show {FILE} --colour", COLOURED),
    (f"show {FILE} --no-color", FIRST),
    (f"show {FILE} -P -V", TREE),
    (f"show {FILE} -O route", TREE),
    (f"show {FILE} -l", FIRST),
    (f"show {FILE2} {FILE}", FIRST),
    (f"follow {FILE} 30", "conversation 8: request"),
    (f"follow {FILE} --all", "conversation 1: "),
    (f"stat {FILE}", FIGURES),
    (f"diff {FILE} {FILE2}", "RTM_NEWROUTE 203.0.113.0/24: the kernel now refuses it"),
    (f"merge {FILE} {FILE2}", FIRST),
    ("fields route.dst", "route.dst"),
    ("fields --json", '{"name":"type"'),
    ("doctor", "  nlsniff "),
    (f"show {FILE}", FIRST),
]
TURNED_DOWN = [
    (f"show {FILE} -Y 'dst == 10.0.0.0/8'", "did you mean neigh.dst or route.dst or rule.dst?"),
    (f"show {FILE} -Y error", "did you mean errno"),
    (f"show {FILE} --json -o x", "trees (-V), JSON (--json) or fields (-e)"),
    ("show nosuch.pcap", "nosuch.pcap: no such file"),
    (f"open {FILE}", "`nlsniff show captures/rejected.pcapng` prints instead"),
    (f"follow {FILE}", "give the number of a message, or --all"),
    (f"follow -z {FILE}", "`nlsniff follow FILE N`"),
    ("stats", "required: FILE"),
    ("capture", "`nlsniff capture -w FILE` writes a file"),
    ("capture -i any", "`nlsniff capture -w FILE` writes a file"),
    ("record ip link", "`nlsniff record -w FILE -- COMMAND ARGUMENTS...`"),
    ("record -- ip link", "`nlsniff record -w FILE -- COMMAND ARGUMENTS...`"),
    (f"export {FILE}", "`nlsniff show --json FILE`"),
    ("--install-completion", "`nlsniff completion SHELL`"),
]
RECORDED = [
    ("-i nlmon0", "live -i nlmon0"),
    ("tail", "live"),
    ("capture -i nlmon0 -w x.pcapng", ""),
    ("capture -w -", ""),
    ("live -i any", ""),
]

# Further ones.
WORKS = [
    (f"blame 198.51.100.0/24 -r {FILE2}", "route 198.51.100.0/24"),
    (f"-Y errno -r {FILE}", ERRORS),
    (f"{FILE} -Y errno", ERRORS),
    (f"show {FILE} -Tjson", JSON),
    (f"show {FILE} -T fields -e message", "1"),
    (f"show {FILE} -R 'errno' -2", ERRORS),
    (f"show {FILE} -z follow,netlink,30", "conversation 8: request"),
    (f"show {FILE} -z expert", ERRORS),
    (f"show {FILE} -Y rtnetlink -e protocol -c 1", "route"),
    (f"merge {FILE2} {FILE}", "    1    0.000000 > "),
    (f"show {FILE} -e type -e seq -E separator=, -c1", "CTRL_CMD_GETFAMILY,1\n"),
    (f"show {FILE} -e frame -e seq -E header=y -E separator=/s", "frame seq\n1 1\n"),
    (f"show {FILE} -e type -e frame --separator ';'", "CTRL_CMD_GETFAMILY;1\n"),
    (f"show {FILE} -t ad", "    1 2026-11-21 19:38:36.382031019 > CTRL_CMD_GETFAMILY all\n"),
    (f"show {FILE} -t e", "    1 1795289916.382031019 > CTRL"),
    (f"show {FILE} -t d -Y 'type == NEWROUTE'", "   26    0.000000 > RTM_NEWROUTE"),
    (f"show {FILE} -T fields -e route.dst -e errno", "\t0"),
    (f"show {FILE} -Y 'frame.number == 1'", FIRST),
    (f"show {FILE} -Y 'flags & 0x300'", FIRST),
    (f"show {FILE} -Y 'type == *ROUTE'", ROUTE),
    (f"show {FILE} --format=json", JSON),
    (f"follow -r {FILE} 30", "conversation 8: request"),
    (f"cat {FILE}", FIRST),
]
REFUSED = [
    (f"show {FILE} -T pdml", "trees (-V), JSON (--json) or fields (-e)"),
    (f"show {FILE} --color=red", "invalid choice"),
    (f"show {FILE} -T", "argument"),
    (f"show {FILE} -w {FILE}", "is the capture itself"),
    (f"show {FILE} -t x", "invalid choice"),
    (f"show {FILE} -t a --json", "-t is for lines"),
    (f"show {FILE} -x --json", "-x is for lines and trees"),
    (f"show {FILE} --header", "for the columns of -e"),
    (f"show {FILE} -e seq -E quote=d", "`--separator TEXT` and `--header`"),
    ("nosuch.pcap", "nosuch.pcap: no such file"),
    ("follow -z x", "-z"),
    ("capture -i nosuch0 -w x.pcapng", "leave out -i, and nlsniff makes its own"),
    ("-i nosuch0 -w x.pcapng", "leave out -i, and nlsniff makes its own"),
    ("shwo x", "did you mean show"),
    ("--nonsense", "--nonsense"),
]


def type_in(words: Sequence[str]) -> Result:
    """Run a command line as the process would, errors included."""
    try:
        return invoke(run_words, words)  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001
        status, line = told(error)
        return Result(status, "", line)


@pytest.fixture(autouse=True)
def _beside_the_captures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize(("typed", "first"), WORKED + WORKS)
def test_a_habit_works(typed: str, first: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out.pcapng")
    result = type_in([out if word == "OUT" else word for word in shlex.split(typed)])
    assert result.exit_code in {0, 1 if typed.startswith(("diff", "doctor")) else 0}, result.stderr
    if typed.endswith(" OUT"):
        assert result.stderr.startswith("nlsniff: saved ")
        result = type_in(["show", out])
    assert result.stdout.startswith(first)
    assert result.stdout
    assert not result.stderr  # which is no terminal here


@pytest.mark.parametrize(("typed", "hint"), TURNED_DOWN + REFUSED)
def test_what_cannot_work_says_what_does(typed: str, hint: str) -> None:
    result = type_in(shlex.split(typed))
    assert result.exit_code in {2, 125}
    assert hint in result.stderr
    assert not result.stdout


@pytest.mark.parametrize(("typed", "means"), RECORDED)
def test_what_records_goes_as_far_as_privileges_do(typed: str, means: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlsniff.capture.privilege.effective", lambda: 0)
    assert habits.translated(typed.split()) == (means.split() or None)
    with pytest.raises(NlsniffError, match=r"`sudo |there is no device nlmon0: leave out -i") as refused:
        run_words(typed.split())
    assert refused.value.exit_code == 2


def test_most_of_what_was_typed_works() -> None:
    typed = [line for line, _ in WORKED + TURNED_DOWN + RECORDED]
    assert len(typed) == len(set(typed)) == 71
    assert len(WORKED) >= 50


def test_the_better_word_is_said_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["show", "-r", FILE, "-T", "json", "-T", "json", "-n"]
    assert habits.translated(words) == ["show", FILE, "--json", "--json"]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    habits.translated(words)
    assert capsys.readouterr().err == (
        "nlsniff: -r captures/rejected.pcapng: here it is the file without -r\nnlsniff: -T json: here it is `--json`\n"
    )


@pytest.mark.parametrize(
    ("typed", "terminal", "becomes"),
    [
        (FILE, True, f"open {FILE}"),
        (FILE, False, f"show {FILE}"),
        (f"{FILE} -Y errno", True, f"open {FILE} -Y errno"),
        (f"{FILE} -V", True, f"show {FILE} -V"),
        (f"{FILE} {FILE2}", True, f"show {FILE} {FILE2}"),
        ("-i nlmon0", True, "live -i nlmon0"),
        ("-i any -w out.pcapng -c 3", True, "capture -i any -w out.pcapng -c 3"),
        ("tail", True, "live"),
        ("-", False, "show -"),
        ("- -c 3", False, "show - -c 3"),
        (f"show -- {FILE} -r", True, ""),
        ("", True, ""),
        (f"show {FILE}", True, ""),
        ("record -w x -- ip -r link", True, ""),
    ],
)
def test_what_is_typed_becomes(typed: str, terminal: bool, becomes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert (habits.translated(typed.split()) or []) == becomes.split()
