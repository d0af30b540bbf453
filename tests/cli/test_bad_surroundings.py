"""What surrounds a command is wrong: files, numbers, folders, descriptors. One line says so, and exit status 1 or 2."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli import main
from nlsniff.decode.decoder import Decoder
from nlsniff.reader import IndexedCapture
from tests.conftest import ROOT
from tests.file import made
from tests.support import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST = str(ROOT / "captures" / "first-route.pcapng")
READERS = [
    ["show"], ["show", "-V"], ["show", "--json"], ["show", "-e", "frame"], ["show", "-e", "route.dst"],
    ["show", "-Y", "type == 24"], ["show", "-Y", "errno == 0"], ["follow", "--all"], ["follow", "--stories"],
    ["stats"], ["stats", "-Y", "errno == 0"], ["redact"], ["crosscheck"], ["open"], ["spec", "check"],
    ["show", FIRST, "--spec"],
]  # fmt: skip


def status(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Exit status and lines on stderr."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert isinstance(left.value.code, int)
    return left.value.code, capsys.readouterr().err.splitlines()


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    code, lines = status(arguments, capsys)
    assert code in {1, 2}, (arguments, code, lines)
    if arguments[:2] != ["spec", "check"]:  # which says on stdout what it finds
        assert len(lines) == 1, (arguments, lines)
        assert "internal error" not in lines[0]
        assert "Traceback" not in lines[0]
    return "".join(lines)


def _folder(path: Path) -> None:
    path.mkdir()


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _fifo_gone(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


BAD_FILES: dict[str, Callable[[Path], object]] = {
    "absent": lambda path: path,
    "folder": _folder,
    "empty": lambda path: path.touch(),
    "loop": _loop,
    "link to nothing": _fifo_gone,
    "text": lambda path: path.write_text("what is this?\n"),
    "cut header": lambda path: path.write_bytes(made.pcap([])[:20]),
    "cut section": lambda path: path.write_bytes(made.section()[:10]),
    "damaged gzip": lambda path: path.write_bytes(b"\x1f\x8b\x08\x00" + bytes(range(80))),
    "damaged zstd": lambda path: path.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(range(80))),
    "no netlink": lambda path: path.write_bytes(made.pcap([made.Record(1, made.ETHERNET)], linktype=1)),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "file"
    BAD_FILES[name](path)
    for reader in READERS:
        if "--spec" in reader and not (name.startswith("link") or name in {"absent", "loop"}):
            continue  # what it cannot use, it says, and goes on
        if reader == ["redact"]:
            if name == "no netlink":
                continue  # which it copies
            assert refused(["redact", str(path), str(tmp_path / "out")], capsys)
            assert not (tmp_path / "out").exists()
        elif reader != ["crosscheck"]:
            refused([*reader, str(path)], capsys)


@pytest.mark.parametrize(
    "name", ["", "x" * 300, "\udcff\udcfe", "a\nb", "file\x1b[31m", "/dev/null/x", "/proc/self/mem"]
)
def test_bad_names(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for reader in READERS:
        if "--spec" not in reader or name != "/proc/self/mem":
            refused([*reader, name, *["out"][: reader == ["redact"]]], capsys)


def test_a_name_that_is_no_text_is_read_all_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xe9.pcap"
    with open(path, "wb") as file:  # noqa: PTH123  its name is bytes
        file.write(made.pcap(made.records(3)) + b"???")
    for reader in READERS[:8]:
        code, lines = status([*reader, os.fsdecode(path)], capsys)
        assert (code, len(lines)) == (0, 1), (reader, lines)
        assert "file ends inside" in lines[0]


LARGE = ["999999999999999999", "9" * 5000, "-1", "0", "1e9", "0x10", "", "\u0661", "1.5"]


@pytest.mark.parametrize("number", LARGE, ids=range(len(LARGE)))
def test_numbers(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["show", "-c"], ["stats", "--top"], ["follow", "--all", "--width"]):
        code, lines = status([*words, number, FIRST], capsys)
        taken = number == LARGE[0] and "--width" not in words
        assert (code, len(lines)) == ((0, 0) if taken else (2, 1)), (words, lines)
    refused(["follow", FIRST, number], capsys)


FILTERS = [
    "frame == {}", "time > {}", "latency > {}s", "seq == 0x{}", "type == {}", "length in {{{}..{}}}", "errno == -{}",
    "route.dst == 10.0.0.0/{}", "conversation == {}", "route.dst[0:{}] == 00", "flags == {}", "frame[{}] == 1",
]  # fmt: skip


@pytest.mark.parametrize("filter_text", FILTERS)
@pytest.mark.parametrize("number", ["18446744073709551616", "9" * 5000, "1e400", "nan"], ids=range(4))
def test_numbers_of_filters(filter_text: str, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = status(["show", "-Y", filter_text.replace("{}", number).replace("{{", "{"), FIRST], capsys)
    assert code in {0, 2}
    assert len(lines) == (code == 2)


@pytest.mark.parametrize("folder", ["", "/dev/null", "/dev/null/x", "/proc/nope", FIRST, "no/such", "\udcff"])
@pytest.mark.parametrize("variable", ["NLSNIFF_CACHE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HOME"])
def test_folders_of_the_user(
    folder: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("NLSNIFF_CACHE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, folder)
    assert status(["show", "-c", "1", "-Y", "type == 24", FIRST], capsys) == (0, [])


def test_a_folder_to_work_in_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for words in (["show", FIRST], ["follow", "--all", FIRST], ["stats", FIRST], ["spec", "list"]):
        assert status(words, capsys) == (0, [])
    for reader in READERS:
        if reader != ["redact"]:
            refused([*reader, "file"], capsys)
    assert "out" in refused(["redact", FIRST, "out"], capsys)


def test_a_file_that_shrinks_while_it_is_browsed(tmp_path: Path) -> None:
    path = tmp_path / "shrinks.pcapng"
    data = (ROOT / "captures" / "first-route.pcapng").read_bytes()
    for kept in (0, 40, len(data) // 2, len(data) - 3):
        path.write_bytes(data)
        with IndexedCapture(path, Decoder(REGISTRY)) as capture:
            capture.load()
            os.truncate(path, kept)
            for number in range(1, len(capture) + 1):
                message = capture.message(number)
                assert message.start <= message.end
                assert message.root is not None
                assert isinstance(message.summary, str)
                assert message.counts.total == message.end - message.start
    path.unlink()


def run(words: list[str], redirection: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, with descriptors as a shell makes them."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m nlsniff "$@" {redirection}', sys.executable, *words],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    "words", [["show", FIRST], ["--help"], ["show", "--help"], ["spec", "list", "-h"], ["spec", "list"]], ids=str
)
@pytest.mark.parametrize(
    ("redirection", "says"), [(">&-", "Bad file descriptor"), (">/dev/full", "No space left"), ("<&- >&- 2>&-", "")]
)
def test_output_that_cannot_be_written(words: list[str], redirection: str, says: str) -> None:
    done = run(words, redirection)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == bool(says)


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_errors_that_cannot_be_written(redirection: str) -> None:
    done = run(["show", "no-such-file"], redirection)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")
    done = run(["show", "-c", "1", FIRST], redirection)
    assert done.returncode == 0
    assert done.stdout


def test_input_that_is_closed(tmp_path: Path) -> None:
    for words in (["show", "-"], ["redact", "-", str(tmp_path / "out")]):
        done = run(words, "<&-")
        assert done.returncode == 2
        assert "is empty" in done.stderr
        assert done.stderr.count("\n") == 1


def test_files_do_not_take_the_number_of_closed_output(tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    assert run(["redact", FIRST, str(out)], "<&- >&- 2>&-").returncode == 0
    assert out.stat().st_size == (ROOT / "captures" / "first-route.pcapng").stat().st_size


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_output_is_utf_8_whatever_the_locale_says(encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nlsniff", "doctor"], cwd=ROOT, capture_output=True, check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert (done.returncode in {0, 1}, done.stderr) == (True, b"")
    assert "✓ read files" in done.stdout.decode()
