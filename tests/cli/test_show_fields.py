"""`nlsniff show -e`: what headers tell is printed without a message being made, and is the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli.show import command
from nlsniff.errors import NlsniffError
from nlsniff.filter.compile import compile_filter
from nlsniff.output.columns import Columns, header_row
from tests.cli.invoke import invoke
from tests.conftest import CAPTURES, ROOT
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
    assert header_row(FIELDS) is not None
    for text in FILTERS:
        if text and not compile_filter(text, REGISTRY).header_only:
            continue
        for more in ([], ["-c", "3"]):
            words = [str(path), *more, *(["-Y", text] if text else []), *(f"-e{field}" for field in FIELDS)]
            quick, slow = invoke(command, words), invoke(command, [*words, "-e", "comment"])
            rows = [row.rpartition("\t")[0] for row in slow.stdout.splitlines()]
            assert quick.stdout.splitlines() == rows, text
            assert quick.stderr == slow.stderr


@pytest.mark.parametrize("name", ["first-route", "nl80211", "host-events"])
def test_what_a_message_says_of_itself_is_what_json_says(name: str) -> None:
    path = str(ROOT / "captures" / f"{name}.pcapng")
    own = ("frame", "message", "direction", "protocol", "family", "type", "flags", "seq", "port", "length",
           "conversation", "summary")  # fmt: skip
    rows = invoke(command, ["-c", "40", path, *(f"-e{field}" for field in own)]).stdout.splitlines()
    told = list(map(json.loads, invoke(command, ["-c", "40", "--json", path]).stdout.splitlines()))
    assert rows == [
        "\t".join(
            "|".join(value) if isinstance(value, list) else str("" if value is None else value)
            for value in map(message.get, own)
        )
        for message in told
    ]
    assert len(rows) > 20


def test_a_field_that_nobody_knows_is_refused_with_those_that_may_be_meant() -> None:
    with pytest.raises(NlsniffError) as caught:
        Columns(["frame", "nonsense"])
    own = ("frame", "message", "time", "protocol", "type", "flags", "seq", "port", "length")
    text = str(caught.value)
    assert text.startswith("no field 'nonsense' to print: give frame, ")
    assert text.endswith("with its family before it, such as route.dst; `nlsniff fields nonsense` searches for it")
    assert set(own) <= set(text.partition("give ")[2].split(", "))
    with pytest.raises(NlsniffError, match=r"^'route.dst,priority' is no name .*: -e route.dst -e priority$"):
        Columns(["route.dst,priority"])


@pytest.mark.parametrize("field", ["type", "flags", "direction", "conversation", "comment", "route.dst"])
def test_what_headers_do_not_tell_is_left_to_messages(field: str) -> None:
    assert header_row(("frame", field)) is None
