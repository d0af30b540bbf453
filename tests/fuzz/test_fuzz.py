"""A little of the search in every run, findings of before, and that the search finds what is wrong."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.fields import attrs
from tests.fuzz import targets
from tests.fuzz.promises import promise
from tests.fuzz.run import Finding, Search, attempt, load
from tests.fuzz.shrink import shrink
from tests.fuzz.targets import Target

if TYPE_CHECKING:
    from random import Random

    from nlsniff.decode.context import Context
    from nlsniff.decode.node import Node
    from nlsniff.wire.attr import AttrSpan

FOUND = Path(__file__).parent / "found"
PLAIN = ["file", "damage", "wire", "filter", "rules", "expectations", "strace", "transcript", "hex"]


@pytest.mark.parametrize("name", PLAIN)
def test_a_little_of_each_target(name: str) -> None:
    search = Search()
    search.run([name], 20261129, each=12, shrinking=5)
    assert [(item.kind, item.seen) for item in search.findings] == []


def test_what_was_found_stays_mended() -> None:
    for path in sorted(FOUND.glob("*.json")):
        found = load(path)
        assert attempt(found.target, found.data, found.seed) is None, path.name


def _needs(data: bytes, _random: Random) -> None:
    promise(b"ab" not in data or b"z" not in data, "ab beside z")


def test_a_finding_is_made_small_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(targets.TARGETS, "made", Target(lambda random: random.randbytes(300) + b"ab..z...", _needs))
    search = Search()
    search.run(["made"], 1, each=3)
    (found,) = search.findings
    assert (found.kind, sorted(found.data)) == ("ab beside z", sorted(b"abz"))
    assert search.again == 2
    again = load(found.save(tmp_path))
    assert again == found
    assert attempt(again.target, again.data, again.seed) == ("ab beside z", "ab beside z")


def test_a_loop_and_a_mistake_are_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    def loops(data: bytes, _random: Random) -> None:
        while data:
            pass

    monkeypatch.setattr("tests.fuzz.run._EACH", 0.1)
    monkeypatch.setitem(targets.TARGETS, "made", Target(lambda _: b"x", loops))
    assert attempt("made", b"x", 0) == ("slow in the check", "more than 0.1 s of CPU for 1 bytes")

    def fails(data: bytes, _random: Random) -> None:
        struct.unpack("I", data)

    monkeypatch.setitem(targets.TARGETS, "made", Target(lambda _: b"x", fails))
    kind, seen = attempt("made", b"x", 0) or ("", "")
    assert kind == "error in the check"
    assert "unpack requires a buffer of 4 bytes" in seen


def test_a_mistake_that_is_put_in_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = attrs.unknown_attr

    def forgets(ctx: Context, span: AttrSpan) -> Node:
        node = whole(ctx, span)
        if span.type == 250:
            node.end -= 1
        return node

    monkeypatch.setattr(attrs, "unknown_attr", forgets)
    search = Search()
    search.run(["dissector:wireguard"], 5, each=30, shrinking=1)
    assert "bytes are not accounted for" in {item.kind for item in search.findings}


def test_the_smallest_is_found_without_luck() -> None:
    assert shrink(bytes(100) + b"\7" + bytes(100), lambda data: 7 in data) == b"\7"
    assert shrink(b"abc", lambda data: len(data) == 3) == b"\0\0\0"


def test_the_name_of_a_finding_is_a_file_name() -> None:
    assert Finding("a:b", "../x y\n", "", 1, b"").name == "a-b-..-x-y-.json"
