"""What is wrong is a NlsniffError of one line, whatever it is."""

from __future__ import annotations

import struct
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nlsniff
from nlsniff.capture import apart
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = ROOT / "captures" / "first-route.pcapng"


def refused(call: Callable[[], Any], *kinds: type[Exception]) -> str:
    """What a call is refused with: a NlsniffError, of one line, that is of other kinds, too."""
    with pytest.raises(nlsniff.NlsniffError) as caught:
        call()
    assert all(isinstance(caught.value, kind) for kind in kinds)
    text = str(caught.value)
    assert text
    assert len(text.splitlines()) == 1
    assert text.isprintable()
    return text


@pytest.mark.parametrize("read", [nlsniff.Capture, lambda path: list(nlsniff.stream(path))], ids=["Capture", "stream"])
def test_what_cannot_be_read(read: Callable[[Any], Any], tmp_path: Path) -> None:
    text, empty, ethernet = tmp_path / "a\nb", tmp_path / "empty", tmp_path / "ethernet.pcap"
    text.write_text("no capture")
    empty.touch()
    head = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    ethernet.write_bytes(head + struct.pack("<IIII", 0, 0, 20, 20) + bytes(20))
    assert "no such file" in refused(lambda: read(tmp_path / "absent"))
    assert "a folder" in refused(lambda: read(tmp_path))
    assert "a\\nb" in refused(lambda: read(text))
    assert "is empty" in refused(lambda: read(empty))
    assert "Ethernet" in refused(lambda: read(ethernet))


def test_damage_does_not_raise(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(FIRST.read_bytes()[:7000])
    with nlsniff.Capture(cut) as capture:
        assert 0 < len(capture) < 31
        assert [problem.severity for problem in capture.problems] == ["error"]


def test_a_filter_that_cannot_be_used() -> None:
    with nlsniff.Capture(FIRST) as capture:
        for call in (capture.messages, lambda text: nlsniff.stream(FIRST, text)):
            with pytest.raises(nlsniff.FilterError) as caught:
                call("route.dts == 10.0.0.0/8")
            assert str(caught.value) == 'filter: column 7: no field "route.dts": did you mean route.dst?'
            assert (caught.value.column, caught.value.filter) == (7, "route.dts == 10.0.0.0/8")
            assert isinstance(caught.value, nlsniff.NlsniffError)
        assert len(list(capture.messages(""))) == len(capture)


def test_arguments_that_mean_nothing() -> None:
    for read in (nlsniff.Capture, nlsniff.stream):
        assert refused(partial(read, FIRST, endian="middle"), ValueError) == (
            "endian is 'middle': expected auto, little or big"
        )
        assert "'sctp' is no netlink protocol: give route, " in refused(
            partial(read, FIRST, linktype="sctp"), ValueError
        )
        assert "/nowhere" in refused(partial(read, FIRST, specs=["/nowhere"]))


def test_what_is_no_source_and_no_filter() -> None:
    reads: tuple[Any, ...] = (nlsniff.Capture, nlsniff.stream)
    for read in reads:
        assert "io.BytesIO(data)" in refused(partial(read, FIRST.read_bytes()), ValueError)
        with FIRST.open() as text:
            assert '"rb"' in refused(partial(read, text), ValueError)
    assert "a filter is a text, not int" in refused(partial(reads[1], FIRST, 22), ValueError)


def test_dissectors_that_cannot_be_used_are_warned_of(tmp_path: Path) -> None:
    (tmp_path / "b\nad.yaml").write_text("name: [")
    for specs in (tmp_path, str(tmp_path), [tmp_path]):
        with pytest.warns(UserWarning, match=r"b\\nad.yaml"), nlsniff.Capture(FIRST, specs=specs) as capture:
            assert len(capture) == 31


def test_numbers_that_are_none() -> None:
    with nlsniff.Capture(FIRST) as capture:
        assert refused(lambda: capture[0], IndexError) == "there is no message 0: they count from 1"
        assert refused(lambda: capture[32], IndexError) == "there is no message 32: the capture has 31"
        assert refused(lambda: capture[-32], IndexError) == "there is no message -32: the capture has 31"
        assert refused(lambda: capture.frame(0), IndexError) == "there is no frame 0: they count from 1"
        assert refused(lambda: capture.frame(99), IndexError) == "there is no frame 99: the capture has 18"
        count = len(capture.conversations)
        assert refused(lambda: capture.conversation(99), IndexError) == (
            f"there is no conversation 99: the capture has {count}"
        )
        assert capture[40:50] == []
        with pytest.raises(TypeError, match="messages are numbered, so that 'dst' names none"):
            capture["dst"]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("dts", "no dissector knows a field 'dts': did you mean dst?"),
        ("route.dts", "no dissector knows a field 'route.dts': did you mean dst?"),
        ("metrics.mut", "no dissector knows a field 'metrics.mut': did you mean metrics.mtu?"),
        ("nlmsghdr.dst", "no dissector knows a field 'nlmsghdr.dst'"),
        ("time", "'time' is no field of the body: see the attributes of the message"),
        ("", "no dissector knows a field ''"),
        (".", "no dissector knows a field '.'"),
        ("dst.", "no dissector knows a field 'dst.'"),
    ],
)
def test_paths_that_no_dissector_knows(path: str, words: str) -> None:
    with nlsniff.Capture(FIRST) as capture:
        assert refused(lambda: capture[22].get(path, 0), LookupError).startswith(words)


