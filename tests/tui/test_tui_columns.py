"""The columns of the message list."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from nlsniff.terminal import one_line
from nlsniff.tui.columns import GUTTER, TIME_FORMATS, Column, TimeFormat, flags_text, layout, time_text
from nlsniff.tui.message_list import fit


@pytest.mark.parametrize("time", TIME_FORMATS)
@pytest.mark.parametrize("messages", [0, 9, 1_000_000, 123_456_789])
def test_columns_fill_the_width_and_no_more(messages: int, time: TimeFormat) -> None:
    for width in range(40, 260):
        columns = layout(width, messages, time)
        assert GUTTER + sum(column.width + 1 for column in columns) - 1 == width, width
        assert columns[-1].name == "summary"
        assert {"message", "direction", "type"} <= {column.name for column in columns}


def test_a_number_always_fits_its_column() -> None:
    for width in (10, 40, 80):
        number = next(column for column in layout(width, 7_654_321, "since start") if column.name == "message")
        assert number.width >= 7


def test_wide_screens_have_every_column() -> None:
    names = [column.name for column in layout(200, 10, "since start")]
    assert names == [
        "message", "time", "direction", "process", "protocol", "type", "flags", "seq", "length", "conversation",
        "summary",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("time", "above", "expected"),
    [
        ("since start", None, "1.000001"),
        ("since row above", None, ""),
        ("since row above", 1_795_289_918_000_000_000, "+1.000001"),
        ("time of day", None, "19:38:39.000001"),
    ],
)
def test_times(time: TimeFormat, above: int | None, expected: str) -> None:
    start = 1_795_289_918_000_000_000
    assert time_text(start + 1_000_001_000, time, start, above) == expected


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from(TIME_FORMATS))
def test_no_time_is_refused(time_ns: int, time: TimeFormat) -> None:
    time_text(time_ns, time, 0, 0)


def test_the_arrow_says_that_it_is_a_request() -> None:
    assert flags_text(["REQUEST", "ACK", "CREATE"]) == "ACK CREATE"


@given(st.text(st.characters(exclude_categories=["C"])), st.integers(1, 30), st.booleans())
@example("\u3250", 1, True)  # two columns wide
@example("\u3250\u3250[12]", 6, False)
def test_a_cell_is_as_wide_as_its_column(text: str, width: int, right: bool) -> None:
    for name in ("x", "process"):
        assert cell_len(fit(one_line(text), Column(name, "x", width, 0, right))) == width


def test_a_process_keeps_its_number_where_its_name_is_cut() -> None:
    column = Column("process", "process", 15, 0)
    assert fit("NetworkManager[795]", column) == "NetworkMa…[795]"
    assert fit("systemd-network[1234567]", column) == "syste…[1234567]"
    assert fit("(several words)", column._replace(width=8)) == "(severa…"
