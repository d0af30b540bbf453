"""Recordings of one script are equal: made one after the other, by an older recorder, on another kernel."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from nlsniff.follow.own import Own
from nlsniff.regress.build import Builder
from nlsniff.regress.comparison import compare
from tests import uml
from tests.regress.changes import Recording
from tests.regress.kernels import kernels
from tests.regress.steady import KINDS, record
from tests.regress.steady.judge import LEVELS, differences, found, transcript
from tests.regress.steady.scenes import SAME, record_scene, shipped

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.reader import IndexedCapture


@pytest.fixture
def can_boot() -> None:
    problem = uml.missing()
    if problem:
        if os.environ.get("CI"):
            pytest.fail(problem)
        pytest.skip(problem)


@pytest.mark.usefixtures("can_boot")
def test_quiet_under_load_and_beside_a_stranger(tmp_path: Path) -> None:
    quiet, *others = record(tmp_path, KINDS)
    assert len(transcript(quiet).lanes) > 30  # sockets: one of each command
    for other in others:
        assert list(differences(quiet, other)) == [], other.name


@pytest.mark.usefixtures("can_boot")
@pytest.mark.parametrize("name", SAME)
def test_shipped_captures_and_new_ones(name: str, tmp_path: Path) -> None:
    new = record_scene(name, tmp_path)
    assert not found(shipped(name), new, "objects").differences


def test_another_kernel_has_notes() -> None:
    old, new = kernels()
    for level in LEVELS:
        both = found(old, new, level)
        assert both.differences == ()
        assert [major(side.kernel) for side in (both.old, both.new)] == ["6", "7"]
        told = {item.path for item in both.notes if item.how == "new"}
        assert ("gso-ipv4-max-size" in told) == (level == "full")


def test_another_kernel_that_lacks_an_attribute() -> None:
    old, new = kernels()
    recording = Recording(new)
    answers = (message for message in map(recording.capture.message, range(1, len(recording.capture) + 1))
               if message.type_name == "RTM_NEWLINK" and _is_answer(recording.capture, message))  # fmt: skip
    answer = next(answers)
    for name in ("operstate", "mtu"):
        node = answer.root.get(name)
        assert node is not None
        capture = recording.lacking(answer, node)
        both = compare(transcript(old, "full"), Builder(capture, "full").build())
        assert [(item.kind, item.how, item.path) for item in both.differences] == [("answer", "gone", name)]
        assert not compare(transcript(old, "outcome"), Builder(capture, "outcome").build())


def _is_answer(capture: IndexedCapture, message: NetlinkMessage) -> bool:
    view = capture.follower.conversation(message.conversation)
    asked = view.kind == "request" and message.direction == "to-user"
    return asked and not Own(capture.follower, capture.interfaces).conversation(view)


def major(kernel: str) -> str:
    """`6` of `Linux 6.1.176`."""
    return kernel.split()[1].partition(".")[0]
