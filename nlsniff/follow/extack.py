"""The extended ACK: the kernel's text beside an error number, and the attribute of the request that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nlsniff.decode.rejected import locate, rejected
from nlsniff.decode.summary import shown
from nlsniff.follow.rules import copied_request, errno_in
from nlsniff.wire.attr import HEADER as ATTR_HEADER
from nlsniff.wire.attr import HEADER_SIZE as ATTR_HEADER_SIZE
from nlsniff.wire.constants import NLA_TYPE_MASK, NLMSG_DONE, NLMSG_ERROR
from nlsniff.wire.errnos import IPSET_ERR_PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.spec.model import AttrSet


@dataclass(slots=True, frozen=True, kw_only=True)
class Extack:
    """The attributes of an NLMSG_ERROR or NLMSG_DONE (NLMSGERR_ATTR_* of linux/netlink.h); of ipset the refused entry.

    Attributes:
        answer: number of the message that holds them.
        request: number of the request; None where it is not in the capture.
        text: the kernel's text, or None.
        offset: where the rejected attribute begins, in bytes from the request's nlmsghdr; None if none is named.
        range: [begin, end) of that attribute, counted the same way.
        path: dotted names of that attribute in the request (`metrics.mtu`).
        value: the attribute as trees show it.
        policy: what the kernel expects there, as text.
        missing: dotted names of an attribute that the request lacks.
        node: the rejected attribute in the request's tree, or in the copy of the request in the answer; its `start` and
            `end` are offsets in that message's frame.
    """

    answer: int
    request: int | None
    text: str | None = None
    offset: int | None = None
    range: tuple[int, int] | None = None
    path: str | None = None
    value: str | None = None
    policy: str | None = None
    missing: str | None = None
    node: Node | None = None

    def to_json(self) -> dict[str, Any]:
        """The extended ACK as JSON has it, without the node."""
        return {
            "message": self.answer,
            "request": self.request,
            "text": self.text,
            "path": self.path,
            "value": self.value,
            "offset": self.offset,
            "range": None if self.range is None else list(self.range),
            "policy": self.policy,
            "missing": self.missing,
        }


def explain(conversation: ConversationView, source: Callable[[int], NetlinkMessage]) -> Extack | None:
    """The extended ACK of a conversation, of a batch the first; None if no answer has one.

    Args:
        conversation: a request, dump or batch.
        source: gives a message by its number.
    """
    numbers, requests = conversation.messages, Requests(conversation, source)
    # The answer that ends a conversation is its last message; only a batch has more than one.
    for number in numbers if conversation.kind == "batch" else reversed(numbers[-4:]):
        answer = source(number)
        if answer.type in {NLMSG_ERROR, NLMSG_DONE}:
            found = read(answer, requests.of(answer))
            if found is not None:
                return found
    return None


def refusal(conversation: ConversationView, source: Callable[[int], NetlinkMessage]) -> str:
    """What the error of a conversation means, in nlsniff's words; "" where no dissector says it."""
    answer = refused_by(conversation, source)
    return meaning(answer, Requests(conversation, source).of(answer)) if answer is not None else ""


def refused_by(conversation: ConversationView, source: Callable[[int], NetlinkMessage]) -> NetlinkMessage | None:
    """The message that holds the error of a conversation; of a batch the first one."""
    numbers = conversation.messages if conversation.kind == "batch" else reversed(conversation.messages[-4:])
    answers = (answer for answer in map(source, numbers) if answer.type in {NLMSG_ERROR, NLMSG_DONE})
    return next(filter(errno_in, answers), None)


def refused(batch: ConversationView, source: Callable[[int], NetlinkMessage]) -> list[int]:
    """The numbers of the messages of a batch that were answered with an error, each once."""
    requests = Requests(batch, source)
    found: set[int] = set()
    for answer in map(source, batch.messages):
        if answer.type == NLMSG_ERROR and errno_in(answer) and (number := requests.number_of(answer)) is not None:
            found.add(number)
    return sorted(found)


