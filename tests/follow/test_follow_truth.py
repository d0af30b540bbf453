"""Real traffic against what the programs themselves knew: captures/conversations.pcapng and its .truth.json."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest

from nlsniff.reader import Capture, make_decoder
from tests.conftest import CAPTURES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.decode.message import Message
    from nlsniff.follow.conversation import Conversation

FILE = ROOT / "captures" / "conversations.pcapng"


def load(path: Path) -> Capture:
    capture = Capture(path, make_decoder())
    capture.follower.source = capture.message
    return capture.load()


@pytest.fixture(scope="module")
def capture() -> Capture:
    return load(FILE)


def frames_of(capture: Capture) -> dict[int, list[Message]]:
    frames: dict[int, list[Message]] = defaultdict(list)
    for message in capture:
        frames[message.frame].append(message)
    return frames


def digest(messages: list[Message]) -> str:
    first = messages[0]
    return hashlib.blake2b(first.data[first.start :], digest_size=8).hexdigest()


def is_answered_by(request: Message, answer: Message) -> bool:
    """By what the asking socket knows: the sequence number, and for an error the header inside it."""
    if answer.type != 2:
        return request.seq == answer.seq
    at = answer.start + 20
    return answer.data[at : at + 6] == request.data[request.start : request.start + 6] and request.seq == answer.seq


def test_every_answer_is_with_the_request_of_its_socket(capture: Capture) -> None:
    """The pairing agrees with the sockets', for all of their messages: precision and recall are 1."""
    by_digest: dict[str, list[list[Message]]] = defaultdict(list)
    for messages in frames_of(capture).values():
        by_digest[digest(messages)].append(messages)
    open_requests: dict[int, list[Message]] = defaultdict(list)
    checked = Counter[str]()
    for port, what, wanted in json.loads((FILE.parent / "conversations.truth.json").read_text()):
        if what == "told":
            continue  # a copy; which of them is whose, only the kernel knows
        messages = by_digest[wanted].pop(0)
        if messages[0].protocol == 2:
            checked["datagram"] += 1
        elif what == "sent":
            open_requests[port] += messages
        else:
            for message in messages:
                fitting = [request for request in open_requests[port] if is_answered_by(request, message)]
                assert fitting, f"nobody asked for message {message.number}"
                request = fitting[0]
                found = capture.conversation(message.number)
                assert found.id == request.conversation, f"message {message.number} answers {request.number}"
                assert found.request == request.number
                assert found.port == port
                checked["certain" if found.certain else "guessed"] += 1
                if message.type == 2:  # with one sequence number for all, the next error is the next request's
                    open_requests[port].remove(request)
    assert checked["certain"] > 1000
    assert checked["guessed"] <= 1  # the GET that says another port than its socket has
    assert checked["datagram"] == 1


def test_what_the_scene_shows(capture: Capture) -> None:
    found = list(capture.conversations)
    kinds = Counter((item.kind, item.status) for item in found)
    assert kinds["batch", "ok"] == 2
    assert kinds["batch", "error"] == 1
    assert kinds["dump", "interrupted"] == 1
    assert not kinds["request", "unanswered"]
    assert not kinds["request", "partial"]
    assert not kinds["event", "partial"]


def test_rejected_attributes_are_found_in_their_requests(capture: Capture) -> None:
    rejected = {}
    for item in capture.conversations:
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


def test_error_in_a_batch_belongs_to_the_message_that_is_wrong(capture: Capture) -> None:
    (wrong,) = [item for item in capture.conversations if item.kind == "batch" and item.errno]
    extack = wrong.extack
    assert extack is not None
    assert extack.request == (wrong.request or 0) + 2  # behind the begin and the chain that went well
    assert wrong.errno == "EEXIST"
    request = capture.message(extack.request)
    assert request.data[: request.end].endswith(b"two\0")


# `ip -6 mroute` gives up when the dump begins with routes that are not multicast; nobody reads on to the NLMSG_DONE.
HUNG_UP = {("route-more", 93)}


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_every_request_of_our_captures_is_paired(path: Path) -> None:
    """What the scenes recorded is whole, so nothing may be left over."""
    capture = load(path)
    owners = Counter[int]()
    left: list[Conversation] = []
    for item in capture.conversations:
        owners.update(item.messages)
        if item.status in {"unanswered", "partial"} and (path.stem, item.id) not in HUNG_UP:
            left.append(item)
    assert not left, [(item, capture.message(item.first_message).type_name) for item in left]
    assert set(owners) == set(range(1, len(capture) + 1))
    assert set(owners.values()) == {1}


def test_dumps_of_the_corpus(corpus: Path) -> None:
    found = load(corpus / "pcap" / "pyroute2-nl0.pcap").conversations
    assert [(item.kind, item.status, item.errno) for item in found] == [
        ("dump", "ok", None), ("dump", "ok", None), ("dump", "ok", None), ("request", "ok", None), ("dump", "ok", None),
        ("request", "error", "EINVAL"),
    ]  # fmt: skip
    assert all(item.certain for item in found)
    for path in sorted((corpus / "pcap").glob("xtcp2-*.pcap")):
        for item in load(path).conversations:
            assert item.kind in {"dump", "event"}
            whole = "single-packet" not in path.name
            assert item.status == ("ok" if whole else "partial"), (path, item)
