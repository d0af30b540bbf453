"""Redaction: no key is left, everything else is, and what could not be read is not trusted."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import pathlib
import socket
import stat
import struct
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from nlsniff.reader import Stream, make_decoder
from nlsniff.redact import files
from nlsniff.redact import redact as module
from tests.conftest import CAPTURES
from tests.file.made import ETHERNET, Record, block, datagram, pcap, pcapng
from tests.keys import SECRETIVE, forms, ipsec_keys, keys_of, recording
from tests.referee import assert_tshark_agrees
from tests.support_tools import need

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from nlsniff.redact.redact import Redaction

XFRM, GENERIC, USERSOCK = 6, 16, 2
KEY = bytes(range(0x41, 0x41 + 20))
TIME = 1_795_282_243_495_526_000


def attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def aead(key: bytes = KEY, bits: int | None = None) -> bytes:
    """XFRMA_ALG_AEAD."""
    name = b"rfc4106(gcm(aes))".ljust(64, b"\0")
    return attribute(18, name + struct.pack("=II", len(key) * 8 if bits is None else bits, 128) + key)


def request(*parts: bytes, kind: int = 0x10, flags: int = 0x605) -> bytes:
    """XFRM_MSG_NEWSA with a fixed header of zeros."""
    body = bytes(224) + b"".join(parts)
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body


def error(copy: bytes, code: int = -17) -> bytes:
    return struct.pack("=IHHIIi", 20 + len(copy), 2, 0, 1, 4711, code) + copy


def redact(source: Path, target: Path, *, keep: bool = False) -> Redaction:
    decoder = make_decoder()
    return module.redact(str(source), target, decoder, lambda stream: Stream(stream, decoder), keep_unreadable=keep)


def run(tmp_path: Path, data: bytes, *, keep: bool = False) -> tuple[Redaction, bytes]:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(data)
    result = redact(source, target, keep=keep)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]
    return result, target.read_bytes()


def frames(*datagrams: bytes) -> bytes:
    return pcap([Record(TIME, data) for data in datagrams])


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_recordings(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.pcapng"
    result = redact(path, target)
    before, after = path.read_bytes(), target.read_bytes()
    assert len(after) == len(before)
    keys = keys_of(path.stem) if path.stem in SECRETIVE else set()
    assert [key.hex() for key in keys for how, text in forms(key) if how in {"raw", "hex"} and text in after] == []
    assert bool(result.secrets or result.unread) == any(before[at] != after[at] for at in range(len(before)))
    with FrameReader(str(path)) as old, FrameReader(str(target)) as new:
        # Same frames, times, comments, interfaces; only data may differ, and only by asterisks.
        for was, now in zip(old, new, strict=True):
            assert now._replace(data=b"") == was._replace(data=b"")
            assert was.number > 1 or after[: was.offset] == before[: was.offset]  # what the file says of itself
            assert all(b == ord("*") for a, b in zip(was.data, now.data, strict=True) if a != b)
        assert [vars(face) for face in new.interfaces] == [vars(face) for face in old.interfaces]
    # And once more there is nothing to do.
    again = tmp_path / "again.pcapng"
    assert redact(target, again).distinct == 0
    assert again.read_bytes() == after


def test_recordings_read_as_before_but_for_keys(tmp_path: Path) -> None:
    target = tmp_path / "out.pcapng"
    for name in SECRETIVE:
        result = redact(recording(name), target)
        assert result.unread == ({"NL80211_CMD_NEW_WIPHY": 2} if name == "nl80211" else {})  # a vendor's data
        assert result.copies == 0
        old, new = Stream(str(recording(name)), make_decoder()), Stream(str(target), make_decoder())
        for was, now in zip(old, new, strict=True):
            shown = [(node.name, node.start, node.end, node.text) for node in was.root.walk()]
            assert shown == [(node.name, node.start, node.end, node.text) for node in now.root.walk()]
            assert was.counts == now.counts
            assert was.problems == now.problems


def test_tshark_reads_the_output_as_it_read_the_input(tmp_path: Path) -> None:
    need("tshark")
    for name in ("secrets", "rejected"):
        target = tmp_path / f"{name}.pcapng"
        redact(recording(name), target)
        assert assert_tshark_agrees(target) == assert_tshark_agrees(recording(name))


@pytest.mark.parametrize("cut", [0, 1, 12, 20, 21, 60, 91, 93, 95])
def test_copies_inside_errors_also_where_they_are_cut(tmp_path: Path, cut: int) -> None:
    whole = request(aead())
    copy = whole[: len(whole) - cut]
    _, after = run(tmp_path, frames(datagram(error(copy), protocol=XFRM)))
    left = KEY[: max(len(KEY) - cut, 0)]
    assert len(left) < 2 or left not in after
    assert not any(KEY[at : at + 4] in after for at in range(17))


def test_what_can_hold_no_secret_stays_as_it_is(tmp_path: Path) -> None:
    # A route whose priority has 2 bytes, and the kernel's copy of it: nothing there can be a key.
    route = struct.pack("=IHHII", 36, 24, 5, 1, 0) + bytes(12) + attribute(6, b"\x07\0")
    source = frames(datagram(route), datagram(error(route)), datagram(request(aead()), protocol=XFRM))
    result, after = run(tmp_path, source)
    assert not result.unread
    assert after == source.replace(KEY, b"*" * len(KEY))


def test_copy_inside_a_copy(tmp_path: Path) -> None:
    _, after = run(tmp_path, frames(datagram(error(error(request(aead()))), protocol=XFRM)))
    assert not any(KEY[at : at + 4] in after for at in range(17))


@pytest.mark.parametrize("bits", [0, 8, 152, 168, 4000])
def test_length_of_the_key_that_lies(tmp_path: Path, bits: int) -> None:
    _, after = run(tmp_path, frames(datagram(request(aead(bits=bits)), protocol=XFRM)))
    assert not any(KEY[at : at + 4] in after for at in range(17))


@given(st.data())
def test_any_length_that_lies(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    # Whichever byte of a message is changed: where it can be read, the key is found; where not, it is blanked.
    body = bytearray(request(attribute(22, bytes(4)), aead(), attribute(31, bytes(4))))
    place = data.draw(st.sampled_from([0, 1, 240, 241, 248, 249, 316, 317, 344, 345]))
    body[place] = data.draw(st.integers(0, 255))
    _, after = run(tmp_path_factory.mktemp("lies"), frames(datagram(bytes(body), protocol=XFRM)))
    # Beside a key only an attribute that is known and takes any bytes can still swallow it whole.
    assert KEY not in after


def test_unknown_bytes_beside_keys_are_blanked(tmp_path: Path) -> None:
    new = attribute(99, b"some newer attribute")
    source = frames(datagram(request(aead(), new), protocol=XFRM))
    result, after = run(tmp_path, source)
    assert result.unread == {"XFRM_MSG_NEWSA": 1}
    assert b"newer" not in after
    (tmp_path / "out").unlink()
    result, after = run(tmp_path, source, keep=True)
    assert result.unread == {"XFRM_MSG_NEWSA": 1}
    assert b"newer" in after
    assert KEY not in after


@pytest.mark.parametrize(
    ("protocol", "kind", "label"),
    [
        (USERSOCK, 20, "USERSOCK_20"),
        (31, 20, "PROTOCOL_31_20"),
        (GENERIC, 77, "generic family 77"),
        (XFRM, 99, "XFRM_99"),
    ],
)
def test_what_nobody_can_read_is_blanked(tmp_path: Path, protocol: int, kind: int, label: str) -> None:
    foreign = struct.pack("=IHHII", 40, kind, 0, 1, 2) + b"a password, or what?".ljust(24, b".")
    source = frames(datagram(foreign, foreign, protocol=protocol))
    result, after = run(tmp_path, source)
    assert result.unread == {label: 2}
    assert b"password" not in after
    # The headers stay, so there are as many messages as before.
    assert after.count(foreign[:16]) == 2
    (tmp_path / "out").unlink()
    assert run(tmp_path, source, keep=True)[1] == source


def test_frames_without_netlink_are_blanked(tmp_path: Path) -> None:
    source = pcap([Record(TIME, ETHERNET)], linktype=1)
    with pytest.raises(NlsniffError, match=f"^{tmp_path}/.*: holds Ethernet frames, no netlink"):
        run(tmp_path, source)
    bare = pcap([Record(TIME, request(aead()))], linktype=253)
    with pytest.raises(NlsniffError) as shown:
        list(Stream(io.BytesIO(bare), make_decoder()))
    with pytest.raises(NlsniffError) as refused:  # by what it is, not by what blanking makes of it
        run(tmp_path, bare)
    assert str(refused.value).partition(": ")[2] == str(shown.value).partition(": ")[2]
    odd = struct.pack(">HHHQH", 4, 1, 6, 0, 0x0800) + b"not netlink at all"
    result, after = run(tmp_path, frames(odd, datagram(request(aead()), protocol=XFRM)))
    assert result.unread == {"frames without netlink": 1}
    assert b"netlink at" not in after


def test_messages_whose_length_cannot_be_true(tmp_path: Path) -> None:
    broken = struct.pack("=IHHII", 7, 16, 0, 1, 2) + request(aead())
    result, after = run(tmp_path, frames(datagram(broken, protocol=XFRM)))
    assert result.unread.total() == 1
    assert KEY not in after


def test_bytes_that_are_missing_anywhere_put_no_key_among_numbers(tmp_path: Path) -> None:
    """What stands behind the hole is read as the fixed header, which nobody calls a key."""
    whole = request(aead())
    source = frames(*(datagram(whole[:at] + whole[at + 180 :], protocol=XFRM) for at in range(20, 200, 12)))
    result, after = run(tmp_path, source)
    assert not any(KEY[at : at + 4] in after for at in range(17))
    assert result.unread.total() == 15


def test_frames_cut_at_every_byte(tmp_path: Path) -> None:
    whole = datagram(request(aead(), attribute(31, bytes(4))), protocol=XFRM)
    source = frames(*(whole[:stop] for stop in range(16, len(whole))))
    _, after = run(tmp_path, source)
    assert not any(KEY[at : at + 4] in after for at in range(17))


def test_file_that_ends_inside_a_record(tmp_path: Path) -> None:
    source = frames(datagram(request(aead()), protocol=XFRM), datagram(request(aead()), protocol=XFRM))
    for cut in (1, 15, 30, 200, 380, 395):
        _, after = run(tmp_path, source[:-cut])
        assert not any(KEY[at : at + 4] in after for at in range(17))
        (tmp_path / "out").unlink()


def test_damaged_file_is_refused(tmp_path: Path) -> None:
    good = frames(*[datagram(request(aead()), protocol=XFRM)] * 4)
    damaged = good[:500] + b"\xff" * 300 + KEY + good[500:]
    with pytest.raises(NlsniffError, match="damaged"):
        run(tmp_path, damaged)
    assert not (tmp_path / "out").exists()


def test_copy_where_no_dissector_knows_one(tmp_path: Path) -> None:
    # IFLA_IFALIAS is text like any other, but this one is the key.
    alias = struct.pack("=IHHII", 32 + 24, 16, 0, 1, 2) + bytes(16) + attribute(20, KEY)
    result, after = run(tmp_path, frames(datagram(alias), datagram(request(aead()), protocol=XFRM)))
    assert result.copies == 1
    assert KEY not in after
    text = struct.pack("=IHHII", 32 + 44, 16, 0, 1, 2) + bytes(16) + attribute(20, KEY.hex().encode())
    (tmp_path / "out").unlink()
    result, after = run(tmp_path, frames(datagram(text), datagram(request(aead()), protocol=XFRM)))
    assert result.copies == 1
    assert KEY.hex().encode() not in after


@pytest.mark.parametrize("comment", [KEY.decode(), KEY.hex(), KEY.hex().upper()])
def test_copy_in_a_comment_is_refused(tmp_path: Path, comment: str) -> None:
    source = pcapng([Record(TIME, datagram(request(aead()), protocol=XFRM), comment=f"ip ... 0x{comment}")])
    with pytest.raises(NlsniffError, match="secret also stands at byte"):
        run(tmp_path, source)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_blocks_that_nobody_reads(tmp_path: Path) -> None:
    plain = pcapng([Record(TIME, datagram(request(aead()), protocol=XFRM))])
    keylog = block(10, struct.pack("<II", 0x544C534B, 24) + b"CLIENT_RANDOM 0011 22334")
    result, after = run(tmp_path, plain + keylog)
    assert result.unread == {"blocks of pcapng": 1}
    assert b"CLIENT_RANDOM" not in after
    with FrameReader(str(tmp_path / "out")) as reader:
        assert len(list(reader)) == 1
        assert reader.problems == []


def test_compressed_input(tmp_path: Path) -> None:
    plain = recording("secrets").read_bytes()
    _, after = run(tmp_path, gzip.compress(plain))
    assert len(after) == len(plain)
    (tmp_path / "out").unlink()
    with pytest.raises(NlsniffError, match="gzip"):
        run(tmp_path, gzip.compress(plain)[:-3000])


def test_both_byte_orders(tmp_path: Path) -> None:
    # The file's own headers may have the other order; the messages are of this machine.
    source = pcap([Record(TIME, datagram(request(aead()), protocol=XFRM))], order=">")
    result, after = run(tmp_path, source)
    assert result.secrets == 1
    assert after == source.replace(KEY, b"*" * len(KEY))


def test_refusals(tmp_path: Path) -> None:
    source = tmp_path / "in.pcap"
    source.write_bytes(frames(datagram(request(aead()), protocol=XFRM)))
    with pytest.raises(NlsniffError, match="the capture itself"):
        redact(source, source)
    with pytest.raises(NlsniffError, match="cannot be written"):
        redact(source, tmp_path / "nowhere" / "out")
    with pytest.raises(NlsniffError, match=r"give a name without \.gz"):
        redact(source, tmp_path / "out.pcap.gz")
    for empty in (b"", b"\0\0", b"no capture"):
        source.write_bytes(empty)
        with pytest.raises(NlsniffError, match=r"empty|capture"):
            redact(source, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["in.pcap"]


def test_independent_search_agrees(tmp_path: Path) -> None:
    for name in SECRETIVE:
        target = tmp_path / "out"
        redact(recording(name), target)
        assert {bytes(key).strip(b"*") for key, _ in ipsec_keys(target.read_bytes())} <= {b""}


@given(st.data())
def test_damage_is_refused_or_redacted(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    # Whatever bytes: there is an output or one line that says why not, never anything half done.
    content = bytearray(frames(*[datagram(request(aead()), protocol=XFRM)] * 3))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("damage")
    source, target = folder / "in", folder / "out"
    source.write_bytes(bytes(content))
    refusal = ""
    try:
        redact(source, target)
    except NlsniffError as error:
        refusal = str(error)
    assert "\n" not in refusal
    assert target.exists() is not bool(refusal)
    assert refusal or target.stat().st_size == len(content)
    assert len(list(folder.iterdir())) == 1 + target.exists()


def devices(folder: Path) -> dict[str, Path]:
    """What is no regular file, all inside a folder of the test's own."""
    made = {name: folder / name for name in ("null", "pipe", "to-null", "folder", "socket")}
    os.mkfifo(made["pipe"])
    made["to-null"].symlink_to("/dev/null")
    made["folder"].mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(made["socket"]))
    try:
        os.mknod(made["null"], stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:  # only root makes devices; the link leads to one
        del made["null"]
    return made


def test_nothing_but_a_file_is_replaced(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(frames(datagram(request(aead()), protocol=XFRM)))
    folder = tmp_path / "odd"
    folder.mkdir()
    targets = devices(folder)
    before = {name: path.lstat() for name, path in targets.items()}
    for path in targets.values():
        with pytest.raises(NlsniffError, match=r"is a (device|pipe|folder|socket), which"):
            redact(source, path)
    assert {path.name: path.lstat()[:3] for path in targets.values()} == {n: s[:3] for n, s in before.items()}
    assert sorted(path.name for path in folder.iterdir()) == sorted(targets)
    # A link to a file, and one to nothing, are replaced as a file is.
    old = tmp_path / "old"
    old.write_bytes(b"old")
    for name, leads_to in (("to-file", old), ("to-nothing", tmp_path / "nothing")):
        link = tmp_path / name
        link.symlink_to(leads_to)
        redact(source, link)
        assert link.read_bytes().count(b"*" * len(KEY)) == 1
    assert old.read_bytes() == b"old"


def test_a_device_that_comes_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(frames(datagram(request(aead()), protocol=XFRM)))
    decoder = make_decoder()

    def read(stream: BinaryIO) -> Stream:
        target.symlink_to("/dev/null")
        return Stream(stream, decoder)

    with pytest.raises(NlsniffError, match="is a device"):
        module.redact(str(source), target, decoder, read)
    assert target.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


@pytest.mark.parametrize("begins", [b"", frames(datagram(request(aead()), protocol=XFRM))])
def test_input_without_an_end(tmp_path: Path, begins: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ENDLESS", 1 << 22)
    source = tmp_path / "in"
    os.mkfifo(source)
    written = 0

    def pour() -> None:
        nonlocal written
        with contextlib.suppress(BrokenPipeError), source.open("wb", buffering=0) as pipe:
            pipe.write(begins)
            for _ in range(1 << 12):
                written += pipe.write(bytes(1 << 16)) or 0

    thread = threading.Thread(target=pour)
    thread.start()
    with pytest.raises(NlsniffError, match=r"no pcap|may have no end|damaged") as caught:
        redact(source, tmp_path / "out")
    thread.join()
    assert "\n" not in str(caught.value)
    assert written < 1 << 24
    assert not (tmp_path / "out").exists()


def test_zeros_without_an_end(tmp_path: Path) -> None:
    with pytest.raises(NlsniffError, match="nothing but zero bytes"):
        redact(pathlib.Path("/dev/zero"), tmp_path / "out")
    # Compressed, there is more of them than anybody wants.
    source = tmp_path / "in"
    plain = frames(datagram(request(aead()), protocol=XFRM))
    source.write_bytes(gzip.compress(plain + bytes(1 << 24)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "ENDLESS", 1 << 22)
        with pytest.raises(NlsniffError, match="more than 4 MiB"):
            redact(source, tmp_path / "out")
