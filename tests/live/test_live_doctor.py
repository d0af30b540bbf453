"""`nlsniff doctor` where there is nlmon."""

from __future__ import annotations

import json

from tests.live.tool import nlmons, nlsniff


def test_recording_works_and_nothing_is_left() -> None:
    done = nlsniff("doctor", "--json")
    assert done.stderr == ""
    report = json.loads(done.stdout)
    found = {check["name"]: (check["works"], check["words"]) for check in report["checks"]}
    assert found["record"] == (True, "by nlmon, in a network namespace of its own")
    assert found["capture, live"] == (True, "by nlmon, in this network namespace")
    assert found["name processes"] == (True, "of all users")
    assert nlmons() == []
