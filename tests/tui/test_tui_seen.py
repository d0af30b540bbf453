"""The values of a capture that are offered: each finds the messages that it is said to be in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.filter.compile import compile_filter
from nlsniff.filter.complete import complete
from nlsniff.filter.fields import all_fields
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.select import IndexSelection
from nlsniff.tui import seen
from nlsniff.tui.seen import Seen
from tests.tui.screens import CAPTURES, OpenApp, settle, type_text

if TYPE_CHECKING:
    from collections.abc import Iterator

CAPTURE = CAPTURES / "rejected.pcapng"


@pytest.fixture
def capture() -> Iterator[IndexedCapture]:
    with IndexedCapture(str(CAPTURE), make_decoder()) as opened:
        yield opened.load()


def offered(capture: IndexedCapture, text: str, counted: Seen | None = None) -> list[tuple[str, str]]:
    known = counted or Seen(capture)
    return [(item.text, item.doc) for item in complete(text, len(text), capture.decoder.registry, known)]


def matching(capture: IndexedCapture, text: str) -> int:
    filter_ = compile_filter(text, capture.decoder.registry)
    return sum(1 for _ in IndexSelection(capture, filter_).numbers(0, len(capture)))


def test_values_of_the_capture_come_first_the_most_frequent_first(capture: IndexedCapture) -> None:
    types = offered(capture, "type == ")
    assert types[0] == (
        "CTRL_CMD_NEWFAMILY",
        "in 11  A family and what it can do; the answer to GETFAMILY, and the word that one was registered.",
    )
    assert [text for text, _ in types[:4]] == ["CTRL_CMD_NEWFAMILY", "RTM_NEWLINK", "NLMSG_ERROR", "RTM_NEWROUTE"]
    assert offered(capture, "errno == ")[:3] == [("EINVAL", "in 6"), ("ENODEV", "in 2"), ("ERANGE", "in 2")]
    assert offered(capture, "errno == ")[3] == ("EPERM", "")
    assert offered(capture, "process == ") == [("nlsniff[714]", "in 13"), ("nlsniff", "in 13")]
    assert offered(capture, "route.oif == ") == [("veth0", "in 4")]
    assert offered(capture, "link.ifname contains ve")[0] == ("veth0", "in 6")
    assert offered(capture, "rtm_newroute")[0][0] == "type == RTM_NEWROUTE"
    for text in ("seq == ", "time < ", "summary == ", "latency > ", "route.no-such == "):
        assert offered(capture, text) == []


def test_no_secret_is_offered() -> None:
    for field in ("genl.wireguard.private-key", "xfrm.alg-auth.alg-key", "genl.wireguard.peers.preshared-key"):
        with IndexedCapture(str(CAPTURES / "secrets.pcapng"), make_decoder()) as capture:
            capture.load()
            assert offered(capture, f"{field} == ") == []


@pytest.mark.parametrize(("name", "prefixes"), [
    ("rejected", ("", "route", "link", "xfrm", "extack")),
    ("ruleset-life", ("", "nftables")),
    ("wireguard", ("genl.wireguard",)),
])  # fmt: skip
def test_each_offer_finds_as_many_messages_as_it_says(
    name: str, prefixes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "_SLICE", 60)
    with IndexedCapture(str(CAPTURES / f"{name}.pcapng"), make_decoder()) as capture:
        capture.load()
        tried = 0
        for field in all_fields(capture.decoder.registry):
            if field.name.rpartition(".")[0] in prefixes:
                for text, doc in offered(capture, f"{field.name} == "):
                    if doc.startswith("in "):
                        count = matching(capture, f"{field.name} == {text}")
                        assert doc.split()[1] == f"{count:,}", (field.name, text)
                        tried += 1
        assert tried > 5


def test_a_large_capture_is_counted_while_one_types(capture: IndexedCapture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "_SLICE", 1e-9)
    monkeypatch.setattr(seen, "_BATCH", 10)
    counted = Seen(capture)
    assert not counted.busy
    assert offered(capture, "type == ", counted)[0][1].startswith("in 9 of the first 10  ")
    assert counted.busy
    for _ in range(4):
        counted.go_on()
    assert not counted.busy
    counted.go_on()
    assert offered(capture, "type == ", counted)[0][1].startswith("in 11  ")
    offered(capture, "seq", counted)
    counted.begin()
    assert not counted.busy


def test_a_capture_of_many_values_takes_little_memory(capture: IndexedCapture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "_MOST", 3)
    assert len([doc for _, doc in offered(capture, "type == ") if doc.startswith("in ")]) == 3
    monkeypatch.setattr(seen, "_LONGEST", 4)
    assert offered(capture, "process == ") == []


async def test_the_bar_goes_on_counting(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "_SLICE", 1e-9)
    monkeypatch.setattr(seen, "_BATCH", 10)
    async with open_app().run_test(size=(100, 30)) as pilot:
        screen = await settle(pilot)
        await pilot.press("slash")
        await type_text(pilot, "type ==")
        await pilot.pause(1)
        assert "in 11 " in str(screen.bar.hints.render())
        assert "of the first" not in str(screen.bar.hints.render())
