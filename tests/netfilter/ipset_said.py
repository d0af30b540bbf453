"""What ipset printed, and what the kernel told it: the questions of NAME.tool.txt beside the dumps of NAME.pcapng."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

from nlsniff.decode.summary import summarise
from nlsniff.output.json import body
from nlsniff.reader import Stream, make_decoder

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage

Set = dict[str, Any]


class Question(NamedTuple):
    """A command, what it printed, and the messages that it got."""

    command: str
    printed: str
    told: list[NetlinkMessage]


def read_questions(capture: Path) -> list[Question]:
    """Read a capture and what ipset said beside it: the first dumps of whole sets are those that it printed."""
    dumps: list[list[NetlinkMessage]] = []
    for message in Stream(capture, make_decoder()):
        if message.type_name not in {"IPSET_CMD_LIST", "IPSET_CMD_SAVE"}:
            continue
        if message.direction == "to-kernel":
            dumps.append([])
            whole = message.root.get("flags") is None
        elif whole:
            dumps[-1].append(message)
    dumps = [dump for dump in dumps if dump]
    sections = capture.with_suffix(".tool.txt").read_text().split("$ ")[1:]
    parts = [section.partition("\n") for section in sections]
    return [Question(command, printed, dump) for (command, _, printed), dump in zip(parts, dumps, strict=False)]


def printed_sets(question: Question) -> list[Set]:
    """The sets that ipset printed as XML or JSON, in one form: numbers are texts, a flag is True."""
    if " json " in question.command:
        # ipset 7.24 writes the mask of marks without quotes, which is no JSON.
        return [_texts(entry) for entry in json.loads(re.sub(r": (0x\w+)", r': "\1"', question.printed))]
    return [
        {
            "name": element.attrib["name"],
            **{name: _from_xml(element, name) for name in ("type", "revision", "header")},
            "members": [_children(member) for member in element.iterfind("members/member")],
        }
        for element in ET.fromstring(question.printed)  # noqa: S314  what ipset printed, in the repository
    ]


def told_sets(question: Question) -> list[Set]:
    """The sets as nlsniff reads them, each with all its entries: a large one comes in several messages."""
    found: list[Set] = []
    for message in question.told:
        said = body(message.root)
        entries = said.pop("adt", {}).get("data", [])
        if found and found[-1]["setname"] == said["setname"]:
            found[-1]["entries"] += entries
        else:
            found.append({**said, "entries": entries})
    return found


def told_lines(question: Question) -> list[str]:
    """What nlsniff's summaries say of each set and each of its entries, a line each."""
    found: list[str] = []
    for message in question.told:
        name = message.root.get("setname")
        assert name is not None
        if message.root.get("typename") is not None:
            found.append(f"create {message.summary.rpartition(', ')[0]}")
        entries = message.root.get("adt")
        for node in entries.parts() if entries is not None else ():
            assert node.spec is not None
            assert node.spec.nested is not None
            found.append(f"add {name.text} {summarise(node.spec.nested.summary, node)}")
    return found


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_texts(inner) for inner in value]
    return value if isinstance(value, bool) else str(value)


def _from_xml(element: ET.Element, name: str) -> Any:
    found = element.find(name)
    assert found is not None
    return _children(found) if len(found) else found.text


def _children(element: ET.Element) -> dict[str, Any]:
    return {child.tag: True if child.text is None else child.text.strip('"') for child in element}
