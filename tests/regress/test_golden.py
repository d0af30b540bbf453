"""Goldens: what is compared, what is written and when, and what is refused."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from nlsniff import regress
from nlsniff.cli.accept import command as accept
from nlsniff.cli.check import command as check
from nlsniff.cli.transcript import command as transcript
from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from nlsniff.file.zstd import compress
from nlsniff.regress.checksum import golden_text
from nlsniff.wire.comments import is_own
from tests import keys
from tests.cli.invoke import Result, invoke
from tests.conftest import ROOT
from tests.file.made import Record, datagram, pcap

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.wire.nlmsg import Order

CAPTURES = ROOT / "captures"
REJECTED = CAPTURES / "rejected.pcapng"
DST, OTHER = bytes([203, 0, 113, 0]), bytes([203, 0, 113, 64])


@pytest.fixture
def goldens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one golden, and the working folder above it."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "goldens"
    assert run(REJECTED, "--update=new").exit_code == 0
    return folder


def run(*arguments: object, golden: str = "goldens") -> Result:
    """`nlsniff check`; a failure that is no verdict is told as on the command line."""
    try:
        return invoke(check, [*map(str, arguments), "--golden", golden])
    except NlsniffError as error:
        return Result(error.exit_code, "", f"nlsniff: {error}\n")


def changed(folder: Path, name: str = "rejected") -> Path:
    """A recording in which one route goes elsewhere."""
    data = REJECTED.read_bytes()
    assert DST in data
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.pcapng"
    path.write_bytes(data.replace(DST, OTHER))
    return path


def last(result: Result) -> str:
    return result.stdout.splitlines()[-1]


# -- verdicts --------------------------------------------------------------------------------------------------------


def test_a_golden_is_a_text_and_a_capture(goldens: Path) -> None:
    assert sorted(path.name for path in goldens.iterdir()) == ["rejected.nlt", "rejected.pcapng"]
    text = (goldens / "rejected.nlt").read_text()
    assert text.startswith("nlsniff transcript 1\nanswers objects\n# Linux 6.1.176, recorded by nlsniff")
    assert invoke(transcript, ["--check", str(goldens / "rejected.nlt")]) == Result(0, text, "")
    assert last(run(REJECTED)) == "goldens/rejected.nlt: same, 13 conversations"


def test_a_change_is_told_where_the_golden_has_it(goldens: Path, tmp_path: Path) -> None:
    result = run(changed(tmp_path / "new"))
    assert result.exit_code == 1
    assert last(result) == "goldens/rejected.nlt: changed, 13 conversations"
    assert "if that is meant: the same command with `--update=changed` makes" in result.stderr
    lines = (goldens / "rejected.nlt").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text == "    dst: 203.0.113.0")
    assert f"rejected.nlt:{line}: " in result.stdout
    assert "-    dst: 203.0.113.0\n+    dst: 203.0.113.64\n" in result.stdout


def test_without_its_capture_the_text_is_compared(goldens: Path, tmp_path: Path) -> None:
    (goldens / "rejected.pcapng").unlink()
    assert last(run(REJECTED)) == "goldens/rejected.nlt: same, 13 conversations"
    assert run(changed(tmp_path / "new")).exit_code == 1
    assert run(REJECTED, "--answers", "full").stderr.endswith(
        "goldens/rejected.nlt: has `answers objects`, and no capture beside it for `answers full`; "
        "write it anew with --update=changed\n"
    )
    assert run(changed(tmp_path / "new"), "--update=changed").exit_code == 0
    assert [path.name for path in goldens.iterdir()] == ["rejected.nlt"], "who keeps no captures gets none"


def test_answers_may_be_asked_for_in_full_of_the_stored_capture(goldens: Path) -> None:
    before = (goldens / "rejected.nlt").read_bytes()
    result = run(REJECTED, "--answers", "full", "--update=refresh")
    assert last(result) == "goldens/rejected.nlt: same, 13 conversations"
    assert (goldens / "rejected.nlt").read_bytes() == before


def without_checksum(path: Path) -> None:
    path.write_text(re.sub(r"# checksum .*\n", "", path.read_text()))


def test_a_text_that_was_edited_is_refused_and_refreshed(goldens: Path) -> None:
    path = goldens / "rejected.nlt"
    text = path.read_text()
    path.write_text(text.replace("dst: 203.0.113.0", "dst: 203.0.113.9", 1))
    line = text[: text.index("dst: 203.0.113.0")].count("\n") + 1
    edited = path.read_text()
    said = (
        f"nlsniff: goldens/rejected.nlt:{line}: was edited: it says `dst: 203.0.113.9`, and its capture "
        "`dst: 203.0.113.0`; --update=refresh takes what was recorded\n"
    )
    for options in ([], ["--update=new,changed"]):
        assert run(REJECTED, *options) == Result(2, "", said)
        assert path.read_text() == edited
    assert run(REJECTED, "--update=refresh").exit_code == 0
    assert path.read_text() == text
    assert last(run(REJECTED)) == "goldens/rejected.nlt: same, 13 conversations"
    path.write_text(text + "> RTM_GETLINK\n")
    assert "says `> RTM_GETLINK`, and its capture nothing" in run(REJECTED).stderr


def test_comments_and_line_ends_are_no_edit(goldens: Path) -> None:
    path = goldens / "rejected.nlt"
    text = path.read_text().replace("learning: 1", "learned: 1")  # as another nlsniff would write it
    path.write_text(text)
    transcript = regress.transcript(path).transcript
    path.write_text(
        golden_text(transcript).replace("\n== ", "\n# a word\n  # and another\n== ", 1).replace("\n", "\r\n")
    )
    assert last(run(REJECTED)) == "goldens/rejected.nlt: read otherwise, 13 conversations"


def test_a_text_without_checksum_may_be_of_another_nlsniff(goldens: Path) -> None:
    path = goldens / "rejected.nlt"
    text = path.read_text()
    path.write_text(text.replace("dst: 203.0.113.0", "dst: 203.0.113.9"))
    without_checksum(path)
    result = run(REJECTED)
    assert (result.exit_code, last(result)) == (0, "goldens/rejected.nlt: read otherwise, 13 conversations")
    assert "note: goldens/rejected.nlt: was written by another nlsniff, or by hand" in result.stdout
    assert path.read_text() != text
    assert run(REJECTED, "--update=new,changed").exit_code == 0
    assert path.read_text() != text
    assert run(REJECTED, "--update=refresh").exit_code == 0
    assert path.read_text() == text


def old_dissector() -> str:
    """That of routes, as it could have been before: a field had another name, another one was bytes."""
    text = (ROOT / "dissectors/rt-route.yaml").read_text()
    text = re.sub(r"\bgateway\b", "next-hop", text)
    assert "{name: priority, type: u32" in text
    return text.replace("{name: priority, type: u32", "{name: priority, type: binary")


def test_a_dissector_that_reads_more_makes_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    old = tmp_path / "old.yaml"
    old.write_text(old_dissector())
    assert run(REJECTED, "--update=new", "--spec", old).exit_code == 0
    text = (tmp_path / "goldens/rejected.nlt").read_text()
    assert "next-hop: 192.0.2.254" in text
    assert "gateway" not in text
    assert re.search(r"priority: [0-9a-f]{4}\n", text)
    result = run(REJECTED)
    assert (result.exit_code, last(result)) == (0, "goldens/rejected.nlt: read otherwise, 13 conversations")
    both = run(changed(tmp_path / "new"))
    assert (both.exit_code, last(both)) == (1, "goldens/rejected.nlt: changed, 13 conversations")
    assert run(REJECTED, "--update=refresh").exit_code == 0
    assert "gateway: 192.0.2.254" in (tmp_path / "goldens/rejected.nlt").read_text()
    plain = run(changed(tmp_path / "new")).stdout
    note = next(line for line in both.stdout.splitlines() if line.startswith("note: "))
    assert both.stdout.replace(f"{note}\n", "") == plain, "only what has changed is told, where it would be told later"
    assert "203.0.113.64" in plain
    assert last(run(REJECTED)) == "goldens/rejected.nlt: same, 13 conversations"


def test_json_has_an_object_for_each_capture(goldens: Path, tmp_path: Path) -> None:
    other = changed(tmp_path / "new", "other")
    result = run(REJECTED, other, changed(tmp_path / "more", "third"), "--json", "--update=new")
    first, second, _ = (json.loads(line) for line in result.stdout.splitlines())
    page = (ROOT / "docs/json.md").read_text().split("`nlsniff check --json`")[1].split("\n## ")[0]
    assert set(first) == {
        key for row in re.findall(r"^\| (`.*?`) \|", page, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)
    }
    assert (first["verdict"], first["exit"], first["differences"], first["written"]) == ("same", 0, [], [])
    assert (second["verdict"], second["exit"], second["new"]) == ("new", 0, str(other))
    assert second["written"] == ["goldens/other.nlt", "goldens/other.pcapng"]
    result = run(changed(tmp_path / "new"), "--json")
    found = json.loads(result.stdout)
    assert (found["verdict"], found["exit"], found["error"]) == ("changed", 1, None)
    assert found["differences"]
    assert (goldens / "rejected.nlt").exists()
    found = json.loads(run(CAPTURES / "events.pcapng", "--json").stdout)
    assert (found["verdict"], found["exit"]) == ("not judged", 2)
    assert found["error"].startswith("goldens/events.nlt: there is no golden; ")


# -- what is written -------------------------------------------------------------------------------------------------


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_nothing_is_written_unless_it_is_asked_for(goldens: Path, tmp_path: Path) -> None:
    before = _contents(goldens)
    new = changed(tmp_path / "new")
    for arguments in ([], ["--update=new"], ["--update=refresh"], ["--update=new,refresh"], ["--force"]):
        assert run(new, *arguments).exit_code == 1
        assert run(CAPTURES / "events.pcapng").exit_code == 2
        assert _contents(goldens) == before
    assert run(CAPTURES / "events.pcapng", "--update=changed,refresh").exit_code == 2
    assert _contents(goldens) == before
    assert run(new, "--update=changed").exit_code == 0
    assert run(new).exit_code == 0
    assert _contents(goldens) != before
    assert run(REJECTED).exit_code == 1


def test_update_alone_means_all_but_trim(goldens: Path, tmp_path: Path) -> None:
    (goldens / "gone.nlt").write_text("nlsniff transcript 1\nanswers objects\n")
    assert run("--update", changed(tmp_path / "new")).exit_code == 0
    assert run("--update", changed(tmp_path / "new")).stdout.endswith("same, 13 conversations\n")
    assert (goldens / "gone.nlt").exists()
    assert "--update=all: no 'all': give new, changed, refresh or trim" in run(REJECTED, "--update=all").stderr


@pytest.mark.parametrize("words", ["new", "changed", "new,changed"])
def test_a_word_of_update_behind_a_blank_overwrites_nothing(goldens: Path, tmp_path: Path, words: str) -> None:
    before, new = _contents(goldens), changed(tmp_path / "new")
    result = run(new, "--update", words)
    assert (result.exit_code, result.stdout, _contents(goldens)) == (2, "", before)
    assert result.stderr == f"nlsniff: {words}: is no capture; did you mean --update={words}?\n"
    (tmp_path / words).mkdir(exist_ok=True)
    assert run(words).stderr == f"nlsniff: {words}: is a folder; name a capture file in it\n"


def test_update_writes_nothing_where_one_capture_cannot_be_read(goldens: Path, tmp_path: Path) -> None:
    before, new = _contents(goldens), changed(tmp_path / "new")
    for name in ("absent.pcapng", "other.pcapng"):
        result = run(new, tmp_path / "new" / name, "--update")
        assert (result.exit_code, result.stdout, _contents(goldens)) == (2, "", before)
        assert name in result.stderr
        assert result.stderr.endswith("no golden is written, for --update needs each NEW\n")
        (tmp_path / "new" / "other.pcapng").write_bytes(b"no capture at all")
    assert run(new, REJECTED.with_name("events.pcapng"), "--update").exit_code == 0


def test_what_is_no_capture_is_told_before_that_it_has_no_golden(goldens: Path, tmp_path: Path) -> None:
    (tmp_path / "text.pcapng").write_bytes(b"no capture at all")
    for name in ("absent.pcapng", "text.pcapng"):
        result = run(tmp_path / name)
        assert (result.exit_code, "there is no golden" in result.stderr) == (2, False)
        assert f"{tmp_path / name}: " in result.stderr
    assert "events.nlt: there is no golden" in run(CAPTURES / "events.pcapng").stderr
    assert len(_contents(goldens)) == 2


def test_what_is_said_on_stderr_stands_behind_what_was_printed(goldens: Path) -> None:
    command = [sys.executable, "-m", "nlsniff", "check", str(REJECTED), "absent.pcapng", "--golden", str(goldens)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert [": same, " in line for line in done.stdout.splitlines()] == [True, False]


def test_trim_removes_goldens_without_captures(goldens: Path, tmp_path: Path) -> None:
    for name in ("gone.nlt", "gone.pcapng.zst", "notes.txt", "recording.pcapng"):
        (goldens / name).write_bytes(b"x")
    assert "nothing is trimmed" in run(changed(tmp_path / "new"), "--update=trim").stderr
    assert (goldens / "gone.nlt").exists()
    result = run(REJECTED, "--update=trim")
    assert (result.exit_code, result.stdout.splitlines()[1:]) == (
        0, ["goldens/gone.nlt: removed", "goldens/gone.pcapng.zst: removed"],
    )  # fmt: skip
    assert sorted(_contents(goldens)) == ["notes.txt", "recording.pcapng", "rejected.nlt", "rejected.pcapng"]
    assert "needs a folder" in run(REJECTED, "--update=trim", golden="goldens/rejected.nlt").stderr


def test_a_large_capture_is_stored_compressed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    large = CAPTURES / "team.pcapng"
    assert run(large, "--update").exit_code == 0
    stored = tmp_path / "goldens/team.pcapng.zst"
    assert stored.read_bytes()[:4] == compress(b"")[:4]
    assert run(large).exit_code == 0
    (tmp_path / "goldens/team.pcapng").write_bytes(b"")
    assert "has two captures, team.pcapng and team.pcapng.zst: remove one" in run(large).stderr


@pytest.mark.parametrize("name", ["route-more", "conversations", "at-once-smp"])
def test_no_golden_is_made_of_a_doubtful_capture(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (path,) = CAPTURES.glob(f"{name}.pcapng*")
    result = run(path, "--update", "--allow-drops")
    assert result.exit_code == 2
    assert "no golden is made of it, for " in result.stderr
    assert not (tmp_path / "goldens").exists()
    assert run(path, "--update", "--allow-drops", "--force").exit_code == 0
    assert (tmp_path / f"goldens/{name}.nlt").exists()


def test_drops_and_damage_are_never_the_same(goldens: Path, tmp_path: Path) -> None:
    cut = tmp_path / "rejected.pcapng"
    cut.write_bytes(REJECTED.read_bytes()[:-40])
    result = run(cut)
    assert result.exit_code == 2
    assert "what is missing may be a difference (--allow-drops goes on)" in result.stderr
    assert run(cut, "--allow-drops").exit_code in {0, 1}
    for content in (b"", b"text", REJECTED.read_bytes()[:30]):
        cut.write_bytes(content)
        assert run(cut, "--allow-drops").exit_code == 2
    assert (goldens / "rejected.nlt").exists()


def test_an_empty_comparison_is_no_success(goldens: Path, tmp_path: Path) -> None:
    rules = tmp_path / "nl.toml"
    rules.write_text("format = 1\n[[only]]\nfilter = 'type == RTM_DELQDISC'")
    result = run(REJECTED, "--rules", rules)
    assert (result.exit_code, "nothing is left to compare" in result.stderr) == (2, True)
    assert (goldens / "rejected.nlt").exists()
    other = run(CAPTURES / "events.pcapng", "--rules", rules, "--update")
    assert "for nothing of it would be compared" in other.stderr


def test_a_program_that_says_nothing_is_told_at_once(goldens: Path, tmp_path: Path) -> None:
    with REJECTED.open("rb") as file:
        first = next(frame for frame in FrameReader(file) if not is_own(frame.comment))
    silent = tmp_path / "silent.pcapng"
    silent.write_bytes(REJECTED.read_bytes()[: first.offset - 28])  # the head of its block
    expect = tmp_path / "expect.toml"
    expect.write_text("format = 1\nno-errors = true\n")
    for options in ([], ["--update"], ["--new", tmp_path / "new"]):
        result = run(silent, *options)
        assert (result.exit_code, "there is no golden" in result.stderr) == (2, False)
        assert "silent.pcapng: nothing was said by netlink (" in result.stderr, options
    with pytest.raises(NlsniffError, match="nothing was said by netlink"):
        regress.expect(silent, expect)
    assert not (goldens / "silent.nlt").exists()
    assert not (tmp_path / "new/silent.nlt.new").exists()


# -- what was blanked ------------------------------------------------------------------------------------------------

OWN_DISSECTOR = """
name: own
protocol: netlink-raw
protonum: 18
doc: A protocol of our own.
attribute-sets:
  - name: attrs
    attributes:
      - {name: mode, type: u32}
