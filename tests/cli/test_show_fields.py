"""`nlsniff show -e`: what headers tell is printed without a message being made, and is the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli.columns import ChosenFields
from nlsniff.cli.show import command
from nlsniff.errors import NlsniffError
from nlsniff.filter.compile import compile_filter
from nlsniff.filter.header import HEADER
from nlsniff.output.columns import header_row
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.select import IndexSelection
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
    for name, told in (
        ("qwertz", "no field 'qwertz' to print: `nlsniff fields` lists them"),
        ("route.dts", "no field 'route.dts' to print: did you mean route.dst?"),
        ("dst", "no field 'dst' to print: did you mean neigh.dst or route.dst or rule.dst?"),
        ("slow", "no field 'slow' to print: did you mean took"),
        ("marked", "no field 'marked' to print: marks are set on the screen"),
        (
            "route.dst,priority",
            "'route.dst,priority' is no name of a field: give each of them by itself: -e route.dst -e p",
        ),
    ):
        with pytest.raises(NlsniffError) as caught:
            ChosenFields(["frame", name], REGISTRY)
        assert str(caught.value).startswith(told)


# A message that has one of these may say 0 or nothing there.
_MAY_BE_0 = {
    "flags", "group", "length", "port", "seq", "genl.cmd", "genl.version", "parts", "sender", "destination", "summary",
}  # fmt: skip


@pytest.mark.parametrize("name", ["rejected", "nl80211", "host-events", "ruleset-life"])
def test_every_field_of_filters_is_a_column(name: str) -> None:
    path = str(ROOT / "captures" / f"{name}.pcapng")
    fields = [field for field in HEADER if field != "marked"]
    rows = [row.split("\t") for row in
            invoke(command, [path, *(f"-e{field}" for field in fields)]).stdout.splitlines()]  # fmt: skip
    capture = IndexedCapture(path, make_decoder()).load()
    assert {len(row) for row in rows} == {len(fields)}
    assert len(rows) == len(capture)
    for at, field in enumerate(fields):
        told = [row[at] for row in rows]
        wanted = compile_filter(field, capture.decoder.registry)
        has = set(IndexSelection(capture, wanted).numbers(0, len(capture)))
        shown = {number for number, text in enumerate(told, 1) if text not in {"", "no", "0"}}
        assert shown <= has, field
        if field not in _MAY_BE_0:
            assert shown == has, field


def test_columns_of_conversations_say_what_follow_says() -> None:
    path = str(ROOT / "captures" / "rejected.pcapng")
    words = [f"-e{field}" for field in ("message", "took", "latency", "errno", "extack", "process", "parts", "frames")]
    rows = [row.split("\t") for row in invoke(command, [path, *words]).stdout.splitlines()]
    capture = IndexedCapture(path, make_decoder()).load()
    for number, took, latency, errno, extack, process, parts, frames in rows:
        talk = capture.conversation(int(number))
        assert took == f"{talk.duration_ns / 1e9:.9f}"
        assert latency == ("" if talk.latency_ns is None else f"{talk.latency_ns / 1e9:.9f}")
        assert (parts, frames) == (str(talk.parts), str(talk.frames))
        assert process == (talk.process or "")
        assert extack == talk.extack_text
        assert (errno not in {"", "0"}) == bool(talk.errno_value)
    assert {row[3] for row in rows} >= {"0", "ENODEV", "EINVAL"}


def test_names_from_elsewhere_and_tails_are_columns() -> None:
    path = str(ROOT / "captures" / "rejected.pcapng")
    for habit, own in (("frame.number", "frame"), ("nlmsg_type", "type"), ("qdisc", "link.qdisc"),
                       ("ROUTE.RTM_DST_LEN", "route.rtm-dst-len"), ("netlink.hdr_seq", "seq")):  # fmt: skip
        assert invoke(command, [path, "-e", habit]) == invoke(command, [path, "-e", own])
    asked = invoke(command, [path, "-eextack.offs", "-eextack.msg"]).stdout
    assert any(row.strip() for row in asked.splitlines())


@pytest.mark.parametrize("field", ["type", "flags", "direction", "conversation", "comment", "route.dst"])
def test_what_headers_do_not_tell_is_left_to_messages(field: str) -> None:
    assert header_row(("frame", field)) is None
