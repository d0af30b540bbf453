"""Matches and targets of xtables, as iptables-save printed them beside the recording: line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlsniff.output.json import body
from nlsniff.reader import Stream, make_decoder
from tests.conftest import ROOT
from tests.netfilter.iptables_said import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

CAPTURE = ROOT / "captures" / "xtables.pcapng"
TOOLS = {"iptables-nft-save": "ip", "ip6tables-nft-save": "ip6"}


def _printed() -> dict[str, list[str]]:
    """Rules that each tool printed, sorted, by the family that it is for."""
    found: dict[str, list[str]] = {}
    rules: list[str] = []
    for line in CAPTURE.with_suffix(".tool.txt").read_text().splitlines():
        if line.startswith("$ "):
            rules = found.setdefault(TOOLS.get(line[2:], ""), [])
        elif line.startswith("-A"):
            rules.append(line)
    return {family: sorted(lines) for family, lines in found.items() if family}


def _told() -> Iterator[dict[str, Any]]:
    """Rules that the kernel told, each at least when a tool asked for all of a chain."""
    for message in Stream(CAPTURE, make_decoder()):
        if message.type_name == "NFT_MSG_NEWRULE" and message.direction != "to-kernel":
            yield body(message.root)


def test_iptables_says_what_we_say_line_by_line() -> None:
    told: dict[str, set[str]] = {"ip": set(), "ip6": set()}
    for said in _told():
        if said["nfgen-family"] in told:
            told[said["nfgen-family"]].add(rule(said))
    printed = _printed()
    assert {family: sorted(lines) for family, lines in told.items()} == {
        family: sorted(set(lines)) for family, lines in printed.items()
    }
    assert (len(told["ip"]), len(told["ip6"])) == (74, 17)


def test_all_of_it_is_read() -> None:
    messages = list(Stream(CAPTURE, make_decoder()))
    assert sum(message.counts.unknown for message in messages) == 0
    assert [message.problems for message in messages if message.problems] == []