def test_a_field_of_another_family_is_named_in_full() -> None:
    with nlsniff.Capture(FIRST) as capture:
        assert "link.ifname" in refused(lambda: capture[22].get("ifnam"))


def test_a_closed_capture() -> None:
    with nlsniff.Capture(FIRST) as capture:
        kept, messages = capture[22], capture.messages()
        next(messages)
    words = f"{FIRST}: the capture is closed"
    for call in (
        lambda: capture[1], lambda: capture[1:3], capture.messages, capture.frames, lambda: capture.frame(1),
        lambda: capture.conversations, lambda: kept.conversation, lambda: next(messages), lambda: list(capture),
    ):  # fmt: skip
        assert refused(call) == words
    assert kept.get("dst") == "198.51.100.0"  # it has its bytes
    capture.close()


def test_files_that_cannot_be_written(tmp_path: Path) -> None:
    with nlsniff.Capture(FIRST) as capture:
        assert "cannot be written: No such file" in refused(lambda: nlsniff.write(tmp_path / "x" / "y.pcap", capture))
        assert "not compressed" in refused(lambda: nlsniff.write(tmp_path / "x.pcapng.gz", capture), ValueError)
        assert "cannot be written: Is a directory" in refused(lambda: nlsniff.write(tmp_path, capture))
        assert "not str" in refused(lambda: nlsniff.write(tmp_path / "x.pcap", ["x"]), ValueError)  # type: ignore[list-item]
        assert "No space left" in refused(lambda: nlsniff.write("/dev/full", capture))
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "record what?" in refused(lambda: nlsniff.record([]), ValueError)
    assert "record what?" in refused(lambda: nlsniff.record("ip link"), ValueError)
    assert "here and netns exclude each other" in refused(lambda: nlsniff.record(["ip"], here=True, netns="x"))
    assert (
        refused(lambda: nlsniff.record(["no-such-program"])) == "cannot run no-such-program: there is no such program"
    )
    # The process of its own has the same to say.
    assert "no-such-netns" in refused(lambda: nlsniff.record(["true"], netns="no-such-netns"))
    refused(lambda: nlsniff.record(["true"], "/nowhere/x.pcapng", here=True))
    monkeypatch.setattr(apart, "_PROGRAM", "raise SystemExit(3)")
    assert refused(lambda: nlsniff.record(["true"], tmp_path / "x")) == "the recording ended before it could say how"


def test_what_cannot_be_captured_live() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert "there is no group 'nothing'" in refused(lambda: nlsniff.live(groups="nothing"))
    assert "exclude each other" in refused(lambda: nlsniff.live(groups=["link"], device="nlmon0"), ValueError)
    assert "no-such-device" in refused(lambda: nlsniff.live(device="no-such-device"))
    assert "/nowhere" in refused(lambda: nlsniff.live("/nowhere/x.pcapng", groups="link"))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
