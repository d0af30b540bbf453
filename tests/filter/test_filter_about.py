"""The filter that a node stands for, asked of every node of the recordings."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest

from nlsniff.filter.about import about
from nlsniff.filter.compile import compile_filter
from nlsniff.reader import IndexedCapture, make_decoder
from tests.conftest import CAPTURES
from tests.support import REGISTRY

if TYPE_CHECKING:
    from pathlib import Path


ROUTES = next(path for path in CAPTURES if path.stem == "routes")
_EACH = 1  # messages of each type of a recording
_TYPES = 12  # of a recording
_NODES = 40  # of one


@pytest.mark.parametrize("capture", CAPTURES[::2], ids=[path.stem for path in CAPTURES[::2]])
def test_each_node_has_a_filter_that_matches_its_message(capture: Path) -> None:
    seen: dict[str, int] = {}
    with IndexedCapture(str(capture), make_decoder()) as opened:
        for message in opened.load():
            seen[message.type_name] = seen.get(message.type_name, 0) + 1
            if seen[message.type_name] > _EACH or len(seen) > _TYPES:
                continue
            conversation = opened.conversation(message.number)
            for node in islice(message.root.walk(), _NODES):
                text = about(message, conversation, node, REGISTRY)
                assert compile_filter(text, REGISTRY).matches(message, conversation), (message.number, node, text)


@pytest.mark.parametrize(
    ("number", "path", "text"),
    [
        (35, "nlmsghdr.flags", "flags == REQUEST and flags == ACK and flags == EXCL and flags == CREATE"),
        (35, "nlmsghdr.pid", "port == 0"),
        (35, "rtm-protocol", "route.rtm-protocol == static"),
        (35, "dst", "route.dst == 203.0.113.7"),
        (135, "error", "errno == ENETUNREACH"),
        (135, "msg", 'extack == "Nexthop has invalid gateway"'),
        (135, "request", "type == NLMSG_ERROR"),
    ],
)
def test_it_says_what_one_would_type(number: int, path: str, text: str) -> None:
    with IndexedCapture(str(ROUTES), make_decoder()) as opened:
        message = opened.load().message(number)
        node = message.root.get(path)
        assert node is not None
        assert about(message, opened.conversation(number), node, REGISTRY) == text
