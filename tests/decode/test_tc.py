"""Traffic control: that every kind was seen in a recording, and by hand the few that the recorded kernel has not."""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from nlsniff.output.json import body
from nlsniff.reader import Stream, make_decoder
from tests.conftest import CAPTURES
from tests.support import REGISTRY, check_tree, messages_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node

# What kernel 6.1 has not, or has not been built with, and iproute2 6.1 cannot ask for; and kinds that have no options.
LACKING: dict[str, set[str]] = {
    "options-msg": {"cake_mq", "dualpi2"} | {"blackhole", "drr", "mq", "noqueue", "qfq"},
    "class-options-msg": set(),
    "tca-stats-app-msg": {"cake_mq", "dualpi2", "fq_pie", "netem", "taprio"},
    "act-options-msg": set(),
}
NEWQDISC, NEWTFILTER, NEWACTION = 36, 44, 48
ROOT = 0xFFFFFFFF


def attribute(number: int, payload: bytes) -> bytes:
    """One attribute with its padding."""
    return struct.pack("<HH", 4 + len(payload), number) + payload + bytes(-len(payload) % 4)


def u32(number: int, value: int) -> bytes:
    return attribute(number, struct.pack("<I", value))


def message(type_: int, kind: bytes, *attributes: bytes) -> NetlinkMessage:
    """A message about a queueing discipline or filter of eth0."""
    payload = struct.pack("<BxxxiIII", 0, 3, 0x10000, ROOT, 0) + attribute(1, kind + b"\0") + b"".join(attributes)
    (found,) = messages_of(struct.pack("<IHHII", 16 + len(payload), type_, 0, 1, 0) + payload, 0)
    check_tree(found)
    assert found.counts.unknown == 0
    assert found.problems == []
    return found


def node(message: NetlinkMessage, path: str) -> Node:
    """What is at a path; it must be there."""
    found = message.root.get(path)
    assert found is not None
    return found


@cache
def recorded() -> dict[str, set[str]]:
    """The kinds that the recordings have, by the sub-message that describes them."""
    found: dict[str, set[str]] = {name: set() for name in LACKING}
    for path in CAPTURES:
        if not path.stem.startswith("tc-"):
            continue
        for item in Stream(path, make_decoder()):
            if item.type_name.startswith("RTM_") and item.counts.unknown == 0:
                for place, kind in _kinds(item.type_name, body(item.root)):
                    found[place].add(kind)
    return found


def _kinds(type_name: str, value: Any) -> Iterator[tuple[str, str]]:
    place = "class-options-msg" if type_name.endswith("TCLASS") else "options-msg"
    if "kind" in value and "options" in value:
        yield place, value["kind"]
    if "kind" in value and "app" in value.get("stats2", {}):
        yield "tca-stats-app-msg", value["kind"]
    for action in [*_list(value.get("options"), "act"), *_list(value, "tab")]:
        inner = next(iter(action.values()))
        if "options" in inner:
            yield "act-options-msg", inner["kind"]


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name, []) if isinstance(value, dict) else []
    return found if isinstance(found, list) else []


@pytest.mark.parametrize("name", LACKING)
def test_every_kind_of_the_headers_was_recorded(name: str) -> None:
    family = REGISTRY.family("tc")
    assert family is not None
    described = set(family.sub_message(name).formats)
    assert described - recorded()[name] == LACKING[name]


def test_every_extended_match_was_recorded() -> None:
    seen = set()
    for path in CAPTURES:
        if path.stem == "tc-filters":
            for item in Stream(path, make_decoder()):
                for list_ in (part for part in item.root.walk() if part.name == "tree-list"):
                    heads = (part.get("hdr.kind") for part in list_.children)
                    seen |= {head.value for head in heads if head is not None}
    assert seen == {"container", "cmp", "nbyte", "u32", "meta", "text", "canid", "ipset", "ipt"}


def test_dualpi2_of_newer_kernels() -> None:
    options = u32(1, 10000) + u32(3, 15000) + u32(5, 41) + attribute(10, b"\x02") + attribute(14, b"\x01")
    xstats = struct.pack("<IIIIIIIIiIII", 1 << 31, 900, 12, 100, 200, 9, 3, 2, -5, 4096, 8192, 1 << 20)
    found = message(NEWQDISC, b"dualpi2", attribute(2, options), attribute(7, attribute(4, xstats)))
    assert found.get("options.ecn-mask") == "l4s-ect"
    assert found.get("stats2.app.credit") == -5
    assert node(found, "stats2.app.prob").text == "50 %"
    assert node(found, "options.target").text == "15000 us"


def test_counters_of_netem_of_newer_kernels() -> None:
    found = message(NEWQDISC, b"netem", attribute(4, struct.pack("<7Q", *range(1, 8))))
    assert body(found.root)["xstats"] == {
        "delayed": 1, "dropped": 2, "corrupted": 3, "duplicated": 4, "reordered": 5, "ecn-marked": 6,
        "allocation-errors": 7,
    }  # fmt: skip


def test_flower_keys_of_newer_kernels() -> None:
    pfcp = attribute(0x8005, attribute(1, b"\x01") + attribute(2, bytes.fromhex("00000000000000ab")))
    keys = attribute(84 | 0x8000, pfcp)  # TCA_FLOWER_KEY_ENC_OPTS
    keys += attribute(107 | 0x8000, attribute(1, b"\x05") + attribute(2, b"\x01"))  # TCA_FLOWER_KEY_CFM
    keys += attribute(108, bytes.fromhex("00001234")) + attribute(110, bytes.fromhex("00000014"))
    found = message(NEWTFILTER, b"flower", attribute(2, keys))
    assert body(found.root)["options"] == {
        "key-enc-opts": {"pfcp": {"type": 1, "seid": 0xAB}},
        "key-cfm": {"md-level": 5, "opcode": 1},
        "key-spi": 0x1234,
        "key-enc-flags": ["tuncsum", "tunoam"],
    }


@pytest.mark.parametrize(
    ("action", "value", "text"),
    [
        (-1, "unspec", "unspec"),
        (2, "shot", "shot"),
        (0x20000007, 0x20000007, "goto chain 7"),
        (0x10000002, 0x10000002, "jump 2"),
        (0x20000000, "goto-chain", "goto-chain"),
    ],
)
def test_what_becomes_of_a_packet(action: int, value: Any, text: str) -> None:
    parms = attribute(2, struct.pack("<IIiii", 1, 0, action, 1, 0))
    list_ = attribute(1, attribute(1, b"gact\0") + attribute(2, parms))
    payload = struct.pack("<Bxxx", 0) + attribute(1, list_)
    (found,) = messages_of(struct.pack("<IHHII", 16 + len(payload), NEWACTION, 0, 1, 0) + payload, 0)
    check_tree(found)
    decided = node(found, "tab.1.options.parms.action")
    assert (decided.value, decided.text) == (value, text)


@pytest.mark.parametrize(
    ("handle", "parent", "summary"),
    [
        (0x10000, ROOT, "fq_codel 1: dev 3 root"),
        (0x80010000, 0x10010, "fq_codel 8001: dev 3 parent 1:10"),
        (0, 0xFFFFFFF1, "fq_codel dev 3 parent ingress"),
    ],
)
def test_handles_are_said_as_tc_says_them(handle: int, parent: int, summary: str) -> None:
    payload = struct.pack("<BxxxiIII", 0, 3, handle, parent, 0) + attribute(1, b"fq_codel\0")
    (found,) = messages_of(struct.pack("<IHHII", 16 + len(payload), NEWQDISC, 0, 1, 0) + payload, 0)
    assert found.summary == summary
