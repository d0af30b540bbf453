"""The recordings that were made while iproute2 asked, against what it printed then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT
from tests.iproute2 import map_bridge, map_kinds, map_link, map_route, map_tc, map_tc_filter
from tests.iproute2.answers import read_questions
from tests.iproute2.compare import Comparison, Explained
from tests.iproute2.pairs import pairs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.iproute2.compare import Map

TOOLS = {"ip", "bridge", "tc"}  # tests/netfilter has the others
RECORDED = [
    path.parent / path.name.replace(".tool.txt", ".pcapng")
    for path in sorted((ROOT / "captures").glob("*.tool.txt"))
    if path.read_text().split()[1] in TOOLS
]
# Values that must have been compared.
LEAST = {"referee-ip": 3800, "referee-bridge": 700, "referee-tc": 700, "link-kinds-new": 2000, "routes-new": 2100}


def compare(path: Path) -> Comparison:
    """Compare all that a recording has."""
    comparison = Comparison()
    for question in read_questions(path):
        for what, printed, ours, rules in pairs(question):
            comparison.compare(f"{question.command}: {what}", printed, ours, rules)
    return comparison


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_the_tools_say_what_we_say(path: Path) -> None:
    comparison = compare(path)
    assert comparison.differences == []
    assert comparison.equal >= LEAST[path.stem]


def test_no_map_says_more_than_the_tools() -> None:
    used = set().union(*(compare(path).used for path in RECORDED))
    assert sorted(pattern for rules in _maps() for pattern in rules if pattern not in used) == []


def test_every_explanation_is_one() -> None:
    reasons = {rule.reason for rules in _maps() for rule in rules.values() if isinstance(rule, Explained)}
    assert len(reasons) == 6
    assert all(len(reason.split()) > 3 for reason in reasons)


@pytest.mark.parametrize(
    ("printed", "rules", "difference"),
    [
        ({"mtu": 1501}, {"mtu": "mtu"}, "it: mtu: the tool says 1501, we say 1500"),
        ({"mtu": True}, {"mtu": "one"}, "it: mtu: the tool says True, we say 1"),
        ({"mtu": 1500}, {"mtu": "mru"}, "it: mtu: the tool says 1500, we say nothing"),
        ({"mtu": 1500}, {}, "it: mtu = 1500 is not in the map"),
        ({"list": [{"a": 1}, {"a": 3}]}, {"list[].a": "list[].a"}, "it: list[].a: the tool says 3, we say 2"),
        ({"p": 0.25001}, {"p": "quarter"}, "it: p: the tool says 0.25001, we say 0.25"),
        ({"flags": ["A", "B"]}, {"flags": "flags"}, "it: flags: the tool says ['A', 'B'], we say ['A']"),
    ],
)
def test_a_difference_is_seen(printed: dict[str, Any], rules: Map, difference: str) -> None:
    comparison = Comparison()
    ours = {"mtu": 1500, "one": 1, "list": [{"a": 1}, {"a": 2}], "quarter": 0.25, "flags": ["A"]}
    comparison.compare("it", printed, ours, rules)
    assert comparison.differences == [difference]


def _maps() -> Iterator[Map]:
    for module in (map_bridge, map_kinds, map_link, map_route, map_tc, map_tc_filter):
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, dict):
                if name.startswith("OF_"):
                    yield from value.values()
                elif name in {
                    "LINK", "ADDRESS", "STATS", "ROUTE", "NEXTHOP", "BUCKET", "NEIGHBOUR", "RULE", "NETCONF",
                    "NEIGHBOUR_TABLE", "LABEL", "VLAN_GLOBAL", "TUNNEL", "FDB", "MDB", "MDB_ROUTER", "PORT", "QDISC",
                    "FILTER", "CHAIN", "ENCAP_TYPE", "XDP", "VIRTUAL", "NEWER_PORT",
                }:  # fmt: skip
                    yield value
