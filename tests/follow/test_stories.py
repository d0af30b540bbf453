"""Stories of IPsec states and policies, from strongSwan's life and from `ip xfrm`.

The golden text in tests/follow/golden is written anew by NLSNIFF_UPDATE=1.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from functools import cache
from pathlib import Path

from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.stories.stories import tell
from nlsniff.stories.story import Story
from tests.conftest import ROOT
from tests.file.made import Record, datagram, pcap
from tests.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"
XFRM, ESP = 6, 50
SECOND = 10**9


def stories_of(path: Path) -> list[Story]:
    with IndexedCapture(str(path), make_decoder()) as capture:
        capture.load()
        return [story for story in tell(capture.follower, capture.message) if isinstance(story, Story)]


@cache
def recorded(name: str) -> list[Story]:
    return stories_of(ROOT / "captures" / f"{name}.pcapng")


def verbs(story: Story) -> list[str]:
    return [step.verb for step in story.steps]


def test_golden_text() -> None:
    with IndexedCapture(ROOT / "captures" / "strongswan.pcapng", make_decoder()) as capture:
        capture.load()
        stories = tell(capture.follower, capture.message)
    assert [story.id for story in stories] == list(range(1, len(stories) + 1))
    text = "\n\n".join("\n".join(story.lines()) for story in stories) + "\n"
    path = GOLDEN / "strongswan_stories.txt"
    check_golden(path, text)


def test_the_acquire_and_the_state_that_answered_it() -> None:
    stories = recorded("strongswan")
    (wanted,) = [story for story in stories if story.kind == "acquire"]
    assert wanted.answered is not None
    (state,) = [story for story in stories if story.id == wanted.answered]
    assert state.answers == wanted.id
    assert (state.kind, state.saddr, state.key.daddr) == ("state", "192.0.2.1", "192.0.2.2")
    assert verbs(state)[0] == "add"


def test_an_inbound_state_from_its_spi_to_its_end() -> None:
    first = next(story for story in recorded("strongswan") if story.kind == "state")
    assert verbs(first) == ["reserve", "complete", "delete"]
    assert first.end == "deleted"
    assert first.successor is not None
    assert first.steps[0].messages[0] < first.steps[1].messages[0]


def test_rekeying_and_reauthentication_make_a_chain() -> None:
    stories = recorded("strongswan")
    story = next(story for story in stories if story.answers is not None)
    chain = [story]
    while chain[-1].successor is not None:
        chain += [item for item in stories if item.id == chain[-1].successor]
        assert chain[-1].follows == chain[-2].id
    # The first, one by CREATE_CHILD_SA, one by reauthentication, and that one at its new address.
    assert len(chain) == 4
    assert {item.reqid for item in chain} == {story.reqid}
    assert chain[2].key.spi == chain[3].key.spi
    assert (chain[2].saddr, chain[3].saddr) == ("192.0.2.1", "192.0.2.7")


def test_limits() -> None:
    stories = [story for story in recorded("strongswan") if story.soft is not None]
    assert [verbs(story)[:4] for story in stories] == [["reserve", "complete", "expire", "expire"]] * 2
    renewed, lost = stories
    assert renewed.successor == lost.id
    assert {renewed.end, lost.end} == {"expired"}
    # charon deletes what the kernel has deleted already.
    assert lost.steps[-1].errno == "ESRCH"


def test_policies_are_told_apart_by_direction() -> None:
    policies = [story for story in recorded("strongswan") if story.kind == "policy"]
    assert [story.key.proto for story in policies[:3]] == ["in", "fwd", "out"]
    assert all(verbs(story)[0] == "add" and story.end == "deleted" for story in policies)


def test_what_was_asked_and_what_was_told_is_one_step() -> None:
    story = next(story for story in recorded("xfrm") if story.key.spi == 0x1000)
    assert verbs(story) == ["reserve", "complete", "flush"]
    # The request, what the listener heard of it, and the ACK.
    assert len(story.steps[1].messages) == 3
    assert list(story.steps[1].messages) == sorted(story.steps[1].messages)
    assert story.end == "flushed"


def test_what_was_refused_never_was() -> None:
    refused = [story for story in recorded("xfrm") if story.end == "refused"]
    assert refused
    assert all(step.errno for story in refused for step in story.steps)
    # Adding what is there fails, and the state lives on.
    story = next(story for story in recorded("xfrm") if story.key.spi == 0x207)
    assert [step.errno for step in story.steps if step.errno] == ["EEXIST"]
    assert story.end == "flushed"


def test_flush_of_one_protocol_ends_only_its_states() -> None:
    stories = [story for story in recorded("xfrm") if story.kind == "state" and story.end == "flushed"]
    flushes = {(story.key.proto == "ah", story.steps[-1].messages[0]) for story in stories}
    assert len(flushes) == 2


def test_a_policy_may_be_asked_for_by_its_index() -> None:
    story = next(story for story in recorded("xfrm-options") if story.kind == "policy" and story.key.proto == "fwd")
    assert story.queries == 1
    assert verbs(story) == ["add", "delete"]


def test_counters_that_the_kernel_tells_unasked() -> None:
    # Its sequence number and port id are garbage, which must not make it an answer to anybody.
    story = next(story for story in recorded("xfrm-options") if story.key.spi == 0x250)
    assert verbs(story) == ["add", "count", "delete"]
    told = story.steps[1]
    assert len(told.messages) == 1
    assert told.text.startswith("counters told by NEWAE (ce): oseq 0x00000001")


def test_every_message_of_a_step_is_in_its_conversations() -> None:
    for name in ("strongswan", "xfrm", "xfrm-options"):
        stories = recorded(name)
        assert [story.id for story in stories] == sorted({story.id for story in stories})
        for story in stories:
            assert story.steps or story.queries
            times = [step.time_ns for step in story.steps]
            assert times == sorted(times)


def expire(spi: int, *, hard: bool, seconds: int) -> Record:
    """An EXPIRE of a state that nothing else is known of; layout in linux/xfrm.h."""
    address = bytes([192, 0, 2, 2]).ljust(16, b"\0")
    selector = bytes(56)
    body = selector + address + struct.pack(">I", spi) + struct.pack("=B3x", ESP) + address
    body += bytes(64 + 32 + 12 + 4 + 4) + struct.pack("=HBBB7x", 2, 0, 0, 0) + struct.pack("=B7x", hard)
    message = struct.pack("=IHHII", 16 + len(body), 0x18, 0, 0, 0) + body
    return Record(1_795_282_243 * SECOND + seconds * SECOND, datagram(message, protocol=XFRM))


def test_a_capture_that_begins_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "middle.pcap"
    path.write_bytes(pcap([expire(7, hard=False, seconds=0), expire(8, hard=False, seconds=1),
                           expire(7, hard=True, seconds=2)]))  # fmt: skip
    first, second = stories_of(path)
    assert first.before
    assert second.before
    assert (first.end, second.end) == ("expired", "")
    assert verbs(first) == ["expire", "expire"]
    assert list(second.lines())[-1].strip() == "is there at the end of the capture"


def test_a_masked_header_begins_no_story(tmp_path: Path) -> None:
    # Bytes are missing, so that what follows the header is no attribute; see nlsniff/decode/classify.py.
    path = tmp_path / "damaged.pcap"
    sizes = {0x10: 224, 0x13: 168, 0x17: 280, 0x1C: 8, 0x1F: 64}  # states and policies: added, wanted, flushed, counted
    damaged = [
        struct.pack("=IHHII", 12 + size + 64, type_, 5, 1, 7) + bytes(size - 4) + b"\xff" * 64
        for type_, size in sizes.items()
    ]
    path.write_bytes(pcap([Record(at, datagram(message, protocol=XFRM)) for at, message in enumerate(damaged)]))
    assert stories_of(path) == []


def test_command() -> None:
    path = str(ROOT / "captures" / "strongswan.pcapng")
    command = [sys.executable, "-m", "nlsniff", "follow", path, "--stories"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0
    assert done.stdout == (GOLDEN / "strongswan_stories.txt").read_text()
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False, cwd=ROOT)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == list(range(1, len(rows) + 1))
    assert {row["kind"] for row in rows} == {"state", "policy", "acquire", "address", "route", "rule"}
    done = subprocess.run([*command, "--all"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert "--stories" in done.stderr
