"""Names and operators that people bring along from Wireshark and from the kernel's headers."""

from __future__ import annotations

import pytest

from nlsniff.errors import NlsniffError
from nlsniff.filter.compile import compile_filter
from nlsniff.filter.header import ELSEWHERE, HEADER, header_field
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.select import IndexSelection
from tests.conftest import ROOT
from tests.support import REGISTRY

CAPTURES = [IndexedCapture(ROOT / "captures" / f"{name}.pcapng", make_decoder()).load()
            for name in ("rejected", "nl80211", "host-events")]  # fmt: skip


def found(text: str) -> list[list[int]]:
    """The numbers of the messages that a filter wants, of each capture."""
    filter_ = compile_filter(text, REGISTRY)
    return [list(IndexSelection(capture, filter_).numbers(0, len(capture))) for capture in CAPTURES]


@pytest.mark.parametrize(
    ("habit", "meant"),
    [
        ("type == NEWROUTE", "type == RTM_NEWROUTE"),
        ("RTM_NEWROUTE", "type == RTM_NEWROUTE"),
        ("rtnetlink and not nlmsg_done", "protocol == route and type != NLMSG_DONE"),
        ("type != newroute", "type != RTM_NEWROUTE"),
        ("type in {NEWROUTE, NLMSG_DONE}", "type in {RTM_NEWROUTE, NLMSG_DONE}"),
        ("type == *ROUTE", "type ~ ROUTE$"),
        ("type == rtm_new*", "type ~ ^RTM_NEW"),
        ("type != RTM_*LINK", "not type ~ '^RTM_.*LINK$'"),
        ("type == *", "type"),
        ("flags & 0x300", "flags contains 0x100 or flags contains 0x200"),
        ("flags&4", "flags.ack"),
        ("flags & 0", "not type"),
        ("not flags & 1 && seq", "not flags contains 1"),
        ("seq & 1", "not seq in {0, 2, 4, 6, 8, 10, 12, 14, 16, 18} and seq & 1"),
        ("route.rtm-scope & 0xff", "route.rtm-scope > 0"),
        ("link.ifi-flags & 3", "link.ifi-flags contains 1 or link.ifi-flags contains 2"),
        ("link.ifi-flags & up", "link.ifi-flags contains up"),
        ("nlmsg_type == 24", "type == 24"),
        ("netlink-route.nltype == 24", "type == 24"),
        ("frame.number < 4", "frame < 4"),
        ("frame.time_relative < 1s", "time < 1s"),
        ("frame.time_relative < 1", "time < 1s"),
        ("frame.time_relative not in {0..0.5, 2}", "time not in {0s..0.5s, 2s}"),
        ("netlink.error", "errno"),
        ("qdisc == noqueue", "link.qdisc == noqueue"),
    ],
)
def test_a_habit_finds_what_is_meant(habit: str, meant: str) -> None:
    assert found(habit) == found(meant)
    if habit not in {"flags & 0", "type == *"}:
        assert 0 < sum(map(len, found(habit))) < sum(map(len, CAPTURES))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("type == ROUTES", 'column 9: type knows no "ROUTES"'),
        ("type & NLMSG_DONE", "type is ordered by number only"),
        ("time & 1", "time is a time"),
        ("protocol & 1", "protocol has no bits"),
        ("direction & 1", "direction has no bits"),
        ("route.dst & 10.0.0.1", "route.dst has no bits there: & takes a whole number"),
        ("nft", "did you mean nftables"),
        ("netlink.seq", "did you mean seq"),
        ("took > 5 ms", "column 10: a unit stands right behind its number: write 5ms"),
        ("took in {1ms, 1.5 s}", "column 19: a unit stands right behind its number: write 1.5s"),
        ("took > x ms", 'or the end, found "ms"'),
        ("RTM_NEWROUTES", "`nlsniff fields` lists them"),
        ("gateway", "did you mean nexthop.gateway or route.gateway?"),
        ("netlink-route.rta_gateway", "did you mean nexthop.gateway or route.gateway?"),
        ("frame.cap_len", "did you mean frame?"),
        ("flags &", "column 8: expected a value, the filter ends here"),
        ("flags & & 1", "column 9: expected a value"),
    ],
)
def test_what_is_not_meant_is_told(text: str, told: str) -> None:
    with pytest.raises(NlsniffError) as caught:
        compile_filter(text, REGISTRY)
    assert told in str(caught.value)


def test_names_from_elsewhere_hide_none_of_ours() -> None:
    assert set(ELSEWHERE.values()) <= HEADER.keys()
    assert not ELSEWHERE.keys() & HEADER.keys()
    assert header_field("NLMSG_TYPE") is HEADER["type"]