operations:
  enum-model: directional
  list:
    - name: set
      attribute-set: attrs
      do: {request: {value: 100}}
"""


def own_talk(path: Path, mode: bytes) -> Path:
    """A request on a protocol without a dissector, and its ACK."""
    header = struct.pack("<IHHII", 20 + len(mode), 100, 5, 1, 7)
    ack = struct.pack("<IHHIIi", 36, 2, 0x100, 1, 7, 0) + header
    request = header + struct.pack("<HH", 4 + len(mode), 1) + mode
    frames = [datagram(said, protocol=18) for said in (request, ack)]
    path.write_bytes(pcap([Record(number, frame) for number, frame in enumerate(frames)]))
    return path


def test_blanked_bytes_are_compared_when_they_are_read_and_refreshed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = tmp_path / "own.yaml"
    spec.write_text(OWN_DISSECTOR)
    talk = own_talk(tmp_path / "own.pcap", b"\1\0\0\0")
    assert run(talk, "--update").exit_code == 0
    assert "    blanked: <blanked:8>\n" in (tmp_path / "goldens/own.nlt").read_text()
    note = "note: goldens/own.nlt: bytes of SCSITRANSPORT_100 were blanked, and are not compared\n"
    other = own_talk(tmp_path / "own.pcap", b"\2\0\0\0")
    assert run(other).stdout == f"{note}goldens/own.nlt: same, 1 conversation\n"
    assert run(own_talk(tmp_path / "own.pcap", b"longer!!")).exit_code == 1
    # A dissector reads them by now.
    own_talk(tmp_path / "own.pcap", b"\2\0\0\0")
    read = run(other, "--spec", spec)
    assert read.exit_code == 0
    assert "were blanked, and are not compared" in read.stdout
    assert run(other, "--spec", spec, "--update=refresh").exit_code == 0
    assert "    mode: 2\n" in (tmp_path / "goldens/own.nlt").read_text()
    assert run(other, "--spec", spec).stdout == "goldens/own.nlt: same, 1 conversation\n"
    again = run(own_talk(tmp_path / "own.pcap", b"\1\0\0\0"), "--spec", spec)
    assert (again.exit_code, "mode was 2, now 1" in again.stdout) == (1, True)


def test_keys_that_change_places_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    secrets = CAPTURES / "secrets.pcapng"
    assert run(secrets, "--update").exit_code == 0
    stored = (tmp_path / "goldens/secrets.pcapng").read_bytes() + (tmp_path / "goldens/secrets.nlt").read_bytes()
    known = [key for key in keys.keys_of("secrets") if len(key) >= 8]
    assert len(known) > 4
    assert [key for key in known if key in stored or key.hex().encode() in stored] == []
    data = secrets.read_bytes()
    first, second = next((one, two) for one, two in combinations(known, 2) if len(one) == len(two) and one != two)
    path = tmp_path / "secrets.pcapng"
    path.write_bytes(data.replace(first, bytes(len(first))[:-1] + b"\7"))
    assert run(path).exit_code == 0, "another key everywhere is as good"
    path.write_bytes(data.replace(first, second))
    result = run(path)
    assert result.exit_code == 1
    assert "<key-" in result.stdout
    assert second.hex() not in result.stdout


# -- rules -----------------------------------------------------------------------------------------------------------

MASK = "format = 1\n[[mask]]\nfield = 'route.dst'\nreason = 'any will do'\n"
IGNORE = "format = 1\n[[ignore]]\nfilter = 'type == RTM_GETROUTE'\nreason = 'x'\n"


def test_rules_are_found_above_the_golden(goldens: Path, tmp_path: Path) -> None:
    new = changed(tmp_path / "new")
    assert run(new).exit_code == 1
    (tmp_path / ".nlsniff.toml").write_text(MASK)
    result = run(new)
    assert (result.exit_code, last(result)) == (0, "goldens/rejected.nlt: same, 13 conversations")
    (goldens / "rejected.nlt").unlink()
    assert run(new, "--update").exit_code == 0
    assert "dst: (masked)" in (goldens / "rejected.nlt").read_text()
    assert last(run(REJECTED)) == "goldens/rejected.nlt: same, 13 conversations"


def test_a_text_without_capture_knows_its_rules(goldens: Path, tmp_path: Path) -> None:
    rules = tmp_path / "nl.toml"
    rules.write_text(IGNORE)
    other = run(REJECTED, "--rules", rules)
    assert (other.exit_code, "was written by other rules" in other.stdout) == (0, True)
    (goldens / "rejected.pcapng").unlink()
    assert "was written by other rules, and no capture beside it" in run(REJECTED, "--rules", rules).stderr
    assert run(REJECTED, "--rules", rules, "--update=changed").exit_code == 2
    (goldens / "rejected.nlt").unlink()
    assert run(REJECTED, "--rules", rules, "--update").exit_code == 0
    (goldens / "rejected.pcapng").unlink()
    assert last(run(REJECTED, "--rules", rules)) == "goldens/rejected.nlt: same, 12 conversations"
    assert "# rules " in (goldens / "rejected.nlt").read_text()
    assert run(REJECTED).exit_code == 2


def test_rules_that_match_nothing_are_named(goldens: Path, tmp_path: Path) -> None:
    rules = tmp_path / "nl.toml"
    rules.write_text("format = 1\n[[ignore]]\nfilter = 'type == RTM_DELQDISC'\nreason = 'x'\n")
    result = run(REJECTED, "--rules", rules)
    assert (result.exit_code, result.stderr) == (
        0, f"nlsniff: {rules}:3: [[ignore]] type == RTM_DELQDISC: matched nothing\n",
    )  # fmt: skip
    assert run(REJECTED, "--rules", rules, "--strict-rules").exit_code == 2
    assert (goldens / "rejected.nlt").exists()
    rules.write_text("format = 1\n[[ignore]]\nfilter = 'type = RTM_DELQDISC'\nreason = 'x'\n")
    assert run(REJECTED, "--rules", rules).stderr.startswith(f"nlsniff: {rules}:3: filter: column ")


# -- names and files -------------------------------------------------------------------------------------------------


def test_two_captures_need_two_goldens(goldens: Path, tmp_path: Path) -> None:
    new = changed(tmp_path / "new")
    assert "would be the golden of" in run(REJECTED, new).stderr
    assert "name a folder with one for each" in run(REJECTED, new, golden="goldens/rejected.nlt").stderr
    assert "for standard input name the golden itself" in run("-").stderr
    assert "is no golden: name its text" in run(REJECTED, golden=str(goldens / "rejected.pcapng")).stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "rejected.nlt:1: "),
        (b"nlsniff transcript 2\n", "rejected.nlt:1: "),
        (b"nlsniff transcript 1\nanswers objects\n<<<<<<< HEAD\n", "rejected.nlt:3: "),
        (b"nlsniff transcript 1\nanswers objects\n\n== \xff\n", "rejected.nlt:4: a transcript is UTF-8"),
    ],
)
def test_a_damaged_golden_cannot_be_judged(goldens: Path, text: bytes, said: str) -> None:
    (goldens / "rejected.nlt").write_bytes(text)
    result = run(REJECTED)
    assert (result.exit_code, said in result.stderr, len(result.stderr.splitlines())) == (2, True, 1)


def test_what_a_run_left_is_accepted(goldens: Path, tmp_path: Path) -> None:
    before = _contents(goldens)
    new = changed(tmp_path / "new")
    result = run(new, CAPTURES / "events.pcapng", "--new", "left")
    assert (result.exit_code, "`nlsniff accept left` makes what" in result.stderr) == (2, True)
    assert _contents(goldens) == before
    left = tmp_path / "left"
    assert sorted(_contents(left)) == [
        "events.nlt.new", "events.pcapng.new", "rejected.nlt.new", "rejected.pcapng.new", "report.json",
    ]  # fmt: skip
    assert invoke(accept, ["left"]).exit_code == 0
    assert list(left.iterdir()) == []
    assert run(new, CAPTURES / "events.pcapng").stdout.count(": same, ") == 2
    assert "# golden " not in (goldens / "rejected.nlt").read_text()
    with pytest.raises(NlsniffError, match=r"nothing here ends in \.nlt\.new"):
        invoke(accept, ["left"])


def test_a_change_is_accepted_where_its_golden_is(
    goldens: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(changed(tmp_path / "new"), "--new", "left")
    (tmp_path / "elsewhere").mkdir()
    before, left = _contents(goldens), _contents(tmp_path / "left")
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(NlsniffError, match=r"changes goldens/rejected\.nlt, which is not here: `cd` to"):
        invoke(accept, ["../left"])
    assert _contents(tmp_path / "elsewhere") == {}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "left" / "rejected.pcapng.new").unlink()
    with pytest.raises(NlsniffError, match=r"rejected\.pcapng\.new is not beside it"):
        invoke(accept, ["left"])
    assert _contents(goldens) == before
    (goldens / "rejected.pcapng").unlink()
    assert invoke(accept, ["left"]).exit_code == 0, "a golden without a capture needs none"
    assert len(_contents(goldens)) == 1 < len(left)


@pytest.mark.parametrize("target", ["../outside.nlt", "/etc/outside.nlt", "goldens/../../outside.nlt", "goldens/x"])
def test_an_artifact_cannot_write_elsewhere(goldens: Path, tmp_path: Path, target: str) -> None:
    left = tmp_path / "left"
    left.mkdir()
    text = (goldens / "rejected.nlt").read_text().split("\n", 2)
    (left / "x.nlt.new").write_text(f"{text[0]}\n{text[1]}\n# golden {target}\n{text[2]}")
    with pytest.raises(NlsniffError, match="is no golden below"):
        invoke(accept, ["left"])
    assert not (tmp_path.parent / "outside.nlt").exists()


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcap_is_compared_too(order: Order, goldens: Path, tmp_path: Path) -> None:
    path = tmp_path / "rejected.pcap"
    frames = FrameReader(str(REJECTED))
    path.write_bytes(pcap([Record(frame.time_ns, frame.data) for frame in frames], order, snaplen=1 << 18))
    result = run(path)
    assert last(result) == "goldens/rejected.nlt: same, 13 conversations"
    assert "does not say on which kernel it was recorded" in result.stdout
    assert (goldens / "rejected.pcapng").exists()


def test_the_readme_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "README.md").read_text()
    (golden,), (printed,) = (
        re.findall(rf"^```{kind}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL) for kind in ("golden", "check")
    )
    assert run(REJECTED, "--update", golden="netlink/").exit_code == 0
    assert golden in (tmp_path / "netlink/rejected.nlt").read_text()
    (tmp_path / "new").mkdir()
    data = REJECTED.read_bytes()
    (tmp_path / "new/rejected.pcapng").write_bytes(data.replace(bytes.fromhex("01f40190"), bytes.fromhex("01f40258")))
    assert run("new/rejected.pcapng", golden="netlink/").stdout == printed


def test_standard_input_is_checked(goldens: Path, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "nlsniff", "check", "-", "--golden", str(goldens / "rejected.nlt")]
    for path, status in ((REJECTED, 0), (changed(tmp_path / "new"), 1)):
        with path.open("rb") as stream:
            done = subprocess.run(argv, stdin=stream, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, "if that is meant" in done.stderr) == (status, bool(status))
    twice = run("-", "-", golden=str(goldens / "rejected.nlt"))
    assert "would be the golden of - and of -" in twice.stderr


def test_python_compares_and_writes_transcripts(goldens: Path, tmp_path: Path) -> None:
    text = regress.transcript(REJECTED)
    assert str(text) == text.text
    assert golden_text(text.transcript) == (goldens / "rejected.nlt").read_text()
    text.save(tmp_path / "x.nlt")
    assert not regress.compare(tmp_path / "x.nlt", REJECTED)
    assert not regress.compare(REJECTED, REJECTED, answers="full")
    found = regress.compare(tmp_path / "x.nlt", changed(tmp_path / "new"))
    assert found
    assert found.words()
    rules = tmp_path / "nl.toml"
    rules.write_text(MASK)
    assert not regress.compare(tmp_path / "x.nlt", changed(tmp_path / "new"), rules=rules)
    rules.write_text(IGNORE)
    with pytest.raises(NlsniffError, match=r"x\.nlt: was written by other rules"):
        regress.compare(tmp_path / "x.nlt", REJECTED, rules=rules)
    regress.transcript(REJECTED, rules=rules).save(tmp_path / "ignored.nlt")
    assert not regress.compare(tmp_path / "ignored.nlt", REJECTED, rules=rules)
    with pytest.raises(NlsniffError, match="has `answers objects`, not full"):
        regress.compare(tmp_path / "x.nlt", REJECTED, answers="full")
    with pytest.raises(ValueError, match="answers is 'all': expected outcome, objects, full"):
        regress.transcript(REJECTED, answers="all")  # type: ignore[arg-type]
