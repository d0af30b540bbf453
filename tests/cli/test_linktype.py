"""`--linktype`: netlink without a cooked header is read as that with one, by every command."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

import nlsniff
from nlsniff.cli import COMMANDS, load
from nlsniff.cli.commands import Command
from nlsniff.crosscheck import crosscheck
from nlsniff.errors import NlsniffError
from nlsniff.file.messages import DatagramReader
from nlsniff.file.read import FrameReader
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.outline import Outline
from nlsniff.wire.cooked import bare_linktype
from tests.cli.invoke import invoke
from tests.conftest import ROOT
from tests.file import made
from tests.keys import keys_of
from tests.shared_cases import case
from tests.support_tools import need

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.invoke import Result

READING = ("show", "follow", "stats", "open", "redact")
COMPARING = ("transcript", "diff", "check")
RECORDINGS = [("rejected", 0), ("secrets", 16), ("secrets", 6), ("events", 0), ("basics", 2)]
CALLS = [
    ("show",), ("show", "-V"), ("show", "--json"), ("show", "-e", "frame", "-e", "seq", "-e", "time"),
    ("show", "-Y", "flags.request"), ("show", "-Y", "errno"), ("follow", "--all"), ("follow", "--all", "-V"),
    ("follow", "--all", "--json"), ("follow", "--stories"), ("stats",), ("stats", "--json", "-Y", "errno"),
]  # fmt: skip


def run(name: str, *words: str | Path) -> Result:
    found = load(name)
    return invoke(found, [str(word) for word in words])


def both(folder: Path, name: str, protocol: int, form: str = "pcapng") -> tuple[Path, Path]:
    """The frames of one protocol in a recording, with their cooked headers and without."""
    datagrams = DatagramReader(FrameReader(ROOT / "captures" / f"{name}.pcapng"))
    frames = [frame for frame, cooked, _ in datagrams if cooked.protocol == protocol]
    for file, skipped in (("cooked", 0), ("bare", 16)):
        records = [made.Record(frame.time_ns, frame.data[skipped:], None, frame.comment) for frame in frames]
        data = made.pcap(records) if form == "pcap" else made.pcapng(records)
        (folder / f"{file}.{form}").write_bytes(data)
    return folder / f"cooked.{form}", folder / f"bare.{form}"


@pytest.mark.parametrize(
    ("name", "protocol", "form"), [*((*each, "pcapng") for each in RECORDINGS), ("basics", 6, "pcap")]
)
def test_every_command_prints_the_same(name: str, protocol: int, form: str, tmp_path: Path) -> None:
    cooked, bare = both(tmp_path, name, protocol, form)
    for command, *words in CALLS:
        expected = run(command, *words, cooked)
        assert expected.exit_code == 0
        assert run(command, *words, "--linktype", str(protocol), bare) == expected
        with pytest.raises(NlsniffError, match=r"bare netlink.*--linktype route"):
            run(command, *words, bare)


@pytest.mark.parametrize(("name", "protocol"), RECORDINGS)
def test_secrets_are_taken_out(name: str, protocol: int, tmp_path: Path) -> None:
    cooked, bare = both(tmp_path, name, protocol)
    expected = run("redact", cooked, tmp_path / "cooked.out")
    assert run("redact", bare, tmp_path / "bare.out", "--linktype", str(protocol)).stderr == expected.stderr.replace(
        "cooked.out", "bare.out"
    )
    frames = {file: [frame.data for frame in FrameReader(tmp_path / f"{file}.out")] for file in ("cooked", "bare")}
    assert frames["bare"] == [data[16:] for data in frames["cooked"]]
    assert (tmp_path / "bare.out").stat().st_size == bare.stat().st_size
    if name == "secrets":
        assert any(key in bare.read_bytes() for key in keys_of(name))
    assert not any(key in (tmp_path / "bare.out").read_bytes() for key in keys_of("secrets"))


@pytest.mark.parametrize(("name", "protocol"), RECORDINGS)
def test_the_screen_shows_every_byte_of_a_frame(name: str, protocol: int, tmp_path: Path) -> None:
    cooked, bare = both(tmp_path, name, protocol)
    frames = bare_linktype(str(protocol))
    with (
        IndexedCapture(cooked, make_decoder()).load() as one,
        IndexedCapture(bare, make_decoder(), None, frames).load() as other,
    ):
        ends: dict[int, int] = {}
        for number in range(1, len(other) + 1):
            outline, headed = Outline.of(other, number), Outline.of(one, number)
            tops = [top for top in outline.tops if top.name != "comment"]
            assert tops[0] is outline.message.root
            assert [(top.name, top.start + 16, top.end + 16) for top in tops] == [
                (top.name, top.start, top.end) for top in headed.tops if top.name not in {"comment", "cooked-header"}
            ]
            assert tops[0].start == ends.get(outline.message.frame, 0)
            ends[outline.message.frame] = tops[-1].end
            shown = [(line.path, line.open) for line in headed.lines({}) if line.path[0][0] != "cooked-header"]
            assert [(line.path, line.open) for line in outline.lines({})] == shown
        assert ends == {number: len(other.frame(number).data) for number in ends}


def test_from_python(tmp_path: Path) -> None:
    _, bare = both(tmp_path, "rejected", 0)
    with nlsniff.Capture(bare, linktype="route") as capture, nlsniff.Capture(bare, linktype="NETLINK_ROUTE") as again:
        assert [message.summary for message in capture] == [message.summary for message in again]
        assert {message.protocol for message in capture} == {"route"}
        assert not capture.problems
    with nlsniff.Capture(io.BytesIO(bare.read_bytes()), linktype=0) as capture:
        assert len(capture.conversations) > 3
    with pytest.raises(ValueError, match="'sctp' is no netlink protocol: give route, "):
        nlsniff.Capture(bare, linktype="sctp")
    with pytest.raises(NlsniffError, match="--linktype route"):
        nlsniff.Capture(bare)


@pytest.mark.parametrize("name", READING)
def test_what_is_no_protocol_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    _, bare = both(tmp_path, "rejected", 0)
    words = {"follow": ["--all"], "redact": [str(tmp_path / "out")]}.get(name, [])
    command = load(name)
    with pytest.raises(NlsniffError) as refused:
        command([str(bare), *words, "--linktype", "253"])
    assert str(refused.value).startswith("linktype '253' is no netlink protocol: give route, ")
    assert "generic" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_who_reads_files_has_the_option() -> None:
    for name in COMMANDS:
        command = load(name)
        parameters = command._function.__dict__["parameters"] if isinstance(command, Command) else []
        assert any("--linktype" in names for names, _ in parameters) == (name in {*READING, *COMPARING, "who"}), name


def test_transcripts_of_bare_frames(tmp_path: Path) -> None:
    _, bare = both(tmp_path, "rejected", 0)
    assert run("transcript", "--linktype", "route", str(bare)).exit_code == 0
    assert run("diff", "--linktype", "route", str(bare), str(bare)).exit_code == 0


def test_goldens_of_bare_frames_say_what_they_hold(tmp_path: Path) -> None:
    cooked, bare = both(tmp_path, "rejected", 0)
    golden = str(tmp_path / "x.nlt")
    expect = tmp_path / "x.toml"
    expect.write_text("format = 1\nno-errors = true\n")
    assert run("check", bare, "--linktype", "route", "--golden", golden, "--update").exit_code == 0
    assert run("check", bare, "--linktype", "route", "--golden", golden).exit_code == 0
    assert run("check", cooked, "--golden", golden).exit_code == 0
    found = [run("check", *words, "--expect", expect) for words in ((cooked,), (bare, "--linktype", "route"))]
    assert {result.exit_code for result in found} == {1}
    assert found[0].stdout.replace("cooked", "bare") == found[1].stdout
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(bare.read_bytes()[:-30])
    assert run("check", cut, "--linktype", "route", "--golden", golden).exit_code == 2


def test_tshark_cannot_be_compared(tmp_path: Path) -> None:
    need("tshark")
    _, bare = both(tmp_path, "rejected", 0)
    with pytest.raises(NlsniffError, match="bare netlink"):
        crosscheck(str(bare))
    (tmp_path / "other.pcap").write_bytes(made.pcap([made.Record(10**18, made.ETHERNET)], linktype=1))
    with pytest.raises(NlsniffError, match="holds Ethernet frames, no netlink"):
        crosscheck(str(tmp_path / "other.pcap"))


def test_the_shared_case() -> None:
    shown = run("show", "--linktype", "route", case("no-cooked-header.pcap"))
    assert [line.split()[3] for line in shown.stdout.splitlines()] == ["RTM_GETLINK", "RTM_NEWLINK", "NLMSG_DONE"]
    assert (shown.exit_code, shown.stderr) == (0, "")
