"""Kinds of links and of encapsulations: which of them a recorded kernel has told of, and why the others are missing."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from nlsniff.output.json import body
from nlsniff.reader import Stream, make_decoder
from tests.conftest import CAPTURES
from tests.support import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

# Described and in no recording: a question or refusal does not count, the kernel must have told of one.
LACKING: dict[tuple[str, str], dict[str, str]] = {
    ("rt-link", "linkinfo-data-msg"): {
        "batadv": "the routing algorithm is in the request alone; the kernel tells no settings of the kind",
        "dsa": "a port of a switch chip, which neither guest has; Debian builds its kernel without DSA",
        "ipoib": "needs an InfiniBand port; the drivers without hardware make none",
        "ppp": "the file descriptor is in the request alone; the kernel tells no settings of the kind",
        "veth": "the peer is in the request alone; the kernel tells no settings of the kind",
        "vxcan": "the peer is in the request alone; the kernel tells no settings of the kind",
    },
    ("rt-link", "linkinfo-xstats-msg"): {},
    ("rt-link", "linkinfo-member-data-msg"): {
        "bond_slave": "a program says it so of its own link, the kernel never",
        "bridge_slave": "a program says it so of its own link, the kernel never",
    },
    ("rt-route", "encap"): {"ioam6": "neither kernel is built with CONFIG_IPV6_IOAM6_LWTUNNEL; recorded as a request"},
}
SCENES = {"link-kinds", "link-kinds-new", "route-more", "routes-new", "referee-ip", "bridge-life"}


@cache
def told() -> dict[tuple[str, str], set[str]]:
    """What the kernel told of in the recordings, by the sub-message that describes it."""
    found: dict[tuple[str, str], set[str]] = {name: set() for name in LACKING}
    for path in CAPTURES:
        if path.stem not in SCENES:
            continue
        for item in Stream(path, make_decoder()):
            if item.direction == "to-user" and item.type_name in {"RTM_NEWLINK", "RTM_NEWROUTE", "RTM_NEWNEXTHOP"}:
                assert item.counts.unknown == 0
                for name, kind in _kinds(body(item.root)):
                    found[name].add(kind)
    return found


def _kinds(value: Any) -> Iterator[tuple[tuple[str, str], str]]:
    info = value.get("linkinfo", {})
    if "data" in info:
        yield ("rt-link", "linkinfo-data-msg"), info["kind"]
    if "xstats" in info:
        yield ("rt-link", "linkinfo-xstats-msg"), info["kind"]
    if "slave-data" in info:
        yield ("rt-link", "linkinfo-member-data-msg"), info["slave-kind"]
    if "encap" in value:
        yield ("rt-route", "encap"), value["encap-type"]


@pytest.mark.parametrize("name", LACKING, ids="/".join)
def test_every_kind_of_the_headers_was_recorded(name: tuple[str, str]) -> None:
    family = REGISTRY.family(name[0])
    assert family is not None
    described = set(family.sub_message(name[1]).formats)
    assert described - told()[name] == set(LACKING[name])


def test_every_reason_says_something() -> None:
    assert all(len(reason.split()) > 3 for kinds in LACKING.values() for reason in kinds.values())
