"""Messages that are no attribute chains: uevents, audit, the connector, as a kernel 7.2 and its programs sent them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.decode.decoder import Decoder
from nlsniff.filter.compile import compile_filter
from nlsniff.output.json import body, message_object
from nlsniff.output.text import line, tree
from nlsniff.reader import IndexedCapture, Stream
from nlsniff.redact.redact import redact
from tests.conftest import ROOT
from tests.support import REGISTRY, check_tree, messages_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage

AUDIT, CONNECTOR, UEVENT = 9, 11, 15
EVENTS = ROOT / "captures" / "host-events.pcapng"


@pytest.fixture(scope="module")
def capture() -> Iterator[IndexedCapture]:
    with IndexedCapture(EVENTS, Decoder(REGISTRY)).load() as found:
        yield found


def one(data: bytes, protocol: int) -> NetlinkMessage:
    (message,) = messages_of(data, protocol)
    check_tree(message)
    return message


def chosen(capture: IndexedCapture, text: str) -> list[NetlinkMessage]:
    found = compile_filter(text, REGISTRY)
    return [message for message in capture if found.matches(message, capture.conversation(message.number))]


def test_every_byte_of_the_recording_is_named(capture: IndexedCapture) -> None:
    seen = set()
    for message in capture:
        check_tree(message)
        assert (message.counts.unknown, message.problems) == (0, []), line(message, 0)
        seen.add((message.protocol, message.type_name))
    assert {name for protocol, name in seen if protocol == UEVENT} == {"UEVENT", "UDEV"}
    assert len([name for protocol, name in seen if protocol == AUDIT]) > 25
    assert len([name for protocol, name in seen if protocol == CONNECTOR]) >= 10


# ---- uevents -----------------------------------------------------------------------------------------------------

MOVE = (
    b"move@/devices/virtual/net/other0\0ACTION=move\0DEVPATH=/devices/virtual/net/other0\0SUBSYSTEM=net\0"
    b"DEVPATH_OLD=/devices/virtual/net/dummy0\0INTERFACE=other0\0IFINDEX=2\0SEQNUM=772\0"
)


def test_a_uevent_is_one_message_without_a_header() -> None:
    message = one(MOVE, UEVENT)
    found = message_object(message)
    assert (found["type"], found["direction"]) == ("UEVENT", "to-user")
    assert [found[key] for key in ("type_value", "flags", "seq", "port", "length")] == [0, [], 0, 0, len(MOVE)]
    assert found["summary"] == "move /devices/virtual/net/other0 (net) was /devices/virtual/net/dummy0"
    assert found["body"] == {
        "verb": "move", "path": "/devices/virtual/net/other0", "action": "move",
        "devpath": "/devices/virtual/net/other0", "subsystem": "net", "devpath-old": "/devices/virtual/net/dummy0",
        "interface": "other0", "ifindex": 2, "seqnum": 772,
    }  # fmt: skip
    assert found["bytes"] == {"total": len(MOVE), "named": len(MOVE) - 1, "padding": 1, "unknown": 0}
    assert "nlmsghdr:" not in "\n".join(tree(message))


@pytest.mark.parametrize("data", [b"a", b"add@/x", b"add@/x\0", b"\x10\0\0\0" + bytes(12), MOVE[:20]])
def test_a_short_or_odd_uevent_is_still_one(data: bytes) -> None:
    message = one(data, UEVENT)
    assert (message.type_name, message.broken, message.counts.total) == ("UEVENT", False, len(data))


def test_what_udev_says(capture: IndexedCapture) -> None:
    (message,) = chosen(capture, "type == UDEV and uevent.action == add and uevent.INTERFACE == dummy0")
    found = body(message.root)
    assert [found[key] for key in ("prefix", "magic", "header-size", "properties-off", "systemd-alias")] == [
        "libudev", 0xFEEDCAFE, 40, 40, "/sys/subsystem/net/devices/dummy0",
    ]  # fmt: skip
    # The hash that udev's own listeners filter by, of the word `net` (MurmurHash2, in network order).
    assert found["filter-subsystem-hash"] == 0xA74D3CC8


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("uevent", 16),
        ("uevent.SUBSYSTEM == net", 6),
        ('uevent.subsystem == "net" and uevent.action == remove', 2),
        ("uevent.devpath-old", 2),
        ("uevent.DEVPATH_OLD contains dummy0", 2),
        ("uevent.ifindex == 2", 6),
        ("uevent.systemd_alias", 3),  # which no dissector lists
        ("audit.syscall == 257", 1),
        ("audit.key == 'my shadow' and type == AUDIT_SYSCALL", 1),
        ("audit.msg.acct == nobody", 6),
        ("audit.auid == 4294967295 and audit.op == add_rule", 2),
        ("audit.serial == 4", 4),
        ("audit.fields == arch", 5),
        ("connector.what == coredump", 1),
        ("type == PROC_EVENT_COMM and connector.event-data.comm matches udev", 3),
        ("connector and errno", 0),
        ("audit and errno == EINVAL", 2),
    ],
)
def test_filters_by_what_messages_name_themselves(capture: IndexedCapture, text: str, count: int) -> None:
    assert len(chosen(capture, text)) == count


# ---- audit -------------------------------------------------------------------------------------------------------


def test_an_audit_record(capture: IndexedCapture) -> None:
    (message,) = chosen(capture, "audit.syscall == 257")
    found = body(message.root)
    assert (found["arch"], found["exit"], found["a2"], found["comm"]) == ("x86-64", 3, 0x941, "touch")
    assert (found["key"], found["exe"], found["tty"]) == ("my shadow", "/usr/bin/touch", "(none)")
    text = {node.name: node.text for node in message.root.walk()}
    assert (text["auid"], text["seconds"][:4]) == ("unset", "2026")


def test_the_record_that_auditd_gets_is_read_to_its_end() -> None:
    text = b"audit(1795310171.545:4): cwd=/tmp/where"
    message = one(struct.pack("<IHHII", len(text), 1307, 0, 0, 0) + text, AUDIT)
    assert (message.length, message.end - message.start, message.broken) == (39, 55, False)
    assert body(message.root)["cwd"] == "/tmp/where"  # noqa: S108  nothing is written there
    assert [(item.severity, item.text) for node in message.root.walk() for item in node.problems] == [
        ("note", "nlmsg_len says 39 bytes, without its own header: the kernel writes it so to auditd")
    ]
    assert one(struct.pack("<IHHII", len(text) + 16, 1307, 0, 0, 0) + text, AUDIT).counts == message.counts


def test_the_arguments_of_a_program_may_be_written_in_hex() -> None:
    """What has a name is one, whatever the name; words without a name are none."""
    text = b'audit(1795310171.545:4): "4142" argc=3 a0="ls" a1=2D6C a2=/tmp'
    message = one(struct.pack("<IHHII", len(text) + 16, 1309, 0, 0, 0) + text, AUDIT)
    found = body(message.root)
    assert [found[name] for name in ("text", "argc", "a0", "a1", "a2")] == ["4142", 3, "ls", "-l", "/tmp"]  # noqa: S108


def test_an_audit_rule(capture: IndexedCapture) -> None:
    rule = chosen(capture, "type == AUDIT_ADD_RULE")[1]
    found = body(rule.root)
    assert found["flags"] == {"list": "exit", "prepend": 0}
    assert (found["action"], found["field-count"], len(found["mask"])) == ("always", 5, 64)
    assert found["fields"] == ["arch", "loginuid", "loginuid", "success", "filterkey"]
    assert found["fieldflags"] == ["equal", "greater-than-or-equal", "not-equal", "equal", "equal"]
    assert found["values"] == [0xC000003E, 1000, 0xFFFFFFFF, 1, 6]
    assert found["buf"] == ["remove"]
    assert rule.root.get("mask").text == "263,316 of 2048"  # type: ignore[union-attr]  # unlinkat and renameat2
    assert rule.counts.unknown == 0


def test_auditctl_asks_and_is_told(capture: IndexedCapture) -> None:
    (question, *_) = chosen(capture, "type == AUDIT_GET and direction == to-kernel")
    asked = capture.conversation(question.number)
    assert (asked.kind, asked.status, len(asked.messages)) == ("request", "ok", 3)
    (listing, *_) = chosen(capture, "type == AUDIT_LIST_RULES and direction == to-kernel")
    listed = capture.conversation(listing.number)
    assert (listed.kind, listed.status, listed.parts) == ("dump", "ok", 2)
    for message in chosen(capture, "uevent or connector"):
        assert capture.conversation(message.number).kind == "event"


def test_what_was_typed_is_a_secret(capture: IndexedCapture) -> None:
    for message in capture:
        printed = str(message_object(message)) + "\n".join(tree(message))
        assert "sesame" not in printed
        assert b"sesame".hex() not in printed.lower()
    with IndexedCapture(EVENTS, Decoder(REGISTRY, show_secrets=True)).load() as shown:
        told = [message.get("data") for message in shown if message.protocol == AUDIT and message.get("data")]
    assert told == ["ls -l\n", "open sesame\n", "open sesame", "open sesame"]


# ---- connector ---------------------------------------------------------------------------------------------------


def cn(idx: int, val: int, data: bytes) -> bytes:
    body_ = struct.pack("<IIIIHH", idx, val, 5, 0, len(data), 0) + data
    return struct.pack("<IHHII", 16 + len(body_), 3, 0, 5, 0) + body_


def test_the_process_connector_has_types_of_its_own(capture: IndexedCapture) -> None:
    (dumped,) = chosen(capture, "type == PROC_EVENT_COREDUMP")
    assert dumped.type == 3
    (ended,) = (
        message
        for message in chosen(capture, "type == PROC_EVENT_EXIT")
        if message.get("event-data.process-tgid") == dumped.get("event-data.process-tgid")
    )
    assert ended.get("event-data.exit-code") == {"signal": 11, "core-dumped": 0, "status": 0}


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (struct.pack("<I", 1), "PROC_CN_MCAST_LISTEN", {"mcast-op": "listen"}),
        (struct.pack("<II", 1, 0x80000003), "PROC_CN_MCAST_LISTEN", {"event-type": ["fork", "exec", "exit"]}),
        (struct.pack("<I", 2), "PROC_CN_MCAST_IGNORE", {"mcast-op": "ignore"}),
    ],
)
def test_who_listens_to_the_process_connector(data: bytes, name: str, found: dict[str, object]) -> None:
    message = one(cn(1, 1, data), CONNECTOR)
    assert message.type_name == name
    assert body(message.root).items() >= found.items()
    assert message.counts.unknown == 0


@pytest.mark.parametrize(("idx", "name"), [(3, "CN_W1_IDX"), (7, "CN_IDX_DM"), (9, "CN_KVP_IDX"), (99, "NLMSG_DONE")])
def test_other_drivers_are_named_and_their_words_kept(idx: int, name: str) -> None:
    message = one(cn(idx, 1, b"\1\2\3"), CONNECTOR)
    assert (message.type_name, message.get("data"), message.counts.unknown) == (name, "010203", 0)


# ---- any bytes ---------------------------------------------------------------------------------------------------

RECORDS = [
    (protocol, data)
    for protocol, data in (
        (UEVENT, MOVE),
        (UEVENT, b"libudev\0\xfe\xed\xca\xfe" + struct.pack("<III", 40, 40, 14) + bytes(16) + b"ACTION=add\0A=\0"),
        (AUDIT, b'audit(1795310171.545:4): arch=c000003e key=6D7920 comm="a b" msg=\'op=x acct="y" res=1\''),
        (CONNECTOR, cn(1, 1, struct.pack("<IIQIIII8x", 1, 0, 5, 1, 2, 3, 4))[16:]),
    )
]


@given(
    st.sampled_from(RECORDS),
    st.sampled_from([3, 1000, 1005, 1011, 1013, 1124, 1300, 1309, 1319, 1329]),
    st.lists(st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=6)), max_size=6),
    st.integers(0, 200),
    st.booleans(),
)
def test_changed_and_cut_messages_never_raise(
    record: tuple[int, bytes], type_: int, changes: list[tuple[int, bytes]], cut: int, asked: bool
) -> None:
    protocol, text = record
    data = bytearray(text)
    for at, new in changes:
        data[at : at + len(new)] = new
    payload = bytes(data[: len(data) - cut] if cut < len(data) else data)
    if protocol != UEVENT:
        type_ = type_ if protocol == AUDIT else 3
        payload = struct.pack("<IHHII", 16 + len(payload), type_, int(asked), 1, 2) + payload
    for message in messages_of(payload, protocol):
        check_tree(message)
        assert message.summary is not None
        message_object(message)
        tree(message)


TYPED = b'audit(1795310171.545:4): tty pid=1 uid=0 auid=0 ses=1 major=136 minor=0 comm="sh" data=6F70656E2073'


@given(st.integers(0, len(TYPED)), st.sampled_from([b"", b"\0", b" ", b"x", b"=", b'"', b"'"]), st.integers(0, 90))
def test_damage_shows_nothing_of_what_was_typed(cut: int, new: bytes, at: int) -> None:
    text = TYPED[:at] + new + TYPED[at + len(new) :]
    text = text[: max(cut, at + 1)]
    message = one(struct.pack("<IHHII", 16 + len(text), 1319, 0, 0, 0) + text, AUDIT)
    printed = str(message_object(message)) + "\n".join(tree(message)) + line(message, 0)
    assert "70656E" not in printed
    assert "pen s" not in printed


def test_what_was_typed_is_overwritten_by_redact(tmp_path: Path) -> None:
    target = tmp_path / "out.pcapng"
    result = redact(str(EVENTS), target, Decoder(REGISTRY), lambda source: Stream(source, Decoder(REGISTRY)))
    assert (result.secrets, result.copies, dict(result.unread)) == (4, 0, {})
    assert b"sesame" not in target.read_bytes()
    assert b"sesame".hex().upper().encode() not in target.read_bytes()
