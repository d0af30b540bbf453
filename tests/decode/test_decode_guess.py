"""The protocol of bare datagrams is guessed: of recordings, and of messages that other projects have in their tests."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.decode.guess import guess_protocols
from nlsniff.file.messages import DatagramReader
from nlsniff.file.read import FrameReader
from nlsniff.spec.registry import Registry
from nlsniff.wire.constants import NETLINK_USERSOCK, UNKNOWN_PROTOCOL
from tests.conftest import CAPTURES

if TYPE_CHECKING:
    from pathlib import Path

REGISTRY = Registry()
KEPT = 40


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_what_was_recorded_together_is_of_its_protocol(path: Path) -> None:
    found: dict[int, list[bytes]] = defaultdict(list)
    for frame, cooked, _ in DatagramReader(FrameReader(path)):
        if cooked.protocol != NETLINK_USERSOCK and len(found[cooked.protocol]) < KEPT:  # programs' own words: anything
            found[cooked.protocol].append(frame.data[cooked.size :])
    for protocol, datagrams in found.items():
        if datagrams:
            assert guess_protocols(REGISTRY, datagrams) == [protocol] * len(datagrams)


def test_single_messages_of_others_are_of_their_protocol(corpus: Path) -> None:
    vectors = [
        (item["sll_protocol"], bytes.fromhex(item["hex"]))
        for item in json.loads((corpus / "vectors.json").read_bytes())
        if item["framing"] in {"nlmsg", "multi-nlmsg", "uevent-datagram"} and not item["negative_or_edge"]
    ]
    known = [(protocol, data) for protocol, data in vectors if protocol is not None]
    right = sum(guess_protocols(REGISTRY, [data]) == [protocol] for protocol, data in known)
    assert right >= 0.97 * len(known) > 100


def test_a_stranger_among_others_has_its_own() -> None:
    def of(name: str, wanted: int) -> list[bytes]:
        path = next(path for path in CAPTURES if path.stem == name)
        return [f.data[c.size :] for f, c, _ in DatagramReader(FrameReader(path)) if c.protocol == wanted][:10]

    route, xfrm = of("route-dump", 0), of("xfrm", 6)
    assert guess_protocols(REGISTRY, [*route, max(xfrm, key=len)])[-1] == 6


@given(st.lists(st.binary(max_size=80), max_size=3))
def test_anything_has_a_guess(datagrams: list[bytes]) -> None:
    found = guess_protocols(REGISTRY, datagrams)
    assert len(found) == len(datagrams)
    assert all(number == UNKNOWN_PROTOCOL or 0 <= number < 32 for number in found)


def test_what_is_no_netlink_has_none() -> None:
    assert guess_protocols(REGISTRY, [b"GET / HTTP/1.1\r\nHost: example\r\n\r\n"]) == [UNKNOWN_PROTOCOL]
    assert guess_protocols(REGISTRY, []) == []
