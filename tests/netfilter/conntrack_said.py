"""What conntrack printed beside a recording, and the messages that it was told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.wire.constants import NETLINK_NETFILTER, NLM_F_CREATE

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage

Flow = dict[str, Any]
NEW, GET, DELETE, COUNTS = 0x100, 0x101, 0x102, 0x104
EXPECTED = {0x200, 0x202}


class Said(NamedTuple):
    """A recording: questions and their dumps, lines and the events that they say."""

    questions: list[tuple[str, str, list[NetlinkMessage]]]
    events: list[tuple[str, NetlinkMessage]]
    expected: list[tuple[str, NetlinkMessage]]


def read_said(capture: Path) -> Said:
    """Read a capture, NAME.tool.txt and NAME.events.txt beside it."""
    sections = capture.with_suffix(".tool.txt").read_text().split("$ ")[1:]
    asked = [(command, printed) for command, _, printed in (section.partition("\n") for section in sections)]
    events, _, expected = capture.with_suffix(".events.txt").read_text().partition("--\n")
    dumps: list[list[NetlinkMessage]] = []
    told: list[NetlinkMessage] = []
    counted = 0
    with IndexedCapture(capture, make_decoder()) as read:
        read.load()
        for conversation in read.follower.conversations:
            if conversation.protocol_number != NETLINK_NETFILTER:
                continue
            first = read.message(conversation.first_message)
            if conversation.kind == "event" and first.type in {NEW, DELETE, *EXPECTED}:
                told.append(first)
            elif conversation.kind == "dump" and first.type == GET:
                parts = map(read.message, list(conversation.messages)[1:])
                dumps.append([part for part in parts if part.type == NEW])
            elif first.type == COUNTS:
                counted = counted or len(dumps)
    # The first three dumps are of the first three questions, and the last one before the counters of the last.
    chosen = [*dumps[: len(asked) - 1], dumps[counted - 1]]
    return Said(
        [(command, printed, dump) for (command, printed), dump in zip(asked, chosen, strict=True)],
        list(zip(events.splitlines(), (item for item in told if item.type not in EXPECTED), strict=True)),
        list(zip(expected.splitlines(), (item for item in told if item.type in EXPECTED), strict=True)),
    )


def printed_flows(printed: str) -> list[Flow]:
    """The connections that conntrack printed as XML; all values are texts, a flag is True."""
    found = []
    for flow in ET.fromstring(printed.encode()):  # noqa: S314  what conntrack printed, in the repository
        parts: Flow = {meta.attrib["direction"]: _children(meta) for meta in flow.iterfind("meta")}
        parts.update({child.tag: child.text for child in flow if child.tag != "meta"})
        found.append(parts)
    return found


def kind_of(message: NetlinkMessage) -> str:
    """What conntrack calls an event."""
    if message.type & 3 == DELETE & 3:
        return "DESTROY"
    return "NEW" if message.flags & NLM_F_CREATE else "UPDATE"


def as_we_say(line: str) -> str:
    """A line of conntrack's without what stands elsewhere here: family, times, use, id, port id."""
    line = re.sub(r"^ *(?:(\[\w+\]) +)?(?:ipv[46] +\d+ )?", lambda found: f"{found[1]} " if found[1] else "", line)
    line = re.sub(r" \[(start|stop|USERSPACE)\b[^]]*\]", "", line)
    line = re.sub(r" (delta-time=\d+|use=\d+|id=\d{5,}|portid=\d+|progname=\w+|class=0)", "", line)
    line = re.sub(r"^(\[\w+\] )?(\d+) proto=6 ", r"\g<1>\2 tcp ", line)  # an expectation
    line = re.sub(r"^(\[\w+\] )?unknown +", r"\g<1>", line)
    line = re.sub(r"^(\[\w+\] )?([a-z]\w*) +\d+ ", r"\g<1>\2 ", line)
    line = line.replace(" mark=0", "")
    line = re.sub(r"key=0x(\d)", r"key=\1", line)
    return re.sub(r"(?<= )[A-Z][A-Z_]{3,}(?= )", lambda found: found[0].lower().replace("_", "-"), line).rstrip()


def _children(element: ET.Element) -> Flow:
    return {
        child.tag: {**child.attrib, **_children(child)} if len(child) or child.attrib else child.text or True
        for child in element
    }
