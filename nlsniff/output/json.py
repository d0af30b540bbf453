"""Messages as JSON, one object a message; the contract is in docs/json.md."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from orjson import Fragment, dumps

from nlsniff.terminal import json_escape

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node, Problem

_ENVELOPE = {"nlmsghdr", "genlmsghdr"}


def message_object(message: NetlinkMessage) -> dict[str, Any]:
    """A message as a plain object, keys in the order of the contract."""
    return object_of(message, body(message.root), message.summary)


def object_of(message: NetlinkMessage, content: Any, summary: Any) -> dict[str, Any]:
    """The object of a message whose body and summary are known."""
    found = message.problems
    counts = message.counts
    out: dict[str, Any] = {
        "frame": message.frame,
        "message": message.number,
        # An int by an int: a float of nanoseconds since 1970 would be off by up to 128 of them before it is divided.
        "time": message.time_ns / 10**9,
        "time_ns": message.time_ns,
        "direction": message.direction,
        "protocol": message.protocol_name,
        "family": message.family,
        "type": message.type_name,
        "type_value": message.type,
        "flags": message.flag_names,
        "seq": message.seq,
        "port": message.port,
        "length": message.length,
        "conversation": message.conversation or None,
        "summary": summary,
        "body": content,
        "bytes": counts._asdict(),
        "problems": [_problem(message, item) for item in found if item.severity != "note"],
    }
    genl = message.root.get("genlmsghdr")
    if genl is not None:
        out["genl"] = {part.name: part.value for part in genl.children if part.kind == "value"}
    notes = [_problem(message, item) for item in found if item.severity == "note"]
    if notes:
        out["notes"] = notes
    flags = [_flags(message, path, node) for path, node in flagged(message.root)]
    if flags:
        out["attribute_flags"] = flags
    if message.comment:
        out.update(said_of_frame(message))
    return out


def said_of_frame(message: NetlinkMessage) -> dict[str, Any]:
    """The last members of an object, where the file has a comment: how it was delivered, and the comment."""
    said = {"comment": message.comment}
    if message.delivery is None:
        return said
    from nlsniff.output.delivery import delivery_object  # few captures need it

    return {"delivery": delivery_object(message), **said}


def message_line(message: NetlinkMessage) -> bytes:
    """A message as one line of JSON, the newline included."""
    return json_line(message_object(message))


def json_line(value: Any) -> bytes:
    """Any value as one line of JSON, the newline included."""
    return f"{quoted(value)}\n".encode()


def quoted(value: Any) -> str:
    """A value as JSON text, in which no character steers a terminal."""
    try:
        text = dumps(value).decode()
        # Of ASCII, JSON itself leaves only DEL.
        return text if text.isascii() and "\x7f" not in text else json_escape(text)
    except TypeError:  # a lone surrogate, as in the name of a file that is no UTF-8
        import json  # orjson is the fast one

        return json.dumps(value, separators=(",", ":"))


@functools.lru_cache(maxsize=2048)  # patterns number their places alike
def place(mark: str) -> Any:
    """What stands for a value of an object that `pieces` cuts: the mark itself, without quotes."""
    return Fragment(mark.encode())


def pieces(value: Any, mark: re.Pattern[str]) -> list[str]:
    """A value as the text of `quoted`, cut at the marks that `place` put into it. A mark holds what JSON cannot."""
    text = dumps(value).decode()
    found = mark.split(text)
    return found if text.isascii() and "\x7f" not in text else list(map(json_escape, found))


def _problem(message: NetlinkMessage, item: Problem) -> dict[str, Any]:
    return {
        "severity": item.severity,
        "code": item.code,
        "offset": item.offset - message.start,
        "text": item.text,
    }


def flagged(node: Node, prefix: str = "") -> Iterator[tuple[str, Node]]:
    """The attributes below a node whose nla_type has flag bits, in the order of their bytes, each with its path."""
    for child in node.children:
        if child.type_flags:
            yield prefix + child.name, child
        if child.children:
            yield from flagged(child, prefix if child.kind == "header" else f"{prefix}{child.name}.")


def _flags(message: NetlinkMessage, path: str, node: Node) -> dict[str, Any]:
    return {"path": path, "offset": node.start - message.start, "flags": node.flag_names}


def body(root: Node) -> dict[str, Any]:
    """Fixed header and attributes of a message as one object."""
    out: dict[str, Any] = {}
    for child in root.children:
        if child.name not in _ENVELOPE:
            _put(out, child)
    return out


class _Values(list[Any]):
    """What came under one name, as opposed to one value that is a list."""


def value_of(node: Node) -> Any:
    """A node as JSON has it."""
    if node.kind == "nest":
        inner: dict[str, Any] = {} if node.raw is None else {node.name: node.raw}
        for child in node.children:
            _put(inner, child)
        return inner
    if node.kind == "list":
        return [_element(child, node) for child in node.children if child.kind != "padding" or child.value is not None]
    return node.value


def _element(child: Node, parent: Node) -> Any:
    """An element of a list. Where nests are numbered by their attribute type, the number is kept, as `ynl` does."""
    value = value_of(child)
    return {child.name: value} if child.name != parent.name and child.kind == "nest" else value


def _put(out: dict[str, Any], node: Node) -> None:
    kind = node.kind
    if (kind == "padding" and node.value is None) or (node.spec is not None and node.spec.type == "pad"):
        return
    if kind == "header":
        for child in node.children:
            _put(out, child)
        return
    name = node.name
    value = value_of(node)
    if node.repeats and kind == "list":  # an array that goes on in the next attribute of the same type
        out.setdefault(name, []).extend(value)
    elif node.repeats:
        out.setdefault(name, []).append(value)
    elif name in out:
        before = out[name]
        if not isinstance(before, _Values):
            before = out[name] = _Values([before])
        before.append(value)
    else:
        out[name] = value
    if node.resolved:
        out[name + "-name"] = node.resolved
    if kind == "value" and node.children:
        rest = [child for child in node.children if child.kind == "unknown" and child.start > node.payload]
        for child in rest:
            out[name + "-unknown-bytes"] = child.value
