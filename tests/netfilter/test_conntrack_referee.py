"""Connections of every protocol, as conntrack printed them beside the recording: by fields (XML) and by lines."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from nlsniff.output.json import body
from nlsniff.reader import Stream, make_decoder
from tests.conftest import ROOT
from tests.iproute2.compare import Comparison
from tests.netfilter.conntrack_said import Said, as_we_say, kind_of, printed_flows, read_said
from tests.netfilter.map_conntrack import FLOW
from tests.support import check_tree

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage

CAPTURES = ["referee-conntrack", "referee-conntrack-new"]
LEAST = {"referee-conntrack": 500, "referee-conntrack-new": 500}  # values that must have been compared
NEWER = {"independent.zone", "independent.deltatime"}  # what user-mode Linux has not


@cache
def said(name: str) -> Said:
    return read_said(ROOT / "captures" / f"{name}.pcapng")


def line_of(message: NetlinkMessage) -> str:
    """Our line without the master of an expected connection, which conntrack does not print."""
    return message.summary.partition(" master ")[0]


@pytest.mark.parametrize("name", CAPTURES)
def test_conntrack_says_what_we_say_field_by_field(name: str) -> None:
    comparison = Comparison()
    for command, printed, dump in said(name).questions:
        if "xml" not in command:
            continue
        for number, (theirs, message) in enumerate(zip(printed_flows(printed), dump, strict=True)):
            ours = {"family": message.root.first("nfgen-family"), **body(message.root)}
            comparison.compare(f"{command} {number}", theirs, ours, FLOW)
    assert comparison.differences == []
    assert comparison.equal >= LEAST[name]
    assert FLOW.keys() - comparison.used == (NEWER if name == CAPTURES[0] else set())


@pytest.mark.parametrize("name", CAPTURES)
def test_a_line_of_a_dump_is_that_of_conntrack(name: str) -> None:
    ((printed, dump),) = [(printed, dump) for command, printed, dump in said(name).questions if "extended" in command]
    lines = [line for line in printed.splitlines() if line]
    assert [line_of(message) for message in dump] == [as_we_say(line) for line in lines]


@pytest.mark.parametrize("name", CAPTURES)
def test_a_line_of_an_event_is_that_of_conntrack(name: str) -> None:
    found = said(name)
    assert (len(found.events) > 50, len(found.expected)) == (True, 4)
    for line, message in found.events + found.expected:
        assert line_of(message) == as_we_say(line)
        assert f"[{kind_of(message)}]" in line
    for line, message in found.events:
        assert line.split(" id=")[-1].split()[0] == str(message.root.first("id"))
        assert ("[USERSPACE]" in line) is (message.port != 0)
        assert not message.port or f"portid={message.port}" in line


@pytest.mark.parametrize("name", CAPTURES)
def test_every_byte_has_a_name(name: str) -> None:
    for message in Stream(ROOT / "captures" / f"{name}.pcapng", make_decoder()):
        check_tree(message)
        # libnfnetlink leaves what it finds between attributes.
        assert [problem for problem in message.problems if problem.code != "padding"] == []
        assert message.counts.unknown == 0
