"""`nlsniff.Capture` and `nlsniff.stream`: messages by number and by filter, conversations, values."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import nlsniff
from nlsniff.cli.follow import command as follow
from nlsniff.cli.show import command as show
from nlsniff.output.json import message_object
from nlsniff.reader import IndexedCapture, make_decoder
from tests.cli.invoke import invoke
from tests.conftest import CAPTURES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

FIRST = ROOT / "captures" / "first-route.pcapng"
REJECTED = ROOT / "captures" / "rejected.pcapng"
SECRETS = ROOT / "captures" / "secrets.pcapng"
WIREGUARD = ROOT / "captures" / "wireguard.pcapng"
# Attributes that are called as in JSON, and have the same values.
SAME = (
    "frame", "time", "time_ns", "direction", "protocol", "family", "type", "type_value", "flags", "seq", "port",
    "length", "summary", "body",
)  # fmt: skip
SAME_OF_CONVERSATIONS = (
    "id", "kind", "protocol", "family", "status", "errno", "meaning", "parts", "frames", "bytes", "start", "start_ns",
    "latency", "duration", "certain", "process", "port", "seq", "copies", "interrupted", "filtered",
)  # fmt: skip


def test_messages_count_from_one() -> None:
    with nlsniff.Capture(FIRST) as capture:
        numbers = range(1, len(capture) + 1)
        assert len(numbers) == 31
        assert [message.number for message in capture] == list(numbers)
        assert [message.number for message in reversed(capture)] == list(reversed(numbers))
        assert capture[22].summary == "198.51.100.0/24 via 192.0.2.254 dev veth0"
        assert (capture[-1].number, capture[-31].number) == (31, 1)
        assert [message.number for message in capture[22:25]] == [22, 23, 24]
        assert [message.number for message in capture[:3]] == [1, 2]
        assert [message.number for message in capture[-2:]] == [30, 31]
        assert capture[22] == capture[22] != capture[23]
        assert len({capture[22], capture[22], capture[23]}) == 2


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_names_and_values_are_those_of_the_json_contract(path: Path) -> None:
    with IndexedCapture(path, make_decoder()).load() as indexed, nlsniff.Capture(path) as capture:
        assert len(indexed) == len(capture)
        for message in capture[1 :: len(capture) // 50 + 1]:
            inner = indexed.message(message.number)
            found = message.to_dict()
            assert found == message_object(inner)
            for name in SAME:
                assert getattr(message, name) == found[name], name
            assert (message.number, message.conversation_id) == (found["message"], found["conversation"])
            assert message.comment == found.get("comment", "")
            assert message.counts._asdict() == found["bytes"]
            assert len(message.data) == len(bytes(message)) == message.counts.total
            assert [item._asdict() for item in message.problems] == found["problems"]
            assert [item._asdict() for item in message.notes] == found.get("notes", [])
            assert (message.root.start, message.root.end) == (0, len(message.data))
            for name, value in found["body"].items():
                twice = [part for part in message.root.parts() if part.name == name and part.spec and not part.repeats]
                assert message.get(name) == (value[-1] if len(twice) > 1 else value), name


def test_every_key_of_the_contract_is_an_attribute() -> None:
    keys = set(json.loads(invoke(show, ["--json", str(FIRST)]).stdout.splitlines()[0]))
    assert keys - set(SAME) == {"message", "conversation", "bytes", "problems", "genl", "comment"}
    keys = set(json.loads(invoke(follow, [str(FIRST), "--all", "--json"]).stdout.splitlines()[0]))
    assert keys - set(SAME_OF_CONVERSATIONS) == {"request", "messages", "extack", "cause", "effects"}


@pytest.mark.parametrize(
    "text",
    [
        "route.dst == 198.51.100.0/24",
        "type == RTM_NEWROUTE",
        "status == error",
        "errno and time > 0.07s",
        "flags.create",
    ],
)
def test_a_filter_is_that_of_the_command(text: str) -> None:
    numbers = [
        json.loads(line)["message"] for line in invoke(show, ["--json", "-Y", text, str(FIRST)]).stdout.splitlines()
    ]
    assert numbers
    with nlsniff.Capture(FIRST) as capture:
        assert [message.number for message in capture.messages(text)] == numbers
        assert [message.number for message in capture.messages(filter=text)] == numbers
    assert [message.number for message in nlsniff.stream(FIRST, filter=text)] == numbers


def test_a_stream_knows_ids_but_keeps_no_conversations() -> None:
    with nlsniff.Capture(FIRST) as capture, FIRST.open("rb") as file:
        ids = [message.conversation_id for message in capture]
        assert [message.conversation_id for message in nlsniff.stream(file)] == ids
        assert next(iter(nlsniff.stream(FIRST))).conversation is None


def test_conversations_hold_objects() -> None:
    with nlsniff.Capture(REJECTED) as capture:
        said = [json.loads(line) for line in invoke(follow, [str(REJECTED), "--all", "--json"]).stdout.splitlines()]
        assert len(capture.conversations) == len(said) > 8
        for conversation, found in zip(capture.conversations, said, strict=True):
            assert conversation.to_dict() == found
            assert conversation == capture.conversation(found["id"])
            for name in SAME_OF_CONVERSATIONS:
                assert getattr(conversation, name) == found[name], name
            assert [message.number for message in conversation.messages] == found["messages"]
            assert list(conversation) == conversation.messages
            assert len(conversation) == len(found["messages"])
            assert (conversation.request.number if conversation.request else None) == found["request"]
            assert (conversation.extack.to_json() if conversation.extack else None) == found["extack"]
            assert (conversation.cause.id if conversation.cause else None) == found["cause"]
            assert [one.id for one in conversation.effects] == found["effects"]
            for message in conversation:
                assert message.conversation == conversation


def test_conversations_name_their_cause_and_effects() -> None:
    with nlsniff.Capture(ROOT / "captures" / "events.pcapng") as capture:
        event = next(one for one in capture.conversations if one.cause is not None)
        assert event.cause is not None
        assert event in event.cause.effects
        assert {event.cause, event, capture.conversation(event.id)} == {event.cause, event}


def test_values_in_either_spelling() -> None:
    with nlsniff.Capture(FIRST) as capture:
        route, ack = capture[22], capture[23]
        for path in ("dst", "DST", "route.dst", "Route.Dst"):
            assert route.get(path) == "198.51.100.0"
        for path in ("rtm-table", "rtm_table", "route.rtm-table", "route.rtm_table"):
            assert route.get(path) == "main"
        assert route.get("nlmsghdr.flags") == route.root.get("nlmsghdr.flags").value  # type: ignore[union-attr]
        assert (route.get("oif"), route.get("oif-name"), route.get("oif_name")) == (3, "veth0", "veth0")
        assert (ack.get("error"), ack.get("request.nlmsghdr.type"), route.get("error")) == (0, 24, None)


@pytest.mark.parametrize(
    ("name", "number", "path", "value"),
    [
        ("rejected", 31, "extack.msg", "Invalid source port range"),
        ("rejected", 30, "linkinfo.data.port_range", {"low": 500, "high": 400}),
        ("rejected", 30, "link.linkinfo.data.port-range.low", 500),
    ],
)
def test_nested_values(name: str, number: int, path: str, value: object) -> None:
    with nlsniff.Capture(ROOT / "captures" / f"{name}.pcapng") as capture:
        assert capture[number].get(path) == value


def test_what_comes_several_times_is_a_list() -> None:
    with nlsniff.Capture(ROOT / "captures" / "route-more.pcapng") as capture:
        hops = [message for message in capture if message.get("multipath.gateway")]
        assert hops
        for message in hops:
            value = message.get("multipath")
            assert isinstance(value, list)
            assert message.get("multipath.gateway") == [hop["gateway"] for hop in value]
            assert message.get("route.multipath.rtnh_hops") == [hop["rtnh-hops"] for hop in value]


def test_what_a_message_lacks_gives_the_default() -> None:
    with nlsniff.Capture(FIRST) as capture:
        route = capture[22]
        assert route.get("metrics.mtu") is None
        assert route.get("metrics.mtu", 1500) == 1500
        assert route.get("link.ifname", "") == ""  # of another family
        assert route.get("ifname", "") == ""
        assert route.get("unknown-77", 0) == 0
        assert [message.get("dst", "-") for message in capture if message.protocol == "generic"]
    with nlsniff.Capture(ROOT / "captures" / "host-events.pcapng") as capture:
        uevent = next(message for message in capture if message.family is None and message.get("action"))
        assert uevent.get("whatever-it-may-say") is None  # such a message brings names of its own
        with pytest.raises(nlsniff.NlsniffError, match="no dissector knows a field 'whatever-it-may-say'"):
            next(message for message in nlsniff.stream(FIRST)).get("whatever-it-may-say")


def test_time_is_in_seconds() -> None:
    with nlsniff.Capture(FIRST) as capture:
        assert capture[22].time == capture[22].time_ns / 10**9
        assert capture[23].time - capture[22].time == pytest.approx(0.000021, abs=1e-6)


@pytest.mark.parametrize("path", [SECRETS, WIREGUARD, REJECTED], ids=lambda path: path.stem)
def test_keys_are_masked_unless_they_were_asked_for(path: Path) -> None:
    masked, shown = nlsniff.Capture(path), nlsniff.Capture(path, show_secrets=True)
    keys = [node.text for message in shown for node in message.root.walk() if node.secret and any(bytes(node.raw))]
    assert keys
    for capture, visible in ((masked, False), (shown, True)):
        said = [
            text
            for message in capture
            for text in (repr(message), str(message.to_dict()), str(message.body), repr(list(message.root.walk())))
        ]
        said += [str(one.to_dict()) + repr(one) for one in capture.conversations]
        assert any(key in text for key in keys if len(key) > 7 for text in said) is visible
    stream = "".join(str(message.to_dict()) for message in nlsniff.stream(path))
    assert not any(key in stream for key in keys if len(key) > 7)
    assert keys[0] in "".join(str(message.to_dict()) for message in nlsniff.stream(path, show_secrets=True))


def test_every_public_object_says_what_it_is() -> None:
    capture = nlsniff.Capture(REJECTED)
    found = [
        capture, capture[30], capture[31], capture[30].root, capture[30].conversation, capture.frame(3),
        capture.interfaces[0],
    ]  # fmt: skip
    assert [repr(item) for item in found] == [
        f"<Capture '{REJECTED}' 49 messages>",
        "<Message 30 RTM_NEWLINK vxlan0 kind vxlan id 42>",
        "<Message 31 NLMSG_ERROR EINVAL: Invalid source port range (for RTM_NEWLINK)>",
        "<Node RTM_NEWLINK [0:96] nest>",
        "<Conversation 8 request RTM_NEWLINK error EINVAL>",
        "<Frame 3 36 bytes>",
        "<Interface 0 nlmon714 netlink>",
    ]
    assert str(capture[30]) == repr(capture[30])
    capture.close()
    assert repr(capture) == f"<Capture '{REJECTED}' closed>"


def test_import_loads_nothing() -> None:
    code = "import sys, typing; before = set(sys.modules); import nlsniff; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "['__future__', 'nlsniff']"


def test_reading_loads_no_heavy_library() -> None:
    code = (
        "import sys, nlsniff\n"
        f"capture = nlsniff.Capture({str(FIRST)!r})\n"
        "print(len([message.to_dict() for message in capture.messages('type == RTM_NEWROUTE')]))\n"
        "heavy = {'textual', 'rich', 'dpkt', 'pyshark', 'yaml', 'backports', 'compression', 'asyncio', 'argparse'}\n"
        "heavy.add('subprocess')\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    for _ in range(2):  # the second time the dissectors are in the cache
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines() == ["4", "[]"]


def test_public_names() -> None:
    assert dir(nlsniff) == nlsniff.__all__ == [
        "Capture", "Conversation", "Delivery", "Extack", "FileProblem", "FilterError", "Frame", "Interface", "Message",
        "NlsniffError", "Node", "Problem", "live", "record", "stream", "write",
    ]  # fmt: skip
    for name in nlsniff.__all__:
        found = getattr(nlsniff, name)
        assert found.__name__ == name
        assert found.__doc__
        assert found is getattr(nlsniff, name)
    with pytest.raises(AttributeError, match="module 'nlsniff' has no attribute 'sniff'"):
        nlsniff.sniff  # type: ignore[attr-defined]  # noqa: B018


def test_what_a_batch_refuses_are_messages() -> None:
    with nlsniff.Capture(ROOT / "captures" / "conversations.pcapng") as capture:
        failed = [one for one in capture.conversations if one.kind == "batch" and one.status == "error"]
        assert failed
        for one in failed:
            assert [message.number for message in one.refused] == one.to_dict()["refused"]
            assert set(one.refused) < set(one.messages)
            assert one.refused
        assert all(one.refused == [] for one in capture.conversations if one not in failed)
