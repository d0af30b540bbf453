"""What mypy sees of the public names: a program that uses them in strict mode. It is checked, not run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_type

import nlsniff

with nlsniff.Capture("x.pcapng", endian="little", show_secrets=True) as capture:
    assert_type(capture, nlsniff.Capture)
    assert_type(capture[22], nlsniff.Message)
    assert_type(capture[1:3], list[nlsniff.Message])
    assert_type(capture.messages(filter="route"), Iterator[nlsniff.Message])
    assert_type(capture.conversations, list[nlsniff.Conversation])
    assert_type(capture.frame(1), nlsniff.Frame)
    assert_type(capture.problems, list[nlsniff.FileProblem])
    assert_type(capture.interfaces, list[nlsniff.Interface])
    assert_type(capture.returncode, int | None)
    message = capture[22]
    assert_type(message.time, float)
    assert_type(message.type, str)
    assert_type(message.root, nlsniff.Node)
    assert_type(message.problems, list[nlsniff.Problem])
    assert_type(message.to_dict(), dict[str, Any])
    assert_type(message.conversation, nlsniff.Conversation | None)
    if message.conversation is not None:
        assert_type(message.conversation.request, nlsniff.Message | None)
        assert_type(message.conversation.extack, nlsniff.Extack | None)
assert_type(nlsniff.stream("x.pcapng", "route"), Iterator[nlsniff.Message])
assert_type(nlsniff.live(seconds=3), nlsniff.Capture)
assert_type(nlsniff.record(["ip", "link"]), nlsniff.Capture)
assert_type(nlsniff.write("x.pcap", nlsniff.stream("x.pcapng")), int)
nlsniff.sniff()  # type: ignore[attr-defined]  # a name that is not there is an error
