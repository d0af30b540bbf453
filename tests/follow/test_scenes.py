"""What netlink is used for, as recorded: each scene a ladder in tests/follow/golden (NLSNIFF_UPDATE=1 writes it)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from nlsniff.output import ladder
from nlsniff.reader import IndexedCapture, make_decoder
from tests.conftest import ROOT
from tests.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"


class Scene(NamedTuple):
    """A file in captures/, and which conversations of it: by protocol, type and summary of the first message."""

    capture: str
    protocol: str
    type: str
    summary: str = ""
    many: int = 1


SCENES = {
    "bulk_dump": Scene("route-dump", "route", "RTM_GETROUTE", "all routes", 2),
    "policy_get": Scene("basics", "xfrm", "XFRM_MSG_GETPOLICY"),
    "policy_delete": Scene("basics", "xfrm", "XFRM_MSG_DELPOLICY"),
    "address_and_its_routes": Scene("events", "route", "RTM_NEWADDR", "192.0.2.1/24 dev dummy0"),
    "state_heard_by_three": Scene("basics", "xfrm", "XFRM_MSG_NEWSA"),
    "route_with_metrics": Scene("basics", "route", "RTM_NEWROUTE", "203.0.113.0/24 via"),
    "greeting": Scene("basics", "usersock", "", many=3),
}


@pytest.mark.parametrize("name", SCENES)
def test_golden_ladder(name: str) -> None:
    scene = SCENES[name]
    with IndexedCapture(ROOT / "captures" / f"{scene.capture}.pcapng", make_decoder()) as capture:
        capture.load()
        found = []
        for conversation in capture.follower.conversations:
            first = capture.message(conversation.first_message)
            fits = first.type_name == scene.type and first.summary.startswith(scene.summary)
            asked = conversation.kind == "datagram" or conversation.request is not None
            if conversation.protocol == scene.protocol and asked and (fits or not scene.type):
                found.append("\n".join(ladder.text(conversation, capture.follower, capture.message, 100)))
    assert len(found) == scene.many
    text = "\n\n".join(found) + "\n"
    path = GOLDEN / f"scene_{name}.txt"
    check_golden(path, text)
