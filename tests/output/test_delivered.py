"""How messages were delivered, as text, JSON, filters, ladders, the screen and Python say it."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import nlsniff
from nlsniff.file.write import open_writer
from nlsniff.filter.compile import compile_filter
from nlsniff.output import ladder
from nlsniff.output.json import message_line
from nlsniff.output.text import tree
from nlsniff.printer.printer import Printer
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.compare import compare
from nlsniff.tui.outline import Outline
from nlsniff.wire.delivery import Delivery, delivery_comment
from tests.follow.talk import ACK, DELROUTE, GENERIC, REQUEST, ROUTE, RTMSG, USERSOCK, answer, attr, nlmsg
from tests.support import REGISTRY

if TYPE_CHECKING:
    from pathlib import Path

CHANGE = nlmsg(DELROUTE, REQUEST | ACK, 9, 0, RTMSG)
FAMILY = nlmsg(
    16, 0, 0, 0,
    bytes((1, 2, 0, 0)) + attr(2, b"dummy\0") + attr(1, struct.pack("<H", 40))
    + attr(7, attr(1, attr(2, struct.pack("<I", 33)) + attr(1, b"config\0"))),
)  # fmt: skip
SAID: list[tuple[int, bytes, Delivery | None]] = [
    (ROUTE, CHANGE, Delivery("to-kernel", 412, 0, 0, 84211, 3, "ip[412]")),
    (ROUTE, nlmsg(DELROUTE, 0, 9, 412, RTMSG), Delivery("to-user", 0, 0, 7, 84212, 5, "zebra\x1b[7]")),
    (ROUTE, nlmsg(DELROUTE, 0, 9, 412, RTMSG), Delivery("to-user", 0, 0, 7, 84211, 3, "ip[412]")),
    (ROUTE, answer(CHANGE, 412), Delivery("to-user", 0, 412, 0, 84211, 3, "ip[412]")),
    (GENERIC, FAMILY, Delivery("to-user", group=16)),
    (GENERIC, FAMILY, Delivery("to-user", group=33)),
    (USERSOCK, nlmsg(20, 0, 1, 412, b"word"), Delivery("between", 412, 500, 77)),
    (ROUTE, nlmsg(DELROUTE, REQUEST, 10, 0, RTMSG), None),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("delivered") / "file.pcapng"
    with open_writer(target) as writer:
        for at, (protocol, data, delivery) in enumerate(SAID):
            comment = "process: ip[412]" if at == 0 else ""
            line = delivery_comment(delivery) if delivery is not None else ""
            cooked = struct.pack(">HH10xH", 4, 824, protocol)
            writer.write(10**18 + at * 10**6, cooked + data, comment="\n".join(filter(None, (comment, line))))
    return target


@pytest.fixture
def capture(path: Path) -> IndexedCapture:
    return IndexedCapture(path, make_decoder()).load()


def test_the_head_of_a_tree(capture: IndexedCapture) -> None:
    heads = [tree(message)[0].split("\n") for message in capture]
    assert [head[1] if len(head) > 2 else None for head in heads] == [
        "delivered from port 412 to the kernel, ip[412], socket 84211, descriptor 3",
        "delivered from the kernel to group 7 (ipv4-route), zebra\\x1b[7], socket 84212, descriptor 5",
        "delivered from the kernel to group 7 (ipv4-route), ip[412], socket 84211, descriptor 3",
        "delivered from the kernel to port 412, ip[412], socket 84211, descriptor 3",
        "delivered from the kernel to group 16 (nlctrl.notify)",
        "delivered from the kernel to group 33 (dummy.config)",
        "delivered from port 412 to group 77",
        None,
    ]
    assert heads[0][0].endswith("bytes  process: ip[412]")
    assert not any("netlink: " in line for head in heads for line in head)


def test_objects(capture: IndexedCapture) -> None:
    objects = [json.loads(message_line(message)) for message in capture]
    assert objects[0]["delivery"] == {
        "way": "to-kernel", "sender": 412, "destination": 0, "group": 0, "socket": 84211, "descriptor": 3,
        "process": "ip[412]",
    }  # fmt: skip
    assert objects[4]["delivery"] == {"way": "to-user", "group": 16, "group_name": "nlctrl.notify"}
    assert "delivery" not in objects[7]
    assert [item["direction"] for item in objects] == [*["to-kernel"], *["to-user"] * 5, "unknown", "to-kernel"]


@pytest.mark.parametrize("style", ["json", "tree", "line"])
def test_the_fast_printer_says_the_same(capture: IndexedCapture, style: str) -> None:
    printer = Printer(capture.decoder, style)
    walker = Printer(capture.decoder, style)
    walker._find = lambda _: None  # type: ignore[assignment]
    messages = [*capture, *capture]
    assert printer(messages) == walker(messages)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("direction == to-user", {2, 3, 4, 5, 6}),
        ("direction == to-kernel", {1, 8}),
        ("direction == unknown", {7}),
        ("sender == 412", {1, 7}),
        ("sender", {1, 2, 3, 4, 7}),
        ("not sender", {5, 6, 8}),
        ("destination == 0 and direction == to-user", {2, 3}),
        ("group", {2, 3, 5, 6, 7}),
        ("group == 0", {1, 4}),
        ("group > 16", {6, 7}),
        ("group == ipv4-route", {2, 3}),
        ("group != ipv4-route", {1, 4, 5, 6, 7}),
        ("group matches config", {6}),
        ("group in {16, dummy.config}", {5, 6}),
        ("socket == 84211", {1, 3, 4}),
        ("socket in {84212..90000} or descriptor == 3", {1, 2, 3, 4}),
        ("process == 412", {1, 3, 4}),
        ('process contains "zebra"', {2}),
        ('comment == "process: ip[412]"', {1}),
        ("comment ~ ^process:", {1}),
    ],
)
def test_filters(capture: IndexedCapture, text: str, numbers: set[int]) -> None:
    filter_ = compile_filter(text, REGISTRY)
    found = {message.number for message in capture if filter_.matches(message, capture.conversation(message.number))}
    assert found == numbers
    assert numbers <= set(filter_.candidates(capture.index, 0, len(capture)))


def test_columns(path: Path) -> None:
    fields = ("message", "direction", "sender", "destination", "group", "socket", "descriptor")
    words = [sys.executable, "-m", "nlsniff", "show", *(part for field in fields for part in ("-e", field)), str(path)]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[0].split("\t") == ["1", "to-kernel", "412", "0", "0", "84211", "3"]
    assert lines[5].split("\t") == ["6", "to-user", "", "", "33", "", ""]
    assert lines[7].split("\t") == ["8", "to-kernel", "", "", "", "", ""]


def test_a_ladder_names_who_received_what_another_caused(capture: IndexedCapture) -> None:
    lines = ladder.text(capture.conversation(1), capture.follower, capture.message, 120)
    (event,) = [line for line in lines if "received by" in line]
    assert " received by zebra\\x1b[7], ip[412]: RTM_DELROUTE " in event
    assert " (\N{MULTIPLICATION SIGN}2) " in event
    assert sum("ip[412]" in line for line in lines) == 2
    alone = ladder.text(
        capture.follower.conversation(capture.message(2).conversation), capture.follower, capture.message
    )
    assert any("received by zebra" in line for line in alone)


def test_the_screen(capture: IndexedCapture) -> None:
    outline = Outline.of(capture, 2)
    line = next(iter(outline.lines({})))
    assert (line.node.name, line.node.text) == (
        "delivered", "the kernel to group 7 (ipv4-route), zebra\\x1b[7], socket 84212, descriptor 5",
    )  # fmt: skip
    assert [(top.name, top.text) for top in Outline.of(capture, 1).tops[:1]] == [("comment", "process: ip[412]")]
    assert outline.at(0) is not None
    assert Outline.of(capture, 8).tops[0].name == "cooked-header"
    pairs = {pair.name: pair.same for pair in compare(capture.message(2), capture.message(3))}
    assert pairs["delivered"] is False
    assert "delivered" not in {pair.name for pair in compare(capture.message(8), capture.message(8))}


def test_python(path: Path) -> None:
    with nlsniff.Capture(path) as found:
        assert found[1].delivery == nlsniff.Delivery("to-kernel", 412, 0, 0, 84211, 3, "ip[412]")
        assert (found[2].group_name, found[1].group_name, found[8].group_name) == ("ipv4-route", "", "")
        assert found[8].delivery is None
        assert found[2].to_dict()["delivery"]["group_name"] == "ipv4-route"
        conversation = found[1].conversation
        assert conversation is not None
        assert (conversation.socket, conversation.process, conversation.received_by) == (84211, "ip[412]", [])
        assert conversation.effects[0].received_by == ["zebra\x1b[7]", "ip[412]"]
