"""From captures to transcripts: what they say, who said it first, and what is left out."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nlsniff.reader import IndexedCapture
from nlsniff.regress.build import Builder
from nlsniff.regress.comparison import compare
from nlsniff.regress.kinds import kind_of
from nlsniff.regress.model import Dump, Lane, Outcome, Placeholder, SaidStep
from nlsniff.regress.write import text_of
from tests.conftest import ROOT
from tests.golden import check_golden
from tests.regress.changes import Recording, decoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.regress.model import Level, SaidMessage, Transcript

GOLDEN = Path(__file__).with_name("golden")
CAPTURES = ROOT / "captures"


def transcript(capture: IndexedCapture | str, level: Level = "objects", *, news: bool = False) -> Transcript:
    """The transcript of a capture, or of a shipped one by its name."""
    if isinstance(capture, str):
        capture = IndexedCapture(str(next(CAPTURES.glob(f"{capture}.pcapng*"))), decoder()).load()
    return Builder(capture, level, news=news).build()


def messages(made: Transcript) -> Iterator[SaidMessage]:
    """Everything that was said in it."""
    for part in (part for lane in made.lanes for block in lane.blocks for part in block.parts):
        if isinstance(part, SaidStep):
            yield part.message
        elif isinstance(part, Dump):
            yield from part.entries


def values(made: Transcript, name: str) -> list[str | Placeholder | None]:
    """The values of all items whose path ends with a name."""
    found: list[str | Placeholder | None] = []
    for message in messages(made):
        for item in (*message.identity, *message.items):
            found += [leaf.value for path, leaf in item.leaves() if path == name or path.endswith(f".{name}")]
    return found


@pytest.mark.parametrize(
    ("name", "level", "news"),
    [("rejected", "objects", False), ("first-route", "full", False), ("events", "objects", True),
     ("wireguard", "objects", False), ("basics", "outcome", False)],
)  # fmt: skip
def test_golden_transcripts(name: str, level: Level, news: bool) -> None:
    check_golden(GOLDEN / f"{name}.nlt", text_of(transcript(name, level, news=news)))


def test_what_two_recordings_differed_in_is_not_in_it() -> None:
    made = transcript("xfrm", "full")
    assert values(made, "hinfo.sadhmcnt")  # the most buckets that there may be
    assert values(made, "hinfo.sadhcnt") == values(made, "hinfo.spdhcnt") == []  # how many there are by now
    made = transcript("nl80211", "full")
    assert values(made, "bss.information-elements")
    assert values(made, "bss.beacon-ies") == []  # which count down
    switches = values(transcript("ethtool", "full"), "phys-switch-id")
    assert set(switches) == {Placeholder("switch", "1")}


def test_the_recorder_is_not_in_it() -> None:
    for path in sorted(CAPTURES.glob("*.pcapng")):
        text = text_of(transcript(path.name.removesuffix(".pcapng")))
        # `nft list hooks` asks of every link by its name.
        found = re.search(r"(?<! dev: )nlmon\d\d|CTRL_CMD_GETFAMILY dump\n    genl-version: 2\n", text)
        assert found is None, path.name


def test_interface_indexes_may_differ() -> None:
    recording = Recording(CAPTURES / "basics.pcapng")
    usual = transcript(recording.capture, "full")
    moved = recording.rewritten(lambda _, node: _plus(node, 100) if _kind(node) == "if" else None)
    assert transcript(moved, "full") == usual


def test_an_index_in_one_message_alone_may_not() -> None:
    recording = Recording(CAPTURES / "basics.pcapng")
    usual = transcript(recording.capture, "full")
    asked = next(
        message
        for message in map(recording.capture.message, range(1, len(recording.capture) + 1))
        if message.type_name == "RTM_NEWADDR" and message.direction == "to-kernel"
    )
    moved = recording.rewritten(
        lambda message, node: _plus(node, 100) if message.number == asked.number and _kind(node) == "if" else None
    )
    assert transcript(moved, "full") != usual


def test_neighbours_that_go_together_have_no_order() -> None:
    recording = Recording(CAPTURES / "bridge-life.pcapng")
    pairs = itertools.pairwise(map(recording.capture.message, range(1, len(recording.capture) + 1)))
    one, two = next(pair for pair in pairs if all(map(_is_unordered, pair)))
    usual = transcript(recording.capture)
    assert transcript(recording.swapped(one, two)) == usual
    assert compare(usual, transcript(recording.without(one)))


def _is_unordered(message: NetlinkMessage) -> bool:
    return message.layout.form is not None and message.layout.form.unordered


def test_what_programs_say_on_a_protocol_of_their_own() -> None:
    recording = Recording(CAPTURES / "basics.pcapng")
    usual = transcript(recording.capture)
    said = [message for message in messages(usual) if message.type.startswith("NLMSG_")]  # below 16, and theirs
    greetings = [bytes.fromhex(str(item.value)) for message in said for item in message.items]
    assert greetings == [b"Hello!\0", b"Hello you!\0", b"Good morning everybody!\0"]
    last = recording.capture.message(said[-1].number)
    for more in (recording.doubled(last), recording.without(last)):  # for three listeners and one, instead of two
        assert not compare(usual, transcript(more))
    first = recording.capture.message(said[0].number)
    assert compare(usual, transcript(recording.flipped(first, first.body, 1)))


def test_an_spi_of_the_kernel_and_one_of_the_program() -> None:
    spis = values(transcript("xfrm"), "spi")
    assert Placeholder("spi", "1") in spis
    assert any(isinstance(spi, str) and spi.startswith("0x") for spi in spis)


def test_a_mac_address_of_the_kernel_and_one_of_the_program() -> None:
    recording = Recording(CAPTURES / "basics.pcapng")
    usual = transcript(recording.capture)
    assert {Placeholder("mac", "veth0"), Placeholder("mac", "veth1")} <= set(values(usual, "address"))
    said = transcript("rules-neighbours")
    assert "02:00:00:00:00:50" in values(said, "lladdr")


def test_a_dump_that_is_asked_for_again_is_there_once() -> None:
    recording = Recording(CAPTURES / "route-dump.pcapng")
    capture = recording.capture
    dumps = [view for view in capture.follower.conversations if view.kind == "dump" and view.parts]
    assert dumps
    before = transcript(capture, "full")
    interrupted = recording.rewritten(lambda message, node: _with_flag(message, node, dumps[-1].id))
    after = transcript(interrupted, "full")
    assert [part.interrupted for part in _dumps(after)].count(True) == 1
    assert len(_dumps(after)) == len(_dumps(before))


def test_a_key_is_known_again_and_not_shown() -> None:
    made = transcript("secrets")
    keys = [value for value in values(made, "alg-key") if isinstance(value, Placeholder)]
    assert keys
    assert {key.kind.partition("-")[0] for key in keys} == {"key"}


def test_what_a_program_left_in_its_padding_may_differ_but_not_that_it_did() -> None:
    recording = Recording(CAPTURES / "ruleset-life.pcapng")
    message = next(found for found in recording.capture if found.type_name == "NFT_MSG_GETOBJ_RESET")
    padding = next(node for node in message.root.children if node.name == "padding" and node.raw)
    before = transcript(recording.capture, "full")
    other = recording.replaced(message, padding.start, bytes(byte ^ 0x80 for byte in padding.raw or b""))
    assert not compare(before, transcript(other, "full"))
    clear = recording.replaced(message, padding.start, bytes(padding.end - padding.start))
    assert [found.how for found in compare(before, transcript(clear, "full")).differences] == ["gone"]


def test_an_answer_of_the_kernel_names_the_rejected_attribute() -> None:
    outcomes = [
        part for lane in transcript("rejected").lanes for block in lane.blocks for part in block.parts
        if isinstance(part, Outcome) and part.errno
    ]  # fmt: skip
    assert ("EINVAL", "linkinfo.data.port-range", "Invalid source port range") in [
        (outcome.errno, outcome.at, outcome.words) for outcome in outcomes
    ]


def test_one_socket_is_one_lane() -> None:
    lanes = transcript("zebra", "outcome").lanes
    zebra = [lane for lane in lanes if lane.name == "zebra"]
    assert zebra
    assert max(len(lane.blocks) for lane in lanes) > 1000
    assert all(isinstance(lane, Lane) and lane.blocks for lane in lanes)


def _dumps(made: Transcript) -> list[Dump]:
    return [part for lane in made.lanes for block in lane.blocks for part in block.parts if isinstance(part, Dump)]


def _kind(node: Node) -> str:
    return kind_of(node.spec) if node.spec is not None else ""


def _plus(node: Node, more: int) -> bytes | None:
    if not isinstance(node.raw, int) or node.raw <= 0:
        return None
    return (node.raw + more).to_bytes(node.end - node.payload, "little")


def _with_flag(message: NetlinkMessage, node: Node, conversation: int) -> bytes | None:
    """NLM_F_DUMP_INTR in the answers of a dump."""
    if message.conversation != conversation or message.direction == "to-kernel" or node.name != "flags":
        return None
    if node.start != message.start + 6:
        return None
    return (message.flags | 0x10).to_bytes(2, "little")
