"""Messages as text: a line each, or the whole tree."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.message import Message
    from nlsniff.decode.node import Node

ARROWS = {"to-kernel": ">", "to-user": "<", "unknown": "-"}
_DIRECTIONS = {"to-kernel": "to the kernel", "to-user": "to user space", "unknown": "direction unknown"}


def line(message: Message, first_ns: int) -> str:
    """One line: number, seconds since the first message, direction, type, summary, and the first problem."""
    since = (message.time_ns - first_ns) / 1e9
    worst = next((item for item in message.problems if item.severity != "note"), None)
    wrong = f"  [{worst.severity}: {worst.text}]" if worst is not None else ""
    head = f"{message.number:>5} {since:>11.6f} {ARROWS[message.direction]} {message.type_name:<18} "
    return (head + message.summary + wrong).rstrip()


def timestamp(time_ns: int) -> str:
    """A time as date and time in UTC with nanoseconds."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    try:
        whole = dt.datetime.fromtimestamp(seconds, tz=dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        whole = str(seconds)
    return f"{whole}.{rest:09d}"


def tree(message: Message) -> Iterator[str]:
    """The whole message, a line for each node."""
    counts = message.counts
    what = f"{message.protocol_name}/{message.family}" if message.family else message.protocol_name
    yield (
        f"frame {message.frame}  message {message.number}  {timestamp(message.time_ns)}  {what}  "
        f"{_DIRECTIONS[message.direction]}  {counts.total} bytes"
        + (f" ({counts.unknown} unknown)" if counts.unknown else "")
        + (f"  {message.comment}" if message.comment else "")
    )
    summary = message.summary
    yield f"{message.type_name}  {summary}" if summary else message.type_name
    yield from _problems(message.root, "  ")
    for child in message.root.children:
        yield from _lines(child, "  ", message)


def _lines(node: Node, indent: str, message: Message) -> Iterator[str]:
    kind = node.kind
    if kind == "padding":
        if any(message.data[node.start : node.end]):
            yield f"{indent}padding: {message.data[node.start : node.end].hex()}"
        return
    if kind == "unknown":
        yield f"{indent}{node.name}: {node.text}  ({node.end - node.start} bytes unknown)"
    elif kind == "value":
        yield f"{indent}{node.name}: {_value(node, message)}"
    else:
        number = f" {node.text}" if node.text else ""
        yield f"{indent}{node.name}{number}:"
    yield from _problems(node, indent + "  ")
    for child in node.children:
        if kind == "value" and child.text == node.text:
            continue  # an untyped blob says its bytes once
        yield from _lines(child, indent + "  ", message)


def _value(node: Node, message: Message) -> str:
    """The text of a leaf: a name is followed by its number, a number by its name."""
    text = node.text
    if node.name == "flags" and node.start == message.start + 6:
        return f"{'|'.join(message.flag_names) or '0'} ({text})"
    if node.name == "type" and node.start == message.start + 4:
        return f"{message.type_name} ({text})"
    if node.resolved:
        return f"{text} ({node.resolved})"
    if isinstance(node.raw, int) and not isinstance(node.raw, bool) and node.spec is not None and node.spec.enum:
        return f"{text} ({node.raw:#x})" if isinstance(node.value, list) else _named_number(node)
    if any(child.kind == "unknown" and child.text == text for child in node.children):
        return f"{text}  ({node.end - node.payload} bytes unknown)"
    return text


def _named_number(node: Node) -> str:
    return node.text if node.text == str(node.raw) else f"{node.text} ({node.raw})"


def _problems(node: Node, indent: str) -> Iterator[str]:
    for item in node.problems:
        yield f"{indent}! {item.severity}: {item.text}"