def meaning(answer: NetlinkMessage, request: NetlinkMessage | None) -> str:
    """What an answer's error number means for a request, in nlsniff's words; "" where the kernel gave a text.

    See `NetlinkMessage.meaning`. An NLMSG_DONE names no request, so that the paired one counts.
    """
    number = errno_in(answer)
    if not number:
        return ""
    own = answer.meaning
    if own or request is None or answer.shape.get("msg") is not None:
        return own
    extack = read(answer, request)
    return request.layout.meaning(number, (extack.path or "") if extack is not None else "")


class Requests:
    """Finds the request of an answer in its conversation: in a batch, each request has an answer.

    Args:
        conversation: any kind.
        source: gives a message by its number.
    """

    def __init__(self, conversation: ConversationView, source: Callable[[int], NetlinkMessage]) -> None:
        self._conversation = conversation
        self._source = source
        self._numbers: dict[tuple[int, int | None], int] | None = (
            None  # by nlmsg_seq and nlmsg_type, or nlmsg_seq and None
        )

    def of(self, answer: NetlinkMessage) -> NetlinkMessage | None:
        """The request that an NLMSG_ERROR or NLMSG_DONE of this conversation answers."""
        number = self.number_of(answer)
        return None if number is None else self._source(number)

    def number_of(self, answer: NetlinkMessage) -> int | None:
        """The number of that request; None where the capture has none."""
        request = self._conversation.request
        if request is not None and self._conversation.kind == "batch":
            if self._numbers is None:
                self._numbers = self._index()
            return self._numbers.get((answer.seq, copied_request(answer)[0] or None), request)
        return request

    def _index(self) -> dict[tuple[int, int | None], int]:
        """The first request of each sequence number and type, and of each sequence number; made once."""
        found: dict[tuple[int, int | None], int] = {}
        for number in self._conversation.messages:
            request = self._source(number)
            if request.direction == "to-kernel":
                found.setdefault((request.seq, request.type), number)
                found.setdefault((request.seq, None), number)
        return found


def read(answer: NetlinkMessage, request: NetlinkMessage | None) -> Extack | None:
    """The extended ACK of one answer; None if it has no such attributes, and names no entry of a set either.

    Where the request is not in the capture, its copy inside the error takes its place.
    """
    if all(node.type is None for node in answer.shape.children):
        return _entry(answer, request) if abs(errno_in(answer)) > IPSET_ERR_PROTOCOL else None
    attributes = {node.name: node for node in answer.root.children if node.type is not None}
    whole = request.root if request is not None else answer.root.get("request")
    text, offs = attributes.get("msg"), attributes.get("offs")
    offset = offs.raw if offs is not None and isinstance(offs.raw, int) else None
    node, path = locate(whole, offset) if whole is not None and offset is not None else (None, "")
    span = None
    if node is not None and whole is not None:
        span = (node.start - whole.start, node.end - whole.start)
        if node.kind == "unknown" and node.type is None:
            # No dissector describes the attribute; its header has its length.
            span = _attribute_span(request or answer, whole, offset or 0)
            node, path = None, ""
    policy = attributes.get("policy")
    return Extack(
        answer=answer.number,
        request=request.number if request is not None else None,
        text=text.text if text is not None else None,
        offset=offset,
        range=span,
        path=path or None,
        value=node.labelled if node is not None and node.kind in {"value", "unknown"} else None,
        policy=describe_policy(policy) if policy is not None else None,
        missing=_missing(attributes, whole, request),
        node=node,
    )


