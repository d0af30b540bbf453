"""Damaged gzip and zstd: what can be decompressed is read, and so is what follows a damaged part."""

from __future__ import annotations

import gzip
import io
import random
import zlib
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.file import CHUNK, unpack
from nlsniff.file.gzip import Gzip
from nlsniff.file.read import FrameReader
from nlsniff.file.zstd import Zstd
from tests.file import made

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.file.unpack import Unpacker

KINDS = pytest.mark.parametrize("kind", [Gzip, Zstd])


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311  the same each time


def some(seed: int, size: int = 9000) -> bytes:
    """Bytes that compress a little, none of them as the others."""
    return b"".join(b"%d %x," % (at, value) for at, value in enumerate(noise(seed, size // 6)))


def pack(kind: type[Unpacker], data: bytes) -> bytes:
    if kind is Gzip:
        return gzip.compress(data, mtime=0)
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def unpacked(kind: type[Unpacker], data: bytes, piece: Callable[[], int] = lambda: 1 << 16) -> tuple[bytes, Unpacker]:
    stream = io.BytesIO(data)
    unpacker = kind(lambda size: stream.read(min(size, piece())), b"")
    found = b"".join(iter(unpacker.read, b""))
    return found, unpacker


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def before_damage(data: bytes) -> bytes:
    """What zlib itself yields of a member, byte by byte."""
    inflate, found = zlib.decompressobj(31), b""
    for at in range(len(data)):
        try:
            found += inflate.decompress(data[at : at + 1])
        except zlib.error:
            break
    return found


@KINDS
def test_whole_parts_are_read_as_they_are(kind: type[Unpacker]) -> None:
    parts = [some(1), b"", some(2, 300_000), b"x"]
    found, unpacker = unpacked(kind, b"".join(pack(kind, part) for part in parts))
    assert found == b"".join(parts)
    assert not unpacker.damages
    assert not unpacker.unfinished
    assert not unpacker.unread


@KINDS
def test_a_wrong_check_loses_nothing(kind: type[Unpacker]) -> None:
    packed = pack(kind, some(1))
    for at in range(len(packed) - (8 if kind is Gzip else 4), len(packed)):
        found, unpacker = unpacked(kind, flip(packed, at) + pack(kind, some(2)))
        assert found == some(1) + some(2)
        (damage,) = unpacker.damages
        assert damage.given == len(some(1))
        assert "damaged near byte" in damage.text
        assert not unpacker.unread


@KINDS
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_what_stands_before_and_behind_damage_is_read(kind: type[Unpacker], share: float) -> None:
    first, second, third = some(1, 600_000), some(2), some(3)
    packed = pack(kind, first)
    damaged = bytearray(packed)
    at = int(len(packed) * share)
    damaged[at : at + 300] = noise(4, 300)
    found, unpacker = unpacked(kind, pack(kind, second) + bytes(damaged) + pack(kind, third))
    assert found.startswith(second)
    assert found.endswith(third)
    # gzip yields each byte before the damage, zstd each block of 128 KiB.
    sure = len(before_damage(packed[:at])) if kind is Gzip else max(int(len(first) * share * 0.9) - (1 << 17), 0)
    assert found[len(second) : -len(third)][:sure] == first[:sure]
    assert "damaged near byte" in unpacker.damages[0].text
    assert {damage.given for damage in unpacker.damages} == {len(found) - len(third)}
    for goes_on in unpacker.damages[1:]:
        assert f"reading goes on at its byte {len(pack(kind, second)) + len(packed)}" in goes_on.text


@KINDS
def test_a_cut_part_hides_none_of_the_next(kind: type[Unpacker]) -> None:
    packed = pack(kind, some(1))
    for cut in range(4, len(packed), 97):
        found, unpacker = unpacked(kind, packed[:cut] + pack(kind, some(2)))
        assert found.endswith(some(2))
        assert unpacker.damages
        assert not unpacker.unread


@KINDS
def test_a_cut_file_says_so(kind: type[Unpacker]) -> None:
    packed = pack(kind, some(1))
    for cut in range(5, len(packed), 97):
        found, unpacker = unpacked(kind, packed[:cut])
        assert some(1).startswith(found)
        assert unpacker.unfinished
        assert not unpacker.damages


def test_gzip_yields_all_that_zlib_yields_byte_by_byte() -> None:
    packed = pack(Gzip, some(1))
    for at in range(10, len(packed) - 8, 53):
        assert unpacked(Gzip, flip(packed, at))[0].startswith(before_damage(flip(packed, at)))


@pytest.mark.parametrize("at", [5, 6])
def test_a_wrong_size_in_the_header_of_zstd_costs_nothing(at: int) -> None:
    packed = pack(Zstd, some(1))
    assert zstandard.get_frame_parameters(packed).content_size == len(some(1))
    found, unpacker = unpacked(Zstd, flip(packed, at) + pack(Zstd, some(2)))
    assert found == some(1) + some(2)
    (damage,) = unpacker.damages
    assert f"{len(some(1))} bytes where its header says" in damage.text


def test_gzip_headers_with_everything_in_them() -> None:
    plain = pack(Gzip, some(1))
    body = plain[10:]
    for flags, more in ((4, b"\3\0abc"), (8, b"name\0"), (16, b"comment\0"), (2, b"cc"), (30, b"\1\0xn\0c\0hc")):
        data = plain[:3] + bytes([flags]) + plain[4:10] + more + body
        for size in (1, 1000):
            found, unpacker = unpacked(Gzip, data, lambda size=size: size)  # type: ignore[misc]
            assert found == some(1)
            assert not unpacker.damages


def test_skippable_frames_and_tape_blocks_are_no_damage() -> None:
    skippable = b"\x5a\x2a\x4d\x18\x05\0\0\0hello"
    found, unpacker = unpacked(Zstd, pack(Zstd, some(1)) + skippable + pack(Zstd, some(2)))
    assert found == some(1) + some(2)
    assert not unpacker.damages
    found, unpacker = unpacked(Gzip, pack(Gzip, some(1)) + bytes(512) + pack(Gzip, some(2)) + bytes(512))
    assert found == some(1) + some(2)
    assert not unpacker.damages
    assert not unpacker.unfinished


@KINDS
@given(data=st.data())
def test_damage_in_any_pieces_is_the_same(kind: type[Unpacker], data: st.DataObject) -> None:
    packed = bytearray(b"".join(pack(kind, some(at, 400)) for at in range(3)))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(4, len(packed) - 1))
        packed[at : at + data.draw(st.sampled_from([0, 1, 40]))] = data.draw(st.binary(max_size=20))
    whole, expected = unpacked(kind, bytes(packed))
    found, unpacker = unpacked(kind, bytes(packed), lambda: data.draw(st.sampled_from([1, 2, 7, 50, 500])))
    assert found == whole
    assert unpacker.damages == expected.damages
    assert (unpacker.unfinished, unpacker.unread) == (expected.unfinished, expected.unread)


@KINDS
def test_any_number_of_damaged_parts_takes_little_time(kind: type[Unpacker]) -> None:
    head = pack(kind, some(1, 100))[:12]
    found, unpacker = unpacked(kind, pack(kind, some(1)) + head * 100_000)
    assert found == some(1)
    assert unpacker._tries <= unpack._TRIES
    assert unpacker.unread
    assert len(unpacker.damages) == 1


@KINDS
def test_at_most_a_chunk_is_given_at_a_time(kind: type[Unpacker]) -> None:
    stream = io.BytesIO(pack(kind, bytes(5 << 20)))
    unpacker = kind(stream.read, b"")
    sizes = [len(data) for data in iter(unpacker.read, b"")]
    assert sum(sizes) == 5 << 20
    assert max(sizes) <= CHUNK


@KINDS
def test_a_capture_goes_on_behind_damage(kind: type[Unpacker]) -> None:
    frames = made.records(40)
    files = [made.pcapng(frames[at : at + 10]) for at in range(0, 40, 10)]
    packed = [pack(kind, file) for file in files]
    packed[2] = flip(packed[2], len(packed[2]) // 2)
    reader = FrameReader(io.BytesIO(b"".join(packed)))
    found = [frame.data for frame in reader]
    expected = [frame.data for frame in frames]
    assert found[:20] == expected[:20]
    assert found[-10:] == expected[30:]
    assert any("damaged near byte" in problem.text for problem in reader.problems)
