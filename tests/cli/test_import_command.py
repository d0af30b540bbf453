"""`nlsniff import`, and texts in the place of captures: what was pasted is what was recorded."""

from __future__ import annotations

import gzip
import io
import subprocess
from typing import TYPE_CHECKING

import pytest

import nlsniff
from nlsniff.cli.check import command as check
from nlsniff.cli.follow import command as follow
from nlsniff.cli.import_ import command as import_
from nlsniff.cli.redact import command as redact
from nlsniff.cli.show import command as show
from nlsniff.cli.stats import command as stats
from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from nlsniff.reader import IndexedCapture, make_decoder
from tests.cli.invoke import invoke
from tests.conftest import ROOT
from tests.file.hex_forms import FORMS, c_array, kernel, xxd
from tests.support_tools import need

if TYPE_CHECKING:
    from pathlib import Path

ROUTE = ROOT / "captures/first-route.pcapng"
FRAMES = [frame.data for frame in FrameReader(ROUTE)]
ANSWER = (  # what strace -f -ttt -y -e read=all -e write=all showed of `ip link`, shortened to its first request
    b"712   1796000000.100000 socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3<socket:[84211]>\n"
    b"712   1796000000.200000 sendto(3<socket:[84211]>, [...], 40, 0, NULL, 0) = 40\n"
    b" | 00000  28 00 00 00 12 00 01 03  02 00 00 00 00 00 00 00  (............... |\n"
    b" | 00010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  ................ |\n"
    b" | 00020  08 00 1d 00 08 00 00 00                           ........         |\n"
    b"712   1796000000.300000 +++ exited with 0 +++\n"
)


def lines(*arguments: str) -> list[str]:
    """What `show` prints, without times."""
    return [line[:4] + line[17:] for line in invoke(show, arguments).stdout.splitlines()]


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "report.txt"
    path.write_text("Hello,\nthis is what I see:\n\n" + "\n".join(xxd(data) for data in FRAMES) + "\nIs that right?\n")
    return str(path)


def test_a_text_is_shown_as_its_capture_is(text: str) -> None:
    done = invoke(show, [text])
    assert lines(text) == lines(str(ROUTE))
    assert done.stderr == ""  # there were cooked headers, so that nothing is guessed
    assert lines(text, "-Y", "type == RTM_NEWROUTE") == lines(str(ROUTE), "-Y", "type == RTM_NEWROUTE")
    assert lines(text, "-e", "seq") == lines(str(ROUTE), "-e", "seq")
    assert "RTM_NEWROUTE" in invoke(follow, [text, "--all"]).stdout
    assert invoke(stats, [text]).stdout.startswith(f"{len(lines(text))} messages")


def test_the_protocol_is_guessed_and_said(tmp_path: Path) -> None:
    path = tmp_path / "code.c"
    path.write_text("".join(c_array(data[16:]) for data in FRAMES[3:]))
    shown = invoke(show, [str(path)])
    route = "15 as route"
    assert f"note: no protocol is said; read by what fits best: {route} (--protocol gives it)" in shown.stderr
    given = invoke(show, [str(path), "--protocol", "route"])
    assert given.stdout == shown.stdout
    assert given.stderr == ""
    assert "XFRM_MSG" in invoke(show, [str(path), "--linktype", "xfrm"]).stdout