def _entry(answer: NetlinkMessage, request: NetlinkMessage | None) -> Extack | None:
    """The entry of a set that ipset refuses, which it names in a way of its own (`nlsniff.decode.ipset`)."""
    found, copy = rejected(answer.root), answer.root.get("request")
    if found is None or copy is None:
        return None
    node, path = found
    start, end = node.start - copy.start, node.end - copy.start
    return Extack(
        answer=answer.number,
        request=request.number if request is not None else None,
        offset=start,
        range=(start, end),
        path=path,
        value=shown(node),
        node=node if request is None else locate(request.root, start)[0],
    )


def _attribute_span(message: NetlinkMessage, whole: Node, offset: int) -> tuple[int, int] | None:
    at = whole.start + offset
    if whole.end - at < ATTR_HEADER_SIZE:
        return None
    length = ATTR_HEADER[message.order].unpack_from(message.data, at)[0]
    return (offset, offset + length) if ATTR_HEADER_SIZE <= length <= whole.end - at else None


# -- what is missing -------------------------------------------------------------------------------------------------


def _missing(attributes: dict[str, Node], whole: Node | None, request: NetlinkMessage | None) -> str | None:
    """The path of the attribute that the request lacks; its number where no dissector names it."""
    kind = attributes.get("miss-type")
    if kind is None or not isinstance(kind.raw, int):
        return None
    number = kind.raw & NLA_TYPE_MASK
    nest, path, fields = attributes.get("miss-nest"), "", None
    if nest is None or not isinstance(nest.raw, int):
        form = request.layout.form if request is not None else None
        fields = form.attributes if form is not None else None
    elif whole is not None:
        node, path = locate(whole, nest.raw)
        fields = _attributes_of(node) if node is not None else None
    field = fields.by_number.get(number) if fields is not None else None
    name = field.name if field is not None else f"attribute {number}"
    return f"{path}.{name}" if path else name


def _attributes_of(nest: Node) -> AttrSet | None:
    """The attribute set that a nest holds."""
    field = nest.spec
    if field is None:
        return None
    if field.sub_message is None:
        found: AttrSet | None = field.nested
        return found
    # Its children tell its format: each has the field that describes it.
    inside = [child.spec for child in nest.parts() if child.spec is not None]
    for form in field.sub_message.formats.values():
        fields: AttrSet | None = form.attributes
        if fields is not None and any(spec is fields.by_number.get(spec.number) for spec in inside):
            return fields
    return None


# -- policies --------------------------------------------------------------------------------------------------------


_LIMITS = {f"u{bits}": (0, (1 << bits) - 1) for bits in (8, 16, 32, 64)} | {
    f"s{bits}": (-1 << (bits - 1), (1 << (bits - 1)) - 1) for bits in (8, 16, 32, 64)
}


def describe_policy(policy: Node) -> str:
    """The kernel's rule for an attribute as text: `u32 from 68 to 65535`, `binary of at most 16 bytes`."""
    parts = {node.name: node for node in policy.parts()}

    def raw(name: str) -> int | None:
        node = parts.get(name)
        return node.raw if node is not None and isinstance(node.raw, int) else None

    kind = parts.get("type")
    words = [(kind.resolved or str(kind.value)) if kind is not None else "another value"]
    low, high = _first(raw("min-value-u"), raw("min-value-s")), _first(raw("max-value-u"), raw("max-value-s"))
    if (low, high) != _LIMITS.get(words[0]):  # the range of the type itself is no rule
        words += _span(low, high, "")
    words += _span(raw("min-length"), raw("max-length"), " bytes")
    for name in ("mask", "bitfield32-mask"):
        bits = raw(name)
        if bits is not None:
            words.append(f"with no bits but 0x{bits:x}")
    return " ".join(words)


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _span(low: int | None, high: int | None, unit: str) -> list[str]:
    of = "of " if unit else ""
    if low is not None and high is not None:
        return [f"{of}{low}{unit}"] if low == high else [f"{of or 'from '}{low} to {high}{unit}"]
    if low is not None:
        return [f"{of}at least {low}{unit}"]
    return [f"{of}at most {high}{unit}"] if high is not None else []
