"""Every type of set, as ipset printed it beside the recording: by fields (XML, JSON) and by lines (save)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from nlsniff.reader import Stream, make_decoder
from tests.conftest import ROOT
from tests.iproute2.compare import Comparison
from tests.netfilter.ipset_said import Question, printed_sets, read_questions, told_lines, told_sets
from tests.netfilter.map_ipset import ENTRY, EXTENSIONS, SET, element

if TYPE_CHECKING:
    from collections.abc import Callable

CAPTURES = ["referee-ipset", "referee-ipset-new"]
# Values that must have been compared, by the form that ipset printed.
LEAST = {"referee-ipset": {"xml": 290}, "referee-ipset-new": {"xml": 350, "json": 350}}
# A line of ours as ipset writes it: without units, names of /etc/protocols, hexadecimal numbers as short as they are.
WRITTEN: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
    (r"(timeout \d+) s\b", r"\1"),
    (r"timeout none", "timeout 0"),
    (r"\bicmp:8/0", "icmp:echo-request"),
    (r"icmpv6:128/0", "ipv6-icmp:echo-request"),
    (r",112:", ",vrrp:"),
    (r" forceadd", ""),  # which ipset forgets to print
    (r"skbmark 0x0*(\w+)/0x0*(\w+)", r"skbmark 0x\1/0x\2"),
    (r"((?:\w\w:){5}\w\w)", lambda found: found.group(1).upper()),
]


def _questions(name: str) -> list[Question]:
    return read_questions(ROOT / "captures" / f"{name}.pcapng")


@pytest.mark.parametrize("name", CAPTURES)
def test_ipset_says_what_we_say_field_by_field(name: str) -> None:
    used: set[str] = set()
    for question in _questions(name)[:-1]:
        comparison = Comparison()
        printed, told = printed_sets(question), told_sets(question)
        for theirs, ours in zip(printed, told, strict=True):
            members = theirs.pop("members")
            comparison.compare(theirs["name"], theirs, ours, SET)
            for member, entry in zip(members, ours["entries"], strict=True):
                comparison.compare(f"{theirs['name']} {member['elem']}", member, entry, ENTRY)
        assert comparison.differences == []
        form = question.command.split()[2]
        assert comparison.equal >= LEAST[name][form]
        used |= comparison.used
    assert {form.command.split()[2] for form in _questions(name)[:-1]} == LEAST[name].keys()
    newer = {"header.bitmask", "wildcard"} if name == "referee-ipset" else set()
    assert (SET.keys() | ENTRY.keys()) - used == newer


@pytest.mark.parametrize("name", CAPTURES)
def test_ipset_prints_all_that_we_read(name: str) -> None:
    """Nothing is in our objects that ipset does not print, so that no field is read from the wrong place unseen."""
    question = _questions(name)[0]
    for theirs, ours in zip(printed_sets(question), told_sets(question), strict=True):
        silent = {"cadt-flags", "ip", "ip-to", "port", "port-to", "elements"}  # told by words of other names
        assert ours["data"].keys() - silent - theirs["header"].keys() == set()
        for member, entry in zip(theirs["members"], ours["entries"], strict=True):
            assert entry.keys() & EXTENSIONS == member.keys() & EXTENSIONS
            assert element(entry) == member["elem"]


@pytest.mark.parametrize("name", CAPTURES)
def test_a_line_says_a_set_and_an_entry_as_ipset_save_does(name: str) -> None:
    question = _questions(name)[-1]
    assert question.command == "ipset save"
    lines = told_lines(question)
    for pattern, written in WRITTEN:
        changed = [re.sub(pattern, written, line) for line in lines]
        assert changed != lines, f"{pattern} is needed no more"
        lines = changed
    # For some types ipset writes the mask of addresses behind the seed.
    printed = re.sub(r"( bucketsize \d+ initval \w+)( (?:bit|net)mask \S+)", r"\2\1", question.printed)
    assert lines == printed.strip().splitlines()


@pytest.mark.parametrize("name", CAPTURES)
def test_every_byte_has_a_name(name: str) -> None:
    seen = 0
    for message in Stream(ROOT / "captures" / f"{name}.pcapng", make_decoder()):
        if message.protocol == 12:
            seen += 1
            assert not [node for node in message.root.walk() if node.kind == "unknown" and node.name != "padding"]
            assert not [
                problem for node in message.root.walk() for problem in node.problems if problem.severity != "note"
            ]
    assert seen > 700
