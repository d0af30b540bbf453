"""Whatever is changed in a request changes what `show -V` says of it, so that its text may stand for its bytes.

So must JSON. Of the requests of some recordings bytes behind the nlmsghdr are changed by one bit, one at a time. All
are printed by one printer, which learns shapes: attributes that differ in a flag alone must not share what it learns.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage
from nlsniff.output.json import message_line
from nlsniff.output.text import tree
from nlsniff.printer.printer import Printer
from nlsniff.reader import Stream
from nlsniff.wire.nlmsg import HEADER_SIZE, walk_messages
from tests.conftest import ROOT
from tests.support import REGISTRY, check_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDINGS = ("first-route", "link-kinds", "macsec", "mptcp", "nl80211", "route-more", "tc-filters", "tc-qdiscs",
              "wireguard", "xfrm")  # fmt: skip
REQUESTS = 8  # of a recording
MUTANTS = 60  # of a request
FLAGS = (0x80, 0x40)  # NLA_F_NESTED and NLA_F_NET_BYTEORDER in the upper byte of nla_type


def requests(decoder: Decoder, name: str, draw: random.Random) -> list[NetlinkMessage]:
    """Some requests of a recording, each of another type or length."""
    found: dict[tuple[str, int], NetlinkMessage] = {}
    for message in Stream(ROOT / "captures" / f"{name}.pcapng", decoder):
        if message.direction == "to-kernel" and message.end - message.start > HEADER_SIZE:
            found.setdefault((message.type_name, message.length), message.apart())
    return draw.sample(list(found.values()), min(REQUESTS, len(found)))


def other(message: NetlinkMessage, data: bytes, decoder: Decoder) -> NetlinkMessage:
    """A message in the place of another one, of other bytes."""
    (span,) = walk_messages(data, 0, message.order, message.protocol)
    return NetlinkMessage(decoder, message.number, 1, message.time_ns, message.protocol, data, message.order, span)


def changes(message: NetlinkMessage, draw: random.Random) -> Iterator[tuple[int, int]]:
    """Places of bytes and the bits to change there: some of all, and both flags of each attribute."""
    places = range(HEADER_SIZE, message.end)
    for at in sorted(draw.sample(places, min(MUTANTS, len(places)))):
        yield at, 1 << draw.randrange(8)
    for node in message.root.walk():
        if node.type is not None:
            yield from ((node.start + (3 if message.order == "<" else 2), flag) for flag in FLAGS)


@pytest.mark.parametrize("name", RECORDINGS)
def test_each_bit_of_a_request_is_seen(name: str) -> None:
    draw, decoder = random.Random(name), Decoder(REGISTRY, show_secrets=True)  # noqa: S311  the same each time
    show, as_json = Printer(decoder, "tree"), Printer(decoder, "json")
    unseen = []
    for message in requests(decoder, name, draw):
        whole = other(message, message.data, decoder)
        said, told = show([whole]), as_json([whole])
        for at, bit in changes(whole, draw):
            data = bytearray(message.data)
            data[at] ^= bit
            mutant = other(message, bytes(data), decoder)
            check_tree(mutant)
            printed = show([mutant])
            assert printed.decode() == "\n".join(tree(mutant)) + "\n\n"
            assert as_json([mutant]) == message_line(mutant)
            if printed == said or as_json([mutant]) == told:
                unseen.append((message.number, at, bit, ".".join(node.name for node in whole.root.at(at))))
    assert unseen == []
