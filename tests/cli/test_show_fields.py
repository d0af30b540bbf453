"""`nlsniff show -e`: what headers tell is printed without a message being made, and is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.cli import show
from nlsniff.decode.decoder import Decoder
from nlsniff.filter.compile import compile_filter
from nlsniff.output.columns import header_row
from tests.conftest import CAPTURES
from tests.support import REGISTRY

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = ("frame", "message", "time", "protocol", "seq", "port", "length")
FILTERS = (
    "", "type == RTM_NEWROUTE", "protocol != route", "flags.request and port > 0", "time < 100ms", "message in {2..9}",
    "type == NLMSG_ERROR or length > 100", 'type matches "DEL"',
)  # fmt: skip


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_rows_of_headers_are_those_of_messages(path: Path) -> None:
    row = header_row(FIELDS)
    assert row is not None
    for text in FILTERS:
        for count in (None, 3):
            wanted = compile_filter(text, REGISTRY) if text else None
            if wanted is not None and not wanted.header_only:
                continue
            quick = show._by_headers(str(path), None, None, wanted, *row, count)
            again = compile_filter(text, REGISTRY) if text else None
            slow = show._by_messages(str(path), None, None, again, Decoder(REGISTRY), FIELDS, count)
            assert b"".join(quick[1]) == b"".join(slow[1]), text
            assert quick[0] == slow[0]


@pytest.mark.parametrize("field", ["type", "flags", "direction", "conversation", "comment", "route.dst"])
def test_what_headers_do_not_tell_is_left_to_messages(field: str) -> None:
    assert header_row(("frame", field)) is None
