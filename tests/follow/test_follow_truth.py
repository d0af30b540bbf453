"""Real traffic against what the programs themselves knew: the captures that have a .truth.json beside them."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from nlsniff.reader import IndexedCapture, make_decoder
from tests.conftest import CAPTURES, COMPRESSED, ROOT
from tests.follow.sockets import Truth
from tests.follow.truth import captures_with_truth, compare, main

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.follow.conversation import ConversationView

FILE = ROOT / "captures" / "conversations.pcapng"


def load(path: Path) -> IndexedCapture:
    capture = IndexedCapture(path, make_decoder())
    capture.follower.source = capture.message
    return capture.load()


@pytest.fixture(scope="module")
def capture() -> IndexedCapture:
    return load(FILE)


@pytest.mark.parametrize("path", captures_with_truth(), ids=lambda path: path.name.partition(".")[0])
def test_every_message_is_where_its_socket_says(path: Path) -> None:
    """What is called certain is right without exception, and guesses are rare."""
    score = compare(path)
    assert score.answers + score.causes > 300
    assert score.certain_right == score.certain, score.wrong
    assert score.precision >= 0.995, score.wrong
    assert score.recall >= 0.995, score.wrong
    assert score.causes_right >= 0.995 * score.causes, score.wrong
    assert score.found - score.certain <= 0.005 * score.found


def test_command_prints_what_the_comparison_finds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(FILE)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[0] == "conversations"
    assert lines[1].split()[4:6] == ["100.000%", "100.000%"]


def test_wrong_pairing_is_found(tmp_path: Path) -> None:
    """A truth in which two sockets have changed places disagrees."""
    capture = tmp_path / FILE.name
    shutil.copy(FILE, capture)
    truth = Truth.load(FILE.with_name("conversations.truth.json"))
    one, two = [owner for owner in truth.owners if len(owner.received) == 1 and owner.sent][:2]
    one.received, two.received = two.received, one.received
    truth.save(tmp_path / "conversations.truth.json.gz")
    score = compare(capture)
    assert score.recall < 1
    assert len(score.wrong) == 2


def test_what_the_scene_shows(capture: IndexedCapture) -> None:
    found = list(capture.follower.conversations)
    kinds = Counter((item.kind, item.status) for item in found)
    assert kinds["batch", "ok"] == 2
    assert kinds["batch", "error"] == 1
    assert kinds["dump", "interrupted"] == 1
    assert not kinds["request", "unanswered"]
    assert not kinds["request", "partial"]
    assert not kinds["event", "partial"]


def test_rejected_attributes_are_found_in_their_requests(capture: IndexedCapture) -> None:
    rejected = {}
    for item in capture.follower.conversations:
        extack = item.extack
        if extack is not None and extack.offset is not None:
            request = capture.message(extack.request or 0)
            assert extack.offset == (extack.range or (0, 0))[0]
            rejected[extack.path] = (request.type_name, extack.value, extack.policy, extack.text)
    assert rejected["metrics.mtu"][0] == "RTM_NEWROUTE"
    assert rejected["metrics.mtu"][3] == "Invalid attribute in metrics"
    assert rejected["mtu"][0] == "RTM_NEWLINK"
    assert rejected["mtu"][2] == "u32"
    assert rejected["linkinfo.data.id"][:2] == ("RTM_NEWLINK", "16777216")
    assert rejected["family-name"][2] == "nul-string of at most 15 bytes"


def test_error_in_a_batch_belongs_to_the_message_that_is_wrong(capture: IndexedCapture) -> None:
    (wrong,) = [item for item in capture.follower.conversations if item.kind == "batch" and item.errno]
    extack = wrong.extack
    assert extack is not None
    assert extack.request == (wrong.request or 0) + 2  # behind the begin and the chain that went well
    assert wrong.errno == "EEXIST"
    request = capture.message(extack.request)
    assert request.data[: request.end].endswith(b"two\0")


# `ip -6 mroute` gives up when the dump begins with routes that are not multicast; nobody reads on to the NLMSG_DONE.
HUNG_UP = {("route-more", 93), ("host-events", 86), ("host-events", 88)}
# The recorder lost twelve frames, the ends of these dumps among them.
LOST = {("at-once-smp.pcapng", 251), ("at-once-smp.pcapng", 257)}


@pytest.mark.parametrize("path", [*CAPTURES, *COMPRESSED], ids=lambda path: path.stem)
def test_every_request_of_our_captures_is_paired(path: Path) -> None:
    """What the scenes recorded is whole, so nothing may be left over."""
    capture = load(path)
    owners = Counter[int]()
    left: list[ConversationView] = []
    for item in capture.follower.conversations:
        owners.update(item.messages)
        if item.status in {"unanswered", "partial"} and (path.stem, item.id) not in HUNG_UP | LOST:
            left.append(item)
    assert not left, [(item, capture.message(item.first_message).type_name) for item in left]
    assert set(owners) == set(range(1, len(capture) + 1))
    assert set(owners.values()) == {1}


def test_dumps_of_the_corpus(corpus: Path) -> None:
    found = load(corpus / "pcap" / "pyroute2-nl0.pcap").follower.conversations
    assert [(item.kind, item.status, item.errno) for item in found] == [
        ("dump", "ok", None), ("dump", "ok", None), ("dump", "ok", None), ("request", "ok", None), ("dump", "ok", None),
        ("request", "error", "EINVAL"),
    ]  # fmt: skip
    assert all(item.certain for item in found)
    for path in sorted((corpus / "pcap").glob("xtcp2-*.pcap")):
        for item in load(path).follower.conversations:
            assert item.kind in {"dump", "event"}
            whole = "single-packet" not in path.name
            assert item.status == ("ok" if whole else "partial"), (path, item)
