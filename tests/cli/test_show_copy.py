"""`nlsniff show -w`, a filtered copy; and what -x and -t add to what is printed."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli.show import command
from nlsniff.cli.stats import command as stats
from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.reader import IndexedCapture, make_decoder
from tests.cli.invoke import invoke
from tests.conftest import CAPTURES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

REJECTED = ROOT / "captures" / "rejected.pcapng"


def test_a_copy_has_what_matches_with_its_names_comments_and_statistics(tmp_path: Path) -> None:
    source, target = tmp_path / "source.pcapng", tmp_path / "routes.pcapng"
    with FrameReader(str(REJECTED)) as reader:
        frames = list(reader)
    with open_writer(source, interface="nlmon7", os="Linux 6.1", comments=["nlsniff: calm"]) as writer:
        for frame in frames:
            writer.write(frame.time_ns, frame.data, frame.length, frame.comment)
        writer.close(received=70, dropped=3)
    done = invoke(command, [str(source), "-Y", "type == RTM_NEWROUTE", "-w", str(target)])
    assert re.fullmatch(rf"nlsniff: saved 6 messages in \d+ frames, which are whole, to {target}\n", done.stderr)
    assert not done.stdout
    with IndexedCapture(str(source), make_decoder()) as before, IndexedCapture(str(target), make_decoder()) as after:
        wanted = [message for message in before if message.type_name == "RTM_NEWROUTE"]
        got = [message for message in after if message.type_name == "RTM_NEWROUTE"]
        assert [(message.time_ns, message.summary, message.comment, message.data) for message in got] == [
            (message.time_ns, message.summary, message.comment, message.data) for message in wanted
        ]
        (made,) = after.interfaces
        assert (made.name, made.recorder.os, made.comments) == ("nlmon7", "Linux 6.1", ["nlsniff: calm"])
        assert (made.received, made.dropped) == (70, 3)


@pytest.mark.parametrize(("name", "form"), [("out.pcap", "pcap"), ("out", "pcapng"), ("out.cap", "pcapng")])
def test_the_name_says_the_format(name: str, form: str, tmp_path: Path) -> None:
    target = tmp_path / name
    target.write_text("old")
    invoke(command, [str(REJECTED), "-c", "5", "-w", str(target)])
    with FrameReader(str(target)) as reader:
        assert len(list(reader)) >= 2
        assert reader.format == form


def test_a_copy_of_all_prints_as_the_capture_does(tmp_path: Path) -> None:
    target = tmp_path / "all.pcapng"
    invoke(command, [str(REJECTED), "-w", str(target)])
    assert invoke(command, [str(target), "--json"]) == invoke(command, [str(REJECTED), "--json"])


def test_several_files_are_one_in_order_of_time(tmp_path: Path) -> None:
    parts = [tmp_path / "a.pcapng", tmp_path / "b.pcap"]
    with FrameReader(str(REJECTED)) as reader:
        frames = list(reader)
    for at, part in enumerate(parts):
        with open_writer(part) as writer:
            for frame in frames[at::2]:
                writer.write(frame.time_ns, frame.data, frame.length, "")
            writer.close(received=10, dropped=2)
    whole = invoke(command, [str(REJECTED)]).stdout
    for order in (parts, parts[::-1]):
        assert invoke(command, list(map(str, order))).stdout == whole
        assert invoke(command, [*map(str, order), "-Y", "errno", "-e", "frame"]) == invoke(
            command, [str(REJECTED), "-Y", "errno", "-e", "frame"]
        )
    target = tmp_path / "both.pcapng"
    invoke(command, [*map(str, parts), "-w", str(target)])
    assert invoke(command, [str(target)]).stdout == whole
    with IndexedCapture(str(target), make_decoder()).load() as capture:
        assert [(one.received, one.dropped) for one in capture.interfaces] == [(10, 2)]  # pcap has no counts
    parts[0].write_bytes(parts[0].read_bytes()[:-70])
    assert f"nlsniff: {parts[0]}: " in invoke(command, list(map(str, parts))).stderr
    with pytest.raises(NlsniffError, match=r"absent.pcap: no such file"):
        invoke(command, [str(parts[0]), str(tmp_path / "absent.pcap")])


def test_no_copy_in_the_place_of_the_capture_or_of_a_folder(tmp_path: Path) -> None:
    for target, told in ((REJECTED, "is the capture itself"), (tmp_path, "is a folder"),
                         (tmp_path / "no" / "out.pcap", "cannot be written")):  # fmt: skip
        with pytest.raises(NlsniffError, match=told):
            invoke(command, [str(REJECTED), "-w", str(target)])


@pytest.mark.parametrize("path", [path for path in CAPTURES if path.stem in {"secrets", "wireguard", "rejected"}])
def test_bytes_are_those_of_the_messages_with_keys_masked(path: Path) -> None:
    shown = invoke(command, [str(path), "-x"]).stdout.split("\n\n")[:-1]
    with IndexedCapture(str(path), make_decoder()) as capture:
        messages = list(capture)
        lines = invoke(command, [str(path)]).stdout.splitlines()
        assert len(shown) == len(messages)
        for message, line, block in zip(messages, lines, shown, strict=True):
            first, *rows = block.split("\n")
            assert first == line
            told = [byte for row in rows for byte in row[6:53].split()]
            masked = {at for node in message.root.walk() if node.secret for at in range(node.payload, node.end)}
            assert told == [
                "··" if at in masked else f"{message.data[at]:02x}" for at in range(message.start, message.end)
            ]
    everything = invoke(command, [str(path), "-x", "--show-secrets"]).stdout
    assert "··" not in everything


def test_a_copy_goes_into_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [str(REJECTED), "-Y", "type == RTM_NEWROUTE", "-w"]
    invoke(command, [*wanted, str(tmp_path / "out.pcapng")])
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw))
    command([*wanted, "-"])
    assert raw.getvalue() == (tmp_path / "out.pcapng").read_bytes()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with pytest.raises(NlsniffError, match="not for a terminal"):
        command([*wanted, "-"])


def test_captures_of_two_machines_are_told_apart() -> None:
    other, small = (str(REJECTED.with_name(f"{name}.pcapng")) for name in ("wireguard", "first-route"))
    said = invoke(command, [str(REJECTED), other, "-c1"]).stderr
    assert said.startswith(f"nlsniff: warning: the family ethtool has id 19 in {REJECTED} and 23 in {other}, so these")
    assert said.count("\n") == 1
    assert not invoke(command, [str(REJECTED), str(REJECTED), small, "-c1"]).stderr
    assert "98 messages in 70 frames" in invoke(stats, [str(REJECTED), str(REJECTED)]).stdout
