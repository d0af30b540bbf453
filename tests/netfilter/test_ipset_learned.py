"""An error that depends on the type of set, where only what the capture told before says the type."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.ipset import TEACHERS, learned
from nlsniff.decode.learn import learn
from nlsniff.decode.names import Names
from tests.follow.talk import attr, nlmsg
from tests.support import REGISTRY, messages_of

NETFILTER = 12
CREATE, DESTROY, RENAME, SWAP, LIST, ADD, HEADER, ERROR = 1538, 1539, 1541, 1542, 1543, 1545, 1548, 2
REQUEST = 5
FULL, RANGE, UNKNOWN = "IPSET_ERR_HASH_FULL", "IPSET_ERR_BITMAP_RANGE", "E4352"


def said(type_: int, name: str = "", other: str = "", flags: int = REQUEST) -> bytes:
    """A message about a set, with its type or the name of a second set."""
    names = (attr(2, name.encode() + b"\0") if name else b"") + (attr(3, other.encode() + b"\0") if other else b"")
    return nlmsg(type_, flags, 1, 400, b"\2\0\0\0" + attr(1, b"\7") + names)


def refused(request: bytes, error: int = 17) -> bytes:
    return nlmsg(ERROR, 0, 1, 400, struct.pack("<i", -error) + request)


def full(name: str = "s") -> bytes:
    """The refusal of an IPv4 address, from which a hash cannot be told from a bitmap."""
    address = attr(1 | 0x8000, attr(1 | 0x4000, bytes((192, 0, 2, 1))))
    entry = attr(2, name.encode() + b"\0") + attr(7 | 0x8000, address)
    return refused(nlmsg(ADD, REQUEST, 1, 400, b"\2\0\0\0" + attr(1, b"\7") + entry), 4352)


def last(*messages: bytes) -> str:
    """What the error of the last message is called."""
    decoder = Decoder(REGISTRY)
    found = messages_of(b"".join(messages), NETFILTER, decoder=decoder)
    learn(decoder.names, found)
    return found[-1].summary.partition(" ")[0]


KERNEL_SAYS_HASH, KERNEL_SAYS_BITMAP = (said(HEADER, "s", kind, 0) for kind in ("hash:ip", "bitmap:ip"))


@pytest.mark.parametrize(
    ("before", "name"),
    [
        ([], UNKNOWN),
        ([KERNEL_SAYS_HASH], FULL),
        ([KERNEL_SAYS_BITMAP], RANGE),
        ([said(LIST, "s", "bitmap:ip", 2)], RANGE),
        ([said(HEADER, "t", "bitmap:ip", 0)], UNKNOWN),
        ([said(HEADER, "s")], UNKNOWN),  # the question
        ([said(CREATE, "s", "hash:ip")], FULL),
        ([said(CREATE, "s", "hash:ip"), refused(said(CREATE, "s", "hash:ip"))], UNKNOWN),
        ([said(CREATE, "s", "hash:ip"), refused(said(CREATE, "s", "hash:ip"), 0)], FULL),  # an ACK
        ([KERNEL_SAYS_BITMAP, said(CREATE, "s", "hash:ip")], UNKNOWN),
        ([KERNEL_SAYS_BITMAP, said(CREATE, "s", "hash:ip"), KERNEL_SAYS_HASH], FULL),
        ([KERNEL_SAYS_HASH, said(DESTROY, "s")], UNKNOWN),
        ([KERNEL_SAYS_HASH, said(DESTROY, "t")], FULL),
        ([KERNEL_SAYS_HASH, said(DESTROY)], UNKNOWN),
        ([KERNEL_SAYS_HASH, said(DESTROY), said(CREATE, "s", "bitmap:ip")], RANGE),
        ([KERNEL_SAYS_HASH, said(RENAME, "s", "t")], UNKNOWN),
        ([KERNEL_SAYS_HASH, said(SWAP, "t", "s")], UNKNOWN),
        ([KERNEL_SAYS_HASH, said(SWAP, "t", "u")], FULL),
    ],
)
def test_the_type_is_what_was_told_last(before: list[bytes], name: str) -> None:
    assert last(*before, full()) == name


def test_a_message_is_shown_by_what_was_known_at_its_time() -> None:
    decoder = Decoder(REGISTRY)
    frames = [full(), KERNEL_SAYS_HASH, full(), said(DESTROY), full(), KERNEL_SAYS_BITMAP, full()]
    found = messages_of(b"".join(frames), NETFILTER, decoder=decoder)
    learn(decoder.names, found)
    assert [message.summary.partition(" ")[0] for message in found[::2]] == [UNKNOWN, FULL, UNKNOWN, RANGE]


def test_other_protocols_teach_nothing() -> None:
    decoder = Decoder(REGISTRY)
    learn(decoder.names, messages_of(KERNEL_SAYS_HASH, 0, decoder=decoder))
    assert learned(decoder.names, "s", 9) == ""


NAMES = st.builds(attr, st.integers(1, 3), st.binary(max_size=12))
BODIES = st.one_of(st.binary(max_size=60), st.lists(NAMES, max_size=4).map(lambda parts: bytes(4) + b"".join(parts)))


@given(st.lists(st.tuples(st.sampled_from(sorted({ERROR, *TEACHERS})), st.sampled_from([0, 2, 5]), BODIES), max_size=8))
def test_no_bytes_are_too_odd(parts: list[tuple[int, int, bytes]]) -> None:
    names = Names()
    learn(names, messages_of(b"".join(nlmsg(type_, flags, 1, 2, body) for type_, flags, body in parts), NETFILTER))
    assert all(names.resolve(kind, key, number).isprintable() for kind, key, number in names.changes)


def test_sets_that_come_and_go_cost_no_more_than_they_are() -> None:
    def seconds(count: int) -> float:
        pairs = b"".join(said(CREATE, f"s{at}", "hash:ip") + said(DESTROY) for at in range(count))
        decoder = Decoder(REGISTRY)
        found = messages_of(pairs, NETFILTER, decoder=decoder)
        began = time.process_time()
        learn(decoder.names, found)
        return time.process_time() - began

    assert seconds(4000) < 10 * seconds(1000) + 0.05
