"""What the user of a wrong filter is told, word for word."""

from __future__ import annotations

import pytest

from nlsniff.errors import NlsniffError
from nlsniff.filter.compile import compile_filter
from nlsniff.filter.errors import FilterError
from tests.support import REGISTRY

TOLD = [
    ("", 1, "expected a field, the filter is empty"),
    ("seq ==", 7, "expected a value, the filter ends here"),
    ("seq = 5", 5, "a single = means nothing, == compares"),
    ("5 == seq", 1, 'expected a field, found "5"'),
    ("seq == 5)", 9, 'expected the end, found ")"'),
    (f"seq == 5 {'a' * 40}", 10, f'expected and, or or the end, found "{"a" * 29}…"'),
    (f"seq == 5 {'a' * 30}", 10, f'expected and, or or the end, found "{"a" * 30}"'),
    ("protocol == 1.5", 13, "protocol is a whole number: expected one"),
    ("(seq == 5", 10, "expected ), the filter ends here"),
    ("seq and and", 9, 'expected a field, found "and"'),
    ('summary == "x', 12, 'this " is never closed'),
    ("seq in {}", 9, 'expected a value, found "}"'),
    ("route.dts == 1.1.1.1", 7, 'no field "route.dts": did you mean route.dst?'),
    ("flags.mtu", 1, 'no field "flags.mtu": did you mean flags'),
    ("route.mtu", 7, 'no field "route.mtu": did you mean route.metrics.mtu?'),
    ("rtt", 1, 'no field "rtt": did you mean route.metrics.rtt'),
    ("rout.dst", 1, 'no field "rout.dst": did you mean route.dst?'),
    ("xfrm.sel.dadr == 10.0.0.1", 10, 'no field "xfrm.sel.dadr": did you mean xfrm.sel.daddr'),
    ("conversaton == 7", 1, 'no field "conversaton": did you mean conversation'),
    ("flags.dmp", 1, 'no field "flags.dmp": did you mean flags.dump'),
    ("type == RTM_NEWROUT", 9, 'type knows no "RTM_NEWROUT": did you mean RTM_NEWROUTE'),
    ("type in {RTM_NEWROUTE, RTM_DELROUT}", 24, 'type knows no "RTM_DELROUT": did you mean RTM_DELROUTE'),
    ("type > RTM_NEWROUTE", 8, "type is ordered by number only: give a number"),
    ("protocol == routee", 13, 'protocol has no value "routee": did you mean route?'),
    ("route.rtm-scope == lnik", 20, 'route.rtm-scope has no value "lnik": did you mean link?'),
    ("errno == EINVALID", 10, 'errno has no value "EINVALID": did you mean EINVAL'),
    ("status == failed", 11, 'status has no value "failed": expected ok, error, interrupted, unanswered, partial'),
    (
        "route.dst == next",
        14,
        "route.dst is an address: expected one, or a prefix such as 192.0.2.0/24 or 2001:db8::/32",
    ),
    ("route.dst == 1.2.3.4/33", 14, "route.dst is an address: expected one, or a prefix"),
    ("route.dst < 10.0.0.0/8", 13, "route.dst is an address, and a prefix comes neither before nor after it"),
    ("route.metrics == 3", 18, "route.metrics holds other fields: name one of them, such as route.metrics.unspec"),
    ("link.ifname > a", 15, "link.ifname is a text and has no order: use ==, !=, in, contains or matches"),
    (
        'link.ifname matches "(veth"',
        21,
        "link.ifname cannot be matched: missing ), unterminated subpattern at position 0",
    ),
    ("route.priority == 10ms", 19, "route.priority is not measured in a unit of time: give a bare number"),
    ("latency > soon", 11, "latency is a time: expected a number with a unit, such as 10ms or 1.5s"),
    ("time > noon", 8, 'time is a time: expected a date such as "2026-11-21 19:08:35", or seconds since 1970'),
    ("seq == 1.5", 8, "seq is a whole number: expected one"),
    ("seq == five", 8, "seq is a number: expected one"),
    ("time matches 5", 14, "time is a time: compare it with <, <=, >, >= or in"),
    ("direction < x", 13, "direction is a text and has no order: use ==, !=, in, contains or matches"),
    ("length == 10ms", 11, "length is not measured in a unit of time: give a bare number"),
    ("frame in {a}", 11, "frame is a number: expected one"),
    ("genl.l2tp.udp-zero-csum6-tx == maybe", 32, "genl.l2tp.udp-zero-csum6-tx is there or not: write the name alone"),
    ("link.address == zz", 17, "link.address is a hardware address: expected them in hex, such as 02:00:5e:10"),
    ("route.unknown-77 == zz", 21, "route.unknown-77 is bytes: expected them in hex, such as 02:00:5e:10"),
    ("prefix.options.mtu > a", 22, "prefix.options.mtu is ordered by number only: give a number"),
    ("xfrm.curlft.add-time > noon", 24, "xfrm.curlft.add-time is a time: expected a date such as"),
    ("link.linkinfo.data.ttl-inherit == maybe", 35, "link.linkinfo.data.ttl-inherit is a number: expected one"),
    ("marked == maybe", 11, "marked is there or not: write the name alone, or `not` before it"),
]


@pytest.mark.parametrize(
    ("inner", "column"), [("seq and port", 577), ("not seq", 581), ("not (seq and port)", 581), ("seq == 5", 0)]
)
def test_and_inside_or_counts_as_a_level(inner: str, column: int) -> None:
    """64 brackets are not too many; what they hold may be."""
    text = "seq and (port or (" * 32 + inner + "))" * 32
    if not column:
        compile_filter(text, REGISTRY)
        return
    with pytest.raises(FilterError, match="a filter nests at most 64 levels deep") as raised:
        compile_filter(text, REGISTRY)
    assert raised.value.column == column


@pytest.mark.parametrize("inner", ["seq == 5", "not seq", "(seq or port)", "(not (seq and not port) or flags)"])
def test_a_filter_that_nests_too_deep_is_told_where_it_does(inner: str) -> None:
    depth = 400
    text = "".join("seq and (port or (" for _ in range(depth)) + inner + "))" * depth
    with pytest.raises(FilterError, match="a filter nests at most") as raised:
        compile_filter(text, REGISTRY)
    assert text[raised.value.column - 1 :].startswith(("seq", "port"))
    assert 1 < raised.value.column < len(text) / 2


@pytest.mark.parametrize(("text", "column", "reason"), TOLD, ids=[text or "empty" for text, _, _ in TOLD])
def test_a_wrong_filter_is_told_where_and_why(text: str, column: int, reason: str) -> None:
    with pytest.raises(FilterError) as raised:
        compile_filter(text, REGISTRY)
    error = raised.value
    assert isinstance(error, NlsniffError)
    assert (error.column, error.reason[: len(reason)]) == (column, reason)
    assert str(error) == f"filter: column {column}: {error.reason}"


def test_the_caret_stands_under_the_column() -> None:
    with pytest.raises(FilterError) as raised:
        compile_filter("type == RTM_NEWROUTE\nand route.dts", REGISTRY)
    assert raised.value.caret.split("\n") == [
        "type == RTM_NEWROUTE and route.dts",
        "                               ^",
    ]


def test_what_was_expected_and_what_is_near_can_be_had() -> None:
    with pytest.raises(FilterError) as raised:
        compile_filter("seq == 5 and", REGISTRY)
    assert raised.value.expected == ("a field", "not", "(")
    with pytest.raises(FilterError) as raised:
        compile_filter("ifname == veth0", REGISTRY)
    assert "link.ifname" in raised.value.expected
