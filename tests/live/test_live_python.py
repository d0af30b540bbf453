"""`nlsniff.live` and `nlsniff.record` with an nlmon device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import nlsniff
from tests.live.tool import ip, nlmons

if TYPE_CHECKING:
    from pathlib import Path


def test_a_request_and_its_answer_come_live() -> None:
    with nlsniff.live(seconds=20) as capture:
        assert len(nlmons()) == 1
        ip("route", "add", "192.0.2.0/24", "dev", "lo")
        request = next(capture.messages("route.dst == 192.0.2.0/24 and flags.request"))
        answers = f"type == NLMSG_ERROR and status == ok and conversation == {request.conversation_id}"
        ack = next(capture.messages(answers))
        assert ack.conversation == request.conversation
    ip("route", "del", "192.0.2.0/24", "dev", "lo")
    assert nlmons() == []


@pytest.mark.parametrize("kept", [True, False])
def test_a_command_is_recorded_and_this_process_stays_where_it_is(kept: bool, tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng" if kept else None
    command = "ip link set lo up; ip route add 192.0.2.0/24 dev lo; ip route add 192.0.2.0/24 via 10.0.0.1; exit 3"
    with nlsniff.record(["sh", "-c", command], path) as capture:
        assert capture.returncode == 3
        refused = [one for one in capture.conversations if one.errno == "ENETUNREACH"]
        assert [one.request.type for one in refused if one.request is not None] == ["RTM_NEWROUTE"]
        assert [message.get("dst") for message in capture.messages("type == RTM_NEWROUTE and flags.request")] == [
            "192.0.2.0", "192.0.2.0",
        ]  # fmt: skip
        assert any(one.process and one.process.startswith("ip[") for one in capture.conversations)
    assert "192.0.2.0" not in ip("route").stdout
    assert nlmons() == []
    assert path is None or len(nlsniff.Capture(path)) > 3
