"""What `nft -j list ruleset` printed, and what the kernel told it: NAME.tool.txt beside the dumps of NAME.pcapng."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.output.json import body
from nlsniff.reader import Stream, make_decoder

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node

NETFILTER = 12
Body = dict[str, Any]
Key = tuple[str, ...]  # kind, family, table, and what names it there


CONSTANTS = {"data", "mask", "xor", "from-data", "to-data"}


class Constant(str):
    """The bytes of a constant in hex, and what nlsniff shows."""

    __slots__ = ("shown",)
    shown: Any


class Ruleset(NamedTuple):
    """The printed objects and the told ones by their keys; `elements` are those of each told set or map."""

    printed: dict[Key, Any]
    told: dict[Key, Body]
    elements: dict[Key, list[Body]]


KINDS = {
    "NFT_MSG_NEWTABLE": "table",
    "NFT_MSG_NEWCHAIN": "chain",
    "NFT_MSG_NEWSET": "set",
    "NFT_MSG_NEWOBJ": "object",
    "NFT_MSG_NEWFLOWTABLE": "flowtable",
    "NFT_MSG_NEWRULE": "rule",
}


def read_ruleset(capture: Path) -> Ruleset:
    """Read a capture whose last program was nft, and what that printed."""
    name = capture.name.partition(".")[0]
    text = capture.with_name(f"{name}.tool.txt").read_text()
    listed = json.loads(next(line for line in text.splitlines() if line.startswith("{")))["nftables"]
    printed = {_printed_key(*next(iter(item.items()))): item for item in listed if "metainfo" not in item}
    told: dict[Key, Body] = {}
    elements: dict[Key, dict[str, Body]] = {}
    for message in _of_last(capture):
        if message.type_name == "NFT_MSG_NEWRULE":
            _with_bytes(message.root, message.data)
        whole = body(message.root)
        if message.type_name == "NFT_MSG_NEWSETELEM":
            key = ("set", whole["nfgen-family"], whole["table"], whole["set"])
            # nft may ask twice for the same elements.
            for item in whole["elements"]:
                element = next(iter(item.values()))
                elements.setdefault(key, {})[json.dumps(element, sort_keys=True)] = element
        elif message.type_name in KINDS:
            told[_told_key(KINDS[message.type_name], whole)] = whole
    return Ruleset(printed, told, {key: list(found.values()) for key, found in elements.items()})


def _with_bytes(node: Node, data: bytes) -> None:
    """Show what expressions compare with and set as it stands in the message, for its meaning depends on the rule."""
    for part in node.children:
        if part.name == "value" and node.name in CONSTANTS:
            shown = body(node)
            part.kind, part.children, part.resolved = "value", [], ""
            part.value = Constant(data[part.payload : part.end].hex())
            part.value.shown = shown.get("value-name", shown["value"])
        else:
            _with_bytes(part, data)


def _of_last(capture: Path) -> list[NetlinkMessage]:
    """The answers to the program that spoke last."""
    messages = [message for message in Stream(capture, make_decoder()) if message.protocol == NETFILTER]
    port = messages[-1].port
    return [message for message in messages if message.port == port and message.direction == "to-user"]


def _printed_key(kind: str, item: Body) -> Key:
    if kind == "table":
        return kind, item["family"], item["name"]
    general = kind if kind in {"chain", "flowtable", "rule"} else "set" if kind in {"set", "map"} else "object"
    return general, item["family"], item["table"], *_within(general, item)


def _told_key(kind: str, whole: Body) -> Key:
    family = {"ipv4": "ip", "ipv6": "ip6"}.get(whole["nfgen-family"], whole["nfgen-family"])
    within = (whole["name"],) if kind == "table" else (whole["table"], *_within(kind, whole))
    return (kind, str(family), *within)


def _within(kind: str, item: Body) -> Key:
    if kind == "rule":
        return item["chain"], str(item["handle"])
    return (item["name"],)
