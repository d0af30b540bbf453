"""What a message may cost: of what is longer than any kernel's, a part is taken apart, and the rest is said."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.context import MOST_BYTES
from nlsniff.decode.decoder import Decoder
from nlsniff.decode.patterns import LARGE, LONGEST, TOGETHER, UNPAID
from nlsniff.printer.printer import Printer
from nlsniff.reader import IndexedCapture, Stream
from nlsniff.wire.constants import NETLINK_AUDIT, NETLINK_KOBJECT_UEVENT, NETLINK_ROUTE
from tests.model.memory import COMMANDS, FILES, MOST_MIB, peak
from tests.model.traffic import Frame, capture
from tests.support import REGISTRY, check_tree, messages_of

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage

_NEWLINK, _NESTED, _NAMELESS = 16, 0x8000, 900


def _attribute(number: int, payload: bytes = b"") -> bytes:
    return struct.pack("<HH", 4 + len(payload), number) + payload + bytes(-len(payload) % 4)


def _message(body: bytes, type_: int = _NEWLINK, flags: int = 5, seq: int = 1) -> bytes:
    return struct.pack("<IHHII", 16 + len(body), type_, flags, seq, 1) + body


def _one(data: bytes, protocol: int = NETLINK_ROUTE) -> NetlinkMessage:
    (message,) = messages_of(data, protocol)
    check_tree(message)
    return message


def _long(part: bytes) -> bytes:
    return part * (MOST_BYTES // len(part) + 3)


_BLOB = bytes(range(256)) * 200


@pytest.mark.parametrize(("data", "protocol"), [
    (_message(bytes(16) + _long(_attribute(_NAMELESS, _BLOB))), NETLINK_ROUTE),
    (_message(struct.pack("<i", -22) + _message(bytes(16) + _long(_attribute(_NAMELESS, _BLOB))), 2, 0), NETLINK_ROUTE),
    (_message(_long(_BLOB), 999), NETLINK_ROUTE),
    (_message(bytes(16) + b"\xff\xff\0\0" + _long(_BLOB)), NETLINK_ROUTE),
    (b"add@/x\0" + _long(b"A=" + b"x" * 3000 + b"\0"), NETLINK_KOBJECT_UEVENT),
], ids=["attributes", "copy in an error", "no dissector", "wrong length", "pairs"])  # fmt: skip
def test_what_is_left_out_is_said_with_its_count_and_offset(data: bytes, protocol: int) -> None:
    message = _one(data, protocol)
    said = [item for item in message.problems if item.code == "limit"]
    assert said
    for item in said:
        left = int(item.text.split()[0])
        assert item.offset + left == len(data)
        assert f"{left} bytes from byte {item.offset} of the frame on" in item.text
        assert 0 < left <= len(data) - MOST_BYTES
    kept = sum(len(node.raw) for node in message.root.walk() if node.kind == "unknown" and isinstance(node.raw, bytes))
    assert kept <= 2 * MOST_BYTES + (1 << 17)


def test_a_member_that_goes_on_behind_the_limit_is_not_called_short() -> None:
    rule = bytes(1036) + struct.pack("<I", MOST_BYTES) + b"k" * MOST_BYTES
    message = _one(_message(rule, 1011), NETLINK_AUDIT)
    (said,) = message.problems
    start = message.start + 16 + 1040
    assert said.offset == start
    assert said.text.startswith(f"{MOST_BYTES} bytes from byte {start} of the frame on are not taken apart")


def test_a_message_as_long_as_any_is_taken_apart_whole() -> None:
    message = _one(_message(bytes(16) + _attribute(_NAMELESS, _BLOB) * (MOST_BYTES // len(_BLOB) - 1)))
    assert [item.code for item in message.problems] == []


def test_nests_without_a_name_repeat_their_parts_only_so_often() -> None:
    inner = _attribute(_NAMELESS, _BLOB[:50_000])
    for _ in range(30):
        inner = _attribute(_NAMELESS | _NESTED, inner)
    message = _one(_message(bytes(16) + inner * 5))
    nodes = [node for node in message.root.walk() if node.kind == "unknown"]
    assert sum(len(node.raw) for node in nodes) <= MOST_BYTES + 5 * 50_000
    leaves = [node for node in nodes if not node.children]
    assert [len(node.raw) for node in leaves] == [50_000] * 5  # no byte is in no text
    assert sum(item.code == "limit" for item in message.problems) > 100


def test_few_large_messages_are_alive_at_once() -> None:
    large = [_message(bytes(16) + _attribute(_NAMELESS, _BLOB) * 3, seq=seq) for seq in range(9)]
    data = capture([Frame(NETLINK_ROUTE, tuple(large))])
    batches = [[message.seq for message in batch] for batch in Stream(io.BytesIO(data), Decoder(REGISTRY)).batches()]
    assert max(map(len, batches)) <= 2
    assert sum(batches, []) == list(range(9))  # noqa: RUF017  nine


def test_frames_are_kept_by_their_bytes(tmp_path: Path) -> None:
    frames = [Frame(NETLINK_ROUTE, (_message(bytes(16) + _attribute(_NAMELESS, _BLOB) * 20),))] * 8
    path = tmp_path / "large.pcap"
    path.write_bytes(capture(frames))
    with IndexedCapture(str(path), Decoder(REGISTRY)).load() as found:
        assert len(found) == 8
        for number in (1, 8, 1):
            assert found.message(number).length == len(frames[0].messages[0])
        assert len(found._frames) < 8


def test_patterns_are_kept_by_their_bytes() -> None:
    decoder = Decoder(REGISTRY)
    printer = Printer(decoder, "line")
    count = TOGETHER // LONGEST + 8
    large = [_message(bytes(16) + _attribute(4, bytes(4)) * (LONGEST // 8 - 8 - seq), seq=seq) for seq in range(count)]
    found = list(Stream(io.BytesIO(capture([Frame(NETLINK_ROUTE, (item,)) for item in large])), decoder))
    printer(found)
    known = sum(printer.patterns.find(message) is not None for message in found)
    assert 0 < known < count


def _lists(lengths: list[int]) -> list[NetlinkMessage]:
    """Messages that are all attributes without a payload; of two that are as long, the types of these differ."""
    empty = [_attribute(1 + at % 3) + _attribute(4 + at) * (length // 4 - 1) for at, length in enumerate(lengths)]
    return [_one(_message(bytes(16) + part)) for part in empty]


def test_a_large_message_gets_a_pattern_where_it_came_before() -> None:
    patterns = Decoder(REGISTRY).patterns
    (message,) = _lists([LARGE])
    assert [patterns.find(message) is not None for _ in range(4)] == [False, True, True, True]
    (small,) = _lists([LARGE // 2])
    assert patterns.find(small) is not None


def test_large_messages_of_their_own_shapes_get_few_patterns() -> None:
    patterns = Decoder(REGISTRY).patterns
    found = [patterns.find(message) is not None for message in _lists([LARGE] * 12)]
    assert found == [False, *[True] * UNPAID, *[False] * (11 - UNPAID)]


def test_lists_of_thousands_are_alive_by_their_bytes() -> None:
    frames = [
        Frame(NETLINK_ROUTE, (_message(bytes(16) + _attribute(4, bytes(4)) * 1500, seq=seq),)) for seq in range(40)
    ]
    batches = list(map(len, Stream(io.BytesIO(capture(frames)), Decoder(REGISTRY)).batches()))
    assert sum(batches) == 40
    assert max(batches) == 3  # of 12 KiB


@pytest.mark.parametrize("command", ["tree", "follow", "open"])
def test_a_long_message_takes_little_memory(command: str, tmp_path: Path) -> None:
    """The smallest attributes, which cost most of all; the other files and commands: `python -m tests.model.memory`."""
    path = tmp_path / "empty.pcap"
    path.write_bytes(FILES["attributes"](6_000_000))
    used, status = peak(COMMANDS[command](path))
    assert status == 0
    assert used < MOST_MIB
