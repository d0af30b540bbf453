"""Judge a message for redaction: where its secrets are, and what of it could not be read and so might be one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.wire.constants import NETLINK_GENERIC, NLMSG_DONE, NLMSG_ERROR
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE, is_control

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.layouts import Layout
    from nlsniff.decode.message import Message
    from nlsniff.decode.node import Node
    from nlsniff.spec.model import Form

_LENGTH_SIZE = 4
_ERROR_SIZE = 4
# Type and payload of what holds numbers only: an ACK with the header that it is for, the end of a dump.
_PLAIN = {(NLMSG_ERROR, _ERROR_SIZE + HEADER_SIZE), (NLMSG_DONE, _ERROR_SIZE)}


class Piece(NamedTuple):
    """Bytes of a frame that are secret; `named` where a dissector names them, else they only stand beside a key."""

    start: int
    end: int
    named: bool


class Judgement(NamedTuple):
    """What a message has to hide.

    `secrets` are known, `unread` are ranges that might be secret, `label` says what they are a part of.
    """

    secrets: list[Piece]
    unread: list[tuple[int, int]]
    label: str


class Judge:
    """Judges messages; only those that may hold a secret are decoded."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._known: dict[int, tuple[Form, bool]] = {}  # by id; with the form, so that its id stays its own

    def __call__(self, message: Message) -> Judgement:
        """Find the secrets of a message, and what nobody could read; positions count from the start of the frame."""
        body = message.body
        if message.stray:
            # Nothing tells what this is, other messages may be in it. Its length, which is at fault, may stay.
            return _judgement(message, [], [(min(message.start + _LENGTH_SIZE, message.end), message.end)])
        if message.end <= body:
            return _NOTHING
        if is_control(message.protocol, message.type):
            if (message.type, message.end - body) in _PLAIN:
                return _NOTHING
            return _judgement(message, list(_secrets(message.root)), _unread_control(self._decoder, message))
        form = message.layout.form
        if form is None:
            return _judgement(message, [], [(body, message.end)])
        if not self._may_hold(form):
            return _NOTHING
        return _judgement(message, list(_secrets(message.root)), _unread_parts(message.root, body))

    def _may_hold(self, form: Form) -> bool:
        known = self._known.get(id(form))
        if known is None:
            known = self._known[id(form)] = (form, may_hold_secrets(form))
        return known[1]


_NOTHING = Judgement([], [], "")


def _judgement(message: Message, secrets: list[Piece], unread: list[tuple[int, int]]) -> Judgement:
    return Judgement(secrets, [(start, end) for start, end in unread if start < end], _label(message))


def may_hold_secrets(form: Form) -> bool:
    """Whether a key may be anywhere in a message of this form."""
    parts = (form.header, *form.payload, form.attributes, *form.short)
    return any(part.holds_secret for part in parts if part is not None)


def _secrets(node: Node) -> Iterator[Piece]:
    """The outermost secret nodes, without the attribute's header."""
    if _is_unknown_attribute(node):
        return
    if node.secret:
        if node.payload < node.end:
            yield Piece(node.payload, node.end, node.kind != "unknown")
        return
    for child in node.children:
        yield from _secrets(child)


def _unread_parts(root: Node, body: int) -> list[tuple[int, int]]:
    """What could not be read of a message that may hold secrets: its unknown bytes, or after an error all of it.

    A field of the wrong length is not trusted either: the length may be wrong, and a key be in it.
    """
    if any(problem.severity == "error" for node in root.walk() for problem in node.problems):
        return [(body, root.end)]
    return [piece for child in root.children for piece in _doubtful(child)]


def _doubtful(node: Node) -> Iterator[tuple[int, int]]:
    """The outermost nodes that are unknown or have the wrong length, without the attribute's header."""
    warned = not node.secret and any(problem.severity == "warning" for problem in node.problems)
    if warned or (node.kind == "unknown" and (not node.secret or _is_unknown_attribute(node))):
        yield node.payload, node.end
        return
    for child in node.children:
        yield from _doubtful(child)


def _is_unknown_attribute(node: Node) -> bool:
    """Whether it is an attribute without a name, which is masked beside keys, but not known to be one."""
    return node.kind == "unknown" and node.type is not None


def _unread_control(decoder: Decoder, message: Message) -> list[tuple[int, int]]:
    """The same for NLMSG_ERROR and its kin. The copy of a request inside is judged as the request itself is."""
    root = message.root
    copy = root.get("request")
    around = [node for child in root.children if child is not copy for node in child.walk()]
    unread = [(node.payload, node.end) for node in around if node.kind == "unknown"]
    if copy is None or copy.end - copy.start <= HEADER_SIZE:
        return unread
    body = copy.start + HEADER_SIZE
    form = _copied_layout(decoder, message, copy).form
    if form is None:
        unread.append((body, copy.end))
    elif may_hold_secrets(form):
        unread += _unread_parts(copy, body)
    return unread


def _copied_layout(decoder: Decoder, message: Message, copy: Node) -> Layout:
    ctx = decoder.context(message.protocol, message.data, message.order, message.number)
    _, type_, flags, _, _ = HEADER[message.order].unpack_from(message.data, copy.start)
    return decoder.layouts.find(ctx, type_, flags, "to-kernel", copy.start + HEADER_SIZE, copy.end)


def _label(message: Message) -> str:
    """What a person is told that a message is."""
    if is_control(message.protocol, message.type):
        return f"{message.type_name} of {message.protocol_name}"
    if message.protocol == NETLINK_GENERIC and message.family is None:
        return f"generic family {message.type}"
    return message.type_name
