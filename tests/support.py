"""Helpers of several tests: messages from files and from bytes, and what must hold for every tree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage
from nlsniff.spec.registry import Registry
from nlsniff.wire.constants import NETLINK_GENERIC, NLMSG_MIN_TYPE
from nlsniff.wire.nlmsg import walk_messages

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.decode.names import Names
    from nlsniff.decode.node import Node
    from nlsniff.wire.nlmsg import Order

REGISTRY = Registry()


def messages_of(
    data: bytes, protocol: int, order: Order = "<", names: Names | None = None, *, decoder: Decoder | None = None
) -> list[NetlinkMessage]:
    """The messages of one datagram that has no cooked header; those of a decoder, which has names of its own."""
    decoder = decoder or Decoder(REGISTRY, names)
    return [
        NetlinkMessage(decoder, number, 1, 0, protocol, data, order, span)
        for number, span in enumerate(walk_messages(data, 0, order, protocol), 1)
    ]


def message_of(hex_text: str, protocol: int, names: Names | None = None) -> NetlinkMessage:
    """The only message of a datagram in hex; blanks are for the reader."""
    (message,) = messages_of(bytes.fromhex(hex_text), protocol, names=names)
    return message


def check_tree(message: NetlinkMessage) -> None:
    """Hold what every decoded message must: parts tile their whole, and the counts add up."""
    root = message.root
    assert (root.start, root.end) == (message.start, message.end)
    _check_tiles(root)
    counts = message.counts
    assert counts.named + counts.padding + counts.unknown == counts.total == message.end - message.start
    assert min(counts) >= 0


def _check_tiles(node: Node) -> None:
    assert node.start <= node.payload <= node.end
    if node.kind in {"nest", "list", "header"}:
        at = node.payload
        for child in node.children:
            assert child.start == at, f"{child} does not begin where the part before it ends"
            at = child.end
        assert at == node.end, f"{node} is not covered by its parts"
    for child in node.children:
        assert node.start <= child.start <= child.end <= node.end
        _check_tiles(child)


def undescribed(message: NetlinkMessage) -> str:
    """The generic netlink family without a dissector that a message is of, or answers a request of; else ""."""
    copy = message.root.get("request")
    type_ = message.root.get("request.nlmsghdr.type") if copy is not None else message.root.get("nlmsghdr.type")
    if message.protocol != NETLINK_GENERIC or type_ is None or type_.raw < NLMSG_MIN_TYPE:
        return ""
    name = message._decoder.names.resolve("genl", type_.raw, message.number)
    return "" if REGISTRY.generic(name) else name


def vectors(corpus: Path) -> list[dict[str, Any]]:
    """The single messages of the corpus."""
    found: list[dict[str, Any]] = json.loads((corpus / "vectors.json").read_text())
    return found
