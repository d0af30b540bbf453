"""All that is said of damaged files, as golden text in tests/file/golden (NLSNIFF_UPDATE=1 writes it anew).

Other tests hold that nothing raises, and that all readers agree; these hold what exactly is read and told.
"""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard

from nlsniff.file.gzip import Gzip
from nlsniff.file.read import FrameReader
from nlsniff.file.zstd import Zstd
from tests.file import made
from tests.file.damage import START_NS, damaged_file
from tests.golden import check_golden

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.file.unpack import Unpacker

GOLDEN = Path(__file__).parent / "golden"
FILES = 80


def check(name: str, lines: Iterator[str]) -> None:
    text = "\n".join(lines) + "\n"
    path = GOLDEN / name
    check_golden(path, text)


def told(reader: FrameReader) -> Iterator[str]:
    """A line for each frame, interface and problem."""
    for frame in reader:
        comment = f" {frame.comment!r}" if frame.comment else ""
        yield (
            f"    {frame.number} at {frame.offset}: {len(frame.data)} of {frame.length} bytes "
            f"{zlib.crc32(frame.data):08x}, {frame.time_ns - START_NS:+} ns, if {frame.interface} "
            f"link {frame.linktype}{comment}"
        )
    for face in reader.interfaces:
        yield f"    interface {face.number}: {face.linktype_name}, {face.snaplen}, {face.resolution}, {face.order}"
    yield from (f"    {problem}" for problem in reader.problems)


def test_golden_damage() -> None:
    def lines() -> Iterator[str]:
        for seed in range(FILES):
            file = damaged_file(seed)
            yield f"seed {seed}: {len(file.data)} bytes, {file.order}"
            yield from told(FrameReader(io.BytesIO(file.data)))

    check("damage.txt", lines())


def gzip_member(data: bytes, name: bytes = b"") -> bytes:
    """Made by hand of stored blocks, so that it is the same on every machine, with a name and an extra field."""
    head = b"\x1f\x8b\x08" + bytes([0x0C if name else 0]) + bytes(6)
    if name:
        head += struct.pack("<H", 5) + b"extra" + name + b"\0"
    blocks = [data[at : at + 700] for at in range(0, len(data), 700)]
    body = b"".join(
        struct.pack("<BHH", at == len(blocks) - 1, len(block), len(block) ^ 0xFFFF) + block
        for at, block in enumerate(blocks)
    )
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


def zstd_frame(data: bytes, *, single: bool = True) -> bytes:
    """Made by hand of raw blocks and one of a byte that repeats: of known size in a single segment, or of neither."""
    blocks = [data[at : at + 700] for at in range(0, len(data), 700)]
    repeated = data[-1:] * 40
    plain = zstandard.ZstdCompressor(write_checksum=True).compress(data + repeated)
    head = struct.pack("<BI", 0xA4, len(data) + 40) if single else b"\x04\x58"
    body = b"".join((len(block) << 3).to_bytes(3, "little") + block for block in blocks)
    return b"\x28\xb5\x2f\xfd" + head + body + (40 << 3 | 3).to_bytes(3, "little") + data[-1:] + plain[-4:]


def damaged(whole: bytes, draw: random.Random) -> tuple[str, bytes]:
    at = draw.randrange(len(whole))
    sort = draw.choice(["flip", "flip", "cut", "lost", "insert"])
    if sort == "flip":
        return f"bit of byte {at} turned", whole[:at] + bytes([whole[at] ^ 1 << draw.randrange(8)]) + whole[at + 1 :]
    if sort == "cut":
        return f"cut at {at}", whole[:at]
    size = draw.randrange(1, 900)
    if sort == "lost":
        return f"{size} bytes lost at {at}", whole[:at] + whole[at + size :]
    return f"{size} bytes more at {at}", whole[:at] + draw.randbytes(size) + whole[at:]


def parts(kind: type[Unpacker]) -> list[bytes]:
    texts = [b"".join(b"%d %d," % (number, at) for at in range(size)) for number, size in enumerate((400, 5, 300))]
    if kind is Gzip:
        return [gzip_member(texts[0]), gzip_member(texts[1], b"name"), bytes(512), gzip_member(texts[2])]
    skipped = b"\x5a\x2a\x4d\x18" + struct.pack("<I", 30) + bytes(30)
    return [zstd_frame(texts[0]), zstd_frame(texts[1], single=False), skipped, zstd_frame(texts[2], single=False)]


@pytest.mark.parametrize("kind", [Gzip, Zstd])
def test_golden_damage_of_compressed_data(kind: type[Unpacker]) -> None:
    whole = b"".join(parts(kind))

    def lines() -> Iterator[str]:
        draw = random.Random(kind.name)  # noqa: S311  the same each time
        for sort, data in [("whole", whole), *(damaged(whole, draw) for _ in range(50))]:
            stream = io.BytesIO(data)
            unpacker = kind(stream.read, b"")
            found = b"".join(iter(unpacker.read, b""))
            for size in (1, 7):
                pieces = io.BytesIO(data)
                again = kind(lambda _, size=size, pieces=pieces: pieces.read(size), b"")  # type: ignore[misc]
                assert b"".join(iter(again.read, b"")) == found
                assert [item.text for item in again.damages] == [item.text for item in unpacker.damages]
            end = "inside a part" if unpacker.unfinished else "well"
            yield f"{sort}: {len(found)} bytes {zlib.crc32(found):08x}, ends {end}, {unpacker.unread} unread"
            # What the library calls it stands in parentheses, and changes with its version.
            yield from (f"    after {damage.given}: {damage.text.partition(' (')[0]}" for damage in unpacker.damages)

    check(f"{kind.name}.txt", lines())


def test_golden_descriptions_of_a_file() -> None:
    """Every option of the blocks of pcapng, with values that do not fit among them."""
    texts = {
        1: b"a comment",
        2: b"nlmon0",
        3: b"netlink of a host",
        11: b"\0nlmsg_type == 16",
        12: b"Linux",
        15: b"none\0",
    }
    numbers = {9: b"\x86", 14: struct.pack("<q", -3)}
    full = b"".join(made.option(code, value) for code, value in (texts | numbers).items())
    odd = made.option(11, b"\1bpf") + made.option(14, b"short") + made.option(9, b"") + made.option(2, b"behind" * 3)
    late = made.option(14, struct.pack("<q", 1 << 40)) + made.option(0, b"") + made.option(2, b"behind the end")
    counts = b"".join(made.option(code, struct.pack("<Q", code * 100)) for code in (4, 5, 7))
    data = (
        made.section("<", b"".join(made.option(code, b"text %d" % code) for code in (1, 2, 3, 4, 1)))
        + b"".join(made.interface(options=options) for options in (full, odd[:-3], late))
        + made.block(5, struct.pack("<III", 0, 0, 0) + made.option(1, b"about counts") + counts)
        + made.block(5, struct.pack("<III", 1, 0, 0) + made.option(4, b"1234"))
        + made.block(5, struct.pack("<III", 9, 0, 0) + counts)
    )

    def lines() -> Iterator[str]:
        reader = FrameReader(io.BytesIO(data))
        yield from told(reader)
        for face in reader.interfaces:
            yield f"{face.name}, {face.description}, {face.filter}, {face.os}, {face.hardware}, {face.comments}"
            yield f"    {face.offset_s} s, {face.received} received, {face.dropped} and {face.os_dropped} dropped"

    check("descriptions.txt", lines())
