"""Lists that a dump has in an order of chance: where an element stands makes no difference, what it is does."""

from __future__ import annotations

import io
import itertools
import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.file.write import open_writer
from nlsniff.reader import IndexedCapture
from nlsniff.regress.build import Builder
from nlsniff.regress.comparison import compare
from tests.conftest import ROOT
from tests.follow.talk import NETFILTER, attr, done, nlmsg
from tests.regress.changes import Recording, decoder

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.regress.model import Level, Transcript

LIST = 0x607  # IPSET_CMD_LIST
LEVELS: tuple[Level, ...] = ("objects", "full")
NEST = 0x8000
PORT = 77
_ENOUGH = 4  # dumps of sets
HEAD = bytes([2, 0, 0, 0]) + attr(1, b"\7") + attr(2, b"blocked\0")  # nfgenmsg, protocol, name of the set


def entry(last: int, comment: str = "") -> bytes:
    """192.0.2.LAST, with a comment that makes it longer."""
    inside = attr(NEST | 1, attr(0x4001, bytes([192, 0, 2, last])))
    return attr(NEST | 7, inside + (attr(26, comment.encode() + b"\0") if comment else b""))


def dump(*parts: list[bytes]) -> IndexedCapture:
    """The dump of a set, with its entries in so many messages."""
    cooked = struct.pack(">HHHQH", 4, 824, 0, 0, NETFILTER)
    answers = [nlmsg(LIST, 2, 9, PORT, HEAD + attr(NEST | 8, b"".join(entries))) for entries in parts]
    file = io.BytesIO()
    with open_writer(file, interface="nlmon0", os="Linux") as writer:
        for at, message in enumerate([nlmsg(LIST, 0x301, 9, 0, HEAD), *answers, done(9, PORT)]):
            writer.write(1_700_000_000_000_000_000 + at, cooked + message)
    file.seek(0)
    return IndexedCapture(file, decoder()).load()


def made(capture: IndexedCapture, level: Level) -> Transcript:
    return Builder(capture, level).build()


@pytest.mark.parametrize("level", LEVELS)
def test_messages_are_filled_by_chance(level: Level) -> None:
    one, two, long = entry(1), entry(2), entry(3, "a printer")
    usual = made(dump([one, two], [long]), level)
    for other in (dump([long], [two, one]), dump([two, long, one]), dump([one], [long], [two])):
        assert not compare(usual, made(other, level))
    (gone,) = compare(usual, made(dump([one, two]), level)).differences
    assert (gone.kind, gone.how) == ("answer", "gone")
    assert "a printer" in (gone.old or "")
    (new,) = compare(usual, made(dump([one, two], [one, long]), level)).differences
    assert (new.kind, new.how) == ("answer", "new")
    (changed,) = compare(usual, made(dump([one, two], [entry(3, "a scanner")]), level)).differences
    assert (changed.how, changed.old, changed.new) == ("changed", "a printer", "a scanner")


def test_an_empty_set_is_there() -> None:
    assert compare(made(dump([]), "objects"), made(dump(), "objects"))
    assert not compare(made(dump([]), "objects"), made(dump([], []), "objects"))


@pytest.mark.parametrize("level", LEVELS)
def test_entries_of_a_recording_change_places(level: Level) -> None:
    recording = Recording(ROOT / "captures" / "referee-ipset.pcapng")
    usual = made(recording.capture, level)
    count = 0
    for message in map(recording.capture.message, range(1, len(recording.capture) + 1)):
        entries = _entries(message)
        pair = next((pair for pair in itertools.pairwise(entries) if _size(pair[0]) == _size(pair[1])), None)
        if pair is None or recording.capture.conversation(message.number).kind != "dump":
            continue
        one, two = pair
        data = message.data
        swapped = data[two.start : two.end] + data[one.end : two.start] + data[one.start : one.end]
        assert not compare(usual, made(recording.replaced(message, one.start, swapped), level))
        named = next(node for node in one.walk() if node.kind == "value" and not node.volatile)
        assert compare(usual, made(recording.flipped(message, named.end - 1, 1), level))
        count += 1
        if count == _ENOUGH:
            return
    pytest.fail("no recording of two entries of one size")


def _entries(message: NetlinkMessage) -> list[Node]:
    return list(message.root.all("adt.data")) if message.type == LIST and message.direction == "to-user" else []


def _size(node: Node) -> int:
    return node.end - node.start
