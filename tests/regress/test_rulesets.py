"""Transcripts of nf_tables: handles may differ, what a program asks may not, and a batch is told by what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.regress.build import Builder
from nlsniff.regress.comparison import compare
from nlsniff.regress.kinds import kind_of
from nlsniff.regress.objects import object_of
from nlsniff.regress.words import sentences
from tests.conftest import ROOT
from tests.regress.changes import Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.reader import IndexedCapture
    from nlsniff.regress.model import Level, Transcript

LEVELS: tuple[Level, ...] = ("objects", "full")


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording(ROOT / "captures" / "ruleset-life.pcapng")


def made(capture: IndexedCapture, level: Level = "objects") -> Transcript:
    return Builder(capture, level).build()


def messages(recording: Recording, type_name: str, direction: str = "to-kernel") -> Iterator[NetlinkMessage]:
    for message in map(recording.capture.message, range(1, len(recording.capture) + 1)):
        if message.type_name == type_name and message.direction == direction:
            yield message


def node_of(message: NetlinkMessage, path: str) -> Node:
    node = message.root.get(path)
    assert node is not None
    return node


def later(_message: NetlinkMessage, node: Node) -> bytes | None:
    """Handles and generations as on a machine that had others before."""
    if node.spec is None or (kind_of(node.spec) != "nft" and (node.name, node.end - node.payload) != ("id", 4)):
        return None
    if kind_of(node.spec) != "nft" and not node.volatile:
        return None
    size = node.end - node.payload
    return (int(node.raw) + 100).to_bytes(size)


@pytest.mark.parametrize("level", LEVELS)
def test_handles_and_generations_may_differ(recording: Recording, level: Level) -> None:
    usual = made(recording.capture, level)
    assert not compare(usual, made(recording.rewritten(later), level))


def test_another_handle_in_one_request_is_another_rule(recording: Recording) -> None:
    asked = next(message for message in messages(recording, "NFT_MSG_NEWRULE") if message.root.get("handle"))
    other = recording.flipped(asked, node_of(asked, "handle").end - 1, 7)
    (said, *_) = sentences(compare(made(recording.capture), made(other)).differences, "x")
    assert "NFT_MSG_NEWRULE bridge shop input handle <nft:12>" in said


def test_a_changed_rule_of_a_batch_is_named(recording: Recording) -> None:
    asked = next(messages(recording, "NFT_MSG_NEWRULE"))
    verdict = next(asked.root.all("expressions.elem.data.data.verdict.code"))
    changed = recording.flipped(asked, verdict.end - 1, 1)
    (said,) = sentences(compare(made(recording.capture), made(changed)).differences, "x")
    assert "NFT_MSG_NEWRULE bridge shop common" in said
    assert "was accept, now drop" in said


def test_the_refused_message_of_a_batch_is_counted(recording: Recording) -> None:
    error = next(message for message in messages(recording, "NLMSG_ERROR", "to-user") if message.root.get("error")
                 and message.answered_type == "NFT_MSG_NEWRULE")  # fmt: skip
    (difference, *_) = compare(made(recording.capture), made(recording.without(error))).differences
    assert difference.kind == "outcome"
    assert "ENOENT" in (difference.old or "")


def test_what_messages_are_about(recording: Recording) -> None:
    told = {object_of(message) for lane in made(recording.capture).lanes for block in lane.blocks
            for part in block.parts for message in getattr(part, "entries", ()) or [getattr(part, "message", None)]
            if message is not None}  # fmt: skip
    assert {"bridge shop", "bridge shop input", "bridge shop doors", "bridge shop hits", "bridge empty",
            "bridge shop input handle <nft:8>"} <= told  # fmt: skip