def test_an_import_is_the_capture_of_its_text(text: str, tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    done = invoke(import_, [text, "-w", str(out)])
    assert done.stderr == f"{len(FRAMES)} datagrams (generic, route), written to {out}\n"
    assert [frame.data for frame in FrameReader(out)] == FRAMES
    need("tshark")
    listed = subprocess.run(
        ["tshark", "-r", out, "-T", "fields", "-e", "netlink.family"], stdout=subprocess.PIPE, text=True, check=True
    )
    assert [int(line, 0) for line in listed.stdout.split()] == [data[15] for data in FRAMES]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_becomes_the_shipped_capture(form: str, tmp_path: Path) -> None:
    path, out = tmp_path / "text", tmp_path / "out.pcapng"
    path.write_text("\n".join(FORMS[form](data) for data in FRAMES))
    invoke(import_, [str(path), "-w", str(out)])
    assert [frame.data for frame in FrameReader(out)] == FRAMES


def test_a_strace_log_is_read_with_its_deliveries(tmp_path: Path) -> None:
    path, out = tmp_path / "ip.log", tmp_path / "out.pcapng"
    path.write_bytes(ANSWER)
    done = invoke(import_, [str(path), "-w", str(out)])
    assert "1 datagram of 1 socket" in done.stderr
    (frame,) = FrameReader(out)
    assert frame.data[16:] == FRAMES[3][16:24] + bytes.fromhex("0200000000000000") + FRAMES[3][32:]
    assert frame.comment.startswith("netlink: to-kernel ")
    assert lines(str(path)) == ["     > RTM_GETLINK        all links"]
    quoted = tmp_path / "mail"
    quoted.write_bytes(b"".join(b"> " + line for line in ANSWER.splitlines(keepends=True)))
    assert lines(str(quoted)) == lines(str(path))


def test_logs_of_one_run_are_a_folder_or_what_their_names_begin_with(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for thread in ("712", "713"):
        log = b"".join(
            line.removeprefix(b"712   ") + b"\n" for line in ANSWER.replace(b"84211", thread.encode()).splitlines()
        )
        (folder / f"ip.{thread}").write_bytes(log)
    (folder / "notes.1").write_text("no log")
    assert len(lines(str(folder))) == len(lines(str(folder / "ip"))) == 2
    with nlsniff.Capture(folder / "ip") as capture:
        assert len(capture) == 2
    done = invoke(import_, [str(folder / "ip.712"), str(folder / "ip.713"), "-w", str(tmp_path / "o.pcapng")])
    assert "2 datagrams of 2 sockets" in done.stderr


def test_compressed_texts_and_streams_are_read(text: str) -> None:
    with open(text, "rb") as stream:  # noqa: PTH123
        data = stream.read()
    for packed in (data, gzip.compress(data)):
        with nlsniff.Capture(io.BytesIO(packed)) as capture:
            assert [message.data for message in capture] == [message.data for message in nlsniff.Capture(ROUTE)]


def test_the_index_reads_a_text_again(text: str) -> None:
    with (
        IndexedCapture(text, make_decoder()).load() as capture,
        IndexedCapture(str(ROUTE), make_decoder()).load() as true,
    ):
        assert len(capture) == len(true)
        for number in range(len(true), 0, -1):
            assert capture.message(number).data == true.message(number).data


def test_a_text_is_redacted_as_a_capture(tmp_path: Path) -> None:
    frames = list(FrameReader(ROOT / "captures/secrets.pcapng"))
    path, out, true = tmp_path / "log", tmp_path / "out.pcapng", tmp_path / "true.pcapng"
    path.write_text("\n".join(kernel(frame.data) for frame in frames))
    invoke(redact, [str(path), str(out)])
    invoke(redact, [str(ROOT / "captures/secrets.pcapng"), str(true)])
    assert [frame.data for frame in FrameReader(out)] == [frame.data for frame in FrameReader(true)]


def test_texts_are_compared_as_captures(tmp_path: Path) -> None:
    path, golden = tmp_path / "text", tmp_path / "golden.nlt"
    path.write_text("\n".join(xxd(data[16:]) for data in FRAMES[3:]))
    for words in ([], ["--linktype", "route"]):
        assert invoke(check, [str(path), "--golden", str(golden), "--update=new,changed", *words]).exit_code == 0
        assert "RTM_NEWROUTE" in golden.read_text()
        assert invoke(check, [str(path), "--golden", str(golden), *words]).exit_code == 0
    path.write_text("\n".join(xxd(data[16:]) for data in FRAMES[3:-2]))
    assert invoke(check, [str(path), "--golden", str(golden)]).exit_code == 1


def test_what_cannot_be_read_is_told_and_the_rest_is_kept(text: str, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    with open(text) as stream:  # noqa: PTH123
        whole = stream.read()
    damaged.write_text(whole.replace("00000010: 1400", "00000010: 14zz", 1))
    done = invoke(show, [str(damaged)])
    assert "line 5" in done.stderr
    assert len(done.stdout.splitlines()) >= len(lines(str(ROUTE))) - 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"plain words\n", "is no pcap or pcapng capture, but text; of texts, strace logs and hex can be read"),
        (b"00000000: ffff ffff ffff ffff ffff ffff ffff ffff\n", "is hex text, but no netlink protocol fits it"),
        (b'1 write(1, "x", 1) = 1\n', "is a strace log without a netlink datagram"),
    ],
)
def test_what_tells_no_netlink_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(content)
    with pytest.raises(NlsniffError, match=words):
        invoke(show, [str(path)])


def test_import_refuses_what_is_no_text(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    for source, words in ((str(ROUTE), "is a capture already"), (str(tmp_path / "x"), "no such file")):
        with pytest.raises(NlsniffError, match=words):
            invoke(import_, [source, "-w", out])
    with pytest.raises(NlsniffError, match="where to"):
        invoke(import_, [str(ROUTE)])
